"""Figures of one finished run, or of two beside each other."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from da_bench import figures
from da_bench.figures.bound_ledger import SCORES, TERMS
from da_bench.figures.planar import By
from da_bench.methods.encoded import Encoded
from da_bench.methods.finished import FinishedRun
from da_bench.results import curves
from da_bench.selection.outputs import check_defined

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Draw = Callable[..., "Figure"]
"""Makes a figure; its argument ``stacked`` is true for a narrow screen."""
SHOWN = 6
"""Largest number of samples whose attributions are drawn."""


def features(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Features by domain and class.

    Args:
        run: The run to draw.
        beside: A run to draw beside it, usually of the source-only baseline.
        by: How features are mapped to the plane.
        oracle: Whether the target's classes are its labels instead of predictions.
    """
    target_y = run.target.y if oracle else run.target.logits.argmax(1)
    return partial(
        figures.feature_map,
        check_defined(run.source.z),
        check_defined(run.target.z),
        run.source.y,
        target_y,
        before=(check_defined(beside.source.z), check_defined(beside.target.z)) if beside else None,
        by=by,
        names=run.names,
        predicted=not oracle,
        titles=(beside.name if beside else "", run.name),
    )


def boundary(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Decision regions of a network in the plane of its two inputs.

    Args:
        run: The run to draw.
        beside: A run to draw beside it.
        by: Not used.
        oracle: Whether the target's labels are shown.

    Raises:
        ValueError: The run's inputs are not two numbers.
    """
    shape = tuple(run.source.x.shape) if isinstance(run.source.x, torch.Tensor) else None
    if shape is None or len(shape) != 2 or shape[1] != 2:
        raise ValueError(f"boundary draws a plane, and inputs have shape {shape}: give a run of "
                         "two inputs, on moons say")  # fmt: skip
    models = {
        single_run.name: partial(probabilities, single_run)
        for single_run in (beside, run)
        if single_run is not None
    }
    if beside is not None and len(models) == 1:
        models = {f"{beside.name}, before": partial(probabilities, beside)} | models
    layers = run.model.encoder.modules() if run.model.encodes else ()
    first_layer = next((module for module in layers if isinstance(module, torch.nn.Linear)), None)
    neurons = (
        (first_layer.weight.detach(), first_layer.bias.detach())
        if first_layer is not None
        else None
    )
    return partial(
        figures.decision_boundary,
        models,
        run.source.x,
        run.source.y,
        run.target.x,
        run.target.y if oracle else None,
        features=(lambda inputs: encode(run, inputs).z) if run.target.z.shape[1] else None,
        domain=partial(source_probability, run)
        if critic(run, np.zeros((2, 2))) is not None
        else None,
        neurons=neurons,
        names=run.names,
    )


def weights(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Weights of source samples, of a method that weighs them.

    Args:
        run: The run to draw.
        beside: Not used.
        by: Not used.
        oracle: Not used.

    Raises:
        ValueError: The run has no weights of samples.
    """
    sample_weights = getattr(run.model, "weights", None)
    if not isinstance(sample_weights, torch.Tensor) or not len(sample_weights):
        raise ValueError(f"{run.folder}: {type(run.model).__name__} keeps no weights of samples; "
                         "reweighted_... methods do")  # fmt: skip
    view = run.data.view("source", "train")
    batch = view.__getitems__(list(range(len(view))))
    captions = [run.names[label] for label in batch.y.tolist()]
    if isinstance(batch.x, torch.Tensor) and (image(batch.x) or square(run)):
        return partial(figures.trusted_images, sample_weights, batch.x, captions)
    plane = isinstance(batch.x, torch.Tensor) and batch.x.shape[1:] == (2,)
    return partial(figures.sample_weights, sample_weights, batch.x if plane else None,
                   run.target.x if plane else None, captions=captions)  # fmt: skip


def confusion(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Confusion matrices of both domains, which read target labels.

    Args:
        run: The run to draw.
        beside: Not used.
        by: Not used.
        oracle: Not used.
    """
    source, target = run.source, run.target
    return partial(figures.confusion_by_domain, source.y, source.logits.argmax(1), target.y,
                   target.logits.argmax(1), run.names)  # fmt: skip


def bound(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Terms of the bound on the target's error over the epochs, as the run logged them.

    Args:
        run: The run to draw.
        beside: Not used.
        by: Not used.
        oracle: Not used.

    Raises:
        ValueError: The run logged no terms, or has no features of both domains.
    """
    curve_values = curves.read(run.folder)
    names = [name for name in curve_values if name in TERMS | SCORES]
    if not set(names) & set(TERMS):
        raise ValueError(
            f"{run.folder}: its curves hold no term of the bound; train it with --set "
            "'trainer.callbacks=[{class_path: da_bench.callbacks.BoundLedger}]'"
        )
    if "bound/half_divergence" not in names:
        raise ValueError(
            f"{run.folder}: its method has no features of both domains, so the divergence in the "
            "bound is undefined for this run"
        )
    rows = [
        {str(name): float(value) for name, value in row[["epoch", *names]].dropna().items()}
        for _, row in curve_values.iterrows()
    ]
    rows = [row for row in rows if row.keys() & TERMS.keys()]
    return partial(figures.bound_ledger, rows, run.model.task.metric)


def kernel(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Distances, kernels and bandwidths on the run's features.

    Args:
        run: The run to draw.
        beside: Not used.
        by: Not used.
        oracle: Not used.
    """
    return partial(
        figures.kernel_bandwidth, check_defined(run.source.z), check_defined(run.target.z)
    )


def attributions(
    run: FinishedRun, beside: FinishedRun | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Attributions of predictions on target samples for which two runs disagree.

    Args:
        run: The run to draw.
        beside: The run before it, usually of the source-only baseline.
        by: Not used.
        oracle: Whether true classes are shown, too.

    Raises:
        ValueError: There is no second run, the runs agree, or inputs are several tensors.
    """
    if beside is None:
        raise ValueError("attributions are of predictions that adaptation changed: give --beside "
                         "the run before it, of source_only say")  # fmt: skip
    x = run.target.x
    if not isinstance(x, torch.Tensor):
        raise ValueError("attributions need inputs that are one tensor; these are several")
    places = figures.changed(beside.target.logits, run.target.logits)[:SHOWN]
    if not len(places):
        raise ValueError(f"{beside.name} and {run.name} predict the same class for every sample")
    if not (are_images := image(x) or square(run)):
        places = places[:3]  # panels of words are wide
    maps, captions = [], [""] * len(places)
    for single_run in (beside, run):
        classes = single_run.target.logits[places].argmax(1)
        maps.append(figures.integrated_gradients(single_run.model, x[places], classes))
        names = [run.names[label] for label in classes.tolist()]
        captions = [
            f"{first} → {second}" if first else second
            for first, second in zip(captions, names, strict=True)
        ]
    if oracle:
        true_labels = run.target.y[places].tolist()
        captions = [
            f"{caption} (true {run.names[label]})"
            for caption, label in zip(captions, true_labels, strict=True)
        ]
    words = f"Target samples that {run.name} predicts otherwise than {beside.name} did."
    heading = f"oracle: {words} In brackets the true class." if oracle else words
    if are_images:
        return partial(
            figures.attributed_images, x[places], maps[0], maps[1], captions, heading=heading
        )
    vocabulary = [f"input {place}" for place in range(x.shape[1])]
    before, after = (attribution.flatten(1) for attribution in maps)
    return partial(figures.attributed_words, vocabulary, before, after, captions, heading=heading)


FIGURES = {f.__name__: f for f in (features, boundary, weights, confusion, bound, kernel,
                                   attributions)}  # fmt: skip


@torch.no_grad()
def probabilities(run: FinishedRun, x: Any) -> torch.Tensor:
    """Class probabilities of shape ``(g, k)`` for ``g`` inputs of the target."""
    return run.model(torch.as_tensor(x, dtype=torch.float32)).softmax(1)


@torch.no_grad()
def encode(run: FinishedRun, x: Any) -> Encoded:
    """Encodes inputs of the target, in the form that a method's losses take."""
    inputs = torch.as_tensor(x, dtype=torch.float32)
    no_labels = torch.zeros(len(inputs), dtype=torch.long)
    return Encoded(inputs, no_labels, no_labels.bool(), no_labels, no_labels,
                   *run.model.features(inputs, "target"))  # fmt: skip


@torch.no_grad()
def critic(run: FinishedRun, x: Any) -> torch.Tensor | None:
    """Probability of the source by the run's domain classifier ``(g,)``; None without one."""
    batch = encode(run, x)
    logits = run.model.domain_logits(batch, batch)
    return None if logits is None else logits[0].sigmoid()


def source_probability(run: FinishedRun, x: Any) -> torch.Tensor:
    """Probability of the source ``(g,)`` of a run that has a domain classifier."""
    probability = critic(run, x)
    assert probability is not None
    return probability


def image(x: torch.Tensor) -> bool:
    """Whether inputs ``(n, ...)`` are images."""
    return x.ndim == 4 and x.shape[1] in (1, 3)


def square(run: FinishedRun) -> bool:
    """Whether the rows of a run's inputs are flattened images, as of the embedded digits."""
    return type(run.data).__name__ == "Digits"
