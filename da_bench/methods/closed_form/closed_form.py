"""Closed-form alignment of a frozen encoder's features, then a linear head."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from da_bench.config.objects import bind_options
from da_bench.data import Batch
from da_bench.data.batch import Tree
from da_bench.data.pair import Role
from da_bench.functional import coral_map
from da_bench.methods.base import DomainAdapter


class ClosedForm(DomainAdapter):
    """Moves the source's features once, then fits the head to them; the encoder stays as it came.

    With ``coral_map``, CORAL (Sun et al., AAAI 2016, algorithm 1); with ``subspace_alignment``,
    Fernando et al., ICCV 2013. The target's map is a layer and the moved source a buffer: a
    checkpoint carries both. Source samples that it did not see are moved by the affine map that
    best explains those it did: the same map, where ``align`` is affine.

    Args:
        align: Maps features ``(n, d), (m, d)`` to the moved source ``(n, k)`` and the target's
            affine map ``(k, d), (k,)``.
        options: Keyword arguments of ``align``.
        dim: Dimension ``k`` that ``align`` maps to, passed on as ``dim``; None keeps the encoder's
            own.
    """

    trained_encoders = ()
    needs_whole_sets = True
    moved: Tensor

    def __init__(
        self,
        *args: Any,
        align: Callable[..., tuple[Tensor, Tensor, Tensor]] = coral_map,
        options: dict[str, Any] | None = None,
        dim: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.align, self.options, self.dim = align, options, dim
        self._align = bind_options(
            align, {**(options or {}), **({} if dim is None else {"dim": dim})}
        )
        d, k = self.head.in_features, dim or self.head.in_features
        self.map = nn.Linear(d, k).requires_grad_(False)
        self.source_map = nn.Linear(d, k).requires_grad_(False)
        self.head = nn.Linear(k, self.task.outputs)
        self.register_buffer("moved", torch.empty(0, k))
        self.encoder.requires_grad_(False)

    @torch.no_grad()
    def on_train_epoch_start(self) -> None:
        """Fits the maps once, before the first step; holds the encoder still."""
        self.encoder.eval()
        if not len(self.moved):
            source, target = self.collect("source").z, self.collect("target").z
            self.encoder.eval()
            aligned_source, weight, bias = self._align(source, target)
            self.moved = aligned_source.to(source.dtype)  # what the head takes
            padded_source = F.pad(source, (0, 1), value=1.0)
            # On the processor: no GPU solves a system without full rank.
            equations = padded_source.double().cpu(), self.moved.double().cpu()
            source_solution = torch.linalg.lstsq(*equations, driver="gelsd").solution.T
            for layer, (w, b) in (
                (self.map, (weight, bias)),
                (self.source_map, (source_solution[:, :-1], source_solution[:, -1])),
            ):
                layer.weight.copy_(w)
                layer.bias.copy_(b)

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Both domains' common space ``(n, k)``, and logits; before the fit, encoder features."""
        z = self.encoder_of(domain)(x)
        mapped_z = (self.map if domain == "target" else self.source_map)(z)
        return mapped_z if len(self.moved) else z, self.head(mapped_z), {}

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Logits ``(n, k)`` of inputs from one domain."""
        return self.features(x, domain)[1]

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The head's risk on the moved source."""
        source = batch["source"]
        return {"source_risk": self.task.loss(self.head(self.moved[source.index]), source.y)}
