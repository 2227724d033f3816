"""Benchmarks of photographs: where their domains lie, and which classes they have."""

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

from da_bench.data.folders import Folders
from da_bench.data.formats.image_files import Classes
from da_bench.data.task import Classification, Metrics
from da_bench.io.places import places
from da_bench.published.download import process_lock, verify
from da_bench.published.registry import domain_folder, entry, instructions
from da_bench.published.source import Layout


class Photos(Folders):
    """One registered data set of photographs, in its folder below the data folder or the cache.

    By default the protocol of most papers: all of the source with labels, all of the target
    without, and the test on the same target images. Missing files are an error when data are
    read, whose message says how to get them.

    Args:
        source: Name of the source, or several.
        target: Name of the target, or several.
        metric: What is scored, as of :class:`~da_bench.data.Classification`.
        val: Share of each domain for validation.
        test: Share of each domain for test.
        **kwargs: What :class:`Folders` takes; ``root`` overrides where the data set lies.
    """

    benchmark: str

    def __init__(
        self,
        source: str | list[str],
        target: str | list[str],
        *,
        metric: Metrics = "accuracy",
        val: float = 0.0,
        test: float = 0.0,
        **kwargs: Any,
    ) -> None:
        self.metric = metric
        super().__init__(source, target, val=val, test=test, **kwargs)
        for name in (*self.names("source"), *self.names("target")):
            if name not in self.layout.domains:
                known_domains = ", ".join(self.layout.domains)
                raise ValueError(
                    f"unknown domain {name!r}: {type(self).__name__} has {known_domains}"
                )

    @property
    def layout(self) -> Layout:
        """Domains, classes and lists of the data set, as it is published."""
        layout = entry(self.benchmark).layout
        assert layout is not None
        return layout

    def declare_task(self) -> Classification:
        """The published classes; no file is needed to know them."""
        classes = self.layout.classes
        return Classification(classes if isinstance(classes, int) else list(classes), self.metric)

    def folder(self, name: str) -> Path:
        """Where a domain's class folders lie; an archive in their place is unpacked to the cache.

        Raises:
            FileNotFoundError: There is neither; says what to fetch and from where.
        """
        if self.root or self.source_path or self.target_path:
            return super().folder(name)
        class_folders = domain_folder(self.benchmark, name)
        if class_folders:
            return class_folders
        for path, sha in self.layout.domains[name].archives.items():
            for place in (p for p in places(path) if p.is_file()):
                return unpack(place, sha, self.benchmark, name)
        raise FileNotFoundError(f"{self.benchmark}: no domain {name!r}. "
                                + instructions(self.benchmark))  # fmt: skip

    def published_folders(self, name: str) -> tuple[str, ...]:
        """Folders of a domain, as the data set is published."""
        return self.layout.domains[name].folders

    def files(self, name: str) -> dict[str, Classes]:
        """Class -> images of a domain, by split."""
        return self.check_files(name, super().files(name))

    def check_files(self, name: str, parts: dict[str, Classes]) -> dict[str, Classes]:
        """Returns ``parts``; raises ValueError where classes are unknown, or lack in a folder."""
        known_classes = {*self.declare_task().names}
        for split, classes in parts.items():
            if None in classes and self.target_unlabelled:
                continue
            present_classes = {c for c in classes if c is not None}
            unknown_classes, missing_classes = (
                sorted(present_classes - known_classes),
                sorted(known_classes - present_classes),
            )
            if unknown_classes or (
                missing_classes and split == "whole" and not self.allow_class_mismatch
            ):
                raise ValueError(
                    f"{self.benchmark}, {name}: unknown classes {unknown_classes}, missing classes "
                    f"{missing_classes}; see da-bench data check {self.benchmark}"
                )
        return parts


def unpack(archive: Path, sha256: str, benchmark: str, domain: str) -> Path:
    """The folder of an archive's class folders, unpacked once below the download cache.

    Raises:
        ValueError: The archive is not whole.
    """
    folder = places(f"{benchmark}/unpacked-{sha256[:16]}")[-1]
    if not folder.is_dir():
        verify(archive, sha256, "replace it by a whole copy")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with process_lock(folder.with_suffix(".lock")):
            if not folder.is_dir():
                partial_folder = folder.with_name(f".{folder.name}.{os.getpid()}.part")
                shutil.rmtree(partial_folder, ignore_errors=True)
                with zipfile.ZipFile(archive) as file:
                    file.extractall(
                        partial_folder
                    )  # names that leave the folder are cut by zipfile
                os.replace(partial_folder, folder)
    return next(path for path in sorted(folder.rglob(domain)) if path.is_dir())
