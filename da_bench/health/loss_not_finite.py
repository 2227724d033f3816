"""A term of the loss is NaN or infinite."""

import math

from .record import Course, Finding


def loss_not_finite(course: Course) -> Finding | None:
    """A term of the loss became NaN or infinite: the run stops there.

    What is seen: a term of the loss, on a training batch (the training checks every step's terms
    at the logger's interval and ends with ``NonFiniteLoss``, which names the first step) or on the
    watcher's held batch. Everything else that could be said of such a run follows from it, so
    nothing else is.

    Causes, the most frequent first:

    * the learning rate is too high for the weight: adversarial and second-moment terms (CORAL,
      CMD, the gradient penalty) have gradients that grow with the features, so a step that is too
      long makes the next one longer;
    * a logarithm of zero or a division by zero in a term of one's own: an entropy of hard
      probabilities, a cosine of a zero vector, a covariance of one sample;
    * half precision: the exponentials of a kernel or of a Sinkhorn iteration overflow in float16;
    * a NaN in the data, which no learning rate cures.

    What to do: lower the learning rate or the weight of the term named; clip gradients with
    ``trainer.gradient_clip_val``; in half precision try ``bf16-mixed``. Should it fall on the
    first step, look at that batch. ``torch.autograd.set_detect_anomaly(True)`` finds the operation.

    It is a warning, and never raised on a run whose terms are finite.

    Source: Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 4.1 (overflow and
    underflow) and 8.2.4 (cliffs and exploding gradients); Pascanu, Mikolov and Bengio, ICML 2013.
    """
    for record in course.records:
        for name, value in record.terms.items():
            if not math.isfinite(value):
                return Finding(
                    "loss_not_finite", "warning", record.step, f"{name} is {value:g}",
                    "lower the learning rate or the weight, or look at that batch",
                )  # fmt: skip
    return None
