"""One thread, no chatter, and small things that many tests share."""

import logging
import os
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("WANDB_MODE", "offline")

import pytest
import torch
from lightning.pytorch import Trainer, seed_everything

from da_bench.callbacks import RandomStreams
from da_bench.data.benchmarks.toy import Moons
from da_bench.methods import SourceOnly
from da_bench.networks import MLP
from tests import durations

torch.set_num_threads(1)
for name in ("lightning.pytorch", "lightning.fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)
warnings.filterwarnings("ignore", message=".*treespec.*")


def trainer(epochs=1, callbacks=(), seed=0, **kwargs):
    kwargs = {"logger": False, "enable_checkpointing": False} | kwargs
    return Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=[RandomStreams(seed), *callbacks],
        **kwargs,
    )


def build(cls, data, seed=0, encoder=None, **kwargs):
    """A model on fresh weights of that seed; where it needs a start, a source-only one is made."""
    seed_everything(seed, verbose=False)
    encoder = encoder() if encoder else MLP(2, [16, 8])  # built after the seed
    if not cls.needs_start or "init_from" in kwargs:
        return cls(encoder, data.task, **kwargs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.ckpt"
        torch.save({"state_dict": SourceOnly(encoder, data.task).state_dict()}, path)
        return cls(encoder, data.task, init_from=str(path), **kwargs)


def fit(cls, data=None, epochs=1, callbacks=(), fit_options=None, trainer_options=None, **kwargs):
    """Trains a method on moons; returns model, trainer and data."""
    data = data or small()
    model = build(cls, data, **kwargs)
    t = trainer(epochs, callbacks, **(trainer_options or {}))
    t.fit(model, data, **(fit_options or {}))
    return model, t, data


def small(**kwargs):
    """Moons, few and quick."""
    return Moons(**{"size": 96, "batch_size": 16} | kwargs)


def equal(one, other):
    """Whether two models hold the same numbers, bit for bit."""
    one, other = one.state_dict(), other.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks what drives a browser, and what the quick suite leaves out as ``long``."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
    for item in durations.long_items(items, durations.read()):
        item.add_marker(pytest.mark.long)


def pytest_addoption(parser):
    text = "write tests/durations.csv, from which the quick suite is made"
    parser.addoption("--write-durations", action="store_true", help=text)


def pytest_configure(config):
    if config.getoption("--write-durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(durations.Recorder())


@pytest.fixture
def data_folder():
    """Where real data lies; the test is skipped where there is none."""
    folder = os.environ.get("DA_BENCH_DATA")
    if not folder or not os.path.isdir(folder):
        pytest.skip("DA_BENCH_DATA names no folder of real data")
    return folder
