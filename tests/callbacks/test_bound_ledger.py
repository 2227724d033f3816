"""The bound's terms: measured as they say, the oracle only where it was granted."""

import pytest
import torch

from da_bench.callbacks import BoundLedger
from da_bench.data.benchmarks.toy import Moons
from da_bench.functional import h_divergence
from da_bench.methods import DANN, SourceOnly
from da_bench.metrics import joint_error
from tests.conftest import fit


def moons(**kwargs):
    return Moons(target="50", size=200, batch_size=50, **kwargs)


def test_terms_are_those_of_the_model_as_it_stands():
    callback = BoundLedger(divergence=h_divergence)
    model, trainer, _ = fit(SourceOnly, moons(), epochs=2, callbacks=[callback])
    assert [row["epoch"] for row in callback.ledger] == [0, 1]
    last = callback.ledger[-1]
    source, target = model.collect("source", "val"), model.collect("target")
    error = float((source.logits.argmax(1) != source.y).double().mean())
    half = h_divergence(source.z, target.z).value / 2
    assert last["bound/source_error"] == pytest.approx(error)
    assert last["bound/half_divergence"] == pytest.approx(half, abs=1e-6)
    assert last["bound/visible"] == pytest.approx(error + half, abs=1e-6)
    assert 1 - last["bound/source_error"] == pytest.approx(last["val/source"], abs=1e-6)
    assert not any(name.startswith("oracle/") for name in last)
    assert not any(name.startswith("oracle/joint") for name in trainer.callback_metrics)


def test_the_joint_error_is_an_oracle_that_must_be_granted():
    callback = BoundLedger()
    _, trainer, _ = fit(DANN, moons(oracle_validation=True), callbacks=[callback])
    assert 0 <= callback.ledger[0]["oracle/joint_error"] <= 2
    assert "oracle/joint_error" in trainer.callback_metrics
    assert "oracle/val_target" in callback.ledger[0]


def test_the_training_is_untouched():
    states = []
    for callbacks in ([], [BoundLedger()]):
        model, _, _ = fit(DANN, moons(), epochs=2, callbacks=callbacks)
        states.append(model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_rows_survive_a_checkpoint():
    first, second = BoundLedger(), BoundLedger()
    first.ledger = [{"epoch": 0.0, "bound/visible": 0.4}]
    second.load_state_dict(first.state_dict())
    assert second.ledger == first.ledger
    with pytest.raises(ValueError, match="every_n_validations must be at least 1, got 0"):
        BoundLedger(every_n_validations=0)


def test_joint_error_of_agreeing_and_of_opposite_labels():
    x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0).long()
    assert joint_error(x, y, x, y) < 0.06
    assert joint_error(x, y, x, 1 - y) == pytest.approx(1, abs=0.15)  # right on one is wrong there
    assert joint_error(x, y, x[:40], y[:40]) < 0.2
    with pytest.raises(ValueError, match="1 labels are negative"):
        joint_error(x, y, x, torch.cat((y[:-1], torch.tensor([-1]))))


def test_the_joint_error_is_the_same_under_metadata_routing():
    """skada turns it on when it is imported; a pipeline then refused the weights."""
    from sklearn import config_context

    x = torch.randn(60, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] > 0).long()
    with config_context(enable_metadata_routing=False):
        expected = joint_error(x, y, x, 1 - y)
    with config_context(enable_metadata_routing=True):
        assert joint_error(x, y, x, 1 - y) == expected
