"""What validators, figures and re-selection read afterwards, without training again."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from numpy.typing import NDArray

from da_bench.data.pair import Role
from da_bench.io.files import open_whole
from da_bench.methods import DomainAdapter
from da_bench.selection.outputs import MAX_SAMPLES, OUTPUTS_FILE

HALF_PRECISION_WIDTH = 256
"""Columns from which logits are kept in half precision; features always are."""
MAX_FEATURE_WIDTH = 8192
"""Columns up to which features are kept: a machine may see inputs of 30,000."""
PARTS: tuple[tuple[str, Role, str], ...] = (
    ("source", "source", "train"),
    ("held", "source", "val"),
    ("target", "target", "train"),
)
"""Name of a part, its domain and split."""


class KeepOutputs(Callback):
    """Stores ``outputs.npz`` of the weights that a training ends with, for ``da-bench select``.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_fit_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """After ``KeepBest`` put its weights back; Lightning has taken the model off its GPU."""
        previous_device = pl_module.device
        pl_module.to(trainer.strategy.root_device)
        arrays = collect(pl_module)  # by every rank: an encoder may speak to the others
        pl_module.to(previous_device)
        if trainer.is_global_zero:
            write(self.folder / OUTPUTS_FILE, arrays)


class SaveOutputs(Callback):
    """Stores the outputs after each validation, in a file ``outputs/step=N.npz`` of its own.

    Args:
        folder: Folder of the files; None takes ``outputs`` in the trainer's root.
        every_n_validations: Number of validations between two files.
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
        write(folder / f"step={trainer.global_step}.npz", collect(pl_module))


@torch.no_grad()
def collect(model: DomainAdapter, most: int = MAX_SAMPLES) -> dict[str, NDArray[Any]]:
    """Features, logits and labels of the source, features and logits of the target.

    Features are those of the common space in which the method classifies; of width 0 where it has
    none. By the names of :class:`da_bench.selection.outputs.Outputs`; no label of the target is
    read, not even one that the data grants.

    Args:
        model: Attached to its trainer; evaluated in evaluation mode, each part's own mode restored.
        most: Samples of each set.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    data = model.trainer.datamodule  # type: ignore[attr-defined]
    arrays: dict[str, NDArray[Any]] = {}
    for name, domain, split in PARTS:
        z, logits, y = [], [], []
        for batch in data.sweep(domain, split, most):
            device_batch = model.transfer_batch_to_device(batch, model.device, 0)
            device_batch = model.trainer.precision_plugin.convert_input(device_batch)
            predicted = model.predict_one(device_batch, domain)
            features = predicted.z.flatten(1)
            z.append(half(features if features.shape[1] <= MAX_FEATURE_WIDTH else features[:, :0]))
            logits.append(
                half(predicted.logits)
                if predicted.logits.shape[1] >= HALF_PRECISION_WIDTH
                else single(predicted.logits)
            )
            y.append(predicted.y.cpu().numpy())
        # A source without a validation split has an empty part, as wide as the first.
        arrays[f"{name}_z"] = np.concatenate(z) if z else arrays["source_z"][:0]
        arrays[f"{name}_logits"] = np.concatenate(logits) if z else arrays["source_logits"][:0]
        if domain == "source":
            arrays[f"{name}_y"] = np.concatenate(y) if z else arrays["source_y"][:0]
    for module, training in modes.items():
        module.training = training
    return arrays


def single(x: torch.Tensor) -> NDArray[np.float32]:
    """A tensor as an array in single precision."""
    return x.float().cpu().numpy()


def half(x: torch.Tensor) -> NDArray[Any]:
    """A tensor as an array in half precision, or in single where that would overflow."""
    array = single(x)
    with np.errstate(over="ignore"):
        half_array = array.astype(np.float16)
    return array if np.isinf(half_array).any() else half_array


def write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Writes plain arrays, whole or not at all; nothing in it is pickled."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_whole(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
