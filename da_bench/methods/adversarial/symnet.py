"""Domain-symmetric networks."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.batch import Tree
from da_bench.data.pair import Role
from da_bench.data.task import known
from da_bench.functional import domain_loss, entropy, ramp
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule


class SymNet(DomainAdapter):
    r"""A source head and a target head, side by side, are classifier and critic at once.

    Of the :math:`2k` joint logits :math:`[v^s; v^t]`, :math:`d = \log \sum e^{v^s} - \log \sum
    e^{v^t}` is the log odds of the source. The heads descend both source risks and the domain loss
    of :math:`d`; the encoder descends the confusion of the two halves, by category on the source
    (source risk), by domain on the target and with the entropy of the summed halves (the last two
    times :math:`\lambda_p`). Zhang et al., "Domain-symmetric networks for adversarial domain
    adaptation", CVPR 2019, section 3; the source's terms restated by the authors as equations 33 to
    35 (weights of one) of "Unsupervised multi-class domain adaptation: theory, algorithms, and
    practice", IEEE Transactions on Pattern Analysis and Machine Intelligence 2020, whose terms of
    the domains differ. One backward pass trains both sides, as in the authors' code: the heads see
    features without gradient, the encoder heads without one.

    The head that a source-only run brings is the source's; the target's predicts the target.

    Args:
        schedule: :math:`\lambda`, weight of the encoder's target terms, by progress.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(self, *args: Any, schedule: Schedule = ramp, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schedule = schedule
        self.other = nn.Linear(self.head.in_features, self.head.out_features)

    def joint(self, z: Tensor, heads_fixed: bool) -> Tensor:
        """Logits ``(n, 2k)``: of held heads with a gradient in ``z``, or the other way round."""
        heads = (self.head, self.other)
        if not heads_fixed:
            return torch.cat([head(z.detach()) for head in heads], 1)
        return torch.cat(
            [F.linear(z, layer.weight.detach(), layer.bias.detach()) for layer in heads], 1
        )

    def source_risk(self, source: Encoded) -> Tensor:
        """Both heads' risk, and to the encoder, the source label's in either half of the joint."""
        source_logits, target_logits = self.joint(source.z, heads_fixed=False).chunk(2, 1)
        joint_logits = self.joint(source.z, heads_fixed=True)
        target_labels = torch.where(known(source.y), source.y + self.task.outputs, source.y)
        half_risks = [self.task.loss(joint_logits, y) for y in (source.y, target_labels)]
        risk = self.task.loss(source_logits, source.y) + self.task.loss(target_logits, source.y)
        return risk + 0.5 * (half_risks[0] + half_risks[1])

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """To the heads, the domains; to the encoder, their confusion and the target's entropy."""
        # The paper adds the means of the domains where domain_loss takes their mean: twice it.
        head_loss = 2 * domain_loss(
            *(odds(self.joint(encoded.z, heads_fixed=False)) for encoded in (source, target))
        )
        joint = self.joint(target.z, heads_fixed=True)
        log_odds = odds(joint)
        confusion = 0.5 * (F.softplus(-log_odds) + F.softplus(log_odds)).mean()
        class_logits = torch.logaddexp(*joint.log_softmax(1).chunk(2, 1))
        return head_loss + self.schedule(progress) * (confusion + entropy(class_logits).mean())

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the two heads say together."""
        source_odds, target_odds = (
            odds(self.joint(encoded.z, heads_fixed=True))[:, 0] for encoded in (source, target)
        )
        return source_odds, target_odds

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Features, and logits of the domain's own head."""
        z, logits, layers = super().features(x, domain)
        return z, logits if domain == "source" else self.other(z), layers

    def encode(self, batch: dict[Role, Batch]) -> tuple[Encoded, Encoded]:
        """Both domains; a joint pass took the target through the source's head."""
        source, target = super().encode(batch)
        return source, target._replace(logits=self.other(target.z))

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Logits ``(n, k)`` of the domain's own head."""
        return self.features(x, domain)[1]


def odds(joint: Tensor) -> Tensor:
    """Log odds ``(n, 1)`` of the source, of joint logits ``(n, 2k)``."""
    source, target = joint.chunk(2, 1)
    return source.logsumexp(1, keepdim=True) - target.logsumexp(1, keepdim=True)
