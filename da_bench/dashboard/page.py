"""The report as one HTML text: nothing in it is fetched, and nothing from results is markup."""

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
"""What could end a script, in JSON's own spelling."""

BROAD = 6
"""Columns of a results table that a page takes across its short side."""


def page(title: str, head: str, body: str, foot: str) -> str:
    """The whole document.

    Args:
        title: Plain text.
        head: HTML of the header, below the title.
        body: HTML of the main part, figures' data included.
        foot: HTML of the footer.
    """
    from plotly.offline import get_plotlyjs

    own = resources.files(__package__)
    scripts = [get_plotlyjs(), (own / "report.js").read_text("utf-8")]
    looks = colours() + (own / "report.css").read_text("utf-8")
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
<style>{looks}</style>
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
    """What the page's own policy knows a script by: no other may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def colours() -> str:
    """The figures' colours as the page's."""

    def own(of: dict[str, str]) -> str:
        return "".join(f"--{name}:{value};" for name, value in of.items())

    dark = f"{{color-scheme:dark;{own(style.DARK)}}}"
    asked = "@media screen and (prefers-color-scheme:dark)"
    return (
        f":root{{color-scheme:light;{own(style.LIGHT)}}}\n"
        f"{asked}{{:root:not([data-theme=light]){dark}}}\n"
        f"@media screen{{:root[data-theme=dark]{dark}}}\n"
    )


def data(key: str, value: Any) -> str:
    """Data for the page's script, which no text within can leave."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for sign, spelling in HIDDEN.items():
        text = text.replace(sign, spelling)
    return f'<script type="application/json" id="{escape(key)}">{text}</script>'


def marked_up(entry: object) -> str:
    """A cell of a results table, the best in bold."""
    if not isinstance(entry, Cell):
        return escape(str(entry))
    figure = f"<strong>{entry.figure}</strong>" if entry.best else entry.figure
    return " ".join(filter(None, [figure, entry.gain_text, entry.marks]))


def table(
    content: pd.DataFrame, caption: str, key: str, foot: int = 0, across: bool = False
) -> str:
    """A table whose columns sort; its first column heads each line.

    Args:
        content: Texts; columns ``method`` and ``task`` can be filtered by.
        caption: What it is, for screen readers.
        key: Unlike any other of the page.
        foot: So many of the last lines stay below however the rest is sorted.
        across: Whether all columns but the first are methods.
    """
    columns = [str(name) for name in content.columns]
    filters = [i for i, name in enumerate(columns) if name in (METHOD, TASK)]
    shown = marked_up if across else lambda text: escape(str(text))

    def line(values: Any) -> str:
        of = "".join(f' data-{columns[i]}="{escape(str(values[i]))}"' for i in filters)
        cells = "".join(f"<td>{shown(value)}</td>" for value in values[1:])
        return f'<tr{of}><th scope="row"><span>{escape(str(values[0]))}</span></th>{cells}</tr>'

    def head(place: int, name: str) -> str:
        of = f' data-method="{escape(name)}"' if across and place else ""
        button = f'<button type="button" class="sort">{escape(name)}</button>'
        return f'<th scope="col"{of}>{button}</th>'

    heads = "".join(head(place, name) for place, name in enumerate(columns))
    lines = [line(values) for values in content.to_numpy()]
    cut = len(lines) - foot
    broad = " broad" * (len(columns) > BROAD)  # which print on a page's long side
    kind = f' class="cells{broad}"' * across
    below = f"<tfoot>{''.join(lines[cut:])}</tfoot>" if foot else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table id="{escape(key)}"{kind}><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(lines[:cut])}</tbody>{below}</table></div>"
    )


def csv_button(key: str, name: str, what: str, file: str) -> str:
    """Downloads a table as it is shown, or where ``key`` names data, that text."""
    return (
        f'<button type="button" class="csv" data-of="{escape(key)}" data-file="{escape(file)}" '
        f'aria-label="{escape(f"{name}: {what}")}">{escape(name)}</button>'
    )


def figure(panel: Panel, key: str, file: str) -> str:
    """A panel: its heading, the place of its figure, words, its table and its data."""
    words = f'<figcaption id="{key}-words">{escape(panel.words)}</figcaption>'
    head = f"<h3>{escape(panel.title)}</h3>"
    if panel.figure is None:
        return f'<section class="panel">{head}<p>{escape(panel.words)}</p></section>'
    spec = json.loads(plotly(panel.figure.to_json()))
    spec["layout"].pop("template", None)
    height = spec["layout"].get("height", 400)
    shown = ""
    if panel.table is not None:
        shown = (
            f"<details><summary>Show as table</summary>"
            f"{table(panel.table, f'{panel.title}, as a table', f'{key}-table')}"
            f"{csv_button(f'{key}-table', 'CSV', panel.title, f'{file}.csv')}</details>"
        )
    png = (
        f'<button type="button" class="png" data-file="{escape(file)}" '
        f'aria-label="{escape(f"PNG: {panel.title}")}">PNG</button>'
    )
    held = data(f"{key}-spec", {"data": spec["data"], "layout": spec["layout"]})
    return (
        f'<figure class="panel" id="{key}"><div class="top">{head}{png}</div>{selects(panel, key)}'
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(panel.title)}, figure">'
        f'<div class="plot" role="img" aria-label="{escape(panel.title)}" '
        f'aria-describedby="{key}-words" data-spec="{key}-spec" style="min-height:{height}px">'
        f"</div></div>{words}{shown}{held}</figure>"
    )


def selects(panel: Panel, key: str) -> str:
    """A menu for each thing of which one is shown at a time."""
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
    """Lines of a menu."""
    return "".join(f'<option value="{escape(v)}">{escape(v)}</option>' for v in map(str, values))
