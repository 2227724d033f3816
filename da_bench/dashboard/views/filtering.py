"""Filters over any column, in the side bar."""

from functools import partial

import streamlit as st

from da_bench.dashboard.filters import BEFORE, Column, column, limits, names, written
from da_bench.dashboard.live import Live
from da_bench.results.collection import Results

from . import address, elements


def filtering(live: Live, results: Results) -> None:
    """Which columns are filtered, and by what; the address holds both.

    Args:
        live: What reads the folder.
        results: All runs.

    Raises:
        FilterError: The address asks what can't be read.
    """
    asked = address.filters()
    known = live.made("columns", lambda: names(results, live.columns()))
    elements.heading("Filters")
    st.session_state["filter.columns"] = list(asked)

    def choose() -> None:
        wanted = st.session_state["filter.columns"]
        for name in asked.keys() - set(wanted):
            address.put(BEFORE + name)
        for name in wanted:
            if name not in asked:
                address.put(BEFORE + name, "")

    st.multiselect(
        "Columns to filter by", [*known, *(name for name in asked if name not in known)],
        key="filter.columns", on_change=choose, placeholder="any column",
    )  # fmt: skip
    if asked and st.button("Remove all filters", on_click=remove):
        return
    for name, texts in asked.items():
        one = live.made(("column", name), partial(column, results, name))
        {"one of": choice, "between": between, "contains": contains}[one.kind](one, texts)


def remove() -> None:
    """Takes every filter out of the address."""
    for name in address.filters():
        address.put(BEFORE + name)


def choice(of: Column, asked: list[str]) -> None:
    """Some of few values."""
    key = f"filter.{of.name}"
    now = [text for text in asked if text]
    st.session_state[key] = now

    def write() -> None:
        address.put(BEFORE + of.name, *(st.session_state[key] or [""]))

    options = [*of.options, *(text for text in now if text not in of.options)]
    st.multiselect(elements.code(of.name), options, key=key, on_change=write, placeholder="all")


def contains(of: Column, asked: list[str]) -> None:
    """Part of a text."""
    key = f"filter.{of.name}"
    st.session_state[key] = asked[0] if asked else ""

    def write() -> None:
        address.put(BEFORE + of.name, st.session_state[key])

    st.text_input(f"{elements.code(of.name)} contains", key=key, on_change=write)


def between(of: Column, asked: list[str]) -> None:
    """Numbers within two limits, either of which may be left out."""
    keys = [f"filter.{of.name}.{end}" for end in ("low", "high")]
    text = asked[0] if asked else ""
    ends = limits(of.name, text) if text else (None, None)
    for key, end in zip(keys, ends, strict=True):
        st.session_state[key] = end

    def write() -> None:
        address.put(BEFORE + of.name, written(*(st.session_state[key] for key in keys)))

    numbers = of.values.dropna().astype(float)
    hints = (f"{numbers.min():.4g}", f"{numbers.max():.4g}")
    labels = ("at least", "at most")
    for place, key, said, hint in zip(st.columns(2), keys, labels, hints, strict=True):
        place.number_input(
            f"{elements.code(of.name)} {said}", value=None, step=None, format="%.6g", key=key,
            on_change=write, placeholder=hint,
        )  # fmt: skip
