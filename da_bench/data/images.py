"""Photographs in folders, and how one becomes a tensor."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, Subset

from ..sources import EXTENSIONS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ImageTransform:
    """One image as a tensor ``(3, size, size)``, normalised.

    Without augmentation: the short side to ``size``, then the middle square. With it: the short
    side to 8/7 of ``size`` (256 for 224), a random square of ``size``, mirrored half of the time.

    Args:
        size: Side of the square in pixels.
        augment: Random crop and mirror; drawn from torch's global generator, which the loader seeds
            for each batch.
        mean: Subtracted from each channel of an image in ``[0, 1]``.
        std: Divides each channel.
    """

    def __init__(
        self,
        size: int = 224,
        augment: bool = False,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
    ) -> None:
        self.size, self.augment, self.mean, self.std = size, augment, list(mean), list(std)
        self._steps: Callable[[Any], Tensor] | None = None

    def __call__(self, image: Any) -> Tensor:
        """The tensor of one PIL image, of whatever size and mode."""
        if self._steps is None:
            self._steps = self._compose()
        return self._steps(image.convert("RGB"))

    def _compose(self) -> Callable[[Any], Tensor]:
        from torchvision import transforms as t

        if self.augment:
            steps = [
                t.Resize(round(self.size * 8 / 7)),
                t.RandomCrop(self.size),
                t.RandomHorizontalFlip(),
            ]
        else:
            steps = [t.Resize(self.size), t.CenterCrop(self.size)]
        return t.Compose([*steps, t.ToTensor(), t.Normalize(self.mean, self.std)])


class Images(Dataset):
    """Images read when asked for, with their labels at hand.

    Args:
        files: Where they are.
        targets: Class ``0..k-1`` of each.
        transform: Turns a PIL image into a tensor.
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
        """Image ``(3, size, size)`` and class."""
        return self.transform(read_image(self.files[index])), int(self.targets[index])


def read_image(path: Path) -> Any:
    """A PIL image.

    Raises:
        ValueError: The file is no image, or a broken one.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (OSError, UnidentifiedImageError) as error:
        raise ValueError(f"{path} can't be read as an image: {error}") from error


def classes_of(folder: Path) -> dict[str, list[Path]]:
    """Class name -> its images: those of each sub-folder, deeper ones included, in order.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: It holds no class sub-folder, or one without images.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    names = sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not names:
        raise ValueError(f"{folder} holds no class sub-folders: expected {folder}/CLASS/*.jpg")
    found = {}
    for name in names:
        files = sorted(p for p in (folder / name).rglob("*") if p.suffix.lower() in EXTENSIONS)
        if not files:
            raise ValueError(f"{folder / name} holds no images ({', '.join(EXTENSIONS)})")
        found[name] = files
    return found


def with_transform(data: Dataset, transform: ImageTransform) -> Dataset:
    """The same :class:`Images`, joined or cut as they are, through another transform."""
    if isinstance(data, ConcatDataset):
        return ConcatDataset([with_transform(part, transform) for part in data.datasets])
    if isinstance(data, Subset):
        return Subset(with_transform(data.dataset, transform), data.indices)
    if not isinstance(data, Images):
        raise TypeError(f"expected Images, found {type(data).__name__}")
    return Images(data.files, data.targets.tolist(), transform)
