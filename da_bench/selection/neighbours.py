"""Who lies near whom: among the target's predictions, or between the domains' features."""

import torch

from da_bench.functional.discrepancy import mmd2
from da_bench.functional.kernels import squared_distance

from .outputs import Outputs, Undefined, check_defined, target_logits

BLOCK_ROWS = 1024
"""Rows of a matrix of similarities that are in memory at once."""
MAX_SAMPLES = 2000
"""Samples of a domain that the MMD takes, evenly spaced: its matrix is that squared, fourfold."""


def snd(outputs: Outputs, temperature: float = 0.05) -> float:
    r"""Soft neighbourhood density: how many neighbours a prediction has, as an entropy in nats.

    .. math:: \frac1m \sum_i H(q_i), \quad q_{ij} \propto \exp(\hat p_i^\top \hat p_j / \tau),
              \ j \ne i

    with :math:`\hat p` the probabilities at length one. Higher is better; in
    ``[0, log(m - 1)]``. Known to choose collapsed models: all alike, all are neighbours.

    Args:
        outputs: Outputs of one model.
        temperature: :math:`\tau`, above 0; 0.05 in the paper.

    Reference:
        Saito et al., "Tune it the right way: unsupervised validation of domain adaptation via soft
        neighborhood density", ICCV 2021, equations 2 to 4.

    Raises:
        Undefined: Fewer than two target samples.
    """
    p = target_logits(outputs, 2).softmax(1)
    p = p / p.norm(dim=1, keepdim=True)
    total = 0.0
    for start in range(0, len(p), BLOCK_ROWS):
        similarity = p[start : start + BLOCK_ROWS] @ p.T / temperature
        diagonal = torch.arange(len(similarity))
        similarity[diagonal, diagonal + start] = float("-inf")
        log_q = similarity.log_softmax(1)
        total -= (log_q.exp() * log_q.masked_fill(log_q == float("-inf"), 0.0)).sum().item()
    return total / len(p)


def nearest_source(outputs: Outputs) -> float:
    """Share of target predictions that equal the class of the nearest source training sample.

    By Euclidean distance of features; the first of equally near samples counts. Higher is better;
    in ``[0, 1]``. It asks whether classes of the source lie where the model puts the target's,
    after the nearest-neighbour rule of Cover and Hart, IEEE Trans. Information Theory 1967.

    Raises:
        Undefined: A domain has no sample.
    """
    predicted = target_logits(outputs).argmax(1)
    if not len(outputs.source_y):
        raise Undefined("needs at least one source training sample, got 0")
    agree = 0
    for start in range(0, len(predicted), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        nearest_indices = squared_distance(
            outputs.target_z[rows], check_defined(outputs.source_z)
        ).argmin(1)
        agree += int((outputs.source_y[nearest_indices] == predicted[rows]).sum())
    return agree / len(predicted)


def mmd(outputs: Outputs) -> float:
    """Unbiased squared MMD of the domains' features, five Gaussian kernels at the median distance.

    Lower is better; can be negative. Says nothing of classes. Of more than 2,000 samples of a
    domain, 2,000 evenly spaced ones.

    Reference:
        Gretton et al., "A kernel two-sample test", JMLR 13, 2012, equation 3.

    Raises:
        Undefined: Fewer than two samples of a domain.
    """
    source, target = (
        check_defined(z)[:: max(1, -(-len(z) // MAX_SAMPLES))]
        for z in (outputs.source_z, outputs.target_z)
    )
    if min(len(source), len(target)) < 2:
        raise Undefined(f"needs two samples of each domain, got {len(source)} and {len(target)}")
    return mmd2(source, target, estimator="unbiased").item()
