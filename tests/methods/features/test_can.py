"""CAN: how a run labels the target, epoch by epoch."""

import pytest
import torch

from da_bench import methods
from tests.conftest import fit, small


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
