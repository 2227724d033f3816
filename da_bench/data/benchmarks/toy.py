"""Toy domains made on the spot: rotated moons, and Gaussians of known density ratio."""

import math
from typing import Any, Literal

import torch
from torch import Tensor

from da_bench.data.domain import InMemory
from da_bench.data.order import spawn
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification

SPLITS = ("train", "val", "test")
MOST = 20_000_000
"""Numbers of a split of all domains that is made on the spot: 160 MB of them."""
WIDEST = 5000
"""The most numbers of a sample: a turn of them is a matrix of its square."""


class Moons(DomainPair):
    """Two interleaved half circles, rotated about their middle; a domain is its angle in degrees.

    The rotated moons are those of Germain, Habrard, Laviolette and Morvant (ICML 2013). Each split
    is drawn independently, from the angle and the split's name alone.

    Args:
        source: Angle of the source in degrees, or several.
        target: Angle of the target in degrees, or several.
        size: Samples of each split, half of them of each class.
        noise: Standard deviation of the Gaussian noise on each coordinate (radius: 1).
        **kwargs: What :class:`DomainPair` takes.
    """

    def __init__(
        self,
        source: str | list[str] = "0",
        target: str | list[str] = "35",
        *,
        size: int = 512,
        noise: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        check_size(size, 2, len(self.names("source") + self.names("target")))
        self.size, self.noise = size, noise
        self.task = Classification(["upper", "lower"])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Inputs ``(size, 2)`` and classes ``(size,)`` of the moons turned by ``name`` degrees.

        Raises:
            ValueError: ``name`` is not a number.
        """
        degrees = angle(name)
        generator = _generator(round(degrees * 1e6), split)
        y = torch.arange(self.size) % 2
        phase = math.pi * (torch.rand(self.size, generator=generator) + y)
        x = torch.stack((phase.cos() + y - 0.5, phase.sin() + 0.5 * y - 0.25), 1)
        x += self.noise * torch.randn(x.shape, generator=generator)
        return InMemory(x @ rotation(math.radians(degrees)).T.float(), y)


class ShiftedGaussians(DomainPair):
    r"""Two classes in Gaussian inputs, under one kind of shift whose density ratio is known.

    With ``amount`` :math:`a`, logistic function :math:`\sigma` and first axis :math:`e_1`:

    * ``covariate``: :math:`x \sim N(0, I)` in the source, :math:`N(a e_1, I)` in the target;
      :math:`p(y{=}1 \mid x) = \sigma(4 \sin(\pi x_1 / 2))` in both, so that a linear model is
      misspecified and weighting matters (Shimodaira, J. Stat. Plan. Inference 2000).
    * ``label``: :math:`x \mid y \sim N(\pm e_1, I)` in both; the log odds of class 1 are 0 in the
      source and :math:`a` in the target.
    * ``concept``: :math:`x \sim N(0, I)` in both; :math:`p(y{=}1 \mid x) = \sigma(4 \langle x,
      u \rangle)`, :math:`u` being :math:`e_1` in the source and turned by :math:`a` radians
      towards :math:`e_2` in the target.
    * ``subspace``: :math:`x \mid y \sim N(\pm e_1, \Sigma)`, with variance 1 on the first half of
      the axes (rounded up) and 1/4 on the rest; in the target each axis of the second half
      is turned together with one of the first by :math:`a` radians.

    Args:
        source: ``source`` or ``target``.
        target: ``source`` or ``target``.
        shift: Kind of shift.
        amount: How far, in the unit that the kind has above; 0 is no shift.
        dimension: Number of input features; at least 2 for ``concept`` and ``subspace``.
        size: Samples of each split.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: ``dimension`` is too small for the shift, or the shift is unknown.
    """

    def __init__(
        self,
        source: str | list[str] = "source",
        target: str | list[str] = "target",
        *,
        shift: Literal["covariate", "label", "concept", "subspace"] = "covariate",
        amount: float = 1.0,
        dimension: int = 2,
        size: int = 512,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.shift, self.amount, self.dimension, self.size = shift, amount, dimension, size
        self.task = Classification(["negative", "positive"])
        if shift not in ("covariate", "label", "concept", "subspace"):
            raise ValueError(f"shift={shift!r}: expected covariate, label, concept or subspace")
        if dimension < 1 + (shift in ("concept", "subspace")):
            raise ValueError(f"dimension={dimension} is too small for a {shift} shift")
        check_size(size, dimension, len(self.names("source") + self.names("target")))

    def dataset(self, name: str, split: Split) -> InMemory:
        """Inputs ``(size, dimension)`` and classes ``(size,)``, drawn from name and split alone."""
        amount = self._amount(name)
        generator = _generator(0 if name == "source" else 1, split)
        x = torch.randn(self.size, self.dimension, generator=generator, dtype=torch.double)
        chance = torch.rand(self.size, generator=generator, dtype=torch.double)
        if self.shift in ("covariate", "concept"):
            x[:, 0] += amount if self.shift == "covariate" else 0
            y = (chance < self._logit(x, amount).sigmoid()).long()
        else:
            y = (chance < self._prior(amount)).long()
            x = x * self._deviations()
            x[:, 0] += 2 * y - 1
            x = x @ self._turn(amount).T
        return InMemory(x.float(), y)

    def density_ratio(self, x: Tensor) -> Tensor:
        """The exact ``p_target(x) / p_source(x)`` of inputs ``(n, dimension)``: ``(n,)``."""
        log_target = self.log_density(x, self.names("target")[0])
        return (log_target - self.log_density(x, self.names("source")[0])).exp().to(x.dtype)

    def log_density(self, x: Tensor, domain: str) -> Tensor:
        """The log density of inputs ``(n, dimension)`` in a domain: ``(n,)``, in double."""
        x, amount = x.double(), self._amount(domain)
        means = torch.zeros(1, self.dimension, dtype=torch.double)
        weights = torch.ones(1, dtype=torch.double)
        deviations = torch.ones(self.dimension, dtype=torch.double)
        if self.shift == "covariate":
            means[0, 0] = amount
        elif self.shift in ("label", "subspace"):
            prior = self._prior(amount)
            means = means * torch.ones(2, 1, dtype=torch.double)
            means[:, 0] = torch.tensor([-1.0, 1.0])
            weights, deviations = torch.tensor([1 - prior, prior]).double(), self._deviations()
            x = x @ self._turn(amount)
        squares = ((x[:, None] - means) / deviations).square().sum(2)
        constant = deviations.log().sum() + self.dimension / 2 * math.log(2 * math.pi)
        return (weights.log() - squares / 2).logsumexp(1) - constant

    def bayes_error(self, domain: str) -> float:
        r"""The least error in ``domain`` that a classifier can reach.

        Closed form for ``label`` and ``subspace``: with log odds :math:`b` of the classes and
        :math:`\Phi` the normal distribution function, :math:`\pi_1 \Phi(-1 - b/2) + \pi_0 \Phi(-1 +
        b/2)`. For the others :math:`E \min(\eta, 1 - \eta)` depends on one normal coordinate and
        is summed on 20,001 points over ten deviations either side.
        """
        amount = self._amount(domain)
        if self.shift in ("label", "subspace"):
            odds, prior = amount * (self.shift == "label"), self._prior(amount)
            return prior * _normal(-1 - odds / 2) + (1 - prior) * _normal(-1 + odds / 2)
        grid = torch.linspace(-10, 10, 20_001, dtype=torch.double)
        # Along the turned axis a concept shift looks like no shift at all.
        mean = amount if self.shift == "covariate" else 0.0
        logit = self._logit((grid + mean)[:, None], 0.0)
        error = (-logit.abs()).sigmoid()
        density = (-grid.square() / 2).exp() / math.sqrt(2 * math.pi)
        return float(torch.trapezoid(error * density, grid))

    def _amount(self, domain: str) -> float:
        if domain not in ("source", "target"):
            raise ValueError(f"unknown domain {domain!r}: expected 'source' or 'target'")
        return self.amount if domain == "target" else 0.0

    def _logit(self, x: Tensor, amount: float) -> Tensor:
        if self.shift == "covariate":
            return 4 * (math.pi / 2 * x[:, 0]).sin()
        if amount == 0:
            return 4 * x[:, 0]
        return 4 * (math.cos(amount) * x[:, 0] + math.sin(amount) * x[:, 1])

    def _prior(self, amount: float) -> float:
        return 1 / (1 + math.exp(-amount)) if self.shift == "label" else 0.5

    def _deviations(self) -> Tensor:
        deviations = torch.ones(self.dimension, dtype=torch.double)
        if self.shift == "subspace":
            deviations[(self.dimension + 1) // 2 :] = 0.5
        return deviations

    def _turn(self, amount: float) -> Tensor:
        """Orthogonal ``(dimension, dimension)``; samples are rows, so ``x @ turn.T`` turns them."""
        matrix = torch.eye(self.dimension, dtype=torch.double)
        half_dimension = (self.dimension + 1) // 2
        for i in range(self.dimension - half_dimension) if self.shift == "subspace" else ():
            plane = torch.tensor([i, i + half_dimension])
            matrix[plane[:, None], plane] = rotation(amount)
        return matrix


def check_size(size: int, dimension: int, domains: int) -> None:
    """Raises ValueError where a split would hold no sample, or more than is made on the spot."""
    if dimension > WIDEST:
        raise ValueError(f"dimension={dimension}: expected at most {WIDEST:,}")
    max_samples = MOST // (max(1, dimension) * max(1, domains))
    if not 0 <= size <= max_samples:
        raise ValueError(f"size={size}: expected from 0 to {max_samples:,} samples in each of "
                         f"{domains} domains, of {dimension} numbers each")  # fmt: skip


def rotation(radians: float) -> Tensor:
    """The matrix ``(2, 2)`` that turns a column vector counter-clockwise, in double."""
    cos, sin = math.cos(radians), math.sin(radians)
    return torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.double)


def angle(name: str) -> float:
    """The degrees that a domain's name stands for.

    Raises:
        ValueError: The name is not a finite number.
    """
    try:
        degrees = float(name)
    except ValueError:
        degrees = math.nan
    if not math.isfinite(degrees):
        raise ValueError(f"unknown domain {name!r}: expected degrees, such as '35'")
    return degrees


def _generator(domain: int, split: Split) -> torch.Generator:
    return torch.Generator().manual_seed(spawn(domain, 7, SPLITS.index(split)))


def _normal(value: float) -> float:
    return (1 + math.erf(value / math.sqrt(2))) / 2
