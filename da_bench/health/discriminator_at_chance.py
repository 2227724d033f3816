"""The critic can't tell the domains apart, where the nearest mean can."""

from .record import Course, Finding, Record

CHANCE = 0.6
"""Balanced accuracy up to which a critic knows nothing: 0.5, and twice its error of 0.044."""
SEPARABLE = 0.9
"""Balanced accuracy of the nearest mean from which the domains are plainly apart."""


def discriminator_at_chance(course: Course) -> Finding | None:
    r"""The critic never tells the domains apart, although the nearest mean does.

    What is seen once half of the training is done, at *every* look after its first tenth, two at
    least (in a short training, at its end): the critic's balanced accuracy is at most 60 % on the
    held batches, while the nearest mean of the features (in units of their deviation), learnt on
    half of the same batches, tells 90 % of the other half.

    A critic at chance is what adversarial training is *for*: at its end the domains cannot be told
    apart. So accuracy alone says nothing. The nearest mean is a rival of no strength, which any
    critic should match; where it tells the domains and the critic does not, at each look, the
    critic has not learnt.

    Causes:

    * a critic that does not train: left out of the optimizer, frozen, a learning-rate factor of 0;
    * labels of the domains that are mixed up, or the same for both;
    * a reversal at full scale from the first step, against which a critic never gets started (see
      ``weight_saturated``);
    * a critic far too small or with dead rectifiers;
    * a game that turns round and round, encoder and critic at high learning rates.

    What to do: train the critic alone on held features: if it fails there, the critic or its labels
    are wrong; raise its learning rate by ``optimizer.factors: {critic: 10}``; raise the reversal by
    a schedule.

    It is a warning. Where the critic sends no gradient at all, that is named instead
    (``no_adversarial_gradient``); so are features that have shrunk or gone flat.

    Source: Ganin et al., JMLR 2016, section 5.2 (the schedule against a noisy critic at the start);
    Ben-David et al., "A theory of learning from different domains", Machine Learning 2010, section
    4 (what a critic's error estimates).
    """

    def lost(record: Record) -> bool:
        if record.accuracy is None or record.separable is None:
            return False
        return record.accuracy <= CHANCE and record.separable >= SEPARABLE

    if not course.throughout(lost):
        return None
    last_record = course.trained[-1]
    return Finding(
        "discriminator_at_chance", "warning", last_record.step,
        f"the critic is right on {last_record.accuracy:.1%} where the nearest mean is on "
        f"{last_record.separable:.1%}",
        "see that the critic is in the optimizer, and that it learns on held features",
    )  # fmt: skip
