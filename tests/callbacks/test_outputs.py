"""Stored outputs hold no target label, and collecting them leaves the model as it was."""

import numpy as np
import torch

from da_bench import methods
from da_bench.callbacks import SaveOutputs
from da_bench.callbacks.outputs import collect, half
from da_bench.selection.outputs import Outputs
from tests.conftest import fit, small


def test_outputs_hold_no_target_label(tmp_path):
    fit(methods.DANN, small(epoch_length=3), epochs=2, callbacks=[SaveOutputs(str(tmp_path))])
    files = sorted(tmp_path.glob("*.npz"))
    assert [f.name for f in files] == ["step=3.npz", "step=6.npz"]
    held = np.load(files[0])
    assert set(held) == set(Outputs._fields)
    assert not any(name.startswith("target") and name.endswith("y") for name in held)
    assert held["target_z"].shape == (192, 8)


def test_of_a_large_set_evenly_spaced_samples_are_kept():
    model, _, _ = fit(methods.SourceOnly)
    whole, few = collect(model), collect(model, most=10)
    assert len(whole["target_z"]) == 192
    places = [i * 192 // 10 for i in range(10)]
    assert np.array_equal(few["target_z"], whole["target_z"][places])
    assert len(few["source_y"]) == len(few["source_logits"]) == 10
    assert places[-1] > 192 * 0.85


def test_after_outputs_every_part_is_in_the_mode_it_was_in():
    """A part in evaluation mode for good stays in it, and the others train on."""
    from da_bench.callbacks.outputs import collect

    model, *_ = fit(methods.DANN, small())
    model.train()
    model.encoder.eval()
    before = {name: module.training for name, module in model.named_modules()}
    assert len(set(before.values())) == 2
    collect(model)
    assert {name: module.training for name, module in model.named_modules()} == before


def test_half_precision_never_overflows():
    assert half(torch.tensor([[1.0, -70000.0]])).tolist() == [[1.0, -70000.0]]
    assert half(torch.tensor([[1.0, 2.0]])).dtype == np.float16
