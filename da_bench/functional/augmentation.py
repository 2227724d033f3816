"""Random views of a batch: vectors get noise, images are moved; chance is torch's global one."""

import torch
import torch.nn.functional as F
from torch import Tensor


def weak_view(x: Tensor, noise: float = 0.1, shift: float = 0.125, flip: bool = False) -> Tensor:
    """A view that every label survives.

    Vectors ``(n, d)`` and sequences ``(n, c, t)`` get Gaussian noise, in units of each feature's
    spread over the batch. Images ``(n, c, h, w)`` are moved, the border reflected, and flipped:
    with ``flip``, the flip-and-shift of Sohn et al., NeurIPS 2020, section 2.3.

    Args:
        x: Batch of floating numbers.
        noise: Deviation of the noise, in deviations of the feature; of vectors.
        shift: Largest move, as a share of height and width, below 1; of images.
        flip: Mirror half of the images left to right; digits do not survive it.

    Returns:
        A new batch of the same shape.

    Raises:
        ValueError: Inputs are not floating numbers or have another number of dimensions.
    """
    _check(x)
    if x.ndim < 4:
        return _noisy(x, noise)
    return _moved(_flipped(x) if flip else x, shift)


def strong_view(
    x: Tensor,
    noise: float = 0.3,
    shift: float = 0.25,
    flip: bool = False,
    contrast: float = 0.5,
    cutout: float = 0.5,
) -> Tensor:
    """A view that is harder to recognise, as a pupil sees it.

    Vectors get more noise. Images are moved further, their contrast and brightness change, and
    a square of each is covered by its mean (Cutout: DeVries and Taylor, arXiv:1708.04552), in place
    of the fourteen image operations of RandAugment, some of which no digit survives.

    Args:
        x: As for :func:`weak_view`.
        noise: As there.
        shift: As there.
        flip: As there.
        contrast: Deviations from an image's mean are scaled by up to this share more or less, and
            its mean moves by up to half this share of its deviation; of images.
        cutout: Side of the covered square, as a share of height and width; of images.

    Returns:
        A new batch of the same shape.

    Raises:
        ValueError: As for :func:`weak_view`.
    """
    x = weak_view(x, noise, shift, flip)
    if x.ndim < 4:
        return x
    shape = (len(x), 1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    spread = x.std((1, 2, 3), correction=0, keepdim=True)
    scale, offset = (contrast * (2 * torch.rand(shape).to(x) - 1) for _ in range(2))
    x = mean + (x - mean) * (1 + scale) + spread * offset / 2
    is_covered = _inside(x, -2, cutout)[:, None, :, None] & _inside(x, -1, cutout)[:, None, None, :]
    return torch.where(is_covered, mean, x)


def _check(x: Tensor) -> None:
    if not (x.is_floating_point() and x.ndim in (2, 3, 4)):
        raise ValueError(
            f"no ready augmentation for {x.dtype} of shape {tuple(x.shape)}: it knows floating "
            "(n, d), (n, c, t) and (n, c, h, w); pass a function of your own by its import path"
        )


def _noisy(x: Tensor, noise: float) -> Tensor:
    return x + noise * x.std(0, correction=0, keepdim=True) * torch.randn(x.shape).to(x)


def _flipped(x: Tensor) -> Tensor:
    mirrored = (torch.rand(len(x), 1, 1, 1) < 0.5).to(x.device)
    return torch.where(mirrored, x.flip(-1), x)


def _moved(x: Tensor, shift: float) -> Tensor:
    """Each image moved by its own whole number of pixels, with one indexing for all."""
    n, _, height, width = x.shape
    height_shift, width_shift = int(shift * height), int(shift * width)
    padded_images = F.pad(x, (width_shift, width_shift, height_shift, height_shift), mode="reflect")
    rows = torch.randint(2 * height_shift + 1, (n, 1)) + torch.arange(height)
    columns = torch.randint(2 * width_shift + 1, (n, 1)) + torch.arange(width)
    sample_indices = torch.arange(n)[:, None, None]
    return padded_images[sample_indices, :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def _inside(x: Tensor, axis: int, share: float) -> Tensor:
    """Which of the pixels along an axis the covered square takes, ``(n, size)``."""
    size = x.shape[axis]
    middle = torch.randint(size, (len(x), 1))
    return ((torch.arange(size) - middle).abs() * 2 < share * size).to(x.device)
