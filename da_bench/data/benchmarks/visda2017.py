"""VisDA-2017: from rendered objects to photographs."""

from typing import Any

from da_bench.data.task import Metrics

from .photos import Photos


class VisDA2017(Photos):
    """Twelve classes: 152,397 renderings (``train``) and 55,388 photographs (``validation``).

    Peng, Usman, Kaushik, Hoffman, Wang and Saenko, arXiv:1710.06924, 2017. Papers adapt to the
    validation set and report the mean over the classes of the share that is right.

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        metric: What is scored, as of :class:`~da_bench.data.Classification`.
        **kwargs: What :class:`Photos` takes.
    """

    benchmark = "visda2017"
    reads_content = False

    def __init__(
        self,
        source: str | list[str] = "train",
        target: str | list[str] = "validation",
        *,
        metric: Metrics = "class_accuracy",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, metric=metric, **kwargs)
