"""Filters over any column, in the side bar."""

from functools import partial

import streamlit as st

from da_bench.dashboard.filters import BEFORE, Column, column, limits, names, range_text
from da_bench.dashboard.live import Live
from da_bench.results.collection import Results

from . import address, elements


def filtering(live: Live, results: Results) -> None:
    """Shows the menu of columns to filter by, and a widget for each; the address stores both.

    Args:
        live: Reader of the folder.
        results: All runs.

    Raises:
        FilterError: A filter of the address can't be read.
    """
    filters = address.filters()
    known_names = live.cached("columns", lambda: names(results, live.columns()))
    elements.heading("Filters")
    st.session_state["filter.columns"] = list(filters)

    def choose() -> None:
        column_names = st.session_state["filter.columns"]
        for name in filters.keys() - set(column_names):
            address.put(BEFORE + name)
        for name in column_names:
            if name not in filters:
                address.put(BEFORE + name, "")

    st.multiselect(
        "Columns to filter by",
        [*known_names, *(name for name in filters if name not in known_names)],
        key="filter.columns", on_change=choose, placeholder="any column",
    )  # fmt: skip
    if filters and st.button("Remove all filters", on_click=remove):
        return
    for name, texts in filters.items():
        filter_column = live.cached(("column", name), partial(column, results, name))
        {"one of": choice, "between": between, "contains": contains}[filter_column.kind](
            filter_column, texts
        )


def remove() -> None:
    """Removes every filter from the address."""
    for name in address.filters():
        address.put(BEFORE + name)


def choice(column: Column, terms: list[str]) -> None:
    """Shows a menu of the values of a column with few of them."""
    key = f"filter.{column.name}"
    current = [text for text in terms if text]
    st.session_state[key] = current

    def write() -> None:
        address.put(BEFORE + column.name, *(st.session_state[key] or [""]))

    options = [*column.options, *(text for text in current if text not in column.options)]
    st.multiselect(elements.code(column.name), options, key=key, on_change=write, placeholder="all")


def contains(column: Column, terms: list[str]) -> None:
    """Shows a field for a part of a text."""
    key = f"filter.{column.name}"
    st.session_state[key] = terms[0] if terms else ""

    def write() -> None:
        address.put(BEFORE + column.name, st.session_state[key])

    st.text_input(f"{elements.code(column.name)} contains", key=key, on_change=write)


def between(column: Column, terms: list[str]) -> None:
    """Shows two fields for the limits of a number, either of which may stay empty."""
    keys = [f"filter.{column.name}.{end}" for end in ("low", "high")]
    text = terms[0] if terms else ""
    ends = limits(column.name, text) if text else (None, None)
    for key, end in zip(keys, ends, strict=True):
        st.session_state[key] = end

    def write() -> None:
        address.put(BEFORE + column.name, range_text(*(st.session_state[key] for key in keys)))

    numbers = column.values.dropna().astype(float)
    hints = (f"{numbers.min():.4g}", f"{numbers.max():.4g}")
    labels = ("at least", "at most")
    for place, key, label, hint in zip(st.columns(2), keys, labels, hints, strict=True):
        place.number_input(
            f"{elements.code(column.name)} {label}", value=None, step=None, format="%.6g", key=key,
            on_change=write, placeholder=hint,
        )  # fmt: skip
