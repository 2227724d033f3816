"""What is added to a method: freezing, measuring, choosing, keeping outputs."""

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing, KeepBest, KeepLast, SaveOutputs
from da_bench.callbacks.outputs import collect, half
from da_bench.networks import MLP
from da_bench.selection.outputs import Outputs
from tests.conftest import fit, small


def test_unfreezing_follows_the_deeper_name():
    seen = []

    class Watch(Callback):
        def on_train_batch_end(self, trainer, module, *args):
            seen.append(
                [
                    p.requires_grad
                    for p in (module.encoder.layers[0].weight, module.encoder.layers[3].weight)
                ]
            )

    schedule = {"encoder": None, "encoder.layers.3": 1}
    callbacks = [GradualUnfreezing(schedule), Watch()]
    fit(
        methods.DANN,
        small(epoch_length=1),
        epochs=2,
        callbacks=callbacks,
        encoder=lambda: MLP(2, [4, 4], dropout=0.1),
    )
    assert seen == [[False, False], [False, True]]


def test_unfreezing_names_what_is_missing():
    with pytest.raises(ValueError, match="no part 'encodr'"):
        fit(methods.DANN, callbacks=[GradualUnfreezing({"encodr": 1})])


def test_keep_best_restores_the_latest_best():
    weights = []

    class Scored(methods.SourceOnly):
        def on_validation_epoch_end(self):
            weights.append(self.head.weight.detach().clone())
            self.log("val/made_up", [0.5, 0.9, 0.9, 0.1][len(weights) - 1])

    model, _, _ = fit(Scored, epochs=4, callbacks=[KeepBest("val/made_up")])
    assert torch.equal(model.head.weight, weights[2])


def test_keep_best_says_where_it_had_nothing_to_choose_from():
    with pytest.warns(UserWarning, match="the weights are those of the last step"):
        fit(methods.SourceOnly, callbacks=[KeepBest()], trainer_options={"max_steps": 2})


def test_keep_best_refuses_an_oracle():
    with pytest.raises(ValueError, match="target labels"):
        KeepBest("oracle/val_target")
    KeepBest("oracle/val_target", allow_oracle=True)
    with pytest.raises(ValueError, match="nothing is logged as 'val/nothing'"):
        fit(methods.SourceOnly, callbacks=[KeepBest("val/nothing")])


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


def test_measuring_leaves_a_held_part_held():
    """`collect` evaluates and must give each module its own mode back."""
    seen = []

    class Watch(methods.Reweighted):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append(self.encoder.training)

    fit(Watch, small(), callbacks=[GradualUnfreezing({"encoder": None})], on="features")
    assert seen
    assert not any(seen)


def test_unfreezing_leaves_frozen_batch_norm_frozen():
    seen = []

    class Watch(methods.DANN):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append(any(layer.training for layer in self._norms))

    fit(
        Watch,
        small(),
        callbacks=[GradualUnfreezing({"encoder": 0})],
        encoder=lambda: MLP(2, [4, 4], batch_norm=True),
        batch_norm="frozen",
    )
    assert seen
    assert not any(seen)


@pytest.mark.parametrize("cls", [methods.DANN, methods.MCD])
@pytest.mark.parametrize(
    ("when", "written"), [({"steps": 3}, 2), ({"seconds": 0}, 8), ({"seconds": 1e9}, 0), ({}, 2)]
)
def test_last_checkpoint_is_written_when_asked(cls, when, written, tmp_path, monkeypatch):
    """Eight batches in two epochs, whether the method steps its own optimizers or not."""
    times = []
    monkeypatch.setattr(KeepLast, "write", lambda self, trainer: times.append(trainer))
    keep = {"callbacks": [KeepLast(tmp_path, **when)]}
    options = {"enable_checkpointing": True}
    fit(cls, small(epoch_length=4), epochs=2, trainer_options=options, **keep)
    assert len(times) == written


def test_last_checkpoint_refuses_what_is_no_interval(tmp_path):
    with pytest.raises(ValueError, match="steps=0"):
        KeepLast(tmp_path, steps=0)
    with pytest.raises(ValueError, match="seconds=-1"):
        KeepLast(tmp_path, seconds=-1)
