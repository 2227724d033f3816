"""The figure of validators: what is drawn, and what is refused."""

import math

import pytest

from da_bench.figures import validators

FOUND = {
    "dev": ((0.10, 0.02), (0.4, 0.1)),
    "snd": ((0.20, math.nan), (-0.3, 0.2)),
    "last": ((0.15, 0.01), (math.nan, math.nan)),
}


def test_a_dot_a_validator_and_none_where_it_is_undefined():
    left, right = validators(FOUND, "accuracy", "digits").axes
    assert [t.get_text() for t in left.get_yticklabels()] == list(FOUND)
    dots = [
        [(c[0].get_xdata()[0], c[0].get_ydata()[0]) for c in a.containers] for a in (left, right)
    ]
    assert dots[0] == [(0.10, 0), (0.20, 1), (0.15, 2)]
    assert dots[1] == [(0.4, 0), (-0.3, 1)]
    assert "accuracy" in left.get_xlabel()


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        validators({})
