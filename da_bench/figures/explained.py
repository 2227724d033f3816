"""What a prediction rests on, and which predictions adaptation changed; no label is read."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from da_bench.config.extras import needs

if TYPE_CHECKING:
    from torch import Tensor


def changed(before: "Tensor", after: "Tensor") -> "Tensor":
    """Samples whose predicted class differs between two models, the most decided change first.

    Args:
        before: Logits ``(n, k)`` of one model.
        after: Logits ``(n, k)`` of the other, of the same samples.

    Returns:
        Places ``(c,)``, by how much the probability of the new class rose.

    Raises:
        ValueError: Shapes differ.
    """
    if before.ndim != 2 or before.shape != after.shape:
        raise ValueError(
            f"before has shape {tuple(before.shape)}, after {tuple(after.shape)}: expected both "
            "(n, k), of the same samples"
        )
    current_classes = after.argmax(1)
    places = (before.argmax(1) != current_classes).nonzero()[:, 0]
    new_classes = current_classes[places, None]
    p, q = (logits[places].softmax(1).gather(1, new_classes)[:, 0] for logits in (before, after))
    return places[(p - q).argsort(stable=True)]


def integrated_gradients(
    forward: "Callable[[Tensor], Tensor]",
    x: "Tensor",
    classes: "Tensor",
    baseline: "Tensor | None" = None,
    steps: int = 64,
) -> "Tensor":
    r"""Integrated gradients of a class' logit; over a sample's inputs they sum to its rise.

    .. math:: (x_i - x'_i) \int_0^1 \partial_i f_c(x' + \alpha (x - x'))\, d\alpha

    Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017, equation 1;
    by Captum, Gauss-Legendre.

    Args:
        forward: Maps ``(n, ...)`` to logits ``(n, k)``; in evaluation mode.
        x: Inputs ``(n, ...)``.
        classes: Whose logit, ``(n,)``.
        baseline: :math:`x'`, as one sample of ``x``; None is nothing: black, or no word.
        steps: Points of the integral.

    Returns:
        As ``x``, in units of the logit.

    Raises:
        ValueError: As many classes as samples are needed.
        MissingExtra: Captum is not installed.
    """
    if classes.shape != (len(x),):
        raise ValueError(f"{tuple(classes.shape)} classes for {len(x)} samples: give one each")
    captum = needs("captum.attr", "attributions")
    start = x[:1] * 0 if baseline is None else baseline[None]
    method = captum.IntegratedGradients(forward)
    attributions = method.attribute(
        x, start.expand_as(x), target=classes, n_steps=steps, internal_batch_size=1024
    )
    return attributions.detach().to(x.dtype)
