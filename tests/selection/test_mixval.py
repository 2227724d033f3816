"""MixVal against a loop, and what it must tell apart."""

import pytest
import torch

import da_bench
from da_bench import methods
from da_bench.selection.mixval import mixval
from da_bench.selection.outputs import Undefined
from tests.conftest import fit

X = torch.randn(61, 2, generator=torch.Generator().manual_seed(0))


def linear(x):
    return x @ torch.tensor([[1.0, -1.0, 0.0], [0.0, 0.5, 1.0]])


@pytest.mark.parametrize("share", [0.55, 0.9])
def test_equals_the_loop(share):
    order = torch.randperm(61, generator=torch.Generator().manual_seed(3)).tolist()
    called = linear(X).argmax(1).tolist()
    found = {True: [], False: []}
    for i, j in enumerate(order):
        if i != j:
            probe = share * X[i] + (1 - share) * X[j]
            found[called[i] == called[j]].append(int(linear(probe[None]).argmax(1)) == called[i])
    expected = tuple(sum(found[kind]) / len(found[kind]) for kind in (True, False))
    assert mixval(linear, X, share, seed=3) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [4, 9, 61])
def test_a_sample_is_no_pair_with_itself(n):
    """A probe of a sample with itself is right whatever the model: it would only flatter."""
    x = X[:n]
    order, seed = torch.arange(n), 0
    while not (order == torch.arange(n)).any() or (order == torch.arange(n)).all() or seed < 5:
        seed += 1
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    alone = (order == torch.arange(n)).nonzero()[:, 0].tolist()
    assert alone
    asked = []

    def moody(inputs):
        """Classes by turns; of what is no sample of x, never the one that its place has."""
        known = [next((i for i in range(n) if torch.equal(row, x[i])), None) for row in inputs]
        classes = [i % 2 if i is not None else 2 for i in known]
        asked.append(classes)
        return torch.nn.functional.one_hot(torch.tensor(classes), 3).float()

    try:
        within, between = mixval(moody, x, 0.55, seed)
    except Undefined:
        pairs = [(i, j) for i, j in enumerate(order.tolist()) if i != j]
        assert len({i % 2 == j % 2 for i, j in pairs}) < 2  # truly one kind alone
        return
    assert within == 0.0  # each true pair is called wrong; a sample with itself would be right
    assert between == 0.0


def test_a_linear_model_agrees_within_its_classes():
    """Regions of a linear model are convex: every probe within one is right."""
    assert mixval(linear, X)[0] == 1.0


def test_a_boundary_through_the_clusters_shows():
    y = torch.arange(200) % 2
    x = 0.3 * torch.randn(200, 1, generator=torch.Generator().manual_seed(0)) + 4.0 * y[:, None]

    def at(threshold):
        return lambda x: torch.cat((threshold - x, x - threshold), 1)

    between, through = mixval(at(2.0), x), mixval(at(4.0), x)
    assert between[1] > through[1] + 0.1


def test_a_collapsed_model_is_undefined():
    with pytest.raises(Undefined, match="0 between them"):
        mixval(lambda x: torch.stack((x[:, 0] * 0 + 1, x[:, 0] * 0), 1), X)
    with pytest.raises(ValueError, match=r"share=0.5: .* \(0.5, 1\)"):
        mixval(linear, X, share=0.5)


def test_from_the_folder_of_a_run(tmp_path):
    model, trainer, data = fit(methods.SourceOnly, epochs=3)
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    x = torch.cat([batch.x for batch in data.sweep("target")])
    assert mixval(da_bench.load(tmp_path), x) == mixval(model.eval(), x)
