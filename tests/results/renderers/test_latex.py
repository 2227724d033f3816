"""LaTeX that compiles whatever the names, and says the same as the Markdown."""

import shutil
import subprocess

import pandas as pd
import pytest

from da_bench.results.renderers.latex import cell, escape, latex


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("76.3", "76.3"),
        ("76.3 ±0.4", r"76.3 {\scriptsize $\pm$0.4}"),
        ("**76.3 ±0.4** (+0.2)", r"\textbf{76.3} {\scriptsize $\pm$0.4} (+0.2)"),
        ("0.350 ±0.071 (-0.200)", r"0.350 {\scriptsize $\pm$0.071} ($-$0.200)"),
        (
            "35.0 ±7.1 (-20.0 [-21.0, -19.0]) †",
            r"35.0 {\scriptsize $\pm$7.1} ($-$20.0 [$-$21.0, $-$19.0]) $\dagger$",
        ),
        ("35.0 (+1.0 [-2.0, +4.0])", r"35.0 (+1.0 [$-$2.0, +4.0])"),
        ("**35.0** †", r"\textbf{35.0} $\dagger$"),
        ("-0.5", r"$-$0.5"),
        ("-", "-"),
        ("1.03x", "1.03x"),
    ],
)
def test_cells(text, written):
    assert cell(text) == written


def test_every_special_character_is_escaped():
    assert escape("a_b & 5% of $3 #1 {x} ~^\\ ±") == (
        r"a\_b \& 5\% of \$3 \#1 \{x\} \textasciitilde{}\textasciicircum{}\textbackslash{} $\pm$"
    )


def made():
    text = pd.DataFrame(
        [["70.1 ±0.3", "**76.3 ±0.4** (+6.2)"], ["-", "**1.0**"], ["70.1", "38.7"]],
        index=["a:b_c", "b:a", "mean"],
        columns=["source_only", "dann[weight=0.1]"],
    )
    return latex(text, "Amazon & more", "100 % of _it_", last=1)


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
