"""The report as one HTML document that fetches nothing; texts of results are always escaped."""

import base64
import hashlib
import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

import pandas as pd

from da_bench.figures import style
from da_bench.io.escape import html as escape
from da_bench.io.escape import plotly
from da_bench.results.cell import Cell
from da_bench.results.row import METHOD, TASK

from .panels import Panel

HIDDEN = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Characters that could end a script, and how JSON spells them."""

BROAD = 6
"""Largest number of columns of a table that is printed on an upright page."""


def page(title: str, head: str, body: str, foot: str) -> str:
    """The whole HTML document.

    Args:
        title: Title as plain text.
        head: HTML of the header, below the title.
        body: HTML of the main part, figures' data included.
        foot: HTML of the footer.
    """
    from plotly.offline import get_plotlyjs

    files = resources.files(__package__)
    scripts = [get_plotlyjs(), (files / "report.js").read_text("utf-8")]
    styles = colours() + (files / "report.css").read_text("utf-8")
    digests = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {digests}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    themes = {
        "light": style.template().to_plotly_json(),
        "dark": style.template(dark=True).to_plotly_json(),
    }
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{styles}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<header>
<div class="top"><h1>{escape(title)}</h1>
<button type="button" id="theme" aria-pressed="false" hidden>Dark</button></div>
{head}
</header>
<main id="main" tabindex="-1">
{body}
</main>
<footer>{foot}</footer>
{data("templates", themes)}
<script>{scripts[0]}</script>
<script>{scripts[1]}</script>
</body>
</html>
"""


def digest(script: str) -> str:
    """SHA-256 of a script in base 64, by which the page's policy allows it to run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def colours() -> str:
    """CSS variables with the colours of the figures, light and dark."""

    def css_variables(colour_of: dict[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in colour_of.items())

    dark_rule = f"{{color-scheme:dark;{css_variables(style.DARK)}}}"
    media_query = "@media screen and (prefers-color-scheme:dark)"
    return (
        f":root{{color-scheme:light;{css_variables(style.LIGHT)}}}\n"
        f"{media_query}{{:root:not([data-theme=light]){dark_rule}}}\n"
        f"@media screen{{:root[data-theme=dark]{dark_rule}}}\n"
    )


def data(key: str, value: Any) -> str:
    """An HTML element with JSON data for the page's script.

    Args:
        key: ID of the element.
        value: Any value that JSON has; its texts can't end the element.
    """
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character, spelling in HIDDEN.items():
        text = text.replace(character, spelling)
    return f'<script type="application/json" id="{escape(key)}">{text}</script>'


def cell_markup(entry: object) -> str:
    """HTML of a cell of a results table, the best in bold."""
    if not isinstance(entry, Cell):
        return escape(str(entry))
    figure = f"<strong>{entry.figure}</strong>" if entry.best else entry.figure
    return " ".join(filter(None, [figure, entry.gain_text, entry.marks]))


def table(
    content: pd.DataFrame,
    caption: str,
    key: str,
    footer_lines: int = 0,
    has_method_columns: bool = False,
) -> str:
    """HTML of a table that readers can sort; its first column heads the lines.

    Args:
        content: Texts; lines can be filtered by the columns ``method`` and ``task``.
        caption: Caption, which screen readers read.
        key: ID of the table, unique in the page.
        footer_lines: Number of last lines that stay at the bottom however the rest is sorted.
        has_method_columns: Whether all columns but the first are methods.
    """
    columns = [str(name) for name in content.columns]
    filters = [place for place, name in enumerate(columns) if name in (METHOD, TASK)]
    html_of = cell_markup if has_method_columns else lambda text: escape(str(text))

    def line(values: Any) -> str:
        attributes = "".join(
            f' data-{columns[column]}="{escape(str(values[column]))}"' for column in filters
        )
        cells = "".join(f"<td>{html_of(value)}</td>" for value in values[1:])
        name = f'<th scope="row"><span>{escape(str(values[0]))}</span></th>'
        return f"<tr{attributes}>{name}{cells}</tr>"

    def head(place: int, name: str) -> str:
        attributes = f' data-method="{escape(name)}"' if has_method_columns and place else ""
        button = f'<button type="button" class="sort">{escape(name)}</button>'
        return f'<th scope="col"{attributes}>{button}</th>'

    heads = "".join(head(place, name) for place, name in enumerate(columns))
    lines = [line(values) for values in content.to_numpy()]
    body_lines = len(lines) - footer_lines
    wide_class = " broad" * (len(columns) > BROAD)  # which print on a page's long side
    class_attribute = f' class="cells{wide_class}"' * has_method_columns
    footer = f"<tfoot>{''.join(lines[body_lines:])}</tfoot>" if footer_lines else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table id="{escape(key)}"{class_attribute}><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines[:body_lines])}</tbody>{footer}</table></div>"
    )


def csv_button(key: str, name: str, description: str, file: str) -> str:
    """HTML of a button that downloads a table as CSV.

    Args:
        key: ID of the table, or of data with the file's text.
        name: Text on the button.
        description: What is downloaded, for screen readers.
        file: Name of the file.
    """
    return (
        f'<button type="button" class="csv" data-of="{escape(key)}" data-file="{escape(file)}" '
        f'aria-label="{escape(f"{name}: {description}")}">{escape(name)}</button>'
    )


def figure(panel: Panel, key: str, file: str) -> str:
    """HTML of a panel: heading, place of the figure, words, table and data.

    Args:
        panel: The panel.
        key: ID of the figure, unique in the page.
        file: Name of downloaded files, without an ending.
    """
    caption = f'<figcaption id="{key}-words">{escape(panel.words)}</figcaption>'
    heading = f"<h3>{escape(panel.title)}</h3>"
    if panel.figure is None:
        return f'<section class="panel">{heading}<p>{escape(panel.words)}</p></section>'
    spec = json.loads(plotly(panel.figure.to_json()))
    spec["layout"].pop("template", None)
    height = spec["layout"].get("height", 400)
    numbers = ""
    if panel.table is not None:
        numbers = (
            f"<details><summary>Show as table</summary>"
            f"{table(panel.table, f'{panel.title}, as a table', f'{key}-table')}"
            f"{csv_button(f'{key}-table', 'CSV', panel.title, f'{file}.csv')}</details>"
        )
    button = (
        f'<button type="button" class="png" data-file="{escape(file)}" '
        f'aria-label="{escape(f"PNG: {panel.title}")}">PNG</button>'
    )
    spec_data = data(f"{key}-spec", {"data": spec["data"], "layout": spec["layout"]})
    return (
        f'<figure class="panel" id="{key}"><div class="top">{heading}{button}</div>'
        f"{selects(panel, key)}"
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(panel.title)}, figure">'
        f'<div class="plot" role="img" aria-label="{escape(panel.title)}" '
        f'aria-describedby="{key}-words" data-spec="{key}-spec" style="min-height:{height}px">'
        f"</div></div>{caption}{numbers}{spec_data}</figure>"
    )


def selects(panel: Panel, key: str) -> str:
    """HTML of a menu for each choice of a panel."""
    if not panel.choices:
        return ""
    menus = "".join(
        f'<label for="{key}-{escape(name)}">{escape(name.capitalize())} '
        f'<select id="{key}-{escape(name)}" class="choice" data-key="{escape(name)}">'
        f"{options(values)}</select></label>"
        for name, values in panel.choices.items()
    )
    return f'<div class="choices">{menus}</div>'


def options(values: Iterable[str]) -> str:
    """HTML of a menu's options."""
    return "".join(
        f'<option value="{escape(value)}">{escape(value)}</option>' for value in map(str, values)
    )
