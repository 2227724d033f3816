"""The last checkpoint is written when it is due, and after a validation of the same step."""

import pytest
from lightning.pytorch import Callback

from da_bench import methods
from da_bench.callbacks import KeepLast
from tests.conftest import build, fit, small, trainer


class Validated(Callback):
    """The steps after which a validation came, as a checkpoint holds them."""

    def __init__(self, killed_in=None):
        self.steps, self.killed_in = [], killed_in

    def on_validation_start(self, trainer, module):
        if trainer.fit_loop.epoch_loop.batch_progress.total.ready == self.killed_in:
            raise RuntimeError("killed")

    def on_validation_end(self, trainer, module):
        self.steps.append(trainer.fit_loop.epoch_loop.batch_progress.total.ready)

    def state_dict(self):
        return {"steps": list(self.steps)}

    def load_state_dict(self, state_dict):
        self.steps = state_dict["steps"]


@pytest.mark.parametrize("killed_in", [4, 8])
def test_a_kill_within_a_validation_loses_no_validation(killed_in, tmp_path):
    """A checkpoint from before it would go on from the step after it."""

    def train(validated, resume=False):
        last, data = KeepLast(tmp_path, steps=2), small(epoch_length=6)
        t = trainer(2, [validated, last], enable_checkpointing=True, val_check_interval=2)
        path = str(last.path) if resume else None
        t.fit(build(methods.DANN, data), data, ckpt_path=path, weights_only=True)

    with pytest.raises(RuntimeError, match="killed"):
        train(Validated(killed_in))
    resumed = Validated()
    train(resumed, resume=True)
    assert resumed.steps == [2, 4, 6, 8, 10, 12]


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
