"""Chance kept in streams of its own, so that methods can be compared and runs resumed."""

import random
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from da_bench.data.order import spawn


class RandomStreams(Callback):
    """Seeds the noise of training apart from the initialisation, and carries it over a resume.

    Without it a critic's initialisation would shift every dropout mask after it, and a method and
    its source-only twin would differ by more than the method. A checkpoint holds the states of all
    generators, as plain numbers and tensors; under several processes, those of the first.

    Args:
        seed: Seed of the whole run.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._restored: dict[str, Any] | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seeds the noise stream, after everything was initialised."""
        noise = spawn(self.seed, 2, trainer.global_rank)
        torch.manual_seed(noise)
        random.seed(noise)
        np.random.seed(noise % 2**32)  # noqa: NPY002 - transforms use the global generator

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Restores the states at the first step after a resume, when nothing draws any more."""
        if self._restored is None:
            return
        states, self._restored = self._restored, None
        torch.set_rng_state(states["torch"])
        if torch.cuda.is_available() and states["cuda"]:
            torch.cuda.set_rng_state_all(states["cuda"])
        version, numbers, gauss = states["python"]
        random.setstate((version, tuple(numbers), gauss))
        kind, keys, *rest_of_state = states["numpy"]
        np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest_of_state))  # noqa: NPY002

    def state_dict(self) -> dict[str, Any]:
        """The states of all generators."""
        kind, keys, *rest_of_state = np.random.get_state()  # noqa: NPY002
        return {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
            "python": list(random.getstate()),
            "numpy": [kind, keys.tolist(), *rest_of_state],  # type: ignore[union-attr, attr-defined]
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keeps the states until the first step."""
        self._restored = state_dict
