"""DeepJDOT: the cost entry by entry, and the plan against every other one."""

from itertools import permutations

import pytest
import torch

from da_bench import methods
from da_bench.data import Classification, Regression
from da_bench.methods import Encoded
from da_bench.networks import MLP
from tests.conftest import build, small
from tests.methods.recipes import encoded as samples
from tests.methods.recipes import recipe, risk, same_gradients, stepped


def encoded(n, seed, task="classes"):
    g = torch.Generator().manual_seed(seed)
    z, logits = torch.randn(n, 4, generator=g), torch.randn(n, 3, generator=g)
    y = torch.arange(n) % 3 if task == "classes" else torch.randn(n, 3, generator=g)
    none = torch.zeros(n)
    return Encoded(None, y, none, none, none, z.requires_grad_(), logits.requires_grad_(), {})


def made(task, **options):
    return methods.DeepJDOT(MLP(2, [4]), task, **options)


def test_loss_equals_the_papers_formula():
    """Damodaran et al. 2018; between batches of one size the best plan is a permutation."""
    model = recipe("deepjdot")
    model.weight *= 0.7
    source, target = samples(5, 0), samples(5, 1)
    log_p = target.logits.log_softmax(1)
    cost = torch.stack(
        [
            torch.stack(
                [
                    0.001 * (a - b).square().sum() - 0.0001 * p[y]
                    for b, p in zip(target.z, log_p, strict=True)
                ]
            )
            for a, y in zip(source.z, source.y, strict=True)
        ]
    )
    best = torch.stack([cost[range(5), p].mean() for p in map(list, permutations(range(5)))]).min()
    found, expected = stepped(model, {}, encodes=(source, target)), risk(source) + 0.7 * best
    torch.testing.assert_close(found, expected)
    pulled = [source.z, target.z, source.logits, target.logits]
    same_gradients(1e4 * found, 1e4 * expected, pulled)  # costs are small beside the tolerance


def test_source_samples_and_predictions_are_drawn_together():
    source, target = encoded(6, 0), encoded(4, 1)
    made(Classification(3)).adaptation_loss(source, target, 0.5).backward()
    assert source.z.grad.abs().sum() > 0
    assert target.z.grad.abs().sum() > 0
    assert target.logits.grad.abs().sum() > 0
    assert source.logits.grad is None  # the source's own predictions are the source risk's


def test_the_loss_of_a_regression_is_squared():
    source, target = encoded(3, 0, "numbers"), encoded(3, 1, "numbers")
    model = made(Regression(3), feature_cost=0.0, label_cost=1.0)
    cost = [[(source.y[i] - target.logits[j]).square().mean() for j in range(3)] for i in range(3)]
    expected = min(sum(cost[i][j] for i, j in enumerate(p)) / 3 for p in permutations(range(3)))
    loss = model.adaptation_loss(source, target, 0.5)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


@pytest.mark.parametrize("costs", [(0.0, 0.0), (-1.0, 1.0)])
def test_costs_that_move_nothing_are_refused(costs):
    with pytest.raises(ValueError, match=f"feature_cost={costs[0]}"):
        made(Classification(3), feature_cost=costs[0], label_cost=costs[1])


def test_balanced_batches_hold_the_classes_in_equal_parts():
    data = small(balanced=True)
    data.setup()
    batch = next(iter(data.train_dataloader()))
    assert batch["source"].y.bincount().tolist() == [8, 8]
    assert build(methods.DeepJDOT, data).losses(batch, 0.5)["adaptation_loss"] > 0
