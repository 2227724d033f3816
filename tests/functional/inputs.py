"""Inputs of every public function of da_bench.functional, by kind: one table for one contract.

An entry makes a function's arguments of tensors that ``Of`` draws, in the type, at the scale and of
the size that a test asks for.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from da_bench import functional as F


class Of:
    """Draws samples whose values bf16, fp16 and float64 all hold exactly."""

    def __init__(self, dtype=torch.float64, scale=1.0, size=None, spoil=None, mask=False, move=0.0):
        self.dtype, self.scale, self.size = dtype, scale, size
        self.spoil, self.mask, self.move = spoil, mask, move
        self.draw, self.leaves = torch.Generator().manual_seed(0), []

    def rows(self, n):
        return n if self.size is None else self.size

    def ready(self, x, scale):
        x = (x.bfloat16().half().double() * scale).to(self.dtype)
        if self.spoil is not None and len(x):
            x[0, 0] = self.spoil
        self.leaves.append(x)
        return x

    def x(self, n, d=3, shift=0.0):
        values = torch.randn(self.rows(n), d, generator=self.draw) + shift + self.move
        return self.ready(values, self.scale)

    def logits(self, n, k=4):
        x = self.ready(2 * torch.randn(self.rows(n), k, generator=self.draw), 1.0)
        if self.mask:
            x[:, 1] = -torch.inf
        return x

    def shares(self, n, k=4):
        """Probabilities, or weights: quarters, so that rows sum to one in any type."""
        picked = torch.randint(k, (self.rows(n), 4), generator=self.draw)
        return (F.indicators(picked.flatten(), k).view(-1, 4, k).sum(1) / 4).to(self.dtype)

    def labels(self, n, k=4):
        return torch.arange(self.rows(n)) % k


class Entry(NamedTuple):
    """How a function is called and what it gives."""

    make: Callable[[Of], Any]
    gives: str = "single"
    """``single``: of single precision for half. ``given``: goes into a network, in its own type.
    ``first``: a tuple, whose tensors are single. ``record``: plain numbers, or always double.
    ``whole``: counts. ``number``: of a plain number."""
    settings: dict[str, Any] = {}
    scales: bool = True
    """Whether its arguments have a unit, and it stands any."""
    network: bool = False
    """It calls a network, whose own rounding in half it can't mend."""


def pair(of):
    return of.x(12), of.x(10, shift=0.5)


def large(of):
    return of.x(40), of.x(36, shift=0.5)


def classes(of):
    return *pair(of), of.shares(12), of.shares(10)


def one(of):
    return (of.logits(12),)


def two(of):
    return of.logits(12), of.logits(12)


def kernel(of):
    return *pair(of), 1.5 * of.scale


def aligned(of):
    return of.x(12), of.x(10, shift=0.5)


def layers(of):
    (x, y), (a, b) = pair(of), pair(of)
    return [x, a], [y, b]


def labelled(of):
    return of.x(40), of.labels(40)


def quadratic(of):
    x = of.x(12, 4)
    return 2 * torch.eye(4).to(x), x.double().sum(0), 1.0, 0.5, 2.0


def critic(of):
    points = of.x(12), of.x(10)
    share = torch.full((min(map(len, points)), 1), 0.25).to(of.dtype)
    weight = torch.randn(3, 1, generator=torch.Generator().manual_seed(1))
    return lambda z: z.tanh() @ weight.to(z), *points, share


def rough(of):
    """A network, inputs, logits, a radius, and where the search starts."""
    weight = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    x = of.x(12)

    def network(z):
        return z.sin() @ weight.to(z)

    return network, x, network(x), 0.5, 1e-2, 1, torch.ones_like(x)


def counts(of):
    joint = torch.tensor([[9, 1, 0, 0], [2, 8, 0, 1], [0, 0, 7, 0], [0, 1, 3, 6]]).to(of.dtype)
    if of.spoil is not None:
        joint[0, 0] = of.spoil
    return joint, torch.tensor([4, 9, 3, 4]).to(of.dtype)


def averaged(of):
    x = of.x(40)
    return lambda rows: float(x[rows].double().mean()), (len(x),)


def number(of):
    return (0.3,)


PAIRS = ["bsp", "afn", "hard_afn", "cmd", "coral", "homm", "mmd2", "sinkhorn_divergence"]
PAIRS += ["power_criterion", "median_distance", "squared_distance"]
KERNELS = ["inverse_multiquadric", "linear_kernel", "multi_rbf", "rbf"]
RATIOS = ["gaussian", "kde", "kliep", "kmm", "kmm_frank_wolfe", "logistic", "nearest_neighbour"]
RATIOS += ["rulsif", "ulsif"]
RECORDS = ["c2st", "chi_square_from_ratio", "energy_test", "frechet_distance", "h_divergence"]
RECORDS += ["h_delta_h_divergence", "kl_from_ratio", "kmm_problem", "mmd2_chunked", "mmd_test"]
RECORDS += ["mmd_power_test", "proxy_a_distance"]
ONE = ["bnm", "entropy", "entropy_weights", "information_maximisation", "mcc", "mean_entropy"]
ONE += ["sharpened"]
TWO = ["classifier_discrepancy", "kl_divergence", "pseudo_label_loss", "self_ensembling_loss"]
SCHEDULES = ["constant", "cosine", "inverse_decay", "late_ramp", "linear_decay", "linear_growth"]
SCHEDULES += ["ramp"]

TABLE = {
    **{name: Entry(pair) for name in PAIRS},
    **{name: Entry(kernel) for name in KERNELS},
    **{name: Entry(large) for name in RATIOS},
    **{name: Entry(large, "record") for name in RECORDS},
    **{name: Entry(one, scales=False) for name in ONE},
    **{name: Entry(two, scales=False) for name in TWO},
    **{name: Entry(number, "number", scales=False) for name in SCHEDULES},
    **{name: Entry(classes) for name in ("cdd", "lmmd2")},
    **{name: Entry(labelled, "record") for name in ("h_score", "logme")},
    "transrate": Entry(labelled, "record", scales=False),  # its distortion has the unit
    "sliced_wasserstein": Entry(lambda of: (*pair(of), 3, torch.eye(3).to(of.dtype))),
    "permutation_test": Entry(
        lambda of: (*large(of), F.coral), "record", settings={"permutations": 9}
    ),
    "coral_map": Entry(pair, settings={"ridge": 0.0}),
    "subspace_alignment": Entry(pair, settings={"dim": 2}),
    "jmmd2": Entry(layers, settings={"bandwidths": ("median", "median")}),
    "box_qp": Entry(quadratic, "record", scales=False),
    "domain_loss": Entry(lambda of: (of.logits(12, 1), of.logits(10, 1)), scales=False),
    "source_importance": Entry(lambda of: (of.logits(12, 1),), scales=False),
    "margin_disparity": Entry(lambda of: (*two(of), *two(of)), scales=False),
    "gradient_penalty": Entry(critic, scales=False, network=True),
    "grad_reverse": Entry(lambda of: (of.x(12),), "given"),
    "multilinear_map": Entry(lambda of: (of.x(12), of.shares(12)), "given"),
    "random_multilinear_map": Entry(
        lambda of: (of.x(12), of.shares(12), *torch.ones(7, 5).to(of.dtype).split((3, 4))),
        "given",
        scales=False,
    ),
    "weak_view": Entry(lambda of: (of.x(12),), "given"),
    "strong_view": Entry(lambda of: (of.x(12, 36).view(-1, 1, 6, 6),), "given"),
    "virtual_adversarial_loss": Entry(rough, scales=False, network=True),
    "virtual_adversarial_perturbation": Entry(rough, "given", scales=False, network=True),
    "neighbour_predictions": Entry(
        lambda of: (of.x(6), torch.arange(of.rows(6)), of.x(12), of.shares(12)),
    ),
    "neighbour_loss": Entry(lambda of: (of.logits(12), of.shares(12)), scales=False),
    "spherical_kmeans": Entry(lambda of: (of.x(12), of.x(3)), "first"),
    "logistic_regression": Entry(
        lambda of: (of.x(40), torch.arange(of.rows(40)) % 2), "first", scales=False
    ),
    "leep": Entry(lambda of: (of.shares(40), of.labels(40)), "record", scales=False),
    "nce": Entry(lambda of: (of.labels(40), of.labels(40, 3)), "record", scales=False),
    "effective_sample_size": Entry(lambda of: (of.shares(12)[:, 0],), scales=False),
    "weighted_risk": Entry(lambda of: (of.x(12)[:, 0].abs(), of.shares(12)[:, 0]), scales=False),
    "bbse": Entry(counts, scales=False),
    "rlls": Entry(counts, scales=False),
    "joint_counts": Entry(lambda of: (of.labels(12), of.labels(12, 3), 4), "whole", scales=False),
    "indicators": Entry(lambda of: (of.labels(12), 4), "whole", scales=False),
    "accuracy_test": Entry(
        lambda of: (of.labels(12) < 1, of.labels(12, 3) < 1), "record", scales=False
    ),
    "jackknife": Entry(averaged, "record", scales=False),
    "holm": Entry(lambda of: ([0.01, 0.2, 0.04],), "number", scales=False),
}
"""By name; a public function that is missing here fails its test."""
