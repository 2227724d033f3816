"""The frame of every page: reading, menus, and showing new results."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import streamlit as st

from da_bench.dashboard.filters import FilterError, filter_runs
from da_bench.dashboard.live import Live
from da_bench.dashboard.report import headline
from da_bench.results.collection import Results
from da_bench.results.row import BENCHMARK
from da_bench.results.store import StoreError

from . import address, elements
from .cell import cell
from .comparison import comparison
from .filtering import filtering
from .one_run import one_run
from .overview import leaders, overview
from .page_state import PageState
from .run_table import run_table

VIEWS: dict[str, tuple[str, Callable[[PageState], None]]] = {
    "overview": ("Overview", overview),
    "cell": ("Method on task", cell),
    "run": ("One run", one_run),
    "compare": ("Compare two", comparison),
    "runs": ("All runs", run_table),
}
SECONDS = 3
"""Time between two looks for new results of a live page, in seconds."""


@st.cache_resource(show_spinner=False)
def reader_of(folder: Path) -> Live:
    """The reader of a folder, shared by all visitors."""
    return Live(folder)


def prepare(folder: Path) -> None:
    """Reads a folder and draws the first page's first figure before a visitor comes."""
    live = reader_of(folder)
    results = live.results()
    if results.benchmarks and results.benchmark(results.benchmarks[0]).parts:
        leaders(PageState(live, results, results, results.benchmarks[0], repr([])))


def show(folder: Path) -> None:
    """Shows the whole page to one visitor.

    Args:
        folder: Folder of the results; nothing outside of it is read.
    """
    st.set_page_config(
        page_title=f"Results of {folder.name}",
        layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    elements.style()
    elements.heading(f"Results of {folder.name}", 1)
    try:
        live = reader_of(folder)
        version = live.version(look=False)  # a look at many folders takes longer than a figure
        all_results = live.results()
    except (StoreError, OSError) as error:
        elements.words(f"Can't be read: {error}")
        return
    with st.sidebar:
        elements.heading("New results")
    body(live, all_results)
    with st.sidebar:  # after the first figure, which one came for
        watch(live, version)
        if not all_results.runs.empty:
            with suppress(FilterError):  # the page shows its message already
                filtering(live, all_results)


def body(live: Live, all_results: Results) -> None:
    """Shows everything beside the side bar.

    Args:
        live: Reader of the folder.
        all_results: All runs.
    """
    if all_results.runs.empty:
        elements.words(
            f"This folder holds no run yet: da-bench compare --out {live.folder.name} makes some. "
            "The page shows them as they come.",
            *damage_lines(all_results),
        )
        return
    filters = address.filters()
    key = repr(sorted(filters.items()))
    try:
        results = live.cached(("filtered", key), lambda: filter_runs(all_results, filters))
    except FilterError as error:
        elements.words(str(error))
        return
    filter_words = "" if results is all_results else f" Filters leave {len(results.runs):,} runs."
    elements.words(live.cached("headline", lambda: headline(all_results)) + filter_words)
    if results.runs.empty:
        elements.words("No run meets the filters: change or remove them in the side bar.")
        return
    view = address.choose(
        st.segmented_control, "view", "View", list(VIEWS), "overview",
        lambda name: VIEWS[name][0], label_visibility="collapsed", required=True,
    )  # fmt: skip
    benchmark = results.benchmarks[0]
    if len(results.benchmarks) > 1 and view not in ("run", "runs"):
        benchmark = address.choose(
            st.selectbox, BENCHMARK, "Benchmark", results.benchmarks, benchmark,
            lambda name: results.benchmark(name).title,
        )  # fmt: skip
    VIEWS[view][1](PageState(live, all_results, results, benchmark, key))
    if results.damaged:
        with st.expander(f"Not read: {len(results.damaged)}"):
            elements.words(*damage_lines(results))
    elements.words(*results.notes)


def damage_lines(results: Results) -> list[str]:
    """Folders that could not be read, and the reasons, a text each."""
    return [f"{name}: {fault}" for name, fault in sorted(results.damaged.items())]


def watch(live: Live, version: int) -> None:
    """Shows the switch of the live page, and looks for new results while it is on.

    Args:
        live: Reader of the folder.
        version: State of the folder that the page shows.
    """
    key = "address.live"
    st.session_state[key] = address.get("live") != "0"

    def write() -> None:
        address.put("live", *([] if st.session_state[key] else ["0"]))

    is_live = st.toggle("Live: show them as they come", key=key, on_change=write)

    @st.fragment(run_every=SECONDS if is_live else None)
    def look() -> None:
        try:
            version_now = live.version()
        except (StoreError, OSError):
            version_now = -1  # what is wrong is for the page to say
        if version_now != version:
            st.rerun(scope="app")
        read_time = datetime.fromtimestamp(live.read_at)
        st.caption(f"Read at {read_time:%H:%M:%S}")

    look()
