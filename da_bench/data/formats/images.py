"""Photographs in folders, and how one becomes a tensor."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, Subset

from .pixels import check_range, read_image, upright_image

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
GREY_MEAN, GREY_STD = (0.449,), (0.226,)
"""Averages over the three channels of ImageNet's."""
Augment = bool | Literal["mirror"]
Mode = Literal["RGB", "L"]
Size = int | tuple[int, int]


class ImageTransform:
    """One image as a tensor ``(3, height, width)``, or ``(1, height, width)`` in grey, normalised.

    Without augmentation: as small as covers ``size``, which of a square is the short side, then the
    middle. With it: to 8/7 of that (256 for 224), a random part of ``size``, mirrored half of the
    time.

    With ``resize``, as the Transfer Learning Library does it: the whole image to that size,
    whatever its shape; without augmentation the middle of ``size``, with it a random part of 8 to
    100 % of the area (``augment: mirror`` takes the middle), mirrored half of the time.

    Args:
        size: Side of a square in pixels, or height and width.
        augment: Random crop and mirror; ``mirror`` alone, without the crop. Drawn from torch's
            global generator, which the loader seeds for each batch.
        mean: Subtracted from each channel of an image in ``[0, 1]``, a number a channel; None takes
            ImageNet's, of grey their average.
        std: Divides each channel; None as ``mean``.
        resize: What the whole image is brought to first, at least ``size``: side of a square, or
            height and width.
        mode: ``RGB`` for networks of three channels, ``L`` (grey) for those of one.
        value_range: Values of black and white in grey images of more than 8 bits, where their files
            do not tell (see :func:`~da_bench.data.formats.pixels.read_image`).

    Raises:
        ValueError: Sizes that are no pixels or where ``resize`` is too small; ``mean`` or ``std``
            are not a number a channel.
    """

    def __init__(
        self,
        size: Size = 224,
        augment: Augment = False,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        resize: Size | None = None,
        mode: Mode = "RGB",
        value_range: Sequence[float] | None = None,
    ) -> None:
        if mode not in ("RGB", "L"):
            raise ValueError(f"mode={mode!r}: expected RGB (three channels) or L (one, grey)")
        usual = (IMAGENET_MEAN, IMAGENET_STD) if mode == "RGB" else (GREY_MEAN, GREY_STD)
        self.size, self.augment, self.resize, self.mode = size, augment, resize, mode
        self.mean, self.std = list(usual[0] if mean is None else mean), list(usual[1] if std is None
                                                                             else std)  # fmt: skip
        self.value_range = None if value_range is None else list(value_range)
        check_range(self.value_range)
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) != len(usual[0]):
                raise ValueError(
                    f"{name}={values}: mode {mode} has {len(usual[0])} channel(s), so expected as "
                    "many numbers; mode: L is for networks of one channel, RGB for those of three"
                )
        if min(self.std) <= 0:
            raise ValueError(f"std={self.std}: each channel is divided by it, so above 0")
        if resize is not None and any(
            r < s for r, s in zip(sides(resize, "resize"), sides(size), strict=True)
        ):
            raise ValueError(f"resize={resize}: smaller than the size {size} that is cut from it")
        sides(size)
        self._steps: Callable[[Any], Tensor] | None = None

    def __call__(self, image: Any) -> Tensor:
        """The tensor of one PIL image, of whatever size and mode."""
        return self._tensor(upright_image(image, "the image", self.value_range))

    def read(self, path: Path) -> Tensor:
        """The tensor of the image in a file."""
        return self._tensor(read_image(path, self.value_range))

    def _tensor(self, image: Any) -> Tensor:
        if self._steps is None:
            self._steps = self._compose()
        if image.mode not in (self.mode, "F"):  # F: deep grey, in one channel until it is cut
            image = image.convert(self.mode)
        x = self._steps(image).expand(len(self.mean), -1, -1)
        shape = (-1, 1, 1)
        return x.sub(torch.tensor(self.mean).view(shape)).div(torch.tensor(self.std).view(shape))

    def _compose(self) -> Callable[[Any], Tensor]:
        from torchvision import transforms as t

        size, random = sides(self.size), self.augment is True
        middle = t.CenterCrop(size)
        if self.resize:
            part = t.RandomResizedCrop(size) if random else middle
            steps = [t.Resize(sides(self.resize)), part]
        elif random:
            height, width = (round(side * 8 / 7) for side in size)
            steps = [Covering((height, width)), t.RandomCrop(size)]
        else:
            steps = [Covering(size), middle]
        if self.augment:
            steps.append(t.RandomHorizontalFlip())
        return t.Compose([*steps, t.ToTensor()])


class Covering:
    """Brings an image to the least size that covers ``(height, width)``, in its own proportions."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size

    def __call__(self, image: Any) -> Any:
        """The resized image: one side as long as in ``size``, the other no shorter."""
        from torchvision.transforms.functional import resize

        height, width = self.size
        if width * image.height >= height * image.width:
            return resize(image, [width * image.height // image.width, width])
        return resize(image, [height, height * image.width // image.height])


def sides(size: Size | Sequence[int], name: str = "size") -> tuple[int, int]:
    """Height and width in pixels, of a square by its one side.

    Raises:
        ValueError: Anything but one or two whole numbers above 0.
    """
    both_sides: list[Any] = list(size) if isinstance(size, list | tuple) else [size, size]
    if len(both_sides) != 2 or any(
        not isinstance(s, int) or isinstance(s, bool) or s < 1 for s in both_sides
    ):
        raise ValueError(f"{name}={size!r}: expected pixels, one number or [height, width]")
    return both_sides[0], both_sides[1]


class Images(Dataset):
    """Images read when asked for, with their labels at hand.

    Args:
        files: Path of each image.
        targets: Class ``0..k-1`` of each; -1 where it has none.
        transform: Turns a file into a tensor.
    """

    def __init__(
        self, files: Sequence[Path], targets: Sequence[int], transform: ImageTransform
    ) -> None:
        self.files, self.transform = list(files), transform
        self.targets = torch.tensor(targets, dtype=torch.long)

    def __len__(self) -> int:
        """Number of images."""
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Image ``(channels, height, width)`` and class, -1 where it has none."""
        return self.transform.read(self.files[index]), int(self.targets[index])


def with_transform(data: Dataset, transform: ImageTransform) -> Dataset:
    """A copy of ``data``, :class:`Images` or parts of some, that uses another transform."""
    if isinstance(data, ConcatDataset):
        return ConcatDataset([with_transform(part, transform) for part in data.datasets])
    if isinstance(data, Subset):
        return Subset(with_transform(data.dataset, transform), data.indices)
    if not isinstance(data, Images):
        raise TypeError(f"expected Images, found {type(data).__name__}")
    return Images(data.files, data.targets.tolist(), transform)
