"""Real digits that need no download, under shifts that can be looked at."""

import math
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification

from .toy import rotation

FRACTIONS = {"train": 0.6, "val": 0.1, "test": 0.3}
"""Share of one side's samples in each split."""


class Digits(DomainPair):
    """1,797 handwritten digits of 8 x 8 pixels (UCI, Alpaydin and Kaynak 1998), from scikit-learn.

    Domains, each a deterministic function of the image with grey values in ``[0, 1]``:

    * ``original``: as it is, a bright digit on a dark ground.
    * ``rotated``: turned by 30 degrees counter-clockwise, bilinear.
    * ``inverted``: ``1 - x``.
    * ``blurred``: smoothed by the binomial kernel ``(1, 2, 1) / 4`` in both directions.
    * ``noisy``: Gaussian noise of deviation 0.3 added (fixed for each image), clipped.
    * ``shifted``: moved by one pixel to the right and one down, dark where it came from.

    Source and target never share an image: a fixed permutation, blind to the labels, cuts the
    images into two halves, and the source's domains take the first, the target's the second.
    Several domains of one side show the same half. Within a half, fixed 60, 10 and 30
    per cent are training, validation and test.

    Args:
        source: Name of the labelled domain, or names of several.
        target: Name of the target domain, or names of several.
        **kwargs: What :class:`DomainPair` takes.
    """

    def __init__(
        self,
        source: str | list[str] = "original",
        target: str | list[str] = "rotated",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.task = Classification([str(digit) for digit in range(10)])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Inputs ``(n, 64)`` in ``[0, 1]`` and classes ``(n,)``.

        Raises:
            ValueError: There is no such domain, or it stands on both sides.
        """
        if name not in DOMAINS:
            raise ValueError(f"unknown domain {name!r}: Digits has {', '.join(DOMAINS)}")
        is_source = name in self.names("source")
        if is_source and name in self.names("target"):
            raise ValueError(f"{name!r} is source and target at once: they would share all images")
        images, y = _images()
        index = rows(is_source, split, len(y))
        return InMemory(DOMAINS[name](images)[index].flatten(1), y[index])


def rows(is_source: bool, split: Split, size: int) -> Tensor:
    """Positions ``(n,)`` of one side's images of a split, among all ``size``."""
    order = torch.randperm(size, generator=torch.Generator().manual_seed(0))
    half_order = order[: size // 2] if is_source else order[size // 2 :]
    first = round(FRACTIONS["train"] * len(half_order))
    second = first + round(FRACTIONS["val"] * len(half_order))
    return {
        "train": half_order[:first],
        "val": half_order[first:second],
        "test": half_order[second:],
    }[split]


@lru_cache(maxsize=1)
def _images() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    pixels, y = load_digits(return_X_y=True)
    return torch.tensor(pixels / 16, dtype=torch.float).view(-1, 8, 8), torch.tensor(y).long()


def original(images: Tensor) -> Tensor:
    """The images ``(n, 8, 8)`` as they are; the other shifts have the same shapes."""
    return images


def rotated(images: Tensor) -> Tensor:
    """The images turned by 30 degrees counter-clockwise."""
    rotation_matrices = F.pad(rotation(math.radians(30)).float(), (0, 1)).expand(len(images), 2, 3)
    grid = F.affine_grid(rotation_matrices, [len(images), 1, 8, 8], align_corners=False)
    return F.grid_sample(images[:, None], grid, align_corners=False)[:, 0].clamp(0, 1)


def inverted(images: Tensor) -> Tensor:
    """The images with dark and bright exchanged."""
    return 1 - images


def blurred(images: Tensor) -> Tensor:
    """The images smoothed by a binomial kernel of 3 x 3."""
    side = torch.tensor([0.25, 0.5, 0.25])
    kernel = torch.outer(side, side)[None, None]
    return F.conv2d(F.pad(images[:, None], (1, 1, 1, 1), mode="replicate"), kernel)[:, 0]


def noisy(images: Tensor) -> Tensor:
    """The images with Gaussian noise, which is fixed for each position in the data set."""
    generator = torch.Generator().manual_seed(1)
    return (images + 0.3 * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def shifted(images: Tensor) -> Tensor:
    """The images moved by one pixel to the right and one down."""
    return F.pad(images, (1, 0, 1, 0))[:, :8, :8]


DOMAINS = {f.__name__: f for f in (original, rotated, inverted, blurred, noisy, shifted)}
