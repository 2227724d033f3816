"""The frame of every page: what is read, what is chosen, and when it is shown anew."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import streamlit as st

from da_bench.dashboard.filters import FilterError, filtered
from da_bench.dashboard.live import Live
from da_bench.dashboard.report import headline
from da_bench.results.collection import Results
from da_bench.results.row import BENCHMARK
from da_bench.results.store import StoreError

from . import address, elements
from .cell import cell
from .compared import compared
from .filtering import filtering
from .here import Here
from .listed import listed
from .one_run import one_run
from .overview import leaders, overview

VIEWS: dict[str, tuple[str, Callable[[Here], None]]] = {
    "overview": ("Overview", overview),
    "cell": ("Method on task", cell),
    "run": ("One run", one_run),
    "compare": ("Compare two", compared),
    "runs": ("All runs", listed),
}
SECONDS = 3
"""Between two looks for new results, of a page that is shown live."""


@st.cache_resource(show_spinner=False)
def watched(folder: Path) -> Live:
    """The one reader of a folder, for all visitors."""
    return Live(folder)


def ready(folder: Path) -> None:
    """Reads a folder and draws what the first page shows first, before anyone waits for it."""
    live = watched(folder)
    results = live.results()
    if results.benchmarks and results.benchmark(results.benchmarks[0]).parts:
        leaders(Here(live, results, results, results.benchmarks[0], repr([])))


def show(folder: Path) -> None:
    """The whole page, for one visitor; words where there is nothing to show.

    Args:
        folder: Of the results; nothing outside of it is read.
    """
    st.set_page_config(
        page_title=f"Results of {folder.name}",
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    elements.style()
    elements.heading(f"Results of {folder.name}", 1)
    try:
        live = watched(folder)
        version = live.version(look=False)  # a look at many folders takes longer than a figure
        everything = live.results()
    except (StoreError, OSError) as error:
        elements.words(f"Can't be read: {error}")
        return
    with st.sidebar:
        elements.heading("New results")
    body(live, everything)
    with st.sidebar:  # after the first figure, which one came for
        watch(live, version)
        if not everything.runs.empty:
            with suppress(FilterError):  # which the page has told
                filtering(live, everything)


def body(live: Live, everything: Results) -> None:
    """All beside the side bar."""
    if everything.runs.empty:
        elements.words(
            f"This folder holds no run yet: da-bench compare --out {live.folder.name} makes some. "
            "The page shows them as they come.",
            *torn(everything),
        )
        return
    asked = address.filters()
    key = repr(sorted(asked.items()))
    try:
        results = live.made(("filtered", key), lambda: filtered(everything, asked))
    except FilterError as error:
        elements.words(str(error))
        return
    few = "" if results is everything else f" Filters leave {len(results.runs):,} runs."
    elements.words(live.made("headline", lambda: headline(everything)) + few)
    if results.runs.empty:
        elements.words("No run meets the filters: change or remove them in the side bar.")
        return
    view = address.chosen(
        st.segmented_control, "view", "View", list(VIEWS), "overview",
        lambda name: VIEWS[name][0], label_visibility="collapsed", required=True,
    )  # fmt: skip
    benchmark = results.benchmarks[0]
    if len(results.benchmarks) > 1 and view not in ("run", "runs"):
        benchmark = address.chosen(
            st.selectbox, BENCHMARK, "Benchmark", results.benchmarks, benchmark,
            lambda name: results.benchmark(name).title,
        )  # fmt: skip
    VIEWS[view][1](Here(live, everything, results, benchmark, key))
    if results.damaged:
        with st.expander(f"Not read: {len(results.damaged)}"):
            elements.words(*torn(results))
    elements.words(*results.notes)


def torn(results: Results) -> list[str]:
    """Folders that could not be read, and why."""
    return [f"{name}: {fault}" for name, fault in sorted(results.damaged.items())]


def watch(live: Live, version: int) -> None:
    """The switch, a look for new results, and while it is on one more every few seconds."""
    key = "address.live"
    st.session_state[key] = address.get("live") != "0"

    def write() -> None:
        address.put("live", *([] if st.session_state[key] else ["0"]))

    on = st.toggle("Live: show them as they come", key=key, on_change=write)

    @st.fragment(run_every=SECONDS if on else None)
    def look() -> None:
        try:
            now = live.version()
        except (StoreError, OSError):
            now = -1  # what is wrong is for the page to say
        if now != version:
            st.rerun(scope="app")
        read = datetime.fromtimestamp(live.read_at)
        st.caption(f"Read at {read:%H:%M:%S}")

    look()
