"""Rank tests against the worked example of Demsar (JMLR 2006) and against scipy."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from da_bench.statistics.ranks import (
    average_ranks,
    critical_difference,
    friedman,
    nemenyi,
    nemenyi_verdict,
    wilcoxon_holm,
)
from da_bench.statistics.verdict import Verdict

DEMSAR = pd.DataFrame(
    [
        [4, 3, 2, 1], [1, 2, 3, 4], [4, 1, 2, 3], [4, 1, 3, 2], [4, 2, 3, 1], [1, 2.5, 4, 2.5],
        [3, 2, 4, 1], [2.5, 2.5, 4, 1], [4, 3, 2, 1], [2.5, 2.5, 2.5, 2.5], [4, 2.5, 1, 2.5],
        [3, 2, 4, 1], [4, 1, 2, 3], [3, 1, 4, 2],
    ],
    columns=["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"],
)  # fmt: skip
"""Ranks of table 6: four variants of C4.5 on fourteen data sets."""


def test_average_ranks_are_those_of_the_paper():
    ranks = average_ranks(-DEMSAR)
    assert ranks["C4.5"] == pytest.approx(3.143, abs=5e-4)
    assert ranks["C4.5+m"] == pytest.approx(2.000, abs=5e-4)
    assert ranks["C4.5+cf"] == pytest.approx(2.893, abs=5e-4)
    assert ranks["C4.5+m+cf"] == pytest.approx(1.964, abs=5e-4)
    assert ranks.index[0] == "C4.5+m+cf"  # best first


def test_friedman_is_the_papers_but_for_its_ties():
    """The paper's 9.28 leaves ties uncorrected; 78 is the sum of t^3 - t over them."""
    found = friedman(-DEMSAR)
    statistic = float(found.finding.split("= ")[1].split(",")[0])
    assert statistic * (1 - 78 / (14 * 4 * 15)) == pytest.approx(9.28, abs=0.02)
    assert found.p == stats.friedmanchisquare(*DEMSAR.to_numpy().T).pvalue
    assert found.significant


@pytest.mark.parametrize(
    ("methods", "q"),
    [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (8, 3.031), (10, 3.164)],
)
def test_critical_values_are_those_of_table_5(methods, q):
    tasks = 14
    distance = q * np.sqrt(methods * (methods + 1) / (6 * tasks))
    assert critical_difference(methods, tasks) == pytest.approx(distance, rel=5e-4)


def test_the_papers_critical_difference_and_what_it_separates():
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert critical_difference(4, 14, 0.10) == pytest.approx(1.12, abs=0.005)
    # "Since even the difference between the best and the worst is smaller than that": none at 5 %;
    # at 10 % C4.5 is worse than C4.5+m and C4.5+m+cf.
    p = nemenyi(-DEMSAR)
    assert nemenyi_verdict(-DEMSAR, p).finding.endswith("no pair")
    assert nemenyi_verdict(-DEMSAR, p, 0.10).finding.count(" over ") == 2


def test_nemenyi_agrees_with_its_critical_difference():
    rng = np.random.default_rng(0)
    scores = pd.DataFrame(rng.normal(size=(15, 5)) + np.arange(5) * 0.7, columns=list("abcde"))
    ranks, p = average_ranks(scores), nemenyi(scores)
    distance = critical_difference(5, 15)
    for a in ranks.index:
        for b in ranks.index.drop(a):
            assert (p.loc[a, b] < 0.05) == (abs(ranks[a] - ranks[b]) > distance)


def test_friedman_where_all_are_tied():
    found = friedman(pd.DataFrame(np.ones((9, 3)), columns=list("abc")))
    assert found.p == 1
    assert not found.significant


def test_wilcoxon_is_scipys_adjusted_by_holms_steps():
    rng = np.random.default_rng(0)
    gains = pd.DataFrame(rng.normal([0.5, 0.4, 0.0, -0.6], 1, (20, 4)), columns=list("abcd"))
    found = wilcoxon_holm(gains)
    raw = np.array([stats.wilcoxon(gains[c]).pvalue for c in gains])
    order, largest, adjusted = np.argsort(raw), 0.0, np.empty(4)
    for step, i in enumerate(order):  # Holm: times k, k-1, ... and never less than before
        largest = max(largest, min(1.0, raw[i] * (4 - step)))
        adjusted[i] = largest
    assert [v.p for v in found] == pytest.approx(adjusted)
    assert "d worse than" in found[3].finding or not found[3].significant


def test_wilcoxon_leaves_missing_tasks_out_and_says_so():
    gains = pd.DataFrame({"a": np.linspace(0.1, 1, 10), "b": [np.nan] * 3 + [0.1] * 7,
                          "c": [np.nan] * 10, "d": np.zeros(10)})  # fmt: skip
    found = wilcoxon_holm(gains)
    assert [v.tasks for v in found] == [10, 7, 10]
    assert "3 of 10 tasks are missing" in found[1].note
    assert "fewer than 8" in found[1].warning
    assert "a better than source_only" in found[0].finding
    assert "d not told from" in found[2].finding


def test_a_verdict_prints_test_alpha_and_tasks_and_warns_of_few():
    text = str(Verdict("Friedman", "some differ, p = 0.01", 0.05, 7, 0.01, "Left out: a:b"))
    for part in ("Friedman", "alpha 0.05", "7 tasks", "Left out: a:b", "WARNING", "fewer than 8"):
        assert part in text
    assert "WARNING" not in str(Verdict("Friedman", "", 0.05, 8))
    assert "1 task)" in str(Verdict("Friedman", "", 0.05, 1))


@pytest.mark.parametrize(
    ("shape", "match"), [((9, 2), "2 methods on 9 tasks"), ((1, 3), "3 methods on 1 task")]
)
def test_too_few_methods_or_tasks_are_said(shape, match):
    with pytest.raises(ValueError, match=match):
        friedman(pd.DataFrame(np.random.default_rng(0).random(shape)))


def test_gaps_are_refused():
    with pytest.raises(ValueError, match="lacks a method"):
        friedman(DEMSAR.where(DEMSAR > 1))
