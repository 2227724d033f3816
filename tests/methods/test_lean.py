"""What a step is spared is empty: written hooks run, and batches move where there is a device."""

from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import Callback

from da_bench import methods
from tests.conftest import build, fit, small


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
