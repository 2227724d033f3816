"""What is predicted: the width of the head, the loss of the source, the metric and its name."""

from typing import Literal, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassF1Score,
    MultilabelAveragePrecision,
)
from torchmetrics.regression import MeanSquaredError

Metrics = Literal["accuracy", "class_accuracy", "macro_f1"]


def known(y: Tensor) -> Tensor:
    """``(n,)`` bool: where some label is there, neither -1 nor NaN."""
    is_known = ~y.isnan() if y.is_floating_point() else y >= 0
    return is_known if is_known.ndim < 2 else is_known.flatten(1).any(1)


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

    def check(self, y: Tensor, place: str) -> None:
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

    def check(self, y: Tensor, place: str) -> None:
        """Raises ValueError unless labels are whole numbers in ``-1..k-1``."""
        if y.is_floating_point() or y.ndim != 1:
            raise ValueError(
                f"{place}: labels have dtype {y.dtype} and shape {tuple(y.shape)}; "
                "a classification expects whole numbers of shape (n,)"
            )
        outside = y[(y < self.fill) | (y >= self.outputs)]
        if len(outside):
            raise ValueError(
                f"{place}: label {int(outside[0])} lies outside the classes 0..{self.outputs - 1} "
                f"({len(outside)} such samples); correct the labels or declare more classes"
            )


class MultiLabel:
    r"""Any of :math:`k` labels, or none: binary cross-entropy of each, a score in ``[0, 1]``.

    Labels are ``(n, k)`` of 0 and 1; NaN where one is hidden, which costs and scores nothing. It
    has no classes that exclude each other, which many methods need: those refuse it by name.

    Args:
        labels: Their number, or their names in the order of the columns.
        metric: ``macro_f1``, the mean over the labels of :math:`2 tp / (2 tp + fp + fn)` at
            probability 0.5, without labels that occur neither in truth nor among predictions; or
            ``average_precision``, the mean over the labels of the area under precision and recall
            as scikit-learn's ``average_precision_score``, without labels that never occur.
    """

    higher_is_better = True
    fill = float("nan")

    def __init__(
        self,
        labels: int | list[str],
        metric: Literal["macro_f1", "average_precision"] = "macro_f1",
    ) -> None:
        self.labels, self.metric = labels, str(metric)
        if metric not in ("macro_f1", "average_precision"):
            raise ValueError(f"metric={metric!r}: expected macro_f1 or average_precision")
        self.outputs = labels if isinstance(labels, int) else len(labels)
        if self.outputs < 1:
            raise ValueError(f"labels={labels!r}: expected one or more")

    @property
    def columns(self) -> list[str]:
        """Names of the labels; their numbers where none were given."""
        names = self.labels
        return [str(i) for i in range(names)] if isinstance(names, int) else list(names)

    def loss(self, logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        """Binary cross-entropy of ``logits`` ``(n, k)`` and ``y`` ``(n, k)``, NaN left out.

        A sample counts by the mean over its known labels; zero where every label is hidden.
        """
        is_known = ~y.isnan()
        losses = F.binary_cross_entropy_with_logits(
            logits, torch.where(is_known, y, 0).to(logits.dtype), reduction="none"
        )
        error = torch.where(is_known, losses, 0).sum(1) / is_known.sum(1).clamp_min(1)
        return error if reduction == "none" else error.sum() / is_known.any(1).sum().clamp_min(1)

    def scorer(self) -> Metric:
        """The metric of the labels' probabilities against the truth."""
        if self.metric == "macro_f1":
            return _MacroF1(self.outputs)
        return _AveragePrecision(self.outputs, ignore_index=-1, validate_args=False)

    def check(self, y: Tensor, place: str) -> None:
        """Raises ValueError unless ``y`` is ``(n, k)`` floats of 0, 1 and NaN."""
        if not y.is_floating_point() or y.ndim != 2 or y.shape[1] != self.outputs:
            raise ValueError(
                f"{place}: labels have dtype {y.dtype} and shape {tuple(y.shape)}; "
                f"several labels a sample are floats of shape (n, {self.outputs})"
            )
        is_wrong = ((y != 0) & (y != 1) & ~y.isnan()).any(1)
        if is_wrong.any():
            raise ValueError(f"{place}: labels {y[is_wrong][0].tolist()} are not 0, 1 or NaN")


class _MacroF1(Metric):
    """Mean F1 over the labels that occur in truth or prediction."""

    right: Tensor
    both: Tensor

    def __init__(self, outputs: int) -> None:
        super().__init__()
        for name in ("right", "both"):
            self.add_state(name, torch.zeros(outputs), dist_reduce_fx="sum")

    def update(self, logits: Tensor, y: Tensor) -> None:
        is_known, predicted = ~y.isnan(), logits > 0
        self.right += (is_known & predicted & (y == 1)).sum(0)
        self.both += ((is_known & predicted).float() + (is_known & (y == 1)).float()).sum(0)

    def compute(self) -> Tensor:
        occurs = self.both > 0
        return (2 * self.right[occurs] / self.both[occurs]).sum() / occurs.sum().clamp_min(1)


class _AveragePrecision(MultilabelAveragePrecision):
    def update(self, preds: Tensor, target: Tensor) -> None:
        # It takes logits that all lie in [0, 1] for probabilities, and a sigmoid makes large ones
        # equal; the order is all that counts.
        x = preds.double()
        super().update((1 + x / (1 + x.abs())) / 2, target.nan_to_num(-1).long())


class Regression:
    """Real outputs, trained and scored by squared error.

    Args:
        outputs: Number of outputs.
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
        is_known = ~y.isnan()
        squares = torch.where(is_known, logits - torch.where(is_known, y, 0), 0).square()
        error = squares.sum(1) / is_known.sum(1).clamp_min(1)
        return error if reduction == "none" else error.sum() / is_known.any(1).sum().clamp_min(1)

    def scorer(self) -> Metric:
        """Mean squared error, at least 0."""
        return _FlatMSE()

    def check(self, y: Tensor, place: str) -> None:
        """Raises ValueError unless ``y`` is floating and holds ``outputs`` numbers a sample."""
        if not y.is_floating_point() or y[:1].numel() not in (0, self.outputs):
            raise ValueError(
                f"{place}: labels have dtype {y.dtype} and shape {tuple(y.shape)}; "
                f"a regression expects floats of shape (n, {self.outputs})"
            )
        if y.isinf().any():
            row = int(y.isinf().reshape(len(y), -1).any(1).nonzero()[0, 0])
            raise ValueError(f"{place}: the label of sample {row} is infinite; correct or drop it")


class _FlatMSE(MeanSquaredError):
    def update(self, preds: Tensor, target: Tensor) -> None:
        is_known = ~target.flatten().isnan()
        super().update(preds.flatten()[is_known], target.flatten()[is_known])
