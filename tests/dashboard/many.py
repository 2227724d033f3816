"""Folders of many runs, and of nasty ones, written without waiting for the disk."""

import json

import numpy as np

from da_bench.bench.grid import TWIN
from tests.bench.stored import failed, row

METHODS = (TWIN, "dann", "cdan", "dan", "jan", "deep_coral", "mcd", "mdd", "bnm", "mcc",
           "reweighted_kmm", "target_only")  # fmt: skip
NASTY = ("<script>alert(1)</script>", "$x^2$ and $y$", ":red[red]", "**bold** `code`", "a|b",
         "\"quotes\" 'both'", "[link](https://example.org)", ":material/home: :smile: -> --",
         "Ελληνικά", "漢字かな", "עברית", "# head", "<b>b</b>&amp;")  # fmt: skip
"""Names with markup of Markdown, HTML, TeX, Streamlit and plotly, and of other letters."""
COLLAPSE = {"name": "predictions_collapse", "level": "warning", "step": 12,
            "evidence": "1.00 classes in effect", "remedy": "raise the weight"}  # fmt: skip


def write(out, rows):
    """Each row into its own folder ``runs/BENCHMARK/METHOD/NUMBER``, quickly; returns them."""
    made = []
    for number, one in enumerate(rows):
        benchmark, method = (str(one[k]).replace("/", "_") for k in ("benchmark", "method"))
        folder = out / "runs" / benchmark / method / f"r{number}"
        folder.mkdir(parents=True)
        text = json.dumps({"schema": 1} | {k: v for k, v in one.items() if k != "folder"})
        (folder / "result.json").write_text(text)
        made.append(folder)
    return made


def many(methods=METHODS, tasks=60, seeds=7):
    """12 methods x 60 tasks x 7 seeds: 5,040 rows of which a few failed and a few are missing."""
    rng = np.random.default_rng(0)
    rows = []
    for m, method in enumerate(methods):
        for t in range(tasks):
            base = rng.normal(0.6 + 0.02 * m, 0.05)
            for seed in range(seeds):
                place = (f"s{t // 8}", f"t{t % 8 + 8 * (t // 8)}", seed)
                drawn, score = rng.random(), float(np.clip(base + rng.normal(0, 0.02), 0, 1))
                if drawn < 0.004:
                    continue
                if drawn < 0.01:
                    rows.append(failed(method, *place, error="RuntimeError: loss is nan"))
                    continue
                watched = {"diagnosis": None, "diagnoses": []}
                if drawn < 0.03:
                    watched = {"diagnosis": "predictions_collapse", "diagnoses": [COLLAPSE]}
                rows.append(row(method, *place, score, wall_s=10.0 + m + rng.random(), **watched))
    return rows


def nasty():
    """A run of the twin and of a method for each nasty name, which is method, domain and text."""
    return [
        made
        for name in NASTY
        for made in (
            row(TWIN, name, "b", score=0.5),
            row(TWIN, name, "b", 1, score=0.5),
            row(name, name, "b", score=0.6, comment=name),
            row(name, name, "b", 1, score=0.7, comment=name),
        )
    ]
