"""Two processes, over methods and data: each takes its part of one batch, and both end alike."""

import subprocess
import sys

import pytest
import torch

SCRIPT = """
import sys, torch
from lightning.pytorch import Trainer
from da_bench.methods import DANN
from tests.conftest import build
from tests.conftest import small

class Spy(DANN):
    seen = []
    def on_train_batch_start(self, batch, batch_idx):
        self.seen.append({k: b.index for k, b in batch.items()})
    def on_train_end(self):
        torch.save((self.seen, self.state_dict()), f"{sys.argv[1]}/{self.global_rank}.pt")

if __name__ == "__main__":
    data = small(batch_size=8, epoch_length="source")
    trainer = Trainer(
        max_epochs=2, accelerator="cpu", devices=2, strategy="ddp_find_unused_parameters_true",
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        use_distributed_sampler=False)
    trainer.fit(build(Spy, data), data)
"""


@pytest.mark.slow
def test_ranks_are_disjoint_and_agree(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    import os

    env = os.environ | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path)],
        capture_output=True,
        text=True,
        env=env,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (one, first), (other, second) = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert all(torch.equal(first[k], second[k]) for k in first)
    assert len(one) == len(other) == 12
    for a, b in zip(one, other, strict=True):
        for side in ("source", "target"):
            assert not set(a[side].tolist()) & set(b[side].tolist())
    epoch = torch.cat([step["source"] for rank in (one, other) for step in rank[:6]])
    assert epoch.sort().values.tolist() == list(range(96))  # one pass, shared out
