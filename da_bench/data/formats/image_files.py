"""Which images a domain has, and in which class: by folders, or by a published list."""

import unicodedata
from pathlib import Path, PurePath, PureWindowsPath

from da_bench.published.source import EXTENSIONS, images_below, is_ignored

Classes = dict[str | None, list[Path]]
"""Class -> its images, in order; under None those without a class."""


def one_form(name: str) -> str:
    """A name in Unicode's composed form (NFC): macOS writes folders' names in another."""
    return unicodedata.normalize("NFC", name)


def classes_of(folder: Path, needs_labels: bool = True) -> Classes:
    """The images of each sub-folder, deeper ones included, or those of a folder without any.

    Args:
        folder: Folder of a domain.
        needs_labels: Whether images that lie in no sub-folder are refused.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: It holds no class sub-folder, one without images, two whose names look alike,
            or images beside them.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    images = images_below(folder)
    loose = [path for path in images if path.parent == folder]
    if len(loose) == len(images) and loose and not needs_labels:
        return {None: loose}
    names = sorted(
        subfolder.name
        for subfolder in folder.iterdir()
        if subfolder.is_dir() and not is_ignored(subfolder.name)
    )
    if loose and len(loose) < len(images):
        raise ValueError(
            f"{folder} holds {len(loose)} images ({loose[0].name}, first) beside the folders "
            f"{names[:5]}: move each into the folder of its class, or out of there; of a target "
            "without labels say target_unlabelled: true, and all count"
        )
    if not names:
        raise ValueError(f"{folder} holds no class sub-folders: expected {folder}/CLASS/*.jpg")
    classes: Classes = {}
    files_by_name: dict[str, list[Path]] = {name: [] for name in names}
    for path in images:
        files_by_name[path.relative_to(folder).parts[0]].append(path)
    for name, files in files_by_name.items():
        if one_form(name) in classes:
            raise ValueError(f"{folder} holds two folders that are both called {name!r} (in two "
                             "Unicode forms): make one of them")  # fmt: skip
        if not files:
            raise ValueError(f"{folder / name} holds no images ({', '.join(EXTENSIONS)})")
        classes[one_form(name)] = files
    return classes


def read_list(path: Path, root: Path, by_folder: bool = True, needs_labels: bool = True) -> Classes:
    """Class -> its images, of a published list: a line an image, its path and its class's number.

    Paths are relative to ``root``; of those that were written on another machine, as CDAN's or with
    backslashes on Windows, as much is cut from the left as makes the first line's image a file. A
    space or a tab stands before the number. A class is called by its
    folder where ``by_folder`` and folders and numbers go together, else by its number. Where
    ``needs_labels`` is not said, lines may all be paths alone.

    Raises:
        FileNotFoundError: There is no such list, or the image of its first line is nowhere.
        ValueError: A line does not end in a whole number, or there is none.
    """
    text = path.read_text(encoding="utf-8-sig")
    lines = [
        (i, raw_line.strip()) for i, raw_line in enumerate(text.splitlines(), 1) if raw_line.strip()
    ]
    if not lines:
        raise ValueError(f"{path} lists no images")
    halves = [[*line.rsplit(None, 1), ""][:2] for _, line in lines]  # at a space or a tab
    has_label = [label.isdecimal() for _, label in halves]
    if not needs_labels and not any(has_label):
        files = _parts([line for _, line in lines], root)
        return {
            None: [
                root.joinpath(*parts_of_path[_cut(files[0], path, root) :])
                for parts_of_path in files
            ]
        }
    if not all(has_label):
        place, line = lines[has_label.index(False)]
        raise ValueError(f"{path}, line {place}: expected 'path number', found {line!r}")
    all_parts = _parts([name for name, _ in halves], root)
    pairs = [(parts, int(half[1])) for parts, half in zip(all_parts, halves, strict=True)]
    cut_length = _cut(pairs[0][0], path, root)
    folder_and_number = {
        (one_form(parts[-2]) if len(parts) > 1 else "", label) for parts, label in pairs
    }
    names = {label: name for name, label in folder_and_number}
    if not by_folder or not len(folder_and_number) == len(names) == len({*names.values()}):
        names = {label: str(label) for label in names}
    classes: Classes = {names[number]: [] for number in sorted(names)}
    for parts, number in pairs:
        classes[names[number]].append(existing_spelling(root.joinpath(*parts[cut_length:])))
    return classes


def _parts(names: list[str], root: Path) -> list[tuple[str, ...]]:
    """The parts of each path of a list; of Windows' where all are written with backslashes."""
    has_backslashes = all("\\" in name and "/" not in name for name in names)
    kind = PureWindowsPath if has_backslashes and not (root / names[0]).is_file() else PurePath
    return [kind(name).parts for name in names]


def _cut(first: tuple[str, ...], path: Path, root: Path) -> int:
    """How many parts of a path to leave out on the left, so that it is a file below ``root``."""
    cuts = range(len(first))
    cut_length = next(
        (start for start in cuts if existing_spelling(root.joinpath(*first[start:])).is_file()),
        None,
    )
    if cut_length is None:
        raise FileNotFoundError(f"{path}: its first image, {Path(*first)}, is nowhere below {root}")
    return cut_length


def existing_spelling(path: Path) -> Path:
    """A path in the Unicode form under which it lies there; as it is where it is nowhere."""
    if str(path).isascii():
        return path
    forms = (path, *(Path(unicodedata.normalize(form, str(path))) for form in ("NFC", "NFD")))
    return next((spelling for spelling in forms if spelling.exists()), path)


def check_alike(classes: dict[str, set[str]]) -> None:
    """Raises ValueError where names of classes differ by capitals or spaces alone.

    Args:
        classes: Domain -> names of its classes.
    """
    first_spelling: dict[str, tuple[str, str]] = {}
    for domain, names in classes.items():
        for name in sorted(names):
            key = unicodedata.normalize("NFKC", name).casefold().strip()
            other_name, first_domain = first_spelling.setdefault(key, (name, domain))
            if other_name != name:
                raise ValueError(
                    f"class {other_name!r} of {first_domain!r} and class {name!r} of {domain!r} "
                    "differ by "
                    "capitals or spaces alone: rename one if they are the same class, or give "
                    "them names that differ"
                )
