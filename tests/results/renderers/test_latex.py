"""LaTeX that compiles whatever the names, and says the same as the Markdown."""

import shutil
import subprocess

import pandas as pd
import pytest

from da_bench.results.cell import PERCENT, Cell
from da_bench.results.renderers.latex import cell, escape, latex


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Cell(0.763, unit=PERCENT), "76.3"),
        (Cell(0.763, 0.004, unit=PERCENT), r"76.3 {\scriptsize $\pm$0.4}"),
        (
            Cell(0.763, 0.004, 0.002, best=True, unit=PERCENT),
            r"\textbf{76.3} {\scriptsize $\pm$0.4} (+0.2)",
        ),
        (Cell(0.35, 0.071, -0.2), r"0.350 {\scriptsize $\pm$0.071} ($-$0.200)"),
        (
            Cell(0.35, 0.071, -0.2, -0.21, -0.19, harm=True, unit=PERCENT),
            r"35.0 {\scriptsize $\pm$7.1} ($-$20.0 [$-$21.0, $-$19.0]) $\dagger$",
        ),
        (Cell(0.35, gain=0.01, low=-0.02, high=0.04, unit=PERCENT), r"35.0 (+1.0 [$-$2.0, +4.0])"),
        (Cell(0.35, best=True, harm=True, unit=PERCENT), r"\textbf{35.0} $\dagger$"),
        (Cell(0.35, harm=True, suspect=True, unit=PERCENT), r"35.0 $\dagger$ $\ddagger$"),
        (Cell(-0.5), r"$-$0.500"),
        ("-0.5 ±0.1", r"$-$0.5 $\pm$0.1"),
        ("-", "-"),
        ("1.03x", "1.03x"),
    ],
)
def test_cells(entry, text):
    assert cell(entry) == text


def test_every_special_character_is_escaped():
    assert escape("a_b & 5% of $3 #1 {x} ~^\\ ±") == (
        r"a\_b \& 5\% of \$3 \#1 \{x\} \textasciitilde{}\textasciicircum{}\textbackslash{} $\pm$"
    )


def made():
    text = pd.DataFrame(
        [
            [Cell(0.701, 0.003, unit=PERCENT), Cell(0.763, 0.004, 0.062, best=True, unit=PERCENT)],
            ["-", Cell(0.01, best=True, unit=PERCENT)],
            [Cell(0.701, unit=PERCENT), "38.7"],
        ],
        index=["a:b_c", "b:a", "mean"],
        columns=["source_only", "dann[weight=0.1]"],
    )
    return latex(text, "Amazon & more", "100 % of _it_", footer_lines=1)


def test_the_mean_is_set_off_and_columns_are_counted():
    lines = made().splitlines()
    assert r"\begin{tabular}{lrr}" in made()
    mean = next(i for i, line in enumerate(lines) if "mean" in line)
    assert lines[mean - 1].strip() == r"\midrule"
    rows = [line for line in lines if line.endswith(r"\\")]
    assert all(line.replace(r"\&", "").count("&") == 2 for line in rows)
    assert len(rows) == 4


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_it_compiles(tmp_path):
    document = (
        r"\documentclass{article}\usepackage{booktabs}\begin{document}" + made() + r"\end{document}"
    )
    (tmp_path / "t.tex").write_text(document)
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True
    )
    assert done.returncode == 0, done.stdout[-2000:]
