import random

import numpy as np
import pytest
import torch

from da_bench.data.order import Order, spawn


def run(order):
    return [draw.index.tolist() for draw in order]


def test_the_order_is_blind_to_every_global_generator():
    """Two methods with one seed see the same batches, whatever each of them draws."""
    first, draws = Order(100, 8, 40, seed=3), []
    for draw in first:
        draws.append(draw)
        torch.rand(7), np.random.rand(3), random.random()  # noqa: NPY002
    torch.manual_seed(99)
    for one, other in zip(draws, Order(100, 8, 40, seed=3), strict=True):
        assert torch.equal(one.index, other.index)
        assert one.seed == other.seed


def test_the_order_leaves_every_global_generator_as_it_was():
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    run(Order(100, 8, 40, labels=torch.arange(100) % 3))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert (before[2] == np.random.get_state()[1]).all()  # noqa: NPY002


def test_seeds_and_streams_part():
    found = [run(Order(50, 5, seed=s, stream=t)) for s in (0, 1) for t in (0, 1)]
    assert all(a != b for i, a in enumerate(found) for b in found[:i])
    assert len({spawn(s, t, k) for s in range(20) for t in range(20) for k in range(20)}) == 8000
    assert spawn(0) == spawn(0)
    assert 0 <= spawn(-5, 3) < 2**63


@pytest.mark.parametrize("stop", [1, 6, 12, 13, 30])
@pytest.mark.parametrize("balanced", [False, True])
def test_a_resume_equals_the_rest(stop, balanced):
    labels = torch.arange(100) % 3 if balanced else None
    whole = run(Order(100, 8, 40, seed=1, labels=labels))
    done = stop
    rest = run(Order(100, 8, 40 - stop, seed=1, labels=labels, start=lambda: done))
    assert rest == whole[stop:]


def test_epochs_continue_one_another():
    done = 0
    order = Order(30, 4, 5, start=lambda: done)
    epochs = []
    for _ in range(4):
        epochs += run(order)
        done += 5
    assert epochs == run(Order(30, 4, 20))


def test_every_pass_has_an_order_of_its_own_and_holds_each_sample_once():
    """The fault of a cycled loader, seen in AdaTime: the second pass replays the first."""
    order = Order(24, 4, 60)
    batches = run(order)
    passes = [sum(batches[i : i + 6], []) for i in range(0, 60, 6)]  # noqa: RUF017
    for i, one in enumerate(passes):
        assert sorted(one) == list(range(24))
        assert all(one != other for other in passes[:i])
    assert len({draw.seed for draw in order}) == 60  # and chance of its own


def test_drop_last():
    assert [len(b) for b in run(Order(10, 4, drop_last=True))] == [4, 4]
    kept = run(Order(10, 4, drop_last=False))
    assert [len(b) for b in kept] == [4, 4, 2]
    assert sorted(sum(kept, [])) == list(range(10))  # noqa: RUF017
    assert len(Order(10, 4, 7)) == 7
    assert [len(b) for b in run(Order(3, 4, 2, drop_last=False))] == [3, 3]


@pytest.mark.parametrize("world", [2, 3])
@pytest.mark.parametrize("drop_last", [True, False])
def test_ranks_are_disjoint_and_cover(world, drop_last):
    size, batch_size = 103, 8
    ranks = [
        Order(size, batch_size, drop_last=drop_last, rank=r, world=world) for r in range(world)
    ]
    assert len({len(order) for order in ranks}) == 1
    seen = []
    for parts in zip(*ranks, strict=True):
        joined = [i for part in parts for i in part.index.tolist()]
        assert len(set(joined)) == len(joined)
        assert max(len(p.index) for p in parts) - min(len(p.index) for p in parts) <= 1
        assert len({p.seed for p in parts}) == world
        seen += joined
    assert len(set(seen)) == len(seen)
    whole = Order(size, batch_size * world, drop_last=drop_last)
    assert seen == sum(run(whole), [])  # noqa: RUF017


def test_a_remainder_too_small_for_all_ranks_is_dropped():
    ranks = [Order(9, 2, drop_last=False, rank=r, world=4) for r in range(4)]
    assert [len(order) for order in ranks] == [1] * 4


@pytest.mark.parametrize("world", [1, 2])
def test_balanced_batches(world):
    labels = torch.tensor([0] * 80 + [1] * 15 + [2] * 5)
    seen = []
    for rank in range(world):
        order = Order(100, 6, 200, labels=labels, rank=rank, world=world)
        for draw in order:
            counts = labels[draw.index].bincount(minlength=3)
            assert counts.tolist() == [2, 2, 2]
            seen += draw.index.tolist()
    drawn = torch.tensor(seen).bincount(minlength=100)
    assert (drawn > 0).all()
    for c in range(3):  # a class has passes of its own: as even as dropped remainders allow
        own = drawn[labels == c].double()
        assert (own - own.mean()).abs().max() <= 0.25 * own.mean() + 2


def test_balanced_counts_differ_by_one_at_most():
    labels = torch.arange(50) % 3
    for draw in Order(50, 7, 50, labels=labels, drop_last=False):
        counts = labels[draw.index].bincount(minlength=3)
        assert counts.max() - counts.min() <= 1


def test_members():
    members = torch.tensor([3, 14, 15, 92])
    batches = run(Order(100, 2, 10, members=members))
    for one, other in zip(batches[::2], batches[1::2], strict=True):
        assert sorted(one + other) == members.tolist()


def test_errors():
    with pytest.raises(ValueError, match="without samples"):
        Order(0, 4)
    with pytest.raises(ValueError, match=r"batch_size=8 on 2 process\(es\).*10 samples.*<= 5"):
        Order(10, 8, world=2)
    with pytest.raises(ValueError, match="without samples"):
        Order(10, 4, members=torch.arange(0))
