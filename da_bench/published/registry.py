"""Which files the benchmarks need, where they come from, and whether yours are whole; no torch."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from da_bench.config.objects import nearest
from da_bench.io.places import places

from .checksums import FILES
from .photographs import IMAGES
from .source import Domain, Layout, Source, images_below, is_ignored

REGISTRY = {**FILES, **IMAGES}
"""Data sets by name; that of a benchmark may stand in its YAML instead, as ``about.download``."""


class FileStatus(NamedTuple):
    """One file or domain and how it stands: ``ok``, ``missing``, ``corrupt`` or ``incomplete``."""

    file: str
    status: str
    path: Path | None
    """Where the copy lies; None where it is missing."""
    note: str = ""
    """What is wrong with the copy."""


def sha256(path: Path) -> str:
    """Digest of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def matches(path: Path, expected: str) -> bool:
    """Whether a file has a digest as the registry writes it; every file has an empty one."""
    algorithm, _, value = expected.rpartition(":")
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, algorithm or "sha256").hexdigest() if value else value
    return actual == value


def digest(paths: list[str], name: str) -> str:
    """One digest over the registered sha256 of some of a benchmark's files; reads none of them."""
    files = entry(name).files
    return hashlib.sha256(
        "\n".join(f"{path} {files[path]}" for path in sorted(paths)).encode()
    ).hexdigest()


def forms(name: str, path: str) -> list[tuple[str, str]]:
    """A registered file and what serves in its place, as path and digest; other forms first."""
    source = entry(name)
    return [*source.forms.get(path, {}).items(), (path, source.files[path])]


def find_copy(name: str, path: str) -> tuple[Path, str] | None:
    """The first form of a registered file that lies here, and the digest that it should have.

    Nothing is verified, but where one path has two digests, the one that fits is returned.
    """
    all_forms = forms(name, path)
    for form, expected in all_forms:
        for place in places(form):
            if place.is_file():
                digests = [digest for file_form, digest in all_forms if file_form == form]
                if len(digests) > 1:
                    expected = next(
                        (digest for digest in digests if matches(place, digest)), expected
                    )
                return place, expected
    return None


def domain_folder(name: str, domain: str) -> Path | None:
    """The folder of a domain's class folders, below the data folder or the cache."""
    layout = entry(name).layout
    assert layout is not None
    for folder in layout.domains[domain].folders:
        for place in places(f"{name}/{folder}"):
            if place.is_dir():
                return place
    return None


def check(name: str) -> list[FileStatus]:
    """How each file and domain of a benchmark stands on this machine.

    Raises:
        ValueError: No benchmark of that name has files.
    """
    source, rows = entry(name), []
    for file in source.files:
        copy = find_copy(name, file)
        status = "missing" if copy is None else "ok" if matches(*copy) else "corrupt"
        rows.append(FileStatus(file, status, copy and copy[0]))
    if source.layout:
        rows += [check_domain(name, source.layout, *pair) for pair in source.layout.domains.items()]
        rows += [check_list(name, *pair) for pair in source.layout.lists.items()]
    return rows


def check_domain(name: str, layout: Layout, domain: str, expected: Domain) -> FileStatus:
    """Whether a domain's folder has all of its classes and images."""
    folder, file = domain_folder(name, domain), f"{name}/{expected.folders[0]}"
    if folder is None:
        for path, sha in expected.archives.items():
            for place in (subfolder for subfolder in places(path) if subfolder.is_file()):
                return FileStatus(path, "ok" if matches(place, sha) else "corrupt", place)
        return FileStatus(file, "missing", None)
    classes = {
        subfolder.name
        for subfolder in folder.iterdir()
        if subfolder.is_dir() and not is_ignored(subfolder.name)
    }
    images = len(images_below(folder))
    class_names = layout.classes if isinstance(layout.classes, tuple) else ()
    count = len(class_names) or layout.classes
    faults = [f"no class {class_name}" for class_name in class_names if class_name not in classes]
    faults += [
        f"unknown class {class_name}"
        for class_name in sorted(classes - set(class_names))
        if class_names
    ]
    if not faults and len(classes) != count:
        faults.append(f"{len(classes)} of {count} classes")
    # Lists name what counts; the folders may hold more.
    if images < expected.images or (images > expected.images and not layout.lists):
        faults.append(f"{images:,} of {expected.images:,} images")
    return FileStatus(file, "incomplete" if faults else "ok", folder, ", ".join(faults))


def check_list(name: str, file: str, expected: int) -> FileStatus:
    """Whether a published list has all of its lines."""
    file = f"{name}/{file}"
    path = next((candidate for candidate in places(file) if candidate.is_file()), None)
    if path is None:
        return FileStatus(file, "missing", None)
    lines = sum(bool(line.strip()) for line in path.read_text().splitlines())
    note = "" if lines == expected else f"{lines:,} of {expected:,} lines"
    return FileStatus(file, "incomplete" if note else "ok", path, note)


def entry(name: str) -> Source:
    """The files of a data set, from the registry or from ``about.download`` of a benchmark.

    Raises:
        ValueError: No data set has that name, or its YAML lacks a part of :class:`Source`.
    """
    if name in REGISTRY:
        return REGISTRY[name]
    if not (parts := from_yaml().get(name)):
        raise ValueError(f"no data set {name!r}{nearest(name, data_sets())}")
    try:
        return Source(**parts)
    except TypeError as error:
        raise ValueError(f"experiments/data/{name}.yaml: about.download: {error}") from error


def data_sets() -> list[str]:
    """Names of all data sets that come as files."""
    return sorted({*REGISTRY, *from_yaml()})


def from_yaml() -> dict[str, dict[str, Any]]:
    """The parts of a :class:`Source` by benchmark, of those whose YAML has ``about.download``."""
    from da_bench.config.layers import names, read

    abouts = {name: read("data", name).get("about", {}) for name in names("data")}
    return {name: about["download"] for name, about in abouts.items() if "download" in about}


def instructions(name: str) -> str:
    """What to fetch by hand, from where and into which folder."""
    source = entry(name)
    target_folder = places(name if source.layout else "")[0]
    address = f"\n  from {source.url}" if source.url else ""
    return f"{name}, by hand, into {target_folder}{address}\n  {source.by_hand}"


def names_of_benchmark(name: str) -> list[str]:
    """The registered data sets that a benchmark of ``experiments/data/`` reads; it may be one."""
    from da_bench.config.layers import names, read

    if name in names("data"):
        layer = read("data", name)
        module = defining_module(layer["data"]["class_path"].rpartition(".")[2])
        known_names = data_sets()
        registered = [candidate for candidate in (name, module) if candidate in known_names][:1]
        return layer.get("about", {}).get("files", registered)
    return [name]


def defining_module(name: str) -> str:
    """The file of ``data/benchmarks/`` that defines a class, without importing any; else empty."""
    folder = Path(__file__).parents[1] / "data" / "benchmarks"
    files = [path for path in sorted(folder.glob("*.py")) if f"class {name}(" in path.read_text()]
    return files[0].stem if files else ""
