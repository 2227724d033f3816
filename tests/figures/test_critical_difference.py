"""The diagram says what the ranks and p-values say."""

import itertools

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from da_bench.figures import critical_difference

RANKS = pd.Series({"dann": 1.2, "dan": 1.9, "coral_long_name": 3.4, "source_only": 3.5})


def p_values(apart=()):
    p = pd.DataFrame(1.0, index=RANKS.index, columns=RANKS.index)
    for a, b in apart:
        p.loc[a, b] = p.loc[b, a] = 0.001
    return p


def bars(figure):
    """Ends of the bars over what is not told apart."""
    axes = figure.axes[0]
    wide = [line for line in axes.lines if line.get_linewidth() == 2.5]
    return sorted((min(line.get_xdata()), max(line.get_xdata())) for line in wide)


def test_bars_join_what_is_not_told_apart():
    apart = itertools.product(["dann", "dan"], ["coral_long_name", "source_only"])
    assert bars(critical_difference(RANKS, p_values(apart), 12)) == [(1.2, 1.9), (3.4, 3.5)]
    assert bars(critical_difference(RANKS, p_values(), 12)) == [(1.2, 3.5)]
    every = itertools.combinations(RANKS.index, 2)
    assert bars(critical_difference(RANKS, p_values(every), 12)) == []


def test_alpha_decides():
    p = p_values([("dann", "dan")]).replace(0.001, 0.03)
    assert bars(critical_difference(RANKS, p, 12, alpha=0.05)) != bars(
        critical_difference(RANKS, p, 12, alpha=0.01)
    )


def test_every_method_and_the_protocol_are_named():
    figure = critical_difference(RANKS, p_values(), 12, 0.1, 1.35, "Amazon, Nemenyi")
    texts = " ".join(text.get_text() for text in figure.axes[0].texts)
    for name in RANKS.index:
        assert name in texts
    assert "1.20" in texts
    title = figure.axes[0].get_title()
    for part in ("Amazon, Nemenyi", "12 tasks", "0.1", "CD = 1.35"):
        assert part in title


def test_it_is_saved_whole(tmp_path):
    """No label is cut off: constrained layout leaves all within the page."""
    figure = critical_difference(RANKS, p_values(), 12, title="t")
    canvas = FigureCanvasAgg(figure)
    canvas.print_png(tmp_path / "figure.png")
    renderer = canvas.get_renderer()
    page = figure.bbox
    for text in figure.axes[0].texts:
        box = text.get_window_extent(renderer)
        assert box.x0 >= page.x0 - 1
        assert box.x1 <= page.x1 + 1


def test_names_that_differ_are_said():
    with pytest.raises(ValueError, match="give the same"):
        critical_difference(RANKS.iloc[:3], p_values(), 12)
