"""What is due at a step that a validation follows is written after it."""

import pytest
from lightning.pytorch import Callback

from da_bench import methods
from da_bench.callbacks import KeepLast
from tests.conftest import build, small, trainer


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
