"""What ``da-bench diagnose`` shows: a table and sentences, JSON, a figure for each sentence."""

import json
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from da_bench.io.escape import html as escape
from da_bench.io.files import write_whole

from .samples import read_pair, thin
from .sentences import (
    ALPHA,
    EXPLAINED,
    LABEL_ALPHA,
    LEAST_GAP,
    LEAST_MOVED,
    SMALL_SHARE,
    Diagnosis,
    Sentence,
    diagnose,
)

SCALES = {
    "A-distance": (0.0, 2.0, 0.0, "no difference; 2 is wholly apart"),
    "MMD^2": (0.0, 0.05, 0.0, f"no difference; judged by p, at most {ALPHA:g}"),
    "effective sample share": (0.0, 1.0, SMALL_SHARE, "below it reweighting rests on too few"),
    "held-out accuracy": (
        0.0,
        1.0,
        math.nan,
        f"features tell the labels where p is {LABEL_ALPHA:g} or less",
    ),
    "class shares moved": (0.0, 1.0, LEAST_MOVED, "an interval above it may be label shift"),
    "A-distance left by class weights": (0.0, 2.0, 0.0, "label shift explains all of it"),
    "error beyond reweighting": (-0.5, 0.5, LEAST_GAP, "an interval above it is concept change"),
}
"""For each figure: both ends of its scale, its threshold, and what the threshold means."""
SCRIPT = "plotly.min.js"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>da-bench diagnose: {topic}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ font: 16px/1.4 system-ui, sans-serif; color: #1b1f24; margin: 1rem auto;
max-width: 46rem; padding: 0 1rem }} h1 {{ font-size: 1.1rem; font-weight: 600 }}</style>
<script src="{script}"></script></head>
<body><main><h1>{text}</h1>
{figure}
</main></body></html>
"""
THRESHOLDS = {
    "alpha": ALPHA, "explained": EXPLAINED, "label_alpha": LABEL_ALPHA, "least_gap": LEAST_GAP,
    "least_moved": LEAST_MOVED,
    "small_share": SMALL_SHARE,
}  # fmt: skip


def diagnosis_record(
    diagnosis: Diagnosis, pages: list[Path], source: int, target: int
) -> dict[str, Any]:
    """A diagnosis as JSON holds it: what is not known is null, a sentence names its figure."""
    return {
        "source": source,
        "target": target,
        "thresholds": THRESHOLDS,
        "figures": {
            name: {
                key: value if math.isfinite(value) else None
                for key, value in figure._asdict().items()
                if key != "name"
            }
            for name, figure in diagnosis.figures.items()
        },
        "sentences": [
            {
                "topic": sentence.topic,
                "text": sentence.text,
                "rests_on": list(sentence.rests_on),
                "figure": str(pages[i]) if pages else None,
            }
            for i, sentence in enumerate(diagnosis.sentences)
        ],
    }


def draw(diagnosis: Diagnosis, folder: Path) -> list[Path]:
    """Writes a page for each sentence, what it rests on; returns them in order.

    They share one ``plotly.min.js`` in the folder, and need no network.
    """
    from plotly.offline import get_plotlyjs

    from da_bench.figures import Evidence, evidence

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / SCRIPT, get_plotlyjs())
    paths = []
    for number, (text, names, topic) in enumerate(diagnosis.sentences, 1):
        figure = evidence([Evidence(*diagnosis.figures[name], *SCALES[name]) for name in names])
        figure_html = figure.to_html(
            include_plotlyjs=False,
            full_html=False,
            config={"responsive": True, "displayModeBar": False},
        )
        path = folder / f"{number}-{topic}.html"
        page = PAGE.format(topic=topic, text=escape(text), script=SCRIPT, figure=figure_html)
        write_whole(path, page)
        paths.append(path)
    return paths


def show(diagnosis: Diagnosis, pages: list[Path], console: Console) -> None:
    """Prints figures, numbered, and sentences that name them and the page that shows them."""
    numbers = {name: i for i, name in enumerate(diagnosis.figures, 1)}
    table = Table("", "figure", "value", "95 % interval", "p", box=None)
    for name, figure in diagnosis.figures.items():
        interval = "" if figure.low != figure.low else f"[{figure.low:.3g}, {figure.high:.3g}]"
        p = "" if figure.p_value != figure.p_value else f"{figure.p_value:.2g}"
        table.add_row(str(numbers[name]), name, f"{figure.value:.3g}", interval, p)
    console.print(table)
    sentence: Sentence
    for i, sentence in enumerate(diagnosis.sentences):
        marks = ", ".join(str(numbers[name]) for name in sentence.rests_on)
        marks += f"; {pages[i]}" if pages else ""
        console.print(f"{sentence.text} ({marks})", highlight=False, markup=False)


def command(
    a: Path,
    b: Path | None,
    run: Path | None,
    layer: str,
    most: int,
    use_target_labels: bool,
    as_json: bool = False,
    figures: Path | None = None,
    settings: dict[str, Any] | None = None,
) -> int:
    """Prints the diagnosis, or its JSON; draws what its sentences rest on where asked."""
    console = Console()
    source, target = (thin(sample, most) for sample in read_pair(a, b, run, layer, settings))
    if use_target_labels and target.y is None:
        raise ValueError(f"--use-target-labels: {b or a} holds no labels; leave the option out")
    labels = target.y if use_target_labels else None
    diagnosis = diagnose(source.x, target.x, source.y, labels)
    pages = draw(diagnosis, figures) if figures else []
    if as_json:
        print(
            json.dumps(diagnosis_record(diagnosis, pages, len(source.x), len(target.x)), indent=1)
        )
        return 0
    show(diagnosis, pages, console)
    if target.y is not None and not use_target_labels:
        console.print("The target's labels were not read; --use-target-labels reads them.")
    return 0
