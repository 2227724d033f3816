"""Schedules at points whose values are known."""

import math

import pytest

from da_bench.functional import constant, cosine, inverse_decay, linear_decay, ramp


@pytest.mark.parametrize(
    ("schedule", "progress", "expected"),
    [
        (constant, 0.3, 1.0),
        (ramp, 0.0, 0.0),
        (ramp, 0.5, 0.98661),
        (ramp, 1.0, 0.99991),
        (inverse_decay, 0.0, 1.0),
        (inverse_decay, 0.5, 6**-0.75),
        (inverse_decay, 1.0, 0.165560),
        (cosine, 0.0, 1.0),
        (cosine, 0.5, 0.5),
        (cosine, 1.0, 0.0),
        (linear_decay, 0.25, 0.75),
    ],
)
def test_values(schedule, progress, expected):
    assert schedule(progress) == pytest.approx(expected, abs=1e-5)
    assert type(schedule(progress)) is float


@pytest.mark.parametrize("progress", [0.0, 0.1, 1.0])
def test_ramp_is_exactly_the_papers_formula(progress):
    assert ramp(progress) == 2 / (1 + math.exp(-10 * progress)) - 1
    assert ramp(progress, gamma=2) == 2 / (1 + math.exp(-2 * progress)) - 1
