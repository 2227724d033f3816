"""Stored outputs of every method: those of the saved model, blind to the target labels."""

import math

import numpy as np
import torch

import da_bench
from da_bench.callbacks import KeepOutputs
from da_bench.callbacks.outputs import PARTS, half
from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.outputs import OUTPUTS_FILE, Outputs, Undefined, read
from tests.conftest import fit, small
from tests.methods.test_contract import (
    NEED_LABELS,
    VARIANTS,
    Poisoned,
    grants,
    one_a_class,
    variant,
)

SIZES = {"size": 96, "batch_size": 16}


def kept(name, folder, data):
    """A trained method's run in its folder: outputs and checkpoint; returns its data."""
    cls, options = variant(name)
    _, trainer, data = fit(cls, data, epochs=2, callbacks=[KeepOutputs(folder)], **options)
    trainer.save_checkpoint(folder / "model.ckpt", weights_only=True)
    return data


def scores(folder):
    found = {}
    for name, one in VALIDATORS.items():
        try:
            found[name] = one(read(folder))
        except Undefined as error:
            found[name] = str(error)
    return found


@one_a_class(VARIANTS)
def test_outputs_are_those_of_the_saved_model(name, tmp_path):
    data = kept(name, tmp_path, small(**grants(name)))
    model = da_bench.load(tmp_path)
    with np.load(tmp_path / OUTPUTS_FILE) as file:
        stored = dict(file)
    assert set(stored) == set(Outputs._fields)
    for part, domain, split in PARTS:
        batches = list(data.sweep(domain, split))
        with torch.no_grad():
            logits = torch.cat([model(batch.x, domain) for batch in batches])
            z = [half(model.predict_one(batch, domain).z.flatten(1)) for batch in batches]
        assert stored[f"{part}_logits"].dtype == np.float32
        assert np.array_equal(stored[f"{part}_logits"], logits.numpy())
        assert np.array_equal(stored[f"{part}_z"], np.concatenate(z))
        if domain == "source":
            y = torch.cat([batch.y for batch in batches]).numpy()
            assert np.array_equal(stored[f"{part}_y"], y)
    assert len(stored["target_z"]) == len(data.view("target", "train"))
    defined = [v for v in scores(tmp_path).values() if isinstance(v, float) and math.isfinite(v)]
    assert len(defined) > len(VALIDATORS) // 2


@one_a_class([n for n in VARIANTS if VARIANTS[n][0] not in NEED_LABELS])
def test_poisoned_target_labels_leave_outputs_and_validators_as_they_are(name, tmp_path):
    for folder, data in (("sound", small()), ("poisoned", Poisoned(**SIZES))):
        kept(name, tmp_path / folder, data)
    one, other = (read(tmp_path / folder) for folder in ("sound", "poisoned"))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))
    assert scores(tmp_path / "sound") == scores(tmp_path / "poisoned")
