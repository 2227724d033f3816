"""The baselines' risks, written out: which samples count, and which weights move."""

import pytest
import torch

from da_bench import methods
from tests.conftest import build, small


def first_batch(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def risk(model, batch, which):
    """Mean of minus the log probability of the label, over the samples of ``which``."""
    p = model(batch.x).detach().softmax(1)
    kept = [float(-p[i, int(batch.y[i])].log()) for i in which]
    return sum(kept) / len(kept)


def test_source_only_is_the_empirical_risk_and_never_encodes_the_target():
    data = small()
    model, batch = build(methods.SourceOnly, data), first_batch(data)
    terms = model.losses({"source": batch["source"]}, 0.5)  # the target need not be there
    assert terms.keys() == {"source_risk"}
    expected = risk(model, batch["source"], range(16))
    assert float(terms["source_risk"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("cls", [methods.TargetOnly, methods.FineTune])
def test_the_target_risk_counts_granted_labels_alone(cls):
    data = small(target_labels=48)
    model, batch = build(cls, data), first_batch(data)
    target = batch["target"]
    shown = target.labelled.nonzero()[:, 0].tolist()
    assert 0 < len(shown) < len(target.y)
    terms = model.losses({"target": target}, 0.5)
    assert terms.keys() == {"target_risk"}
    expected = risk(model, target, shown)
    assert float(terms["target_risk"]) == pytest.approx(expected, rel=1e-5)
    terms["target_risk"].backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
