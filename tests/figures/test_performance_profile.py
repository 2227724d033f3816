"""The curves are the numbers, and every method can be told from the others."""

import sys

import numpy as np
import pytest

from da_bench.config.extras import MissingExtra, needs
from da_bench.figures import performance_profile

TAU = np.linspace(0, 1, 20)


def profiles(count):
    share = np.linspace(1, 0, 20)
    return {f"m{i}": np.stack([share, share - 0.05, share + 0.05]) for i in range(count)}


def test_lines_are_the_profiles():
    made = profiles(3)
    figure = performance_profile(TAU, made, "accuracy", title="three")
    axes = figure.axes[0]
    for line, (name, profile) in zip(axes.lines, made.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), TAU)
        np.testing.assert_array_equal(line.get_ydata(), profile[0])
        band = axes.collections[list(made).index(name)].get_paths()[0].vertices
        for tau, low, high in zip(TAU, profile[1], profile[2], strict=True):
            at = sorted({round(y, 6) for x, y in band if abs(x - tau) < 1e-9})
            assert at[0] == pytest.approx(low, abs=1e-6)
            assert at[-1] == pytest.approx(high, abs=1e-6)
    assert len(axes.collections) == 3
    assert "accuracy" in axes.get_xlabel()
    assert "above" in axes.get_ylabel()
    assert "below" in performance_profile(TAU, made, higher=False).axes[0].get_ylabel()
    assert [t.get_text() for t in figure.legends[0].texts] == list(made)


def test_twenty_five_methods_look_different():
    lines = performance_profile(TAU, profiles(25)).axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 25


def test_drawing_leaves_no_global_state():
    """No window is opened, and figures do not pile up in pyplot."""
    performance_profile(TAU, profiles(2))
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_bad_input_is_said():
    with pytest.raises(ValueError, match="no method"):
        performance_profile(TAU, {})
    with pytest.raises(ValueError, match=r"'m0' has shape \(3, 20\), expected \(3, 10\)"):
        performance_profile(TAU[:10], profiles(1))


def test_a_package_that_is_not_there_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[statistics\]"):
        performance_profile(TAU, profiles(1))
    with pytest.raises(MissingExtra, match="no_such_package"):
        needs("no_such_package.inner", "speed")
