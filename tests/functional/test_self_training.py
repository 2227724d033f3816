"""Each loss of self-training against its formula, written out a sample at a time."""

import math

import pytest
import torch

from da_bench.functional import (
    neighbour_loss,
    neighbour_predictions,
    pseudo_label_loss,
    self_ensembling_loss,
    sharpened,
)


def logits(n=12, k=4, seed=0, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, k, generator=generator, dtype=torch.float64)


def softmax(row):
    powers = [math.exp(float(v)) for v in row]
    return [p / sum(powers) for p in powers]


@pytest.mark.parametrize("threshold", [0.0, 0.6, 0.8, 1.0])
def test_pseudo_labels_are_the_papers_formula(threshold):
    pupil, teacher, total = logits(seed=1), logits(seed=2), 0.0
    for p, q in zip(map(softmax, pupil), map(softmax, teacher), strict=True):
        if max(q) >= threshold:
            total -= math.log(p[q.index(max(q))])
    loss = pseudo_label_loss(pupil, teacher, threshold)
    assert float(loss) == pytest.approx(total / len(pupil), abs=1e-12)


@pytest.mark.parametrize("threshold", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("balance", [0.0, 0.3])
def test_self_ensembling_is_the_papers_formula(threshold, balance):
    pupil, teacher = logits(seed=1), logits(seed=2)
    n, k = pupil.shape
    total, sure, mean = 0.0, 0, [0.0] * k
    for p, q in zip(map(softmax, pupil), map(softmax, teacher), strict=True):
        mean = [m + value / n for m, value in zip(mean, p, strict=True)]
        if max(q) > threshold:
            sure += 1
            total += sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) / k
    even = -sum(math.log(m) / k + (1 - 1 / k) * math.log(1 - m) for m in mean)
    expected = total / n + balance * sure / n * even
    loss = self_ensembling_loss(pupil, teacher, threshold, balance)
    assert float(loss) == pytest.approx(expected, abs=1e-12)


def test_neighbours_are_the_nearest_others_by_cosine():
    generator = torch.Generator().manual_seed(0)
    bank = torch.nn.functional.normalize(torch.randn(30, 5, generator=generator).double())
    predictions = torch.rand(30, 3, generator=generator).double()
    index = torch.tensor([4, 17, 29, 0])
    z = 7 * bank[index] + 0.1 * torch.randn(4, 5, generator=generator).double()
    found = neighbour_predictions(z, index, bank, predictions, neighbours=3)
    for row, own, feature in zip(found, index.tolist(), z, strict=True):
        cosines = {j: float(feature @ bank[j] / feature.norm()) for j in range(30) if j != own}
        nearest = sorted(cosines, key=cosines.get)[-3:]
        expected = sum(predictions[j] for j in nearest) / 3
        torch.testing.assert_close(row, expected)


def test_neighbours_must_be_there():
    bank = torch.eye(3)
    for wrong in (0, 3):
        with pytest.raises(ValueError, match="bank holds 3"):
            neighbour_predictions(bank, torch.arange(3), bank, bank, wrong)


def test_the_neighbours_loss_weighs_by_agreement():
    pupil, aggregated = logits(seed=1), torch.rand(12, 4, dtype=torch.float64)
    total = mass = 0.0
    for p, q in zip(map(softmax, pupil), aggregated.tolist(), strict=True):
        total -= max(q) * math.log(p[q.index(max(q))])
        mass += max(q)
    assert float(neighbour_loss(pupil, aggregated)) == pytest.approx(total / mass)
    assert float(neighbour_loss(pupil, torch.zeros(12, 4))) == 0


def test_sharpening_squares_and_shares_out_each_class():
    given = logits()
    p = [softmax(row) for row in given]
    for k in range(4):
        mass = sum(row[k] ** 2 for row in p)
        expected = [row[k] ** 2 / mass for row in p]
        torch.testing.assert_close(sharpened(given)[:, k], torch.tensor(expected).double())
    extreme = torch.tensor([[500.0, -500.0], [400.0, -600.0]])
    assert torch.isfinite(sharpened(extreme)).all()


@pytest.mark.parametrize("loss", [pseudo_label_loss, self_ensembling_loss, neighbour_loss])
def test_only_the_pupil_learns_and_all_is_finite_at_extremes(loss):
    for scale in (1.0, 1e4):
        pupil = logits(seed=1, scale=scale).requires_grad_()
        teacher = logits(seed=2, scale=scale).softmax(1).requires_grad_()
        options = {} if loss is neighbour_loss else {"threshold": 0.0}
        options |= {"balance": 0.1} if loss is self_ensembling_loss else {}
        loss(pupil, teacher.detach() if loss is neighbour_loss else teacher, **options).backward()
        assert torch.isfinite(pupil.grad).all()
        assert teacher.grad is None


def test_gradients():
    teacher = logits(6, 3, seed=2)
    for loss in (pseudo_label_loss, self_ensembling_loss):
        pupil = logits(6, 3, seed=1).requires_grad_()
        assert torch.autograd.gradcheck(lambda p, loss=loss: loss(p, teacher, 0.5), (pupil,))
