"""What a step is spared is empty: written hooks run, and batches move where there is a device."""

from collections import Counter
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import LambdaCallback

from da_bench import methods
from tests.conftest import build, equal, fit, small


@pytest.mark.parametrize(("device", "moves"), [("cpu", False), ("cuda", True)])
def test_batches_move_where_the_strategy_has_a_device(device, moves):
    data = small()
    model = build(methods.DANN, data)  # on the CPU still, as Lightning leaves it at this hook
    strategy = SimpleNamespace(root_device=torch.device(device))
    model._trainer = SimpleNamespace(strategy=strategy, datamodule=data, callbacks=[])
    model.setup("test")
    assert model._moves is moves


def test_hooks_that_someone_wrote_run():
    seen = []

    class Watch(Callback):
        def on_after_backward(self, trainer, pl_module):
            seen.append("callback")

    class Own(methods.DANN):
        def on_before_optimizer_step(self, optimizer):
            seen.append("model")

        def on_after_batch_transfer(self, batch, dataloader_idx):
            seen.append("batch")
            return batch

    fit(Own, small(epoch_length=2), callbacks=[Watch()])
    assert seen.count("callback") == seen.count("model") == 2
    assert seen.count("batch") >= 2


def watched(**options):
    """How often a training of four passes of two steps validated, and its weights."""

    class Watch(Callback):
        validations = 0

        def on_validation_epoch_end(self, trainer, pl_module):
            self.validations += 1

    watch = Watch()
    model, *_ = fit(
        methods.DANN, small(epoch_length=2), epochs=4, callbacks=[watch], trainer_options=options
    )
    return watch.validations, model


def test_validation_comes_when_the_trainer_says():
    assert watched()[0] == 4
    assert watched(check_val_every_n_epoch=2)[0] == 2
    assert watched(check_val_every_n_epoch=None, val_check_interval=4)[0] == 2
    assert watched(limit_val_batches=0)[0] == 0


def test_gradients_are_clipped_where_asked():
    free, bound = watched()[1], watched(gradient_clip_val=1e-3)[1]
    assert not equal(free, bound)
    assert equal(free, watched(gradient_clip_val=1e9)[1])


def test_accumulated_batches_share_one_step():
    """Plain SGD over two batches' mean gradient, against Lightning left as it is."""
    spared = watched(accumulate_grad_batches=2)[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("da_bench.methods.scoring.spare", lambda *_: None)
        plain, once = watched(accumulate_grad_batches=2)[1], watched()[1]
    assert equal(spared, plain)
    assert equal(once, watched()[1])
    assert not equal(spared, once)


def test_hooks_set_on_a_callback_itself_stay():
    """As Lightning's own LambdaCallback sets them."""
    seen = Counter()
    hooks = (
        "on_train_batch_start",
        "on_after_backward",
        "on_before_zero_grad",
        "on_train_batch_end",
    )
    counting = LambdaCallback(**{h: lambda *_, h=h, **__: seen.update([h]) for h in hooks})
    fit(methods.DANN, small(epoch_length=3), callbacks=[counting])
    assert seen == dict.fromkeys(hooks, 3)


class Steps(Callback):
    """What the model plans, and how far it says that training is."""

    def on_train_start(self, trainer, module):
        self.planned, self.batches = module.optimizer_steps, module.total_batches

    def on_train_end(self, trainer, module):
        self.made, self.progress = trainer.global_step, module.progress


@pytest.mark.parametrize("end", [{}, {"max_steps": 5}, {"max_steps": 4}])
def test_a_schedule_ends_with_the_training_where_batches_are_left_over(end):
    """Lightning steps at an epoch's end whatever is left: 7 batches by threes are 3 steps."""
    steps = Steps()
    fit(methods.DANN, small(epoch_length=7), epochs=2, callbacks=[steps],
        trainer_options={"accumulate_grad_batches": 3} | end)  # fmt: skip
    assert steps.planned == steps.made == end.get("max_steps", 6)
    assert steps.batches == {6: 14, 5: 13, 4: 10}[steps.made]
    assert steps.progress == 1


def test_terms_stand_where_self_log_would_put_them():
    _, trainer, _ = fit(methods.DANN, small(epoch_length=2))
    for shown in (trainer.callback_metrics, trainer.progress_bar_metrics):
        assert {"source_risk", "adaptation_loss"} <= set(shown)
