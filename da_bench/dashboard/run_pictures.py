"""The figures of one finished run, or of two beside each other."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from da_bench import figures
from da_bench.figures.bound_ledger import SCORES, TERMS
from da_bench.figures.planar import By
from da_bench.methods.encoded import Encoded
from da_bench.methods.finished import Finished
from da_bench.results import curves
from da_bench.selection.outputs import check_defined

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Draw = Callable[..., "Figure"]
"""Takes ``stacked``, True for a narrow screen."""
SHOWN = 6
"""Samples whose attributions are drawn."""


def features(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Features by domain and class: of the target as predicted, or as it is where asked."""
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
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """How the plane of two inputs is divided, with what the network makes of it."""
    shape = tuple(run.source.x.shape) if isinstance(run.source.x, torch.Tensor) else None
    if shape is None or len(shape) != 2 or shape[1] != 2:
        raise ValueError(f"boundary draws a plane, and inputs have shape {shape}: give a run of "
                         "two inputs, on moons say")  # fmt: skip
    models = {one.name: partial(probabilities, one) for one in (beside, run) if one is not None}
    if beside is not None and len(models) == 1:
        models = {f"{beside.name}, before": partial(probabilities, beside)} | models
    layers = run.model.encoder.modules() if run.model.encodes else ()
    first = next((m for m in layers if isinstance(m, torch.nn.Linear)), None)
    neurons = (first.weight.detach(), first.bias.detach()) if first is not None else None
    return partial(
        figures.decision_boundary,
        models,
        run.source.x,
        run.source.y,
        run.target.x,
        run.target.y if oracle else None,
        features=(lambda x: encoded(run, x).z) if run.target.z.shape[1] else None,
        domain=partial(told_apart, run) if critic(run, np.zeros((2, 2))) is not None else None,
        neurons=neurons,
        names=run.names,
    )


def weights(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Which source samples a reweighting trusts."""
    found = getattr(run.model, "weights", None)
    if not isinstance(found, torch.Tensor) or not len(found):
        raise ValueError(f"{run.folder}: {type(run.model).__name__} keeps no weights of samples; "
                         "reweighted_... methods do")  # fmt: skip
    view = run.data.view("source", "train")
    batch = view.__getitems__(list(range(len(view))))
    captions = [run.names[k] for k in batch.y.tolist()]
    if isinstance(batch.x, torch.Tensor) and (image(batch.x) or square(run)):
        return partial(figures.trusted_images, found, batch.x, captions)
    plane = isinstance(batch.x, torch.Tensor) and batch.x.shape[1:] == (2,)
    return partial(figures.sample_weights, found, batch.x if plane else None,
                   run.target.x if plane else None, captions=captions)  # fmt: skip


def confusion(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Confusion by domain: an oracle."""
    source, target = run.source, run.target
    return partial(figures.confusion_by_domain, source.y, source.logits.argmax(1), target.y,
                   target.logits.argmax(1), run.names)  # fmt: skip


def bound(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """The terms of the bound, as the run logged them."""
    kept = curves.read(run.folder)
    names = [n for n in kept if n in TERMS | SCORES]
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
        {str(k): float(v) for k, v in row[["epoch", *names]].dropna().items()}
        for _, row in kept.iterrows()
    ]
    rows = [row for row in rows if row.keys() & TERMS.keys()]
    return partial(figures.bound_ledger, rows, run.model.task.metric)


def kernel(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """Distances, kernels and bandwidths on the run's features."""
    return partial(
        figures.kernel_bandwidth, check_defined(run.source.z), check_defined(run.target.z)
    )


def attributions(
    run: Finished, beside: Finished | None = None, by: By = "pca", oracle: bool = False
) -> Draw:
    """What predictions rest on, of target samples for which this run and the other disagree."""
    if beside is None:
        raise ValueError("attributions are of predictions that adaptation changed: give --beside "
                         "the run before it, of source_only say")  # fmt: skip
    x = run.target.x
    if not isinstance(x, torch.Tensor):
        raise ValueError("attributions need inputs that are one tensor; these are several")
    places = figures.changed(beside.target.logits, run.target.logits)[:SHOWN]
    if not len(places):
        raise ValueError(f"{beside.name} and {run.name} predict the same class for every sample")
    if not (pictured := image(x) or square(run)):
        places = places[:3]  # panels of words are wide
    maps, captions = [], [""] * len(places)
    for one in (beside, run):
        classes = one.target.logits[places].argmax(1)
        maps.append(figures.integrated_gradients(one.model, x[places], classes))
        names = [run.names[k] for k in classes.tolist()]
        captions = [f"{a} → {b}" if a else b for a, b in zip(captions, names, strict=True)]
    if oracle:
        true = run.target.y[places].tolist()
        captions = [f"{c} (true {run.names[k]})" for c, k in zip(captions, true, strict=True)]
    words = f"Target samples that {run.name} predicts otherwise than {beside.name} did."
    heading = f"oracle: {words} In brackets the true class." if oracle else words
    if pictured:
        return partial(
            figures.attributed_images, x[places], maps[0], maps[1], captions, heading=heading
        )
    vocabulary = [f"input {i}" for i in range(x.shape[1])]
    before, after = (found.flatten(1) for found in maps)
    return partial(figures.attributed_words, vocabulary, before, after, captions, heading=heading)


FIGURES = {f.__name__: f for f in (features, boundary, weights, confusion, bound, kernel,
                                   attributions)}  # fmt: skip


@torch.no_grad()
def probabilities(run: Finished, x: Any) -> torch.Tensor:
    """Of each class ``(g, k)``, for inputs of the target."""
    return run.model(torch.as_tensor(x, dtype=torch.float32)).softmax(1)


@torch.no_grad()
def encoded(run: Finished, x: Any) -> Encoded:
    """Inputs of the target as a method's losses take them."""
    inputs = torch.as_tensor(x, dtype=torch.float32)
    nothing = torch.zeros(len(inputs), dtype=torch.long)
    return Encoded(inputs, nothing, nothing.bool(), nothing, nothing,
                   *run.model.features(inputs, "target"))  # fmt: skip


@torch.no_grad()
def critic(run: Finished, x: Any) -> torch.Tensor | None:
    """The probability of the source ``(g,)`` as the run's domain classifier tells it, or None."""
    one = encoded(run, x)
    found = run.model.domain_logits(one, one)
    return None if found is None else found[0].sigmoid()


def told_apart(run: Finished, x: Any) -> torch.Tensor:
    """The same of a run that has one."""
    found = critic(run, x)
    assert found is not None
    return found


def image(x: torch.Tensor) -> bool:
    """Whether inputs ``(n, ...)`` are images."""
    return x.ndim == 4 and x.shape[1] in (1, 3)


def square(run: Finished) -> bool:
    """Whether rows of inputs are images in a row: the embedded digits."""
    return type(run.data).__name__ == "Digits"
