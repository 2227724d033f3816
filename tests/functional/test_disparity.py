"""What MCD and MDD measure of two classifiers: their formulas as loops, and the extremes."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from da_bench.functional import classifier_discrepancy, margin_disparity


def draw(*sizes, k=3, scale=2.0):
    g = torch.Generator().manual_seed(0)
    return [scale * torch.randn(n, k, generator=g, dtype=torch.double) for n in sizes]


def softmax(row):
    total = sum(math.exp(v) for v in row)
    return [math.exp(v) / total for v in row]


def test_classifier_discrepancy_equals_the_papers_formula():
    one, other = draw(5, 5)
    expected = 0.0
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        expected += sum(abs(p - q) for p, q in zip(softmax(a), softmax(b), strict=True)) / 3
    assert classifier_discrepancy(one, other).item() == pytest.approx(expected / 5, rel=1e-12)
    torch.testing.assert_close(
        classifier_discrepancy(other, one), classifier_discrepancy(one, other)
    )
    assert classifier_discrepancy(one, one) == 0


def test_classifier_discrepancy_is_largest_where_both_are_sure_of_different_classes():
    one, other = torch.tensor([[99.0, 0, 0, 0]]), torch.tensor([[0, 99.0, 0, 0]])
    assert classifier_discrepancy(one, other).item() == pytest.approx(2 / 4)


@pytest.mark.parametrize("margin", [1.0, 4.0])
@pytest.mark.parametrize("k", [2, 5])
def test_margin_disparity_equals_the_papers_formula(margin, k):
    """Sample by sample: an N x N table in place of each sample's own class would fail here."""
    source, source_adverse, target, target_adverse = draw(6, 6, 4, 4, k=k)
    agree = differ = 0.0
    for f, adverse in zip(source.tolist(), source_adverse.tolist(), strict=True):
        agree -= math.log(softmax(adverse)[f.index(max(f))]) / 6
    for f, adverse in zip(target.tolist(), target_adverse.tolist(), strict=True):
        differ -= math.log(1 - softmax(adverse)[f.index(max(f))]) / 4
    found = margin_disparity(source, source_adverse, target, target_adverse, margin)
    assert found.item() == pytest.approx(margin * agree + differ, rel=1e-12)


def test_margin_disparity_reads_labels_of_the_head_and_gives_it_no_gradient():
    tensors = [x.requires_grad_() for x in draw(6, 6, 4, 4)]
    margin_disparity(*tensors).backward()
    assert tensors[0].grad is None
    assert tensors[2].grad is None
    assert tensors[1].grad.abs().sum() > 0
    assert tensors[3].grad.abs().sum() > 0
    assert gradcheck(
        lambda a, b: margin_disparity(tensors[0], a, tensors[2], b), (tensors[1], tensors[3])
    )


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_margin_disparity_is_finite_where_the_adverse_head_is_sure(scale):
    """There log(1 - softmax) is minus infinity; the authors clamp it, and its gradient dies."""
    logits = scale * torch.tensor([[1.0, 0.0, -1.0]])
    adverse = logits.clone().requires_grad_()
    loss = margin_disparity(logits, adverse, logits, adverse)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(adverse.grad).all()
    if scale > 1:
        assert adverse.grad.abs().sum() > 0.5  # still pulled away from the head's label


def test_shapes_that_do_not_agree_are_refused():
    for function, arguments in (
        (classifier_discrepancy, (torch.zeros(3, 2), torch.zeros(4, 2))),
        (margin_disparity, (*[torch.zeros(3, 2)] * 3, torch.zeros(3, 5))),
    ):
        with pytest.raises(ValueError, match="logits"):
            function(*arguments)
