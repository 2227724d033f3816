"""What is predicted: the width of the head, the loss of the source, the metric and its name."""

from typing import Literal, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score
from torchmetrics.regression import MeanSquaredError

Metrics = Literal["accuracy", "class_accuracy", "macro_f1"]


def known(y: Tensor) -> Tensor:
    """``(n,)`` bool: where some label is there, neither -1 nor NaN."""
    there = ~y.isnan() if y.is_floating_point() else y >= 0
    return there if there.ndim == 1 else there.flatten(1).any(1)


class Task(Protocol):
    """The four things a benchmark declares of its labels, so that no method hard-wires them."""

    outputs: int
    """Width of the head."""
    metric: str
    """Name of the metric that tables show."""
    higher_is_better: bool
    fill: float
    """Stands in ``y`` where a label is hidden."""

    def loss(self, logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        """Loss of ``logits`` ``(n, k)`` against ``y``; hidden labels count nothing."""
        ...

    def scorer(self) -> Metric:
        """A fresh torchmetrics object that takes ``(logits, y)``."""
        ...

    def check(self, y: Tensor, where: str) -> None:
        """Raises ValueError where ``y`` holds what this task can't learn from."""
        ...


class Classification:
    r"""One of :math:`k` classes: cross-entropy, and a score in ``[0, 1]``.

    Args:
        classes: Their number, or their names in the order of the labels ``0..k-1``.
        metric: ``accuracy``; ``class_accuracy``, the mean over the classes of the share of their
            samples that is right (VisDA's "mean"); or ``macro_f1``, the mean of the classes'
            harmonic means of precision and recall (AdaTime's). Both leave out classes that occur
            neither among labels nor among predictions.
    """

    higher_is_better = True
    fill: float = -1

    def __init__(self, classes: int | list[str], metric: Metrics = "accuracy") -> None:
        self.classes = classes
        self.metric: str = metric
        if metric not in ("accuracy", "class_accuracy", "macro_f1"):
            raise ValueError(f"metric={metric!r}: expected accuracy, class_accuracy or macro_f1")
        self.outputs = classes if isinstance(classes, int) else len(classes)
        if self.outputs < 2:
            raise ValueError(f"classes={classes!r}: a classification needs at least two classes")

    @property
    def names(self) -> list[str]:
        """Names of the classes; their numbers where none were given."""
        c = self.classes
        return [str(i) for i in range(c)] if isinstance(c, int) else list(c)

    def loss(self, logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        """Cross-entropy of ``logits`` ``(n, k)`` and labels ``y`` ``(n,)``, -1 left out.

        Zero where every label is hidden.
        """
        hidden = int(self.fill)
        if reduction == "none":
            return F.cross_entropy(logits, y, ignore_index=hidden, reduction="none")
        total = F.cross_entropy(logits, y, ignore_index=hidden, reduction="sum")
        return total / (y != hidden).sum().clamp_min(1)

    def scorer(self) -> Metric:
        """The metric of the largest logit against the label."""
        if self.metric == "macro_f1":
            return MulticlassF1Score(self.outputs, average="macro", validate_args=False)
        average = "micro" if self.metric == "accuracy" else "macro"
        return MulticlassAccuracy(self.outputs, average=average, validate_args=False)  # type: ignore[arg-type]

    def check(self, y: Tensor, where: str) -> None:
        """Raises ValueError unless labels are whole numbers in ``-1..k-1``."""
        if y.is_floating_point() or y.ndim != 1:
            raise ValueError(
                f"{where}: labels have dtype {y.dtype} and shape {tuple(y.shape)}; "
                "a classification expects whole numbers of shape (n,)"
            )
        wrong = y[(y < self.fill) | (y >= self.outputs)]
        if len(wrong):
            raise ValueError(
                f"{where}: label {int(wrong[0])} lies outside the classes 0..{self.outputs - 1} "
                f"({len(wrong)} such samples); correct the labels or declare more classes"
            )


class Regression:
    """Real outputs: squared error.

    Args:
        outputs: How many.
    """

    metric = "mse"
    higher_is_better = False
    fill = float("nan")

    def __init__(self, outputs: int = 1) -> None:
        self.outputs = outputs

    def loss(self, logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        """Squared error of ``logits`` ``(n, k)`` and ``y`` ``(n, k)`` or ``(n,)``, NaN left out.

        A sample counts by the mean over its known outputs; zero where every label is hidden.
        """
        y = y.reshape(logits.shape)
        known = ~y.isnan()
        squares = torch.where(known, logits - torch.where(known, y, 0), 0).square()
        error = squares.sum(1) / known.sum(1).clamp_min(1)
        return error if reduction == "none" else error.sum() / known.any(1).sum().clamp_min(1)

    def scorer(self) -> Metric:
        """Mean squared error, at least 0."""
        return _FlatMSE()

    def check(self, y: Tensor, where: str) -> None:
        """Raises ValueError unless ``y`` is floating and holds ``outputs`` numbers a sample."""
        if not y.is_floating_point() or y[:1].numel() not in (0, self.outputs):
            raise ValueError(
                f"{where}: labels have dtype {y.dtype} and shape {tuple(y.shape)}; "
                f"a regression expects floats of shape (n, {self.outputs})"
            )


class _FlatMSE(MeanSquaredError):
    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds.flatten(), target.flatten())
