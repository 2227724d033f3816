"""Whole domains are cut once: into parts of the shares' sizes that share no sample."""

import pytest
import torch
from torch.utils.data import TensorDataset

from da_bench.data.domain import InMemory
from da_bench.data.splits import Divided

WHOLE = InMemory(torch.arange(50.0)[:, None], torch.arange(50) % 2)


class Halves(Divided):
    """Both domains are the same samples."""

    samples = WHOLE

    def whole(self, name):
        return self.samples


def parts(pair):
    return {
        split: pair.dataset("source", split).x[:, 0].int().tolist()
        for split in ("train", "val", "test")
    }


def test_parts_share_no_sample_and_leave_none_out():
    found = parts(Halves(val=0.1, test=0.3))
    assert {split: len(part) for split, part in found.items()} == {
        "train": 30, "val": 5, "test": 15
    }  # fmt: skip
    assert sorted(i for part in found.values() for i in part) == list(range(50))
    assert found["test"] != sorted(found["test"])  # they are drawn, not the first


def test_the_cut_is_that_of_its_own_seed():
    made = [parts(Halves(seed=seed)) for seed in (0, 1)]
    assert made[0] == made[1]
    assert parts(Halves(split_seed=1)) != made[0]


def test_given_splits_are_taken_as_they_are():
    class Given(Halves):
        samples = {"train": WHOLE, "test": TensorDataset(torch.ones(3, 1), torch.ones(3).long())}

    pair = Given(val=0.1, test=0.3)
    assert pair.dataset("source", "test") is Given.samples["test"]
    assert len(pair.dataset("source", "val")) == 5  # of the training samples
    assert len(pair.dataset("source", "train")) == 45


@pytest.mark.parametrize("shares", [{"val": -0.1}, {"val": 0.5, "test": 0.5}])
def test_shares_that_leave_nothing_are_refused(shares):
    with pytest.raises(ValueError, match="leave some to train"):
        Halves(**shares)


def test_no_domain_is_on_both_sides():
    with pytest.raises(ValueError, match="'a' is the name of a source and of a target"):
        Halves("a", ["b", "a"])
