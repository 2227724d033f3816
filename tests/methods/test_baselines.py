"""The baselines' risks, written out: which samples count, and which weights move."""

import pytest
import torch

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing
from da_bench.config.layers import read
from tests.conftest import build, fit, small


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


@pytest.mark.parametrize(
    ("name", "first"), [("fine_tune_full", 0), ("fine_tune_staged", 10), ("fine_tune_head", None)]
)
def test_the_encoder_stays_the_source_runs_as_long_as_the_recipe_says(name, first, tmp_path):
    start, run, _ = fit(methods.SourceOnly, small(), epochs=2)
    run.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    held = [
        GradualUnfreezing(**callback["init_args"])
        for callback in read("methods", name)["trainer"]["callbacks"]
        if callback["class_path"].endswith("GradualUnfreezing")
    ]
    moved = []

    class Watch(methods.FineTune):
        def on_train_epoch_end(self):
            super().on_train_epoch_end()
            parts = (self.encoder.layers[0], self.head), (start.encoder.layers[0], start.head)
            moved.append([not torch.equal(a.weight, b.weight) for a, b in zip(*parts, strict=True)])

    few = small(target_labels=20, target_sampling="labelled", drop_last=False)
    fit(Watch, few, epochs=12, callbacks=held, init_from=str(tmp_path))
    still = 12 if first is None else first
    assert moved == [[False, True]] * still + [[True, True]] * (12 - still)
