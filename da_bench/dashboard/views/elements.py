"""Texts, tables and figures of a page, in which texts of results are shown character by character.

Streamlit's Markdown has colours, icons, formulas and arrows, and replaces some of them after it
reads escapes. Therefore texts of results are escaped HTML, and in labels of widgets a span of code.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from da_bench.dashboard.panels import Panel
from da_bench.figures.style import DARK, LIGHT, apply_style
from da_bench.io.escape import html as escape
from da_bench.io.escape import plotly, visible
from da_bench.results.cell import Cell

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "showSendToCloud": False,
    "plotlyServerURL": "",
}
"""Configuration of Plotly: no logo that links elsewhere, and no button that sends data."""

STYLE = """<style>
.stMainBlockContainer { padding-top: 2.5rem; }
@media (max-width: 48rem) { .stMainBlockContainer { padding-top: 4.5rem; } }
.da h1, .da h2, .da h3 { overflow-wrap: anywhere; margin: 0; padding: 0; }
.da h1 { font-size: 1.9rem; }
.da h2 { font-size: 1.45rem; margin-top: .5rem; }
.da h3 { font-size: 1.15rem; margin-top: .5rem; }
.da p { margin: 0 0 .5rem; overflow-wrap: anywhere; max-width: 60rem; }
.da p:last-child { margin-bottom: 0; }
.da a { color: inherit; }
.da .wide { overflow-x: auto; max-width: 100%; }
.da .tall { max-height: 34rem; overflow-y: auto; }
.da .tall thead th { position: sticky; top: 0; background: var(--da-paper); }
.da table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
.da caption { text-align: left; padding: 0 0 .3rem; }
.da th, .da td { text-align: left; padding: .3rem .75rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid color-mix(in srgb, currentColor 22%, transparent); }
.da td { white-space: pre-wrap; overflow-wrap: anywhere; }
.da .wide td, .da .wide th { white-space: pre; overflow-wrap: normal; }
.da .best { font-weight: 700; }
.da pre { margin: 0; padding: .75rem; max-height: 30rem; overflow: auto; font-size: .8125rem;
  white-space: pre-wrap; overflow-wrap: anywhere; background: var(--da-card); color: inherit;
  border-radius: .5rem; font-family: ui-monospace, monospace; }
</style>"""


def style() -> None:
    """Adds the style sheet of the page; called once, before all else."""
    colours = DARK if dark() else LIGHT
    rules = f".da {{ --da-paper: {colours['paper']}; --da-card: {colours['card']}; }}"
    if dark():  # Streamlit writes white on the accent, which is light here
        rules += f".stMultiSelect [data-tag] * {{ color: {colours['paper']}; }}"
    st.html(STYLE + f"<style>{rules}</style>")


def html(body: str) -> None:
    """Shows HTML whose texts are escaped already."""
    st.html(f'<div class="da">{body}</div>')


def heading(text: str, level: int = 2) -> None:
    """Shows a heading."""
    html(f"<h{level}>{escape(text)}</h{level}>")


def words(*texts: str) -> None:
    """Shows paragraphs; empty ones are left out."""
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts if text)
    if paragraphs:
        html(paragraphs)


def code(text: str) -> str:
    """A text as a Markdown span of code, for labels of widgets."""
    line = visible(" ".join(text.split())) or "–"
    longest_run = max((len(run) for run in _ticks(line)), default=0)
    fence = "`" * (longest_run + 1)
    return f"{fence} {line} {fence}" if longest_run else f"{fence}{line}{fence}"


def _ticks(text: str) -> list[str]:
    runs, run = list[str](), ""
    for character in text + " ":
        if character == "`":
            run += character
        elif run:
            runs.append(run)
            run = ""
    return runs


def table(
    frame: pd.DataFrame,
    caption: str = "",
    links: Mapping[tuple[int, int], str] | None = None,
    scrolls: bool = True,
) -> None:
    """Shows a table, whose first column heads the lines.

    Args:
        frame: Cells, of which the best are in bold, or texts.
        caption: Caption above the table.
        links: Addresses by line and column.
        scrolls: Whether a table wider than the page scrolls sideways; else its texts wrap.
    """
    links = links or {}
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
    lines = []
    for row, line in enumerate(frame.astype(object).where(frame.notna(), "–").to_numpy()):
        cells = []
        for column, value in enumerate(line):
            text = escape(str(value))
            if isinstance(value, Cell) and value.best:
                text = text.replace(value.figure, f'<span class="best">{value.figure}</span>', 1)
            if (row, column) in links:
                text = f'<a href="{escape(links[row, column])}" target="_self">{text}</a>'
            cells.append(f'<th scope="row">{text}</th>' if column == 0 else f"<td>{text}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    caption_html = f"<caption>{escape(caption)}</caption>" if caption else ""
    tall_class = " tall" * (len(lines) > 20)
    opening_tag = (
        f'<div class="wide{tall_class}" role="region" tabindex="0" aria-label='
        f'"{escape(caption or str(frame.columns[0]))}">' if scrolls else "<div>"
    )  # fmt: skip
    html(
        f"{opening_tag}<table>{caption_html}<thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def lines(text: str, label: str) -> None:
    """Shows a text line by line in an area that scrolls.

    Args:
        text: Any text, such as a file's.
        label: Description for screen readers.
    """
    body = "\n".join(map(escape, text.splitlines()))
    html(f'<pre role="region" tabindex="0" aria-label="{escape(label)}">{body}</pre>')


def facts(pairs: Sequence[tuple[str, object]]) -> None:
    """Shows a table of names and values, a line for each pair."""
    table(pd.DataFrame([[name, str(value)] for name, value in pairs], columns=["what", "value"]),
          scrolls=False)  # fmt: skip


def dark() -> bool:
    """Whether the page is shown in dark."""
    return st.context.theme.type == "dark"


def draw(figure: "Figure", key: str, words: str) -> None:
    """Shows a figure in the page's colours.

    Args:
        figure: Figure of Plotly; a copy of it is drawn.
        key: ID of the figure, unique in the page.
        words: Text alternative for screen readers.
    """
    import plotly.graph_objects as go

    styled_figure = apply_style(go.Figure(json.loads(plotly(figure.to_json()))), dark())
    if styled_figure.layout.legend.orientation is None:
        below(styled_figure)
    min_width = int((styled_figure.layout.meta or {}).get("least", 0))
    with st.container(key=f"drawn-{key}"):
        if min_width:  # scrolls sideways where the page is narrower
            css = f".st-key-drawn-{key} {{ overflow-x: auto; }}"
            st.html(f"<style>{css} .st-key-drawn-{key} .stPlotlyChart "
                    f"{{ min-width: {min_width}px; }}</style>")  # fmt: skip
        st.plotly_chart(styled_figure, theme=None, key=key, config=CONFIG, alt=words)


def below(figure: "Figure") -> None:
    """Moves the legend of a figure below it, where a narrow page has room for it."""
    traces = [trace for trace in figure.data if trace.name and trace.showlegend is not False]
    if len(traces) < 2 or figure.layout.showlegend is False:
        return
    height = (figure.layout.height or 400) + 20 * -(-len(traces) // 4)
    place = {"orientation": "h", "x": 0, "y": -60 / (height - 68), "yanchor": "top"}
    figure.update_layout(height=height, legend=place)


def panel(content: Panel, is_open: bool = False) -> None:
    """Shows a panel: heading, words, figure, and its numbers below.

    Args:
        content: The panel.
        is_open: Whether the numbers are visible at once.
    """
    heading(content.title, 3)
    words(*content.words.split("\n"))
    if content.figure is not None:
        draw(content.figure, f"figure-{content.key}", f"{content.title}. {content.words}")
    if content.table is not None:
        with st.expander("Numbers", expanded=is_open):
            table(content.table, content.title)
