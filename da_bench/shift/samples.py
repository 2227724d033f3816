"""Two samples to compare: from files, folders of images, or through a finished run's network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor

from da_bench.data.align import align_pair, align_to_run, expected_columns
from da_bench.data.batch import Batch
from da_bench.data.check_inputs import check_reading
from da_bench.data.columns import Reading, Samples
from da_bench.data.formats.image_files import classes_of
from da_bench.data.formats.images import ImageTransform
from da_bench.data.formats.read import batches, image_files, inputs, read_inputs, read_samples
from da_bench.data.pair import Role
from da_bench.data.sparse import SparseRows, dense
from da_bench.methods.stored_run import load, load_transform
from da_bench.published.source import EXTENSIONS
from da_bench.selection.outputs import check_defined

PIXELS = 32
"""Side that images are brought to where no run says how they are encoded."""


class Sample(NamedTuple):
    """One domain's features, and labels where its files have them."""

    x: Tensor
    """Shape ``(n, d)``."""
    y: np.ndarray | None
    """Shape ``(n,)``, as they stand in the file, or the names of the images' folders."""


def read_pair(
    a: Path,
    b: Path | None,
    run: Path | None = None,
    layer: str = "z",
    settings: Mapping[str, Any] | None = None,
) -> tuple[Sample, Sample]:
    """Both samples, of the same width.

    Args:
        a: A file that ``da_bench.data.formats.read`` reads, an image, or a folder of images; or,
            without ``b``, the folder of a finished run, whose own held-out data is encoded by it.
        b: As ``a``.
        run: Folder of a finished run that encodes them; None takes inputs as they are, images as
            pixels of 32 x 32.
        layer: Layer of that run: ``z`` (the features), ``logits``, or one of its encoder by name.
        settings: How files are read, where they can be read in two ways: what a
            :class:`~da_bench.data.columns.Reading` holds, beside what the run says.

    Raises:
        FileNotFoundError: A path does not exist, or a run's folder holds none.
        ValueError: Files hold no numbers of one width, or the run has no such layer.
    """
    for path in (a, b, run):
        if path is not None and not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file or folder")
    if b is None:
        if run is not None or not (a / "config.yaml").is_file():
            raise ValueError(
                f"{a}: give two data sets, or the folder of a finished run alone (it holds a "
                "config.yaml)"
            )
        return samples_of_run(a, layer)
    if run is None and layer != "z":
        raise ValueError(f"--layer {layer} is of a run: give its folder by --run FOLDER")
    first, second = _files(a, b, run, layer, settings)
    if first.x.shape[1] != second.x.shape[1]:
        raise ValueError(
            f"{a} has {first.x.shape[1]} features and {b} has {second.x.shape[1]}; select the same "
            "columns, or encode both by --run FOLDER"
        )
    return first, second


def _files(
    a: Path, b: Path, run: Path | None, layer: str, settings: Mapping[str, Any] | None
) -> list[Sample]:
    sides: dict[Role, Path] = {"source": a, "target": b}
    tables: dict[Role, Samples] = {}
    model = None if run is None else load(run)
    for role, path in sides.items():
        if path.is_dir() or path.suffix.lower() in EXTENSIONS:
            continue
        if model is None:
            tables[role] = inputs(path, Reading().with_settings(settings), str(path))
        else:
            width = getattr(model.encoder_of(role), "in_features", None)
            tables[role] = read_inputs(
                path, *expected_columns(model.columns, role, width, settings)
            )
    check_reading(Reading().with_settings(settings), *tables.values())
    if model is None and len(tables) == 2:
        tables = dict(zip(tables, align_pair(*tables.values()), strict=True))
    samples = []
    for role, path in sides.items():
        if role in tables:
            parts, y = batches(tables[role].x), tables[role].y
        else:
            shrink = ImageTransform(size=PIXELS, resize=PIXELS)
            parts = read_samples(path, shrink if run is None else load_transform(run))
            y = _folders(path)
        if model is not None:
            encoded = [encode(model, x, role, layer) for x in parts]
        elif role in tables and isinstance(tables[role].x, SparseRows):
            encoded = [dense(tables[role].x, str(path))]
        elif role in tables and not isinstance(tables[role].x, Tensor):
            raise ValueError(f"{path} holds several inputs a sample; encode them by --run FOLDER")
        else:
            encoded = [cast(Tensor, x).float().flatten(1) for x in parts]
        if not encoded:
            raise ValueError(f"{path} holds no sample")
        x = torch.cat(encoded)
        samples.append(Sample(x, y if role not in tables else _labels(path, y, len(x))))
    return samples


def _labels(path: Path, y: np.ndarray | None, n: int) -> np.ndarray | None:
    """A label ``(n,)`` for each sample, if there are any; one column is one label."""
    if y is not None and y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y is not None and y.shape != (n,):
        raise ValueError(f"{path}: {n} inputs but labels of shape {y.shape}; give one for each")
    return y


def _folders(path: Path) -> np.ndarray | None:
    """The images' classes, where each lies in a sub-folder; a folder that mixes both is refused."""
    classes = {} if path.is_file() else classes_of(path, needs_labels=False)
    names = {file: name for name, files in classes.items() for file in files if name is not None}
    return np.array([names[file] for file in image_files(path)]) if names else None


def samples_of_run(
    folder: Path, layer: str = "z", most: int | None = None
) -> tuple[Sample, Sample]:
    """A finished run's features of both its domains' test samples, without their labels."""
    from da_bench.methods.finished import FinishedRun

    run = FinishedRun(folder)
    x, y = held_out(run.model, run.data, layer, most)
    return Sample(x, None), Sample(y, None)


@torch.no_grad()
def held_out(model: Any, data: Any, layer: str = "z", most: int | None = None) -> list[Tensor]:
    """Features ``(n, d)`` of both domains' test samples, at most ``most``, evenly spaced."""
    align_to_run(data, model.columns)
    features = []
    for role in ("source", "target"):
        view = data.view(role, "test")
        count = min(most or len(view), len(view))
        index = torch.arange(count) * len(view) // count
        parts = [view.__getitems__(chunk.tolist()).x for chunk in index.split(512)]
        features.append(torch.cat([encode(model, x, role, layer) for x in parts]))
    return features


@torch.no_grad()
def encode(model: Any, x: Any, role: str, layer: str) -> Tensor:
    """What a run's network makes of inputs ``(n, ...)`` at a layer: ``(n, d)``.

    Features and logits are those of the network that predicts; inner layers of the one trained.
    """
    encoder = model.encoder_of(role)
    if layer in ("z", "logits"):
        hidden = torch.zeros(0)  # what encodes reads inputs alone
        encoded = model.predict_one(Batch(x, hidden, hidden, hidden, hidden), role)
        return (check_defined(encoded.z) if layer == "z" else encoded.logits).flatten(1)
    names = [name for name, _ in encoder.named_modules() if name and model.encodes]
    if layer not in names:
        raise ValueError(f"the run has no layer {layer!r}: expected z, logits, {', '.join(names)}")
    model.layers = (layer,)
    return model.features(x, role)[2][layer].flatten(1)


def thin(sample: Sample, most: int) -> Sample:
    """At most ``most`` samples, evenly spaced."""
    if len(sample.x) <= most:
        return sample
    index = torch.arange(most) * len(sample.x) // most
    return Sample(sample.x[index], None if sample.y is None else sample.y[index.numpy()])
