"""Photographs in folders, and how one becomes a tensor."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, Subset

from ..sources import EXTENSIONS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
Augment = bool | Literal["mirror"]


class ImageTransform:
    """One image as a tensor ``(3, size, size)``, normalised.

    Without augmentation: the short side to ``size``, then the middle square. With it: the short
    side to 8/7 of ``size`` (256 for 224), a random square of ``size``, mirrored half of the time.

    With ``resize``, as the Transfer Learning Library does it: the whole image to a square of that
    side, whatever its shape; without augmentation the middle square, with it a random part of 8 to
    100 % of the area (``augment: mirror`` takes the middle square), mirrored half of the time.

    Args:
        size: Side of the square in pixels.
        augment: Random crop and mirror; ``mirror`` alone, without the crop. Drawn from torch's
            global generator, which the loader seeds for each batch.
        mean: Subtracted from each channel of an image in ``[0, 1]``.
        std: Divides each channel.
        resize: Side of the square that the whole image is brought to first, at least ``size``.
    """

    def __init__(
        self,
        size: int = 224,
        augment: Augment = False,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        resize: int | None = None,
    ) -> None:
        self.size, self.augment, self.mean, self.std = size, augment, list(mean), list(std)
        self.resize = resize
        self._steps: Callable[[Any], Tensor] | None = None

    def __call__(self, image: Any) -> Tensor:
        """The tensor of one PIL image, of whatever size and mode."""
        if self._steps is None:
            self._steps = self._compose()
        return self._steps(image.convert("RGB"))

    def _compose(self) -> Callable[[Any], Tensor]:
        from torchvision import transforms as t

        middle, random = t.CenterCrop(self.size), self.augment is True
        if self.resize:
            part = t.RandomResizedCrop(self.size) if random else middle
            steps = [t.Resize((self.resize, self.resize)), part]
        elif random:
            steps = [t.Resize(round(self.size * 8 / 7)), t.RandomCrop(self.size)]
        else:
            steps = [t.Resize(self.size), middle]
        if self.augment:
            steps.append(t.RandomHorizontalFlip())
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


def read_list(path: Path, root: Path, by_folder: bool = True) -> dict[str, list[Path]]:
    """Class -> its images, of a published list: a line an image, its path and its class's number.

    Paths are relative to ``root``; of those that were written on another machine, as CDAN's, as
    much is cut from the left as makes the first line's image a file. A class is called by its
    folder where ``by_folder`` and folders and numbers go together, else by its number.

    Raises:
        FileNotFoundError: There is no such list, or the image of its first line is nowhere.
        ValueError: A line does not end in a whole number, or there is none.
    """
    pairs = []
    for place, line in enumerate(path.read_text().splitlines(), 1):
        name, _, label = line.strip().rpartition(" ")
        if line.strip():
            if not label.isdecimal():
                raise ValueError(f"{path}, line {place}: expected 'path number', found {line!r}")
            pairs.append((Path(name).parts, int(label)))
    if not pairs:
        raise ValueError(f"{path} lists no images")
    first = pairs[0][0]
    cut = next((k for k in range(len(first)) if root.joinpath(*first[k:]).is_file()), None)
    if cut is None:
        raise FileNotFoundError(f"{path}: its first image, {Path(*first)}, is nowhere below {root}")
    named = {(parts[-2] if len(parts) > 1 else "", label) for parts, label in pairs}
    names = {label: name for name, label in named}
    if not by_folder or not len(named) == len(names) == len({*names.values()}):
        names = {label: str(label) for label in names}
    found: dict[str, list[Path]] = {names[number]: [] for number in sorted(names)}
    for parts, number in pairs:
        found[names[number]].append(root.joinpath(*parts[cut:]))
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
