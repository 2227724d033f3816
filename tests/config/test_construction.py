"""A network is built no larger than its checkpoint allows."""


import pytest
import torch

from da_bench.config import construction
from da_bench.io import archives
from da_bench.methods import DANN
from da_bench.methods.stored_run import load
from da_bench.runs.resources import peak_memory
from tests.conftest import fit


def test_a_network_is_no_larger_than_its_checkpoint_allows(tmp_path):
    """Two layers of 4 GB, in a file of a few kB: refused before anything is written into them."""
    _, trainer, _ = fit(DANN)
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    stored = torch.load(tmp_path / "model.ckpt", weights_only=True)
    stored["model"]["init_args"]["encoder"]["init_args"]["hidden"] = [2**29]
    torch.save(stored, tmp_path / "model.ckpt")
    before = peak_memory()
    with pytest.raises(ValueError, match=r"model\.ckpt belongs to a network of 4,096 MB"):
        load(tmp_path)
    assert peak_memory() - before < 500_000_000


def test_a_large_network_of_a_large_checkpoint_is_let_in(tmp_path, monkeypatch):
    _, trainer, _ = fit(DANN)
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    monkeypatch.setattr(construction, "SMALL_NETWORK_BYTES", 0)
    monkeypatch.setattr(archives, "DEFAULT_LIMIT", 0)
    assert load(tmp_path).encoder
