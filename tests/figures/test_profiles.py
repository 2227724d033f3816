"""Performance profiles have bands, dashes and colours."""

import numpy as np
import pytest

from da_bench import figures


def test_profiles_have_bands_dashes_and_colours():
    grid = np.linspace(0, 1, 5)
    shares = {n: np.stack([1 - grid, 1 - grid - 0.1, 1 - grid + 0.1]) for n in ("a", "b")}
    figure = figures.profiles(grid, shares, percent=True)
    lines = [t for t in figure.data if t.mode == "lines"]
    assert lines[0].x == (0, 25, 50, 75, 100)
    assert lines[0].y == tuple(np.round(1 - grid, 4))
    assert len({t.line.dash for t in lines}) == len({t.line.color for t in lines}) == 2
    bands = [t for t in figure.data if t.fill == "toself"]
    assert [t.meta["method"] for t in bands] == ["a", "b"]
    for band in bands:  # along the upper limit, and back along the lower
        assert band.x == (0, 25, 50, 75, 100, 100, 75, 50, 25, 0)
        limits = [*(1 - grid + 0.1), *(1 - grid - 0.1)[::-1]]
        np.testing.assert_allclose(band.y, limits, atol=1e-4)
    with pytest.raises(ValueError, match="shape"):
        figures.profiles(grid, {"a": grid})
    with pytest.raises(ValueError, match="no method"):
        figures.profiles(grid, {})
