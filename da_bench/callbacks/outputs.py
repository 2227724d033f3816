"""What validators, figures and re-selection read afterwards, without training again."""

import os
from pathlib import Path

import numpy as np
from lightning.pytorch import Callback, Trainer

from da_bench.methods import DomainAdapter


class SaveOutputs(Callback):
    """Stores features and logits of both training sets after each validation.

    One ``outputs/step=N.npz`` a time: ``source_z``, ``source_logits``, ``source_y``, ``target_z``,
    ``target_logits``, in half precision. Target labels are not in it.

    Args:
        folder: Where; None takes ``outputs`` in the trainer's root.
        every_n_validations: How often.
    """

    def __init__(self, folder: str | None = None, every_n_validations: int = 1) -> None:
        self.folder, self.every_n_validations, self._seen = folder, every_n_validations, 0

    def on_validation_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Writes one file, whole."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        self._seen += 1
        if self._seen % self.every_n_validations:
            return
        folder = Path(self.folder or Path(trainer.default_root_dir) / "outputs")
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {}
        for domain in ("source", "target"):
            encoded = pl_module.collect(domain)  # type: ignore[arg-type]
            arrays[f"{domain}_z"] = encoded.z.cpu().numpy().astype(np.float16)
            arrays[f"{domain}_logits"] = encoded.logits.cpu().numpy().astype(np.float16)
            if domain == "source":
                arrays["source_y"] = encoded.y.cpu().numpy()
        path = folder / f"step={trainer.global_step}.npz"
        partial = path.with_suffix(".part")
        with partial.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        os.replace(partial, path)
