"""Domains as folders of images, a sub-folder a class."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from torch.utils.data import DataLoader

from .divided import Divided
from .images import IMAGENET_MEAN, IMAGENET_STD, Images, ImageTransform, classes_of, with_transform
from .pair import Role
from .task import Classification
from .view import View


class Folders(Divided):
    """Folders of images, a sub-folder a class: ``ROOT/DOMAIN/CLASS/*.jpg``, or two such folders.

    Classes are compared between domains by name.

    Args:
        source: Name of the source, or several; below ``root`` that of its folder.
        target: Name of the target, or several.
        root: Folder of the domains' folders.
        source_path: Folder of the source's classes, in place of ``root/source``.
        target_path: Folder of the target's classes, in place of ``root/target``.
        image_size: Side of the square image in pixels.
        augment: Random crops and mirroring in training batches, and nowhere else.
        mean: Of each channel, for an image in ``[0, 1]``.
        std: Of each channel.
        **kwargs: What :class:`Divided` takes.

    Raises:
        FileNotFoundError: A folder does not exist.
        ValueError: Domains differ in their classes and ``allow_class_mismatch`` is not said, or a
            class has no image.
    """

    def __init__(
        self,
        source: str | list[str] = "source",
        target: str | list[str] = "target",
        *,
        root: str | None = None,
        source_path: str | None = None,
        target_path: str | None = None,
        image_size: int = 224,
        augment: bool = True,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.root, self.source_path, self.target_path = root, source_path, target_path
        self.image_size, self.augment, self.mean, self.std = image_size, augment, mean, std
        self.transform = ImageTransform(image_size, False, mean, std)
        names = [*self.names("source"), *self.names("target")]
        self._files = {name: classes_of(self.folder(name)) for name in names}
        first, *others = names
        for name in () if self.allow_class_mismatch else others:
            only = [
                sorted({*self._files[a]} - {*self._files[b]})
                for a, b in ((first, name), (name, first))
            ]
            if any(only):
                raise ValueError(
                    f"classes only in {first!r}: {only[0]}; only in {name!r}: {only[1]}. Correct "
                    "the folders' names, or say allow_class_mismatch: true if that is meant"
                )
        self.task = Classification(sorted({c for found in self._files.values() for c in found}))

    def folder(self, name: str) -> Path:
        """Where a domain's class sub-folders lie."""
        for role, path in (("source", self.source_path), ("target", self.target_path)):
            if path and name in self.names(role):  # type: ignore[arg-type]
                return Path(path)
        if self.root is None:
            raise ValueError(f"where is domain {name!r}? Give root, or source_path and target_path")
        return Path(self.root) / name

    def whole(self, name: str) -> Images:
        """All images of a domain, without augmentation."""
        pairs = [(f, c) for c, files in self._files[name].items() for f in files]
        index = {c: i for i, c in enumerate(self.task.names)}  # type: ignore[attr-defined]
        return Images([f for f, _ in pairs], [index[c] for _, c in pairs], self.transform)

    def _view(self, role: Role, split: str) -> View:
        view = super()._view(role, split)
        if split == "train" and self.augment:
            random = ImageTransform(self.image_size, True, self.mean, self.std)
            view.data = with_transform(view.data, random)
        return view

    def sweep(self, role: Role, split: Literal["train", "val"] = "train") -> DataLoader:
        """Each image of one side's split once, in order, without augmentation."""
        return self._sequential(super()._view(role, split))

    def checksum(self) -> str:
        """Digest of each image's path below its domain, its size, and its first 64 KiB."""
        total = hashlib.sha256()
        for name, classes in sorted(self._files.items()):
            for path in (path for files in classes.values() for path in files):
                place = path.relative_to(self.folder(name)).as_posix()
                total.update(f"{name}/{place} {path.stat().st_size}\n".encode())
                with path.open("rb") as file:
                    total.update(file.read(1 << 16))
        return total.hexdigest()
