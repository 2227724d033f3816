"""DSAN: the step of its YAML, by the local discrepancy written out."""

import torch

from tests.methods.recipes import CLASSES, encoded, recipe, risk, same_gradients, stepped
from tests.methods.test_loss_by_function import RAMP, five, median


def gaps(source, target, v, w):
    """Squared MMD of each class of the source to each of the target, points weighing as given."""
    b = median(source, target)
    own, other, cross = (
        five(x, y, b) for x, y in ((source, source), (target, target), (source, target))
    )
    within = [torch.einsum("ic,ij,jc->c", a, k, a) for a, k in ((v, own), (w, other))]
    return within[0][:, None] + within[1] - 2 * torch.einsum("ic,ij,jd->cd", v, cross, w)


def test_dsan_weighs_the_target_by_its_probabilities():
    """Zhu et al.: the mean over classes, each point by its share of the class's mass.

    Of the classes that the source's labels and the target's likeliest ones share.
    """
    source, target = encoded(7, 0), encoded(9, 1)
    with torch.no_grad():
        target.logits[:, 2] -= 10
    assert target.logits.argmax(1).unique().tolist() == [0, 1]
    v, w = torch.eye(CLASSES).double()[source.y], target.logits.detach().softmax(1)
    local = gaps(source.z, target.z, v / v.sum(0), w / w.sum(0)).diagonal()[:2].mean()
    found = stepped(recipe("dsan", weight=0.7), {}, 0.3, (source, target))
    expected = risk(source) + 0.7 * RAMP * local
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
