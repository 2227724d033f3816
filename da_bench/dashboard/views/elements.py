"""Texts, tables and figures of a page: what comes from results is shown letter by letter.

Streamlit's Markdown knows colours, icons, formulas and arrows beside the usual, and some of them
are replaced after escapes are read; so texts of results are HTML, escaped, and in labels of
widgets a span of code.
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
"""Of plotly: no logo that links elsewhere, nothing that sends."""

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
    """The looks of all that follows; once a page."""
    of = DARK if dark() else LIGHT
    own = f".da {{ --da-paper: {of['paper']}; --da-card: {of['card']}; }}"
    if dark():  # Streamlit writes white on the accent, which is light here
        own += f".stMultiSelect [data-tag] * {{ color: {of['paper']}; }}"
    st.html(STYLE + f"<style>{own}</style>")


def html(body: str) -> None:
    """HTML whose texts are escaped already."""
    st.html(f'<div class="da">{body}</div>')


def heading(text: str, level: int = 2) -> None:
    """A heading of a page's part."""
    html(f"<h{level}>{escape(text)}</h{level}>")


def words(*texts: str) -> None:
    """Paragraphs; empty ones are left out."""
    said = "".join(f"<p>{escape(text)}</p>" for text in texts if text)
    if said:
        html(said)


def code(text: str) -> str:
    """A text within a label of a widget, which reads Markdown: a span of code, whole."""
    flat = visible(" ".join(text.split())) or "–"
    longest = max((len(run) for run in _ticks(flat)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {flat} {fence}" if longest else f"{fence}{flat}{fence}"


def _ticks(text: str) -> list[str]:
    runs, now = list[str](), ""
    for letter in text + " ":
        if letter == "`":
            now += letter
        elif now:
            runs.append(now)
            now = ""
    return runs


def table(
    frame: pd.DataFrame,
    caption: str = "",
    links: Mapping[tuple[int, int], str] | None = None,
    wide: bool = True,
) -> None:
    """A table of texts, the first column its lines' names.

    Args:
        frame: Cells, of which the best are in bold, or texts.
        caption: Above it.
        links: Addresses by line and column.
        wide: Scrolls sideways where it is wider than the page; else its texts are broken.
    """
    links = links or {}
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in frame.columns)
    lines = []
    for i, line in enumerate(frame.astype(object).where(frame.notna(), "–").to_numpy()):
        cells = []
        for j, value in enumerate(line):
            text = escape(str(value))
            if isinstance(value, Cell) and value.best:
                text = text.replace(value.figure, f'<span class="best">{value.figure}</span>', 1)
            if (i, j) in links:
                text = f'<a href="{escape(links[i, j])}" target="_self">{text}</a>'
            cells.append(f'<th scope="row">{text}</th>' if j == 0 else f"<td>{text}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    tall = " tall" * (len(lines) > 20)
    around = (
        f'<div class="wide{tall}" role="region" tabindex="0" aria-label='
        f'"{escape(caption or str(frame.columns[0]))}">' if wide else "<div>"
    )  # fmt: skip
    html(
        f"{around}<table>{said}<thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def lines(text: str, label: str) -> None:
    """A text as it was written, line by line, in a part that scrolls.

    Args:
        text: Of a file, say.
        label: What it is, for who can't see it.
    """
    body = "\n".join(map(escape, text.splitlines()))
    html(f'<pre role="region" tabindex="0" aria-label="{escape(label)}">{body}</pre>')


def facts(pairs: Sequence[tuple[str, object]]) -> None:
    """Names and values, a line each."""
    table(pd.DataFrame([[name, str(value)] for name, value in pairs], columns=["what", "value"]),
          wide=False)  # fmt: skip


def dark() -> bool:
    """Whether the page is shown in dark."""
    return st.context.theme.type == "dark"


def drawn(figure: "Figure", key: str, words: str) -> None:
    """A figure of ours in the page's colours, with its text alternative.

    Args:
        figure: Plotly's; one that is kept for others is not changed.
        key: Unlike the others of the page.
        words: What it shows, for who can't see it.
    """
    import plotly.graph_objects as go

    shown = apply_style(go.Figure(json.loads(plotly(figure.to_json()))), dark())
    if shown.layout.legend.orientation is None:
        below(shown)
    least = int((shown.layout.meta or {}).get("least", 0))
    with st.container(key=f"drawn-{key}"):
        if least:  # scrolls sideways where the page is narrower
            css = f".st-key-drawn-{key} {{ overflow-x: auto; }}"
            st.html(f"<style>{css} .st-key-drawn-{key} .stPlotlyChart "
                    f"{{ min-width: {least}px; }}</style>")  # fmt: skip
        st.plotly_chart(shown, theme=None, key=key, config=CONFIG, alt=words)


def below(figure: "Figure") -> None:
    """Puts the legend below, where a narrow page has room for it."""
    named = [one for one in figure.data if one.name and one.showlegend is not False]
    if len(named) < 2 or figure.layout.showlegend is False:
        return
    height = (figure.layout.height or 400) + 20 * -(-len(named) // 4)
    place = {"orientation": "h", "x": 0, "y": -60 / (height - 68), "yanchor": "top"}
    figure.update_layout(height=height, legend=place)


def panel(one: Panel, opened: bool = False) -> None:
    """A figure with its heading and words, and its numbers below, shown at once if ``opened``."""
    heading(one.title, 3)
    words(*one.words.split("\n"))
    if one.figure is not None:
        drawn(one.figure, f"figure-{one.key}", f"{one.title}. {one.words}")
    if one.table is not None:
        with st.expander("Numbers", expanded=opened):
            table(one.table, one.title)
