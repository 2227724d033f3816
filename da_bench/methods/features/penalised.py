"""Any penalty on features or predictions, as the adaptation loss."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from da_bench.functional import mcc
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.penalty import Penalty


class Penalised(DomainAdapter):
    """Adds one function of what the network makes of a batch, of the target's logits by default.

    With ``mean_entropy``, entropy minimisation (Grandvalet and Bengio, NIPS 2004); with ``mcc``,
    minimum class confusion (Jin et al., ECCV 2020); with ``bnm``, batch nuclear-norm maximisation
    (Cui et al., CVPR 2020); with ``information_maximisation``, Shi and Sha, ICML 2012; with
    ``afn`` and ``hard_afn`` of both domains' features, adaptive feature norm (Xu et al., ICCV
    2019). To add it to another method, name it among that method's ``penalties``.

    Args:
        penalty: Maps the tensors that ``of`` names to a scalar, differentiably.
        options: Keyword arguments of the penalty.
        of: What it is of: ``source_z``, ``target_logits`` and the like, in the order it takes them.
    """

    trained_encoders = ("source", "target")
    rehearsed = True

    def __init__(
        self,
        *args: Any,
        penalty: Callable[..., Tensor] = mcc,
        options: dict[str, Any] | None = None,
        of: Sequence[str] = ("target_logits",),
        **kwargs: Any,
    ) -> None:
        self._penalty = Penalty(penalty, list(of), options or {})
        self.needs_classes = self._penalty.of_classes
        super().__init__(*args, **kwargs)
        self.penalty, self.options, self.of = penalty, options, tuple(of)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The penalty."""
        return self._penalty(source, target)
