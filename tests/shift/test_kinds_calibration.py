"""How often each kind of shift is told of, on pairs made with that kind alone.

A hundred pairs without a shift and 25 of each kind, of seeds that no threshold was set by (those
were 0 to 299), 400 and 300 samples of five features, all labels read.
"""

import pytest

from da_bench.shift.sentences import diagnose
from tests.shift.made_pairs import KINDS, made_pair

FIRST = 1000
SAID = {
    "inputs differ": "The inputs differ",
    "label": "that looks like label shift",
    "covariate": "which looks like covariate shift",
    "concept": "that looks like concept change",
}
"""What a sentence says where a shift is told of."""


def told(kind, seed):
    x, u, y, v = made_pair(kind, seed)
    words = " ".join(s.text for s in diagnose(x, u, y, v, seed=seed).sentences)
    return {name for name, said in SAID.items() if said in words}


@pytest.fixture(scope="module")
def table():
    """For each kind what each of its pairs was told of."""
    found = {
        kind: [told(kind, FIRST + i) for i in range(100 if kind == "none" else 25)]
        for kind in KINDS
    }
    for kind, pairs in found.items():
        shares = [f"{name} {sum(name in own for own in pairs) / len(pairs):.2f}" for name in SAID]
        said = f"any {sum(map(bool, pairs)) / len(pairs):.2f}"
        print(f"CONFUSION {kind} ({len(pairs)}): {', '.join([*shares, said])}")
    across = found["covariate"][1::2]
    print(f"CONFUSION covariate across the rule: label "
          f"{sum('label' in own for own in across)} of {len(across)}")  # fmt: skip
    return found


def share(pairs, name):
    return sum(name in own for own in pairs) / len(pairs)


@pytest.mark.slow
def test_at_most_one_in_twenty_pairs_without_a_shift_is_told_of_one(table):
    assert sum(map(bool, table["none"])) <= 5


@pytest.mark.slow
def test_each_kind_is_found(table):
    assert share(table["covariate"], "inputs differ") >= 0.9
    assert share(table["label"], "label") >= 0.8
    assert share(table["concept"], "concept") >= 0.9


@pytest.mark.slow
def test_what_is_not_there_is_rarely_told_of(table):
    assert share(table["concept"], "label") <= 0.05
    assert share(table["concept"], "covariate") <= 0.05
    assert share(table["label"], "concept") <= 0.1
    assert share(table["label"], "covariate") <= 0.2
    assert share(table["covariate"], "concept") <= 0.1
    # Along the rule the shares of the classes move too, and no unlabelled sample tells which.
    assert share(table["covariate"][1::2], "label") <= 0.1
