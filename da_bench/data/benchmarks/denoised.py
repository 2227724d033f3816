"""Denoised layers of counts, computed once and kept in the download cache."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, cat

from da_bench.functional.msda import msda
from da_bench.published.download import process_lock

VERSION = 1
"""Version of the cached files; to be raised when the computation gives other values."""


def cached_layers(
    folder: str,
    files: Mapping[str, str],
    fit_on: Sequence[str],
    counts: Callable[[], Mapping[str, Tensor]],
    layers: int = 5,
    corruption: float = 0.5,
    ridge: float = 1e-5,
) -> dict[str, np.ndarray]:
    """The outputs of all layers side by side, ``(n, layers * d)`` in float16, for each file.

    Keyed by the digests of the files and by every setting: other data or settings are computed
    anew. One process computes, others wait for it; a file appears whole or not at all.

    Args:
        folder: Folder of the data set, below the cache.
        files: Names and sha256 of the samples' files.
        fit_on: Names of the files that the layers are fitted to.
        counts: Reads the samples ``(n, d)`` of every file; called only where something is missing.
        layers: As of ``msda``.
        corruption: As of ``msda``.
        ridge: As of ``msda``.

    Returns:
        A read-only map of each file in the cache, by the last part of its name.

    Raises:
        OSError: The cache can't be written: it is full, or read-only.
    """
    import pooch

    settings = [VERSION, sorted(files.items()), list(fit_on), layers, corruption, ridge]
    key = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]
    folder_path = Path(pooch.os_cache("da_bench")) / folder / f"msda-{key}"
    paths = {name: folder_path / f"{Path(name).name}.npy" for name in files}
    if not all(path.is_file() for path in paths.values()):
        folder_path.mkdir(parents=True, exist_ok=True)
        with process_lock(folder_path / "lock"):
            if not all(path.is_file() for path in paths.values()):
                compute(paths, fit_on, counts(), layers, corruption, ridge)
    return {path.stem: np.load(path, mmap_mode="r") for path in paths.values()}


def compute(
    paths: Mapping[str, Path],
    fit_on: Sequence[str],
    samples: Mapping[str, Tensor],
    layers: int,
    corruption: float,
    ridge: float,
) -> None:
    """Writes each file's layers as they come, then renames."""
    other_names = [name for name in paths if name not in fit_on]
    width = samples[fit_on[0]].shape[1]
    partial_files, arrays = {}, {}
    for name, path in paths.items():
        partial_files[name] = path.with_name(f".{path.stem}.{os.getpid()}.part")
        shape = (len(samples[name]), layers * width)
        arrays[name] = np.lib.format.open_memmap(partial_files[name], "w+", np.float16, shape)
    try:
        outputs = msda(cat([samples[name] for name in fit_on]),
                       *(samples[name] for name in other_names),
                       layers=layers, corruption=corruption, ridge=ridge)  # fmt: skip
        for i, (first, *layer_outputs) in enumerate(outputs):
            parts = first.split([len(samples[name]) for name in fit_on])
            for name, part in zip([*fit_on, *other_names], [*parts, *layer_outputs], strict=True):
                arrays[name][:, i * width : (i + 1) * width] = part.numpy()
        for name, path in paths.items():
            arrays[name].flush()
            os.replace(partial_files[name], path)
    finally:
        for path in partial_files.values():
            path.unlink(missing_ok=True)
