"""The critic has won the game, and its gradient is gone."""

from .record import Course, Finding, Record

RIGHT = 0.98
"""Balanced accuracy: with 64 samples a domain, at most two or three are wrong."""
SURE = 0.01
"""Mean probability that the critic gives to the wrong domain."""
GONE = 1e-3
"""Share of the gradient of the critic's log odds, scaled as the method does, that is left."""


def discriminator_always_right(course: Course) -> Finding | None:
    r"""The critic tells the domains apart at every look, and is too sure to teach the encoder.

    What is seen once half of the training is done, at *every* look after its first tenth, two at
    least (in a short training, at its end): balanced accuracy of the critic of 98 % or more on the
    held batches, a mean probability of the wrong domain of at most 0.01, and a gradient of the
    adaptation loss in the features of at most a thousandth of the gradient of the critic's log
    odds, as the method scales it.

    The last condition is what makes it a fault. A strong critic alone is none: where the encoder's
    loss has inverted labels (ADDA) or is a difference of means (WDGRL), the sure critic sends its
    full gradient, and where a second term (the entropy of IWAN) still moves the encoder, the run
    goes on: such runs do gain over source-only training. In a gradient reversal of the
    cross-entropy, the gradient is proportional to the doubt, and a critic without doubt sends none:
    the encoder is left where it was, by and large at source-only training.

    Causes:

    * the domains are far apart where training begins (other inputs, other scales), and the critic
      learns in a few steps what the encoder would take hundreds to hide;
    * a critic with a learning rate, depth or width beyond the encoder's;
    * a reversed gradient scaled too low, or a schedule that rises too slowly;
    * an input that gives the domain away, such as image borders, and an encoder that is held.

    What to do: slow the critic (``optimizer.factors: {critic: 0.1}``); start the reversal earlier
    or scale it higher; replace the reversal by inverted labels (ADDA) or a Wasserstein critic
    (WDGRL), whose gradients last; smooth the critic's labels; bring the inputs closer first
    (standardise each domain, AdaBN).

    It is a warning.

    Source: Goodfellow et al., "Generative adversarial nets", NeurIPS 2014, section 3 (saturation,
    and inverted labels against it); Arjovsky and Bottou, "Towards principled methods for training
    generative adversarial networks", ICLR 2017, theorem 2.4 (gradients vanish as the critic nears
    its optimum); Tzeng et al., "Adversarial discriminative domain adaptation", CVPR 2017, Eq. 7.
    """

    def won(record: Record) -> bool:
        if record.accuracy is None or record.doubt is None or record.gradient is None:
            return False
        if record.scale == 0:  # the schedule, not the critic, keeps the gradient down
            return False
        full = record.reversal * (record.critic_gradient or 0.0)
        is_confident = record.accuracy >= RIGHT and record.doubt <= SURE
        return is_confident and record.gradient <= GONE * full

    if not course.throughout(won):
        return None
    last = course.trained[-1]
    return Finding(
        "discriminator_always_right", "warning", last.step,
        f"the critic is right on {last.accuracy:.1%} at every look, wrong by {last.doubt:.1e}, and "
        "sends less than 0.1 % of its gradient",
        "slow the critic, or use a loss whose gradient lasts (adda, wdgrl)",
    )  # fmt: skip
