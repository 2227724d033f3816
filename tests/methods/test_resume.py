"""Every method, interrupted anywhere and resumed: equal to uninterrupted, bit for bit."""

import subprocess
import sys
from contextlib import nullcontext

import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import EarlyStopping
from torch.utils.data import Dataset

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing, KeepLast
from da_bench.data import Classification, DomainPair
from tests.conftest import build, equal, small, trainer
from tests.methods.test_contract import VARIANTS, grants, net, one_a_class

EPOCHS, STEPS = 3, 6


class Stop(Callback):
    """Ends the training as a kill would: between two steps, with nothing saved for the occasion."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        if trainer.fit_loop.epoch_loop.batch_progress.total.ready == self.step:
            raise RuntimeError("killed")


def saver(folder):
    return KeepLast(folder, steps=4)


def trained(name, data, folder, stop=None, resume=False):
    cls, options = VARIANTS[name]
    model = build(cls, data, encoder=net(name, dropout=0.3), **options)
    callbacks = [saver(folder), *([Stop(stop)] if stop else [])]
    t = trainer(EPOCHS, callbacks, enable_checkpointing=True)
    path = str(folder / "last.ckpt") if resume else None
    t.fit(model, data, ckpt_path=path, weights_only=True)
    return model


@one_a_class(VARIANTS)
@pytest.mark.parametrize("stop", [5, *(pytest.param(n, marks=pytest.mark.slow) for n in (6, 11))])
def test_resumed_equals_uninterrupted(name, stop, tmp_path):
    def data():
        return small(epoch_length=STEPS, **grants(name))

    whole = trained(name, data(), tmp_path / "whole")
    with pytest.raises(RuntimeError, match="killed"):
        trained(name, data(), tmp_path / "part", stop)
    torch.manual_seed(99)  # whatever happened in between
    assert equal(trained(name, data(), tmp_path / "part", resume=True), whole)


class Augmented(Dataset):
    """A sample at a time, with noise of its own at each reading."""

    def __init__(self, name):
        g = torch.Generator().manual_seed(len(name))
        self.x, self.targets = torch.randn(40, 2, generator=g), torch.arange(40) % 2

    def __len__(self):
        return 40

    def __getitem__(self, i):
        return self.x[i] + 0.1 * torch.randn(2), self.targets[i]


class AugmentedPair(DomainPair):
    def __init__(self, **kwargs):
        super().__init__("one", "three", batch_size=8, **kwargs)
        self.task = Classification(2)

    def dataset(self, name, split):
        return Augmented(name)


def main(folder, mode):
    """One process of the test below."""
    from pathlib import Path

    data = AugmentedPair(num_workers=2, epoch_length=STEPS)
    model = trained("DANN", data, Path(folder), 7 if mode == "stop" else None, mode == "resume")
    torch.save(model.state_dict(), f"{folder}/final.pt")


@pytest.mark.slow
def test_resumed_in_a_new_process_with_workers_and_augmentation(tmp_path):
    for folder, mode in (("whole", ""), ("part", "stop"), ("part", "resume")):
        (tmp_path / folder).mkdir(exist_ok=True)
        call = f"main({str(tmp_path / folder)!r}, {mode!r})"
        code = f"from tests.methods.test_resume import main; {call}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.returncode == 0) == (mode != "stop"), done.stderr
    one, other = (torch.load(tmp_path / f / "final.pt") for f in ("whole", "part"))
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_a_second_pass_over_the_target_has_its_own_order():
    seen = []

    class Spy(methods.DANN):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append(batch["target"].index)

    data = small(epoch_length=24)
    trainer(1).fit(build(Spy, data), data)
    assert not torch.equal(torch.cat(seen[:12]), torch.cat(seen[12:]))
    assert torch.equal(torch.cat(seen[:12]).sort().values, torch.cat(seen[12:]).sort().values)


def test_what_is_held_stays_held_over_a_resume_in_mid_epoch(tmp_path):
    """Lightning begins the rest of an epoch without the hook of an epoch's start."""

    def train(stop=None, resume=False):
        model = build(methods.DANN, small())
        callbacks = [saver(tmp_path), GradualUnfreezing({"encoder": None})]
        callbacks += [Stop(stop)] if stop else []
        t = trainer(2, callbacks, enable_checkpointing=True)
        path = str(tmp_path / "last.ckpt") if resume else None
        t.fit(model, small(epoch_length=STEPS), ckpt_path=path, weights_only=True)
        return model

    with pytest.raises(RuntimeError, match="killed"):
        train(5)
    start = build(methods.DANN, small())
    assert equal(train(resume=True).encoder, start.encoder)


class Validations(Callback):
    """The steps after which a validation came."""

    def __init__(self, seen):
        self.seen = seen

    def on_validation_end(self, trainer, module):
        self.seen.append(trainer.fit_loop.epoch_loop.batch_progress.total.ready)


def interrupted(tmp_path, stop, steps, callbacks=(), **options):
    """Whole, resumed, and the steps of their validations; ``options`` are the trainer's."""
    made = []
    for folder, ends in (("whole", [None]), ("part", [stop, None])):
        seen = []
        for end in ends:
            data = small(epoch_length=STEPS)
            model = build(methods.DANN, data, encoder=net("DANN", dropout=0.3))
            last = KeepLast(tmp_path / folder, steps=steps)
            more = [one() for one in callbacks]
            own = [Validations(seen), *more, last, *([Stop(end)] if end else [])]
            t = trainer(EPOCHS, own, **{"enable_checkpointing": True} | options)
            path = last.path if last.path.exists() else None
            with pytest.raises(RuntimeError, match="killed") if end else nullcontext():
                t.fit(model, data, ckpt_path=path, weights_only=True)
        made.append((model, seen))
    return made


@pytest.mark.parametrize("stop", [3, 4, 5, 9])
def test_no_validation_in_mid_epoch_is_passed_over(stop, tmp_path):
    made = interrupted(tmp_path, stop, 2, val_check_interval=2)
    (whole, expected), (part, seen) = made
    assert expected == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    assert sorted(set(seen)) == expected
    assert equal(whole, part)


@pytest.mark.parametrize("stop", [3, 5, 8])
def test_gradients_that_wait_for_more_batches_are_not_lost(stop, tmp_path):
    (whole, _), (part, _) = interrupted(tmp_path, stop, 1, accumulate_grad_batches=4)
    assert equal(whole, part)


def test_a_training_that_was_stopped_early_stays_so(tmp_path):
    class Patience(EarlyStopping):
        def __init__(self):
            super().__init__("val/source_risk", mode="max", patience=1)

    (whole, expected), (_, seen) = interrupted(tmp_path, None, STEPS, [Patience])
    assert seen == expected == [6, 12]
    again = build(methods.DANN, small(), encoder=net("DANN", dropout=0.3))
    own = [Patience(), KeepLast(tmp_path / "whole")]
    t = trainer(EPOCHS, own, enable_checkpointing=True)
    with pytest.warns(UserWarning, match="stopped early and has ended"):
        t.fit(again, small(epoch_length=STEPS), ckpt_path=own[-1].path, weights_only=True)
    assert equal(whole, again)
