"""Deep subdomain adaptation: features aligned class by class, by soft target labels."""

from typing import Any

from torch import Tensor

from da_bench.functional import indicators, lmmd2, multi_rbf
from da_bench.functional.kernels import Bandwidth, Kernel
from da_bench.methods.base import DomainAdapter, Encoded


class DSAN(DomainAdapter):
    r"""Penalises the MMD within classes, target samples weighing by their predicted probabilities.

    Zhu et al., "Deep subdomain adaptation network for image classification", IEEE Transactions on
    Neural Networks and Learning Systems 2021: :math:`R_{source} + \lambda_p\,\mathrm{LMMD}(z_s, y;
    z_t, \hat p)`, with :math:`\lambda_p` the ``ramp`` as ``weight_schedule``. The LMMD is restated
    as equations 3 and 4 of Feng, Fang and Fan, "Cross-receiver radio frequency fingerprint
    identification based on domain adaptation with dynamic distribution alignment", IEEE Internet of
    Things Journal 2025. As in the authors' code, predictions weigh and carry no gradient, and a
    class counts where the source batch holds it and it is some target sample's likeliest.

    Args:
        kernel: Kernel of the MMD.
        bandwidth: Bandwidth of the kernel.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(
        self,
        *args: Any,
        kernel: Kernel = multi_rbf,
        bandwidth: Bandwidth = "median",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kernel, self.bandwidth = kernel, bandwidth

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The local MMD of the features."""
        k, logits = self.task.outputs, target.logits.detach()
        p = logits.softmax(1) * indicators(logits.argmax(1), k).any(0)
        return lmmd2(source.z, target.z, indicators(source.y, k), p, self.kernel, self.bandwidth)
