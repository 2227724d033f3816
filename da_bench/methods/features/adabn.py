"""Adaptive batch normalisation: the target's own statistics."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from da_bench.methods.base import DomainAdapter
from da_bench.networks.domain_norm import own_norms, re_estimate


class AdaBN(DomainAdapter):
    r"""Trains on the source, then normalises the target by its own mean and variance.

    At each batch norm, the target's :math:`\gamma (x - \mu_t) / \sigma_t + \beta` replaces the
    source's :math:`\mu_s, \sigma_s`; scale and shift stay those learnt from the source. Li et al.,
    "Revisiting batch normalization for practical domain adaptation", arXiv:1603.04779, 2016,
    Algorithm 1. Estimated from all unlabelled target training samples before each validation and at
    the end of training; both domains' statistics are in the checkpoint.

    Raises:
        ValueError: The encoder has no batch norm.
    """

    source_only = True
    needs_whole_sets = True

    def __init__(self, encoder: nn.Module, *args: Any, **kwargs: Any) -> None:
        super().__init__(own_norms(encoder, affine=False), *args, **kwargs)

    def on_validation_epoch_start(self) -> None:
        """Target statistics for the weights of now, and fresh metrics."""
        if self.trainer.state.fn == "fit":
            self.estimate()
        super().on_validation_epoch_start()

    def on_train_end(self) -> None:
        """Target statistics for the final weights."""
        self.estimate()

    def estimate(self) -> None:
        """Re-estimates the target's statistics, everything in evaluation mode."""
        modes = {module: module.training for module in self.modules()}
        self.eval()
        re_estimate([layer.target for layer in self._apart], self.passes())
        for module, training in modes.items():
            module.training = training

    @torch.no_grad()
    def passes(self) -> Iterator[Tensor]:
        """The target's training features, a batch at a time."""
        convert = self.trainer.precision_plugin.convert_input
        for batch in self.pair.sweep("target"):
            device_batch = convert(self.transfer_batch_to_device(batch, self.device, 0))
            yield self.encode_one(device_batch, "target").z
