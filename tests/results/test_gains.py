"""Gains of runs over the twin of the same task and seed, and which variant is whose twin."""

import math

import pandas as pd
import pytest

from da_bench.results.gains import gains, twin_variants
from tests.results.stored import failed, row


def table(*rows, **columns):
    """Rows as :func:`da_bench.results.table.frame` hands them on."""
    columns = {"variant": "", "current": True, "other_code": False} | columns
    made = pd.DataFrame(rows)
    return made.assign(**{k: v for k, v in columns.items() if k not in made})


def test_a_gain_is_the_difference_to_the_twin_of_its_task_and_seed():
    rows = [row("source_only", seed=0, score=0.5), row("source_only", seed=1, score=0.7),
            row(seed=1, score=0.6), row(seed=0, score=0.75), row(seed=2, score=0.9),
            row(seed=0, score=0.9, target="c"), failed(seed=3)]  # fmt: skip
    found = gains(table(*rows), [{}] * 7)
    assert found[:4].tolist() == pytest.approx([0.0, 0.0, -0.1, 0.25])
    assert found[4:].isna().all()  # no twin of the seed, none of the task, no score


def test_where_lower_is_better_less_is_a_gain():
    rows = [row("source_only", score=0.5), row(score=0.2)]
    made = table(*rows).assign(higher_is_better=False)
    found = gains(made, [{}] * 2).tolist()
    assert found == pytest.approx([0.0, 0.3])
    assert math.copysign(1, found[0]) == 1  # and not -0.0


def test_a_twin_is_that_of_the_own_variant():
    rows = [row("source_only", score=0.5, variant="epochs=1"),
            row("source_only", score=0.6, variant="epochs=2"),
            row(score=0.7, variant="epochs=1"),
            row(score=0.7, variant="epochs=2, weight=3")]  # fmt: skip
    settings = [{"epochs": 1}, {"epochs": 2}, {"epochs": 1}, {"epochs": 2, "weight": 3}]
    assert gains(table(*rows), settings).tolist() == pytest.approx([0.0, 0.0, 0.2, 0.1])


def test_the_twin_shares_most_settings_and_has_no_other():
    names = ["", "a", "ab", "abc", "ad", "x"]
    settings = [dict.fromkeys(name, 1) for name in names]
    found = twin_variants(pd.Series(names), settings, {"", "a", "ab"})
    assert found == {"": "", "a": "a", "ab": "ab", "abc": "ab", "ad": "a", "x": ""}


def test_a_tie_is_for_none_and_a_lone_twin_for_all():
    settings = [{"a": 1}, {"b": 1}, {"a": 1, "b": 1}]
    names = pd.Series(["a", "b", "ab"])
    assert twin_variants(names, settings, {"a", "b"})["ab"] is None
    assert twin_variants(names, settings, {"b"}) == {"a": "b", "b": "b", "ab": "b"}
