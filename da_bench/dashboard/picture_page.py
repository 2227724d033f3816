"""One figure as an HTML document that fetches nothing, for phone and desktop, light and dark."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from da_bench.figures.style import DARK, LIGHT, template
from da_bench.io.escape import html as escape
from da_bench.io.escape import plotly

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

NARROW = 640
"""Pixels of a screen below which panels stand one under another."""
SCRIPT = """
const narrow = matchMedia('(max-width: %dpx)'), dark = matchMedia('(prefers-color-scheme: dark)');
const held = id => JSON.parse(document.getElementById(id).textContent);
const look = held('templates');
function draw() {
  const figure = held(narrow.matches ? 'narrow' : 'wide');
  figure.layout.template = look[dark.matches ? 'dark' : 'light'];
  Plotly.react('figure', figure.data, figure.layout, {responsive: true, displaylogo: false,
    showSendToCloud: false, plotlyServerURL: ''});  // or a button would upload the figure
}
draw();
narrow.addEventListener('change', draw);
dark.addEventListener('change', draw);
"""


def picture_page(draw: Callable[..., "Figure"], title: str, description: str) -> str:
    """The HTML document of one figure.

    Args:
        draw: Makes the figure; its argument ``stacked`` says that panels stand one under another.
        title: Title as plain text.
        description: Plain text below the title.
    """
    from plotly.offline import get_plotlyjs

    figures_and_templates = {
        "wide": plotly(draw(stacked=False).to_json()),
        "narrow": plotly(draw(stacked=True).to_json()),
        "templates": json.dumps(
            {
                "light": template().to_plotly_json(),
                "dark": template(dark=True).to_plotly_json(),
            }
        ),
    }
    # What could end the element, in JSON's own spelling.
    texts = {name: text.replace("<", "\\u003c") for name, text in figures_and_templates.items()}
    data_elements = "\n".join(
        f'<script type="application/json" id="{name}">{text}</script>'
        for name, text in texts.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>
body {{ font-family: system-ui, sans-serif; margin: 1rem; color: {LIGHT["text"]};
        background: {LIGHT["paper"]}; }}
h1 {{ font-size: 1.3rem; margin: 0; overflow-wrap: anywhere; }}
p {{ margin: .3rem 0 1rem; color: {LIGHT["muted"]}; overflow-wrap: anywhere; }}
@media (prefers-color-scheme: dark) {{
  body {{ color: {DARK["text"]}; background: {DARK["paper"]}; }}
  p {{ color: {DARK["muted"]}; }}
}}
</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>{escape(description)}</p>
<div id="figure" role="group" aria-label="{escape(title)}"></div>
</main>
{data_elements}
<script>{get_plotlyjs()}</script>
<script>{SCRIPT % NARROW}</script>
</body>
</html>
"""
