"""The document: each format says the same, and none hides what is missing."""

import io

import pandas as pd
import pytest

from da_bench.results.protocol import MixedProtocols
from da_bench.results.renderers.document import tabulate
from da_bench.results.renderers.rounding import readable
from da_bench.results.row import TWIN
from da_bench.results.table import frame
from tests.results.stored import failed, grid, row


def rows(**more):
    made = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 2,
                lambda m, t, s: {TWIN: 0.5, "dann": 0.75, "dan": 0.625}[m])  # fmt: skip
    made = [r | more for r in made]
    made[-1] = failed("dan", "b", "a", 1, "RuntimeError: a | b") | more
    return made


def made(*args, of=None, **kwargs):
    return tabulate(of or rows(), {}, *args, **kwargs)


def test_markdown_holds_table_protocol_and_failed_runs():
    text = made()
    assert text.startswith("## bench")
    assert "**75.0 ±0.0** (+25.0) |" in text
    assert "dan 1 of 4 (1 failed, 0 not run)" in text
    below = text[text.index("Failed runs: 1") :]
    assert "| dan | b:a | 1 | RuntimeError: a \\| b |" in below
    assert text.index("| mean |") < text.index("Failed runs")


def test_latex_and_text_hold_the_same():
    latex, text = made("latex"), made("text")
    assert r"\textbf{75.0} {\scriptsize $\pm$0.0} (+25.0) " in latex
    assert "% failed: dan b:a seed 1: RuntimeError: a | b" in latex
    assert "dan 1 of 4 (1 failed, 0 not run)" in latex
    assert "75.0 ±0.0 (+25.0)" in text
    assert "failed: dan b:a seed 1" in text


DRAWN = 0.0031622776601683794
"""As a search draws it, in 17 digits."""


def drawn(*rates):
    """Runs of a method at those learning rates."""
    varied = [{"variant": f"optimizer.lr={r}, weight=1.0", "settings": {"lr": r}} for r in rates]
    return [row(TWIN), *(row("dann", score=0.6 + i / 10, **v) for i, v in enumerate(varied))]


def test_people_read_four_digits_and_a_csv_has_them_all():
    of = drawn(DRAWN, 0.05)
    for style in ("markdown", "latex", "text"):
        text = made(style, of=of).replace("\\_", "_")
        assert "dann[optimizer.lr=0.003162, weight=1.0]" in text
        assert "dann[optimizer.lr=0.05, weight=1.0]" in text
        assert str(DRAWN) not in text
    read = pd.read_csv(io.StringIO(made("csv", of=of)))
    assert f"dann[optimizer.lr={DRAWN}, weight=1.0]" in set(read["method"])
    assert (read["selection"] == "last").all()
    runs = frame(of)  # what results.csv is made of
    assert f"optimizer.lr={DRAWN}, weight=1.0" in set(runs["variant"])


def test_settings_that_read_the_same_stand_whole():
    near = DRAWN + 1e-9
    text = made(of=drawn(DRAWN, near, 0.0512345))
    for rate in (DRAWN, near, 0.05123):
        assert f"dann[optimizer.lr={rate}, weight=1.0]" in text


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        ("lr=0.0031622776601683794", "lr=0.003162"),
        ("lr=1.2345678e-05", "lr=1.235e-05"),
        ("a=-12.34567, b=[70.710678, 1.0]", "a=-12.35, b=[70.71, 1.0]"),
        ("size=123456, weight=0.10", "size=123456, weight=0.10"),
        ("path=a/v1.23456/x, version=1.23456.7, at=x0.123456", None),
    ],
)
def test_only_decimal_numbers_that_stand_alone_are_shortened(whole, read):
    assert readable(whole) == (whole if read is None else read)


def test_csv_is_read_back_in_full():
    read = pd.read_csv(io.StringIO(made("csv")))
    cell = read[(read["task"] == "b:a") & (read["method"] == "dan")].iloc[0]
    assert (cell["mean"], cell["gain"], cell["runs"], cell["failed"]) == (0.625, 0.125, 1, 1)
    assert (read["selection"] == "last").all()
    assert read["runs"].dtype == read["failed"].dtype == int  # not 2.0 runs
    assert set(read["task"]) == {"a:b", "b:a", "mean"}


def test_a_benchmark_of_which_nothing_finished_is_shown():
    lost = [failed("dann", "x", "y", s, "it broke", benchmark="gone") for s in range(2)]
    assert "## gone\n\nNo run finished." in made(of=rows() + lost)
    assert "| dann | x:y | 1 | it broke |" in made(of=rows() + lost)
    read = pd.read_csv(io.StringIO(made("csv", of=rows() + lost)))
    assert read.loc[read["benchmark"] == "gone", "failed"].tolist() == [2]


def test_mixed_protocols_are_refused_with_a_way_out_and_mixed_when_told():
    mix = rows()
    mix[0] = mix[0] | {"target_test": "transductive"}
    with pytest.raises(MixedProtocols, match=r"bench: rows differ in target_test.*--allow-mixed"):
        made(of=mix)
    assert "MIXED PROTOCOLS" in made(of=mix, allow_mixed=True)
    assert "MIXED PROTOCOLS" in made("latex", of=mix, allow_mixed=True)


def test_of_two_runs_of_a_cell_the_later_counts_when_mixing_is_allowed():
    old, new = row("dann", score=0.1, folder="old"), row("dann", score=0.9, folder="new", note=1)
    text = tabulate([row(TWIN), old, new], {"old": 1, "new": 2}, allow_mixed=True)
    assert "90.0" in text
    assert "50.0" not in text  # their mean


def test_benchmarks_stand_apart_and_may_differ_in_metric():
    text = made(of=rows() + [r | {"benchmark": "other", "metric": "r2"} for r in rows()])
    assert text.count("## ") == 2
    assert "**75.0" in text
    assert "**0.750" in text


@pytest.mark.parametrize("metric", ["mse", "error"])
def test_where_lower_is_better_the_lowest_is_bold(metric):
    text = made(of=rows(metric=metric, higher_is_better=False))
    assert "**50.0 ±0.0**" in text or "**0.500 ±0.000**" in text
    assert "**75.0" not in text
    assert "**0.750" not in text


def test_gains_by_budget_and_statistics():
    text = made(normalise="wall", statistics=True)
    assert "wall s a run" in text
    assert "budget of source_only" in text
    assert "### Statistics: bench" in text
    assert "WARNING: 2 tasks" in text
    latex = made("latex", statistics=True)
    assert all(line.startswith("%") for line in latex.splitlines() if "Statistics" in line)
    with pytest.raises(ValueError, match="--statistics is text"):
        made("csv", statistics=True)


def test_variants_stand_by_what_they_vary_however_their_folders_sort():
    weights = (10.0, 0.1, 1e-05, 2.0)
    made_of = [row("dann", variant=f"weight={w}", settings={"weight": w}) for w in weights]
    head = made(of=[row(TWIN), *made_of]).split("| task | ")[1].splitlines()[0]
    names = [f"dann[weight={w}]" for w in sorted(weights)]
    assert head == " | ".join([TWIN, *names]) + " |"
