"""The simulated shifts of SKADA-Bench: four kinds, five draws, five splits of each."""

from functools import lru_cache
from typing import Any, Literal

import numpy as np
import torch
from numpy.random import RandomState

from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification

Shift = Literal["covariate", "target", "concept", "subspace"]
SIZES = {"covariate": (100, 0.6), "target": (100, 0.8), "concept": (100, 0.8),
         "subspace": (300, 0.4)}  # fmt: skip
"""Points of one cluster, and the deviation of the noise."""
SPLITS = 5
CENTRE, SHARPNESS = (-0.4, 3.0), 2.0
"""Where the covariate shift draws its target, and how closely."""
RATIO = 0.9
"""Share of the first class in the target of the target shift."""
CLUSTERS = (
    ([[0.15, 0], [0, 0.3]], [-1.5, 3]),
    ([[0.2, -0.1], [-0.1, 0.2]], [-0.5, 1]),
    ([[0.17, -0.05], [-0.05, 0.17]], [1, -0.4]),
    ([[0.3, 0], [0, 0.15]], [3, -1]),
)
"""Shape and middle of the four clusters of the second class."""
HALVES = (
    ([[0.5, 0], [0, 0.5]], [-1, 1], 2, 0),
    ([[0.1, 0], [0, 0.1]], [1.5, 0.5], 1, 1),
    ([[0.2, 0], [0, 0.2]], [-0.5, -1.5], 1, 1),
)
"""Clouds of the subspace shift: shape, middle, relative size and class."""


class SkadaShifts(DomainPair):
    """Points of the plane in two classes, under one of four shifts.

    Lalou et al., "SKADA-Bench", TMLR 2025, section 4.1, after Moreno-Torres et al., Pattern
    Recognition 2012. Rebuilt draw for draw from ``make_shifted_datasets`` of skada 0.6: 800 points
    a domain, 2,400 for ``subspace``. A domain is named ``source-R`` or ``target-R``, ``R`` the
    state of the generator, 0 to 4; both sides take the same one. The seed of the run is the number
    of the split, 0 to 4: of each domain 80 % train (the target's unlabelled) and 20 % test,
    stratified by class. The source's test fifth is its validation set too.

    Args:
        source: ``source-R`` (or ``target-R``, the other way round).
        target: ``target-R`` with the same ``R``.
        shift: Which of the four.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: Unknown shift.
    """

    def __init__(
        self,
        source: str | list[str] = "source-0",
        target: str | list[str] = "target-0",
        *,
        shift: Shift = "covariate",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        if shift not in SIZES:
            raise ValueError(f"shift={shift!r}: expected one of {', '.join(SIZES)}")
        self.shift = shift
        self.task = Classification(["first", "second"])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Points ``(n, 2)`` and classes ``(n,)`` of a domain.

        Raises:
            ValueError: Unknown domain, or there is no split of the seed's number.
        """
        role, _, state = name.partition("-")
        if role not in ("source", "target") or not state.isdecimal():
            raise ValueError(f"unknown domain {name!r}: write source-R or target-R, R from 0 to 4")
        if not 0 <= self.seed < SPLITS:
            raise ValueError(f"seed {self.seed}: it counts the {SPLITS} splits, from 0; choose "
                             f"--seeds {SPLITS} or fewer")  # fmt: skip
        domains = generate(self.shift, int(state))
        train, test = splits(self.shift, int(state))[self.seed]
        x, y = domains[role == "target"]
        rows = (train if split == "train" else test) - (role == "target") * len(domains[0][1])
        rows = rows[(rows >= 0) & (rows < len(y))]
        if split == "val" and role == "target":
            rows = rows[:0]  # the target's joins its training set, and would be its test set
        return InMemory(torch.from_numpy(x[rows]).float(), torch.from_numpy(y[rows]).long())


@lru_cache(maxsize=32)
def generate(shift: Shift, state: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Source and target as ``(points (n, 2), classes (n,))``, in float64."""
    n, noise = SIZES[shift]
    # The generator of the publication: numpy's new ones draw other numbers.
    rng = RandomState(state)
    source = rings(n, rng)
    if shift == "covariate":
        x, y = rings(100 * n, rng)
        weight = np.exp(-SHARPNESS * np.sum((x - np.array(CENTRE)) ** 2, 1))
        index = rng.choice(len(y), size=8 * n, replace=False, p=weight / weight.sum())
        target = x[index], y[index]
    elif shift == "target":
        x, y = rings(3 * n, rng)
        first, half_size = int(8 * n * RATIO), 12 * n
        first_class = rng.choice(half_size, size=first, replace=False)
        second_class = rng.choice(half_size, size=8 * n - first, replace=False) + half_size
        index = np.concatenate((first_class, second_class))
        target = x[index], y[index]
    elif shift == "concept":
        x, y = rings(n, rng)
        target = x * 0.7 + 1, y
    else:
        source, (x, y) = halves(n, rng), halves(n, rng)
        target = -x, y
    return tuple((x + rng.normal(scale=noise, size=x.shape), y) for x, y in (source, target))


def rings(n: int, rng: RandomState) -> tuple[np.ndarray, np.ndarray]:
    """A disc of ``4 n`` points, and four clusters of ``n`` about it: ``(8 n, 2), (8 n,)``."""
    angle = rng.rand(4 * n, 1) * 2 * np.pi
    radius = np.sqrt(rng.rand(4 * n, 1))
    disc = np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), 1)
    parts = [disc.dot(np.array([[2, -0.5], [-0.5, 2]])) + 2]
    parts += [rng.randn(n, 2).dot(np.array(shape)) + middle for shape, middle in CLUSTERS]
    return np.concatenate(parts), np.repeat([0, 1], 4 * n)


def halves(n: int, rng: RandomState) -> tuple[np.ndarray, np.ndarray]:
    """One cloud against two, apart in any domain along one axis alone: ``(4 n, 2), (4 n,)``."""
    x = [rng.randn(k * n, 2).dot(np.array(shape)) + middle for shape, middle, k, _ in HALVES]
    return np.concatenate(x), np.concatenate([np.full(k * n, c) for _, _, k, c in HALVES])


@lru_cache(maxsize=32)
def splits(shift: Shift, state: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training and test positions in source and target, one after the other, split by split.

    As skada's ``StratifiedDomainShuffleSplit(5, test_size=0.2, random_state=0)``, which is
    scikit-learn's stratified split over the pairs of class and domain, in each the target first.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    (_, first), (_, second) = generate(shift, state)
    of_source = np.repeat([1, 0], (len(first), len(second)))
    groups = 2 * np.concatenate((first, second)) + of_source
    splitter = StratifiedShuffleSplit(SPLITS, test_size=0.2, random_state=0)
    return list(splitter.split(groups[:, None], groups))
