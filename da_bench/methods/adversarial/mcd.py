"""Maximum classifier discrepancy."""

from typing import Any

from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.batch import Tree
from da_bench.data.pair import Role
from da_bench.functional import classifier_discrepancy
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import advance, descend, separate_optimizers


class MCD(DomainAdapter):
    r"""Two heads seek the target samples they disagree on; the encoder takes them away.

    Saito et al., "Maximum classifier discrepancy for unsupervised domain adaptation", CVPR 2018,
    steps A to C of every batch: (A) encoder and heads descend both heads' source risk, equation 2;
    (B) the heads, the encoder held, descend that risk less ``weight`` times their discrepancy on
    the target, equation 4; (C) the encoder, the heads held, descends the discrepancy, equation 6,
    ``encoder_steps`` times.
    Predictions are those of the heads' mean logits.

    Args:
        encoder_steps: Repeats of step C, the paper's ``n`` of 2 to 4.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(self, *args: Any, encoder_steps: int = 4, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if encoder_steps < 1:
            raise ValueError(f"encoder_steps={encoder_steps}: without step C nothing adapts")
        self.encoder_steps, self.automatic_optimization = encoder_steps, False
        self.other = nn.Linear(self.head.in_features, self.head.out_features)

    def source_risk(self, source: Encoded) -> Tensor:
        """The risk of both heads."""
        first_risk, second_risk = (
            self.task.loss(head(source.z), source.y) for head in (self.head, self.other)
        )
        return first_risk + second_risk

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The heads' discrepancy on the target."""
        return classifier_discrepancy(self.head(target.z), self.other(target.z))

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> None:  # type: ignore[override]
        """Steps A, B and C, each on fresh losses."""
        encoder, heads = self.optimizers()  # type: ignore[attr-defined]
        progress = self.progress
        weight = self.weight * self.weight_schedule(progress)
        first_terms = self.losses(batch, progress)
        descend(self, first_terms["source_risk"], encoder, heads)
        terms = self.losses(batch, progress)
        descend(self, terms["source_risk"] - weight * terms["adaptation_loss"], heads)
        for _ in range(self.encoder_steps):
            discrepancy = self.losses(batch, progress)["adaptation_loss"]
            descend(self, weight * discrepancy, encoder)
        advance(self)
        self.record({"source_risk": first_terms["source_risk"], "adaptation_loss": discrepancy})

    def configure_optimizers(self) -> Any:
        """One for the encoder, one for the heads."""
        return separate_optimizers(self, ["encoder", "target_encoder"], ["head", "other"])

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Features, and the mean logits of the two heads."""
        z, logits, layers = super().features(x, domain)
        return z, (logits + self.other(z)) / 2, layers

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Mean logits ``(n, k)`` of the two heads."""
        return self.features(x, domain)[1]
