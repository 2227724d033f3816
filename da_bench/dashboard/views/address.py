"""What is chosen stands in the address: a view can be shared, and a link can lead to any."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st

from da_bench.dashboard.filters import BEFORE

Option = TypeVar("Option")


def get(name: str) -> str:
    """A value of the address; empty where it has none."""
    return str(st.query_params.get(name, ""))


def put(name: str, *values: str) -> None:
    """Sets a value of the address, or several of one name; none removes it."""
    if values:
        st.query_params[name] = list(values) if len(values) > 1 else values[0]
    elif name in st.query_params:
        del st.query_params[name]


def filters() -> dict[str, list[str]]:
    """What the address asks of each column."""
    names = [name for name in st.query_params if name.startswith(BEFORE)]
    return {name.removeprefix(BEFORE): st.query_params.get_all(name) for name in names}


def link(**changed: str) -> str:
    """This address with other values, to be followed; the rest stays, filters with it."""
    kept = [(k, v) for k in st.query_params for v in st.query_params.get_all(k) if k not in changed]
    return "?" + urlencode([*kept, *((k, v) for k, v in changed.items() if v)])


def chosen(
    widget: Callable[..., Option | None],
    name: str,
    label: str,
    options: Sequence[Option],
    otherwise: Option,
    format_func: Callable[[Option], str] = str,
    **more: object,
) -> Option:
    """One of some options, by a widget of Streamlit whose value is the address's ``name``.

    Args:
        widget: ``st.selectbox``, ``st.segmented_control`` and the like.
        name: In the address, where options stand as text.
        label: Of the widget, no text of a result.
        options: At least one.
        otherwise: Where the address names none of them.
        format_func: How an option is shown.
        more: For the widget.
    """
    key = f"address.{name}"
    now = {str(option): option for option in options}.get(get(name), otherwise)
    st.session_state[key] = now

    def write() -> None:
        value = st.session_state[key]
        put(name, *([] if value is None or value == otherwise else [str(value)]))

    found = widget(
        label, options=options, key=key, on_change=write, format_func=format_func, **more
    )
    return now if found is None else found
