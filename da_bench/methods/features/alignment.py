"""Feature alignment: any discrepancy between two samples, as the adaptation loss."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from da_bench.config.objects import bind_options
from da_bench.functional import mmd2
from da_bench.methods.base import DomainAdapter, Encoded


class Alignment(DomainAdapter):
    r"""Penalises a discrepancy between domains, summed over layers: :math:`\sum_l D(z^l_s, z^l_t)`.

    With ``mmd2`` on one layer, DDC (Tzeng et al., arXiv:1412.3474); with ``mmd2`` of several
    kernels on several layers, DAN (Long et al., ICML 2015, equation 4); with ``coral``, Deep CORAL
    (Sun and Saenko, ECCV workshops 2016, equation 6); with ``cmd``, CMD (Zellinger et al., ICLR
    2017, equation 2); with ``homm``, HoMM (Chen et al., AAAI 2020); by transport,
    ``sinkhorn_divergence`` (Feydy et al., AISTATS 2019) and ``sliced_wasserstein`` (Bonneel et al.,
    JMIV 2015). With ``joint`` and ``jmmd2`` one discrepancy takes the layers together: JAN (Long et
    al., ICML 2017, equation 10).

    Args:
        discrepancy: Maps ``(n, d), (m, d)`` to a scalar, differentiably.
        options: Its keyword arguments.
        on: What is aligned: ``z`` (the features), ``logits``, ``probabilities``, or names of
            submodules of the encoder.
        joint: The discrepancy takes all layers at once, as two lists, instead of each alone.
    """

    trained_encoders = ("source", "target")
    rehearsed = True

    def __init__(
        self,
        *args: Any,
        discrepancy: Callable[..., Tensor] = mmd2,
        options: dict[str, Any] | None = None,
        on: Sequence[str] = ("z",),
        joint: bool = False,
        **kwargs: Any,
    ) -> None:
        self.needs_classes = "probabilities" in on
        super().__init__(*args, **kwargs)
        self.discrepancy, self.options = discrepancy, options
        self.on, self.joint = tuple(on), joint
        self.layers = tuple(
            name for name in self.on if name not in ("z", "logits", "probabilities")
        )
        for name in self.layers:
            if name not in dict(self.encoder.named_modules()):
                part_names = [part for part, _ in self.encoder.named_modules() if part]
                raise ValueError(
                    f"on={name!r}: the encoder has no such part; parts: {part_names[:12]}"
                )
        self._distance = bind_options(discrepancy, options)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The discrepancy, summed over what is aligned or of all of it together."""
        if self.joint:
            return self._distance(self.aligned(source), self.aligned(target))
        pairs = zip(self.aligned(source), self.aligned(target), strict=True)
        return sum((self._distance(x, y) for x, y in pairs), start=source.z.new_zeros(()))

    def aligned(self, encoded: Encoded) -> list[Tensor]:
        """The layers to align, each ``(n, d)``."""
        layers = {"z": encoded.z, "logits": encoded.logits}
        if "probabilities" in self.on:
            layers["probabilities"] = encoded.logits.softmax(1)
        return [{**layers, **encoded.layers}[name].flatten(1) for name in self.on]
