"""The critic learns, and the encoder feels nothing of it or helps it."""

from .record import Course, Finding, Record

LEAST = 1e-3
"""Least share of the gradient that a critic in such doubt should send, scaled by the method."""
DOUBT = 1e-6
"""Below, the critic itself has run out of gradient: that is ``discriminator_always_right``."""
HELPS = -0.25
"""Cosine, to the critic's log odds, of a gradient that helps it; reversals had 0.86 to 1."""


def no_adversarial_gradient(course: Course) -> Finding | None:
    r"""No gradient of the game between encoder and critic reaches the encoder.

    What is seen, at two looks in a row (at the end, at one), in a method with a critic whose
    weight and schedule are above zero: the gradient of the adaptation loss in the features is
    zero, or below a thousandth of what the critic's doubt would send. A critic that gives the
    wrong domain the probability :math:`\epsilon` on average sends about
    :math:`\epsilon\,\|\partial D / \partial z\|` through its cross-entropy, whatever its depth,
    times the scale of the reversal.

    Or, at as many looks, a gradient comes and is not adversarial: descending the adaptation loss
    raises the critic's log odds of the source over the target where it should lower them (cosine
    of the two gradients in the features of -0.25 or less). A cross-entropy's gradient has the same
    sign at each sample, so with the reversal the cosine is above zero, and without it below,
    however the game stands; methods that add other terms to their loss (VADA, MDD, SymNet) were
    seen at -0.15 at the least. Such an encoder learns to tell the domains apart.

    It is *not* this diagnosis if the encoder is held still (then no gradient is expected), if the
    schedule has not begun (``weight_never_rises``, should it never), if the critic is so sure that
    its own loss is flat (``discriminator_always_right``), or if the features have shrunk to
    nothing (``feature_norm_collapse``).

    Causes:

    * a critic that ends in a softmax over one unit: constant 1, gradient exactly zero (a published
      library shipped this; with any weight, results were those of source-only training);
    * features detached before the critic for both of its uses, or wrapped in ``torch.no_grad``;
    * a gradient reversal that was lost in a copy, stands there twice, or has a negative scale;
    * two optimizers of which the one with the encoder never sees the adversarial loss;
    * a critic whose last layer is zero and held still.

    What to do: check that the gradient in the features is not zero, as the contract test of
    ``tests/methods`` does; end the critic in one logit without an activation and use
    ``da_bench.functional.domain_loss``; reverse by ``grad_reverse`` and do not detach.

    It is a warning: such a run is source-only training under another name.

    Source: Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016, Eq. 13 to 15
    (what must reach the encoder).
    """

    def silent(record: Record) -> bool:
        if record.gradient is None or record.doubt is None or record.scale == 0:
            return False
        expected = record.reversal * record.doubt * (record.critic_gradient or 0.0)
        return record.doubt > DOUBT and record.gradient <= LEAST * expected

    def helps(record: Record) -> bool:
        return record.scale != 0 and (record.against_critic or 0.0) <= HELPS

    if course.lasting(helps):
        last_record = course.trained[-1]
        return Finding(
            "no_adversarial_gradient", "warning", last_record.step,
            f"the adaptation loss's gradient in the features helps the critic: its cosine to what "
            f"would mislead the critic is {last_record.against_critic:.2f}",
            "look for a gradient reversal that is missing, doubled or of negative scale",
        )  # fmt: skip
    if not course.lasting(silent):
        return None
    last_record = course.trained[-1]
    return Finding(
        "no_adversarial_gradient", "warning", last_record.step,
        f"the adaptation loss has gradient {last_record.gradient:.1e} in the features while the "
        "critic "
        f"is wrong by {last_record.doubt:.3f}",
        "look for a detached feature, a lost gradient reversal or a softmax over one unit",
    )  # fmt: skip
