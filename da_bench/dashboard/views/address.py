"""Choices of a visitor in the page's address, so that a view can be shared and linked."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st

from da_bench.dashboard.filters import BEFORE

Option = TypeVar("Option")


def get(name: str) -> str:
    """Value of one name in the address; empty where there is none."""
    return str(st.query_params.get(name, ""))


def put(name: str, *values: str) -> None:
    """Sets one or more values of a name in the address; without values the name is removed."""
    if values:
        st.query_params[name] = list(values) if len(values) > 1 else values[0]
    elif name in st.query_params:
        del st.query_params[name]


def filters() -> dict[str, list[str]]:
    """Values of each column's filter in the address."""
    names = [name for name in st.query_params if name.startswith(BEFORE)]
    return {name.removeprefix(BEFORE): st.query_params.get_all(name) for name in names}


def link(**changes: str) -> str:
    """The query of this address with some values replaced; an empty value removes a name."""
    items = [
        (name, value)
        for name in st.query_params
        for value in st.query_params.get_all(name)
        if name not in changes
    ]
    return "?" + urlencode([*items, *((name, value) for name, value in changes.items() if value)])


def choose(
    widget: Callable[..., Option | None],
    name: str,
    label: str,
    options: Sequence[Option],
    default: Option,
    format_func: Callable[[Option], str] = str,
    **widget_options: object,
) -> Option:
    """Shows a widget of Streamlit whose value is stored in the address.

    Args:
        widget: ``st.selectbox``, ``st.segmented_control`` or similar.
        name: Name in the address, where options stand as text.
        label: Label of the widget; it must contain no text of a result.
        options: At least one option.
        default: Option where the address has none of them.
        format_func: Makes the text of an option.
        widget_options: Further arguments of the widget.

    Returns:
        The chosen option.
    """
    key = f"address.{name}"
    current = {str(option): option for option in options}.get(get(name), default)
    st.session_state[key] = current

    def write() -> None:
        value = st.session_state[key]
        put(name, *([] if value is None or value == default else [str(value)]))

    option = widget(
        label, options=options, key=key, on_change=write, format_func=format_func, **widget_options
    )
    return current if option is None else option
