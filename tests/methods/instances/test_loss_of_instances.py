"""Weighted risks of instances: each YAML's step, its weights by references of other tests."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.functional.test_kmm import reference, written_out
from tests.functional.test_label_shift import held_back, solved
from tests.functional.test_ratio_contract import counted
from tests.functional.test_ratio_density import of_kernels, of_normals
from tests.functional.test_ratio_kliep import likeliest
from tests.functional.test_ratio_ulsif import least_squares
from tests.functional.test_reweighting import balanced_odds
from tests.methods.recipes import batch, begun, encoded, recipe, same_gradients, stepped

ROWS = torch.tensor([17, 3, 30, 8, 21, 39])


def matched(eps):
    """KMM by another solver: ridge 0.1, weights to 1000, a mean within ``eps`` of one."""

    def weights(x, y):
        n = len(x)
        found = reference(*written_out(x, y), 1000.0, n * (1 - eps), n * (1 + eps))
        return found / found.mean()

    return weights


def arrays(function, *numbers):
    return lambda x, y: function(x.numpy(), y.numpy(), *numbers)


FIXED = {"bandwidth": 1.5, "ridge": 0.1}  # what the recipes choose by cross-validation
RATIOS = [
    ("kmm", {}, matched(1 - 40**-0.5), 1e-3),  # the paper's, where there are 40 samples
    ("kmm", {"eps": 0.01}, matched(0.01), 1e-3),
    ("kliep", {"bandwidth": 1.5}, arrays(likeliest, 1.5), 5e-3),
    ("ulsif", FIXED, arrays(least_squares, 1.5, 0.1), 1e-8),
    ("rulsif", FIXED, arrays(least_squares, 1.5, 0.1, 0.1), 1e-8),
    ("logistic", {}, balanced_odds, 1e-4),
    ("nearest_neighbour", {}, counted, 1e-6),
    ("gaussian", {}, lambda x, y: of_normals(x, y, 1e-3), 1e-8),
    ("kde", {}, of_kernels, 1e-8),
]


def losses(model, source):
    logits = model.head(model.encoder(source.x))
    return -logits.log_softmax(1)[torch.arange(len(source.y)), source.y]


@pytest.mark.parametrize(("name", "options", "ratio", "tolerance"), RATIOS)
def test_the_risk_is_weighted_by_the_papers_ratio(name, options, ratio, tolerance):
    source, target = batch(40, 0), batch(30, 1)
    target = target._replace(x=0.8 * target.x + 0.4)
    sweep = {"source": [source._replace(x=x) for x in source.x.split(25)], "target": [target]}
    dense = SimpleNamespace(data=None)  # a view whose samples are not sparse
    data = SimpleNamespace(sweep=sweep.get, view=lambda *_: dense, source="one", target="other")
    model = begun(
        recipe(f"reweighted_{name}", options=options),
        pair=data,
        current_epoch=0,
        log=lambda self, *args: None,
    )
    weights = torch.as_tensor(np.asarray(ratio(source.x, target.x)))
    torch.testing.assert_close(model.weights, weights, atol=tolerance, rtol=tolerance)
    assert model.weights.max() > 1.5  # or the risk would tell nothing
    part = type(source)(*(v[ROWS] for v in source))
    found = stepped(model, {"source": part})
    expected = (model.weights[ROWS] * losses(model, part)).mean()
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))


def guessing(joint):
    """Samples of class j guessed as i, as many as ``joint[i][j]`` says."""
    pairs = [(i, j) for i, row in enumerate(joint) for j, n in enumerate(row) for _ in range(n)]
    guess, y = torch.tensor(pairs).T
    return encoded(len(y), 0)._replace(y=y, logits=5 * torch.eye(3).double()[guess])


SURE, UNSURE = [[20, 3, 2], [4, 11, 1], [5, 2, 12]], [[8, 8, 1], [8, 9, 0], [1, 1, 4]]


@pytest.mark.parametrize(
    ("name", "weigh", "joint"),
    [("bbse", solved, SURE), ("rlls", lambda c, q: held_back(c, q, 0.01), UNSURE)],
)
@pytest.mark.parametrize("predicted", [[25, 15, 10], [30, 20, 0]])
def test_the_risk_is_weighted_by_the_papers_class_weights(name, weigh, joint, predicted):
    """Of few samples RLLS believes little; in the second case a class's weight is cut to none."""
    seen = {
        ("source", "val"): guessing(joint),
        ("target", "train"): guessing([[n] for n in predicted]),
    }
    model = begun(recipe(name), collect=lambda self, domain, split="train": seen[domain, split])
    weights = torch.as_tensor(np.asarray(weigh(torch.tensor(joint), torch.tensor(predicted))))
    torch.testing.assert_close(model.class_weights, weights, atol=3e-4, rtol=0)
    assert weights.max() > 1.2
    assert (weights.min() == 0) == (predicted[-1] == 0)
    source = batch(7, 0)
    found = stepped(model, {"source": source})
    expected = (model.class_weights[source.y] * losses(model, source)).mean()
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))
