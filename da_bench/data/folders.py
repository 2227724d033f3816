"""Domains as folders of images, a sub-folder a class, or as lists of images."""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from torch.utils.data import DataLoader

from da_bench.published.source import images_below

from .domain import View
from .formats.image_files import Classes, check_alike, classes_of, existing_spelling, read_list
from .formats.images import Augment, Images, ImageTransform, Mode, Size, with_transform
from .formats.pixels import is_deep, read_image
from .pair import Role
from .splits import Divided
from .task import Classification

DEEP, DARK = 16, 1 / 8
"""Deep images of a domain that are looked at before training, and what is suspiciously dark."""


class Folders(Divided):
    """Folders of images, a sub-folder a class: ``ROOT/DOMAIN/CLASS/*.jpg``, or two such folders.

    Or list files as they are published with benchmarks, lines of ``path number``: with ``lists``, a
    domain is ``LISTS/DOMAIN.txt`` (or ``DOMAIN_list.txt``), or ``DOMAIN_train.txt`` and
    ``DOMAIN_test.txt``, whose split is then kept. Classes are compared between domains by name.
    A target without labels is a folder whose images lie in no sub-folder, a list of paths alone, or
    any whose labels ``target_unlabelled`` hides. Hidden files and folders are no data.

    Args:
        source: Name of the source, or several; below ``root`` that of its folder.
        target: Name of the target, or several.
        root: Folder of the domains' folders.
        source_path: Folder of the source's classes, in place of ``root/source``.
        target_path: Folder of the target's classes, in place of ``root/target``.
        lists: Folder of the list files; ``root`` is what their paths are relative to.
        image_size: Side of the square image in pixels, or height and width.
        augment: Random crops and mirroring in training batches, and nowhere else; or ``mirror``.
        mean: Mean of each channel, for images in ``[0, 1]``; None takes ImageNet's.
        std: Standard deviation of each channel; None takes ImageNet's.
        resize: Size that whole images are brought to first (see
            :class:`~da_bench.data.formats.images.ImageTransform`).
        mode: ``RGB`` for networks of three channels, ``L`` (grey) for those of one.
        value_range: Values of black and white in grey images of more than 8 bits (see
            :func:`~da_bench.data.formats.pixels.read_image`, which also says how files are read).
        target_unlabelled: All images below the target's folder are without a label, whatever its
            sub-folders are called.
        **kwargs: What :class:`Divided` takes.

    Raises:
        FileNotFoundError: A folder does not exist.
        ValueError: Domains differ in their classes and ``allow_class_mismatch`` is not said, or by
            capitals alone; they share no class; or a class has no image.
    """

    reads_content = True  # False where the data set is too large to read before each run

    def __init__(
        self,
        source: str | list[str] = "source",
        target: str | list[str] = "target",
        *,
        root: str | None = None,
        source_path: str | None = None,
        target_path: str | None = None,
        lists: str | None = None,
        image_size: Size = 224,
        augment: Augment = True,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        resize: Size | None = None,
        mode: Mode = "RGB",
        value_range: Sequence[float] | None = None,
        target_unlabelled: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.root, self.source_path, self.target_path = root, source_path, target_path
        self.lists, self.image_size, self.augment = lists, image_size, augment
        self.mean, self.std, self.resize, self.mode = mean, std, resize, mode
        self.value_range, self.target_unlabelled = value_range, target_unlabelled
        self.transform = self._transform(False)
        self.task = self.declare_task()

    def _transform(self, augment: Augment) -> ImageTransform:
        return ImageTransform(self.image_size, augment, self.mean, self.std, self.resize, self.mode,
                              self.value_range)  # fmt: skip

    def declare_task(self) -> Classification:
        """The task; here its classes are those that the domains have, in order of name."""
        classes_by_domain = {name: {c for part in parts.values() for c in part if c is not None}
                             for name, parts in self._files.items()}  # fmt: skip
        check_alike(classes_by_domain)
        first, *other_classes = classes_by_domain
        for name in other_classes if classes_by_domain[first] else ():
            self._check_names(first, name, classes_by_domain[first], classes_by_domain[name])
        class_names = {c for classes in classes_by_domain.values() for c in classes}
        return Classification(
            sorted(class_names, key=lambda c: (len(c), c) if c.isdecimal() else (0, c))
        )

    def _check_names(self, first: str, name: str, a: set[str], b: set[str]) -> None:
        """Raises ValueError where a domain's classes are not those of the first, as allowed."""
        differences, allowed = [sorted(a - b), sorted(b - a)], self.allow_class_mismatch
        if not b or not any(differences) or (allowed == "partial" and not differences[1]):
            return
        message = (
            f"classes only in {first!r}: {differences[0]}; only in {name!r}: {differences[1]}. "
        )
        if not a & b and name in self.names("target"):
            raise ValueError(
                f"{message}They share no class. If the images of {name!r} have no labels, say "
                "target_unlabelled: true; else correct the folders' names"
            )
        if allowed is not True:
            raise ValueError(
                f"{message}Correct the folders' names, or say allow_class_mismatch: partial (the "
                "target lacks some) or true (it may have others, too) if that is meant"
            )

    @cached_property
    def _files(self) -> dict[str, dict[str, Classes]]:
        names = [*self.names("source"), *self.names("target")]
        return {name: self.files(name) for name in names}

    def files(self, name: str) -> dict[str, Classes]:
        """Class -> images of a domain, by the split that is published, or under ``list_file``."""
        needs_labels = name in self.names("source")
        if self.lists is None:
            folder = self.folder(name)
            if self.target_unlabelled and not needs_labels and folder.is_dir():
                return {"whole": {None: images_below(folder)}}
            return {"whole": classes_of(folder, needs_labels)}
        if self.root is None:
            raise ValueError("lists are given, but no root, the folder that their paths start from")
        folder, root = Path(self.lists), Path(self.root)
        for list_file in (folder / f"{name}.txt", folder / f"{name}_list.txt"):
            if list_file.is_file():
                return {"whole": read_list(list_file, root, needs_labels=needs_labels)}
        parts = {split: folder / f"{name}_{split}.txt" for split in ("train", "test")}
        if not all(path.is_file() for path in parts.values()):
            raise FileNotFoundError(f"{folder} holds neither {name}.txt nor {name}_list.txt nor "
                                    f"{name}_train.txt and {name}_test.txt")  # fmt: skip
        return {s: read_list(path, root, needs_labels=needs_labels) for s, path in parts.items()}

    def folder(self, name: str) -> Path:
        """Where a domain's class sub-folders lie."""
        if path := self.source_path if name in self.names("source") else self.target_path:
            return Path(path)
        if self.root is None:
            raise ValueError(f"where is domain {name!r}? Give root, or source_path and target_path")
        return next(
            (p for p in (Path(self.root, f) for f in self.published_folders(name)) if p.is_dir()),
            existing_spelling(Path(self.root, name)),
        )

    def published_folders(self, name: str) -> tuple[str, ...]:
        """Folders below the root that a domain may lie in, where they are not of its name."""
        return ()

    def whole(self, name: str) -> Images | Mapping[str, Images]:
        """All images of a domain, or of each of its splits, without augmentation."""
        class_names = self.task.names  # type: ignore[attr-defined]
        hidden = self.target_unlabelled and name in self.names("target")
        index: dict[str | None, int] = {c: -1 if hidden else i for i, c in enumerate(class_names)}
        index[None], images = -1, {}
        for split, classes in self._files[name].items():
            pairs = [(f, index[c]) for c, files in classes.items() for f in files]
            images[split] = Images([f for f, _ in pairs], [y for _, y in pairs], self.transform)
        return images.get("whole", images)

    def setup(self, stage: str | None = None) -> None:
        """Looks at the head of each image, too, before any training starts."""
        if self.reads_content and not self._checked:
            for name, parts in self._files.items():
                files = [
                    p
                    for part in parts.values()
                    for class_files in part.values()
                    for p in class_files
                ]
                deep = [path for path in files if is_deep(path)][:DEEP]
                maxima = [read_image(path, self.value_range).getextrema()[1] for path in deep]
                brightest = max(maxima, default=1)
                if brightest < DARK:
                    warnings.warn(f"the brightest of {len(deep)} images of {name!r} with more than "
                                  f"8 bits reaches {brightest:.1%} of white: if their values end "
                                  "earlier, as of a camera of 12 bits, say value_range: [0, 4095]",
                                  stacklevel=2)  # fmt: skip
        super().setup(stage)

    def _view(self, role: Role, split: str) -> View:
        view = super()._view(role, split)
        if split == "train" and self.augment:
            view.data = with_transform(view.data, self._transform(self.augment))
        return view

    def sweep(
        self, role: Role, split: Literal["train", "val"] = "train", most: int | None = None
    ) -> DataLoader:
        """Each image of one side's split once, in order, without augmentation."""
        return self._sequential(super()._view(role, split), most)

    def checksum(self) -> str:
        """Digest of each image's path below its domain, its size, and its first 64 KiB."""
        total = hashlib.sha256()
        for name, parts in sorted(self._files.items()):
            base = Path(self.root) if self.lists and self.root else self.folder(name)
            for split, classes in sorted(parts.items()):
                for path in (path for files in classes.values() for path in files):
                    place = path.relative_to(base).as_posix()
                    part_name = name if split == "whole" else f"{name} {split}"
                    total.update(f"{part_name}/{place} {path.stat().st_size}\n".encode())
                    if self.reads_content:
                        with path.open("rb") as file:
                            total.update(file.read(1 << 16))
        return total.hexdigest()
