"""Target only, and fine-tuning: granted labels alone count in the risk."""

import pytest
import torch

from da_bench import methods
from tests.conftest import build, small
from tests.methods.baselines.test_source_only import first_batch, risk


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
