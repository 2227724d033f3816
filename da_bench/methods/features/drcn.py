"""Deep reconstruction-classification networks."""

from typing import Any

import torch
from torch import Tensor, nn

from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.networks import mlp
from da_bench.networks.hooks import held, untracked


class DRCN(DomainAdapter):
    r"""Classifies the source and reconstructs the target, from the same features.

    :math:`\lambda R_{source} + (1 - \lambda) \frac1m \sum_j \|x_j - g(f(x_j))\|^2`, here divided by
    :math:`\lambda`: ``weight`` is :math:`(1 - \lambda) / \lambda`. Ghifary et al., "Deep
    reconstruction-classification networks for unsupervised domain adaptation", ECCV 2016,
    equation 5. Both terms step together here, where the paper alternates epochs, and the squared
    error is a mean over the numbers of a sample, so that the weight does not depend on their count.

    Args:
        noise: Share of a target sample's numbers set to 0 before it is encoded, in ``[0, 1)``: a
            denoising autoencoder. The authors' code has 0.5.
        decoder: Maps features ``(n, d)`` to as many numbers as a target sample has; None mirrors
            the target's encoder, where that tells its ``in_features`` and ``hidden`` widths, as an
            MLP does.

    Raises:
        ValueError: There is no decoder and none can be mirrored, or its width is another.
    """

    trained_encoders = ("source", "target")

    def __init__(
        self, *args: Any, noise: float = 0.0, decoder: nn.Module | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.noise, self.decoder = noise, decoder
        self.mirror: nn.Module | None = None
        if decoder is None:
            encoder = self.encoder_of("target")
            width, hidden = (getattr(encoder, n, None) for n in ("in_features", "hidden"))
            if width is None or hidden is None:
                raise ValueError(
                    f"{type(encoder).__name__} tells no in_features and hidden widths to "
                    "mirror: give a decoder, a module from features (n, d) to (n, inputs), such as "
                    "an MLP with activation: sigmoid where inputs lie between 0 and 1"
                )
            self.mirror = mlp(*reversed(hidden), width)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The target's mean squared reconstruction error."""
        decoder, x, z = self.decoder or self.mirror, target.x, target.z
        assert decoder is not None
        if self.noise:
            norm_layers = self._norms if self.batch_norm == "source" else ()
            with untracked(self._norms), held(norm_layers):
                z = self.encoder_of("target")(x * (torch.rand_like(x) >= self.noise))
        reconstruction, x = decoder(z).flatten(1), x.flatten(1)
        if reconstruction.shape != x.shape:  # one number would be compared with each of a sample's
            raise ValueError(
                f"DRCN: the decoder rebuilds {reconstruction.shape[1]} numbers, and a target "
                f"sample has {x.shape[1]}: give a decoder of that width"
            )
        return (reconstruction - x).square().mean()
