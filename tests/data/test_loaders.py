import torch
from torch.utils.data import DataLoader

from da_bench.data.batch import join
from da_bench.data.domain import InMemory, View
from da_bench.data.loaders import Drawn, Paired
from da_bench.data.order import Order
from da_bench.data.pair import unchanged


def test_join_copies_nothing_that_was_cut_from_one_tensor():
    whole = torch.randn(7, 3, requires_grad=True) * 2
    first, second = whole.split((4, 3))
    assert join(first, second) is whole
    for parts in ((second, first), (first, first), (first, second[:2]), (first, whole[3:])):
        assert torch.equal(join(*parts), torch.cat(parts))
        assert join(*parts) is not whole
    turned = torch.randn(3, 7).T  # rows of another stride than a fresh tensor's
    assert torch.equal(join(*turned.split((4, 3))), turned)
    flat = torch.randn(12).view(6, 2)
    assert torch.equal(join(flat[:2], flat[2:]), flat)


def test_batches_from_memory_equal_a_loaders_and_lie_side_by_side():
    views = {
        "source": View([InMemory(torch.randn(9, 4), torch.arange(9) % 2)], -1),
        "target": View([InMemory(torch.randn(7, 4), torch.arange(7) % 2)], -1),
    }
    orders = {
        "source": Order(9, 3, steps=5, seed=1),
        "target": Order(7, 2, steps=5, seed=1, stream=1, drop_last=False),
    }
    drawn = list(Drawn(views, orders))
    assert len(drawn) == len(Drawn(views, orders)) == 5
    loaders = {
        role: DataLoader(views[role], batch_sampler=orders[role], collate_fn=unchanged)
        for role in views
    }
    for ours, loaded in zip(drawn, Paired(loaders), strict=True):
        for role in views:
            for mine, theirs in zip(ours[role], loaded[role], strict=True):
                assert torch.equal(mine, theirs)
        assert join(ours["source"].x, ours["target"].x) is ours["source"].x._base
    views["target"] = View([InMemory(torch.randn(7, 6), torch.zeros(7))], -1)
    assert next(iter(Drawn(views, orders)))["target"].x.shape == (2, 6)  # of another width
