"""CAN: how a run labels the target, epoch by epoch, and the step of its YAML."""

from types import SimpleNamespace

import pytest
import torch

from da_bench import methods
from tests.conftest import fit, small
from tests.methods.features.test_dsan import gaps
from tests.methods.recipes import CLASSES, begun, encoded, recipe, risk, same_gradients, stepped


@pytest.mark.parametrize(("threshold", "least"), [(1.0, 1), (0.02, 1), (1.0, 1000), (0.02, 20)])
def test_can_clusters_the_target_from_the_source_centres(threshold, least):
    """The paper's steps, one by one, on the features that the epoch started with."""
    seen = {}

    class Spy(methods.CAN):
        def on_train_epoch_start(self):
            seen["source"], seen["target"] = self.collect("source"), self.collect("target")
            super().on_train_epoch_start()

    model, _, _ = fit(Spy, small(), threshold=threshold, least=least)
    unit = {k: v.z / v.z.norm(dim=1, keepdim=True) for k, v in seen.items()}
    centres = torch.stack([unit["source"][seen["source"].y == c].sum(0) for c in (0, 1)])
    for _ in range(100):
        centres = centres / centres.norm(dim=1, keepdim=True)
        cosine, labels = (unit["target"] @ centres.T).max(1)
        centres = torch.stack([unit["target"][labels == c].sum(0) for c in (0, 1)])
    labels[(1 - cosine) / 2 > threshold] = -1
    for c in (0, 1):
        if (labels == c).sum() < least:
            labels[labels == c] = -1
    assert torch.equal(model.pseudo_labels, labels)


def test_can_clusters_anew_each_epoch():
    seen = []

    class Spy(methods.CAN):
        def on_train_epoch_start(self):
            super().on_train_epoch_start()
            seen.append((int(self.clustered), self.pseudo_labels))

    fit(Spy, small(), epochs=3, threshold=0.02)
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert not torch.equal(seen[0][1], seen[2][1])


def contrast(source, target, v, w):
    """Kang et al., of three classes that both sides hold."""
    d = gaps(source, target, v / v.sum(0), w / w.sum(0))
    return d.diagonal().sum() / 3 - (d.sum() - d.diagonal().sum()) / 6


def around(classes, seed, spread=0.1):
    """Features about one axis a class, ``(n, 5)``, with lengths of their own."""
    draw = torch.Generator().manual_seed(seed)
    z = torch.eye(5)[classes] + spread * torch.randn(len(classes), 5, generator=draw)
    return z * (0.5 + 4 * torch.rand(len(classes), 1, generator=draw))


def labelled(source, y, target):
    """Kang et al.: k-means on the sphere from the source's centres, then two filters."""
    z, w = (v / v.norm(dim=1, keepdim=True) for v in (source, target))
    centres = torch.stack([z[y == c].sum(0) for c in range(CLASSES)])
    for _ in range(50):
        cosine, labels = (w @ (centres / centres.norm(dim=1, keepdim=True)).T).max(1)
        centres = torch.stack([w[labels == c].sum(0) for c in range(CLASSES)])
    labels[(1 - cosine) / 2 > 0.05] = -1
    for c in range(CLASSES):
        if (labels == c).sum() < 3:
            labels[labels == c] = -1
    return labels


def test_can_contrasts_the_classes_by_clusters_of_the_target():
    """Features and probabilities; anew each epoch; what no cluster is sure of takes no part."""
    model, y = recipe("can"), torch.arange(12) % CLASSES
    z = around(y, 0, 0.6)
    z[0] = torch.tensor([0.0, 100.0, 0.0, 0.0, 0.0])  # long and astray: only its direction counts
    whole = {"source": (z, y)}
    far, rare = [0] * 5 + [1] * 4 + [2] * 5, [0] * 5 + [1] * 2 + [2] * 5
    for epoch, classes in enumerate((far, rare)):
        target = around(torch.tensor(classes), epoch + 1)
        target[5] = torch.tensor([1.0, 1.2, 0.0, 0.0, 1.0])
        whole["target"] = target, None

        def collect(self, domain, whole=whole):
            return SimpleNamespace(z=whole[domain][0], y=whole[domain][1])

        stubs = {"collect": collect, "log": lambda self, *args: None, "current_epoch": epoch}
        begun(model, **stubs)
        expected = labelled(whole["source"][0], y, target)
        assert (expected == -1).sum() == (1, 2)[epoch]  # one is far, then its class is rare
        assert torch.equal(model.pseudo_labels, expected)
    labels = torch.tensor([2, 2, 1, 0, -1, 1, 0, -1, 2])
    model.pseudo_labels = torch.cat((torch.full((4,), -1), labels))
    source, target = encoded(7, 0), encoded(9, 1)._replace(index=torch.arange(4, 13))
    v, w = torch.eye(CLASSES).double()[source.y], torch.eye(4).double()[labels][:, :3]
    of_z = contrast(source.z, target.z, v, w)
    of_p = contrast(source.logits.softmax(1), target.logits.softmax(1), v, w)
    found = stepped(model, {}, 0.3, (source, target))
    expected = risk(source) + 0.3 * (of_z + of_p)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
