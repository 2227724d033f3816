"""Two tables, or a table and a run, brought to one order of features, or refused."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch

from .columns import Columns, Reading, Samples, listed
from .sparse import SparseRows


def aligned(held: Samples, like: Columns, whose: str, shapes: bool = True) -> Samples:
    """The samples with their features in the order of ``like``'s.

    Args:
        held: What was read.
        like: The features expected.
        whose: Whose they are, in errors: the source, or the run.
        shapes: Whether samples of another shape are refused.

    Raises:
        ValueError: Names differ, a yes-or-no column holds other numbers, a sparse file may count
            from 0 or 1, or samples have another shape.
    """
    found = held.columns
    if _numbered(found, like) or _numbered(like, found):
        place = [str(i) for i in range(len(found.names or like.names or []))]
        held = held._replace(columns=found._replace(names=found.names or place))
        held = _by_name(held, like._replace(names=like.names or place), whose)
    elif like.names is not None and found.names is not None:
        held = _by_name(held, like, whose)
    elif (like.names is None) != (found.names is None) and None not in (like.shapes, found.shapes):
        named, other = (held.where, whose) if like.names is None else (whose, held.where)
        warnings.warn(
            f"{other} names no features, so those of {named} "
            f"({listed(like.names or found.names or [])}) are taken in their order",
            stacklevel=2,
        )
    _check_kinds(held, like, whose)
    if found.sparse:
        held = _placed(held, like, whose)
    if shapes and like.shapes is not None and held.columns.shapes != like.shapes:
        raise ValueError(
            f"{held.where}: {_size(held.columns.shapes)} features a sample, and {whose} was "
            f"trained on {_size(like.shapes)}"
        )
    return held


def paired(source: Samples, target: Samples) -> tuple[Samples, Samples]:
    """Both domains with the features in the source's order; sparse ones as wide as the other.

    Raises:
        ValueError: As :func:`aligned`.
    """
    if source.columns.sparse and not target.columns.sparse:
        source = aligned(source, target.columns, target.where, shapes=False)
    target = aligned(target, source.columns, source.where, shapes=False)
    if source.columns.sparse and target.columns.sparse:
        source = _wide(source, target.x.shape[1])
    return source, target


def stored(reading: Reading, **domains: Samples) -> dict[str, Any]:
    """What a run keeps of its features, as plain values."""
    return {"reading": reading._asdict()} | {r: s.columns._asdict() for r, s in domains.items()}


def expected(
    kept: Mapping[str, Any] | None,
    role: str,
    width: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Columns, Reading]:
    """The features that a run was trained on, and how its files were read.

    Args:
        kept: As :func:`stored` made it; None where the run has kept nothing.
        role: ``source`` or ``target``.
        width: Numbers of a sample, where nothing else is known.
        settings: Of the reading, in place of the run's.

    Raises:
        ValueError: It is nothing that :func:`stored` made.
    """
    try:
        reading = Reading(**(kept or {}).get("reading", {}))
        if kept and kept.get(role):
            columns = Columns(**kept[role])
            _check_record(columns)
            reading = reading._replace(entry=columns.entry, features=columns.names)
            return columns, reading.updated(settings)
    except (TypeError, AttributeError) as error:
        raise ValueError(
            f"the record of its features ('columns' in the checkpoint) can't be read: {error}"
        ) from error
    return Columns(shapes=None if width is None else [[width]]), reading.updated(settings)


def _check_record(columns: Columns) -> None:
    """Raises TypeError where a stored record holds what no features have."""
    texts = [columns.names, columns.kinds, columns.left_out]
    sizes = columns.shapes if isinstance(columns.shapes, list) else [columns.shapes]
    right = (
        all(t is None or (isinstance(t, list) and all(isinstance(n, str) for n in t))
            for t in texts)
        and all(s is None or (isinstance(s, list) and all(isinstance(n, int) for n in s))
                for s in sizes)
        and columns.sparse in (None, True, False)
        and columns.first_index in (None, 0, 1)
        and (columns.entry is None or isinstance(columns.entry, str))
    )  # fmt: skip
    if not right:
        raise TypeError(f"expected names, kinds and shapes, found {str(tuple(columns))[:80]}")


def follow(data: Any, kept: Mapping[str, Any] | None) -> None:
    """Brings a user's own data into the order of a run's features; other data has but one."""
    if kept and hasattr(data, "align"):
        data.align(kept)


def _numbered(named: Columns, other: Columns) -> bool:
    """Whether names are the places 0 to n-1 in a new order, as pandas numbers its columns."""
    if named.names is None or other.names is not None or named.sparse or other.sparse:
        return False
    size = len(named.names)
    places = {str(i) for i in range(size)}
    return other.shapes == named.shapes == [[size]] and set(named.names) == places


def _by_name(held: Samples, like: Columns, whose: str) -> Samples:
    found, wanted = held.columns.names or [], like.names or []
    missing = [n for n in wanted if n not in set(found)]
    if excess := [n for n in found if n not in set(wanted)]:
        told = f"has columns that {whose} lacks: {listed(excess)}"
        raise ValueError(
            f"{held.where} {told}" + (f"; and lacks {listed(missing)}" if missing else "")
            + f". Leave out what is no feature by drop: [{excess[0]}], or rename it"
        )  # fmt: skip
    if missing:
        raise ValueError(f"{held.where} lacks columns that {whose} has: {listed(missing)}")
    if found == wanted:
        return held
    if isinstance(held.x, Mapping):
        x: Any = in_order(held.x, wanted)
    else:
        place = {n: i for i, n in enumerate(found)}
        x = held.x[:, [place[n] for n in wanted]]
    kinds = dict(zip(found, held.columns.kinds or [], strict=False))
    order: dict[str, Any] = {"names": list(wanted)}
    order["kinds"] = [kinds[n] for n in wanted] if kinds else None
    return held._replace(x=x, columns=held.columns._replace(**order))


def parts_of(tree: Any, above: str = "") -> list[str]:
    """Names of the tensors of a mapping, one in another as ``outer/inner``."""
    if not isinstance(tree, Mapping):
        return [above]
    return [p for key, part in tree.items()
            for p in parts_of(part, f"{above}/{key}" if above else str(key))]  # fmt: skip


def in_order(tree: Any, names: list[str], above: str = "") -> Any:
    """A mapping with its parts in the order of ``names``."""
    if not isinstance(tree, Mapping):
        return tree
    place = {}
    for key in tree:
        path = f"{above}/{key}" if above else str(key)
        place[key] = next(i for i, n in enumerate(names) if f"{n}/".startswith(f"{path}/"))
    return {key: in_order(tree[key], names, f"{above}/{key}" if above else str(key))
            for key in sorted(tree, key=place.__getitem__)}  # fmt: skip


def _check_kinds(held: Samples, like: Columns, whose: str) -> None:
    if like.kinds is None or not isinstance(held.x, torch.Tensor | SparseRows) or held.x.ndim != 2:
        return
    for j, kind in enumerate(like.kinds[: held.x.shape[1]]):
        if kind == "bool":
            column = held.x[:, j]
            other = ~((column == 0) | (column == 1))
            if other.any():
                i = int(other.nonzero()[0, 0])
                raise ValueError(
                    f"{held.row(i)}: {held.column(j)} holds {float(column[i]):g}, and {whose} "
                    "has true or false there"
                )


def _placed(held: Samples, like: Columns, whose: str) -> Samples:
    """A sparse file's features where the others have them."""
    own, theirs = held.columns.first_index, like.first_index
    width = like.shapes[0][0] if like.shapes and like.shapes[0] else None
    ask = (
        "features may be counted from 0 or from 1: say first_index: 0 or first_index: 1 if it "
        "holds for all files; else write them anew with one count"
    )
    if like.sparse and own != theirs:
        if own == 1 and theirs is None:
            x = held.x.padded(1, 0)
            held = held._replace(x=x, columns=held.columns._replace(shapes=[[x.shape[1]]]))
        elif None in (own, theirs):
            first, second = (held.where, whose) if own is None else (whose, held.where)
            raise ValueError(f"{second} has a feature 0 and {first} has none, so its {ask}")
    elif like.sparse is False and own is None and width is not None:
        if held.x.shape[1] - 1 != width:
            raise ValueError(f"{held.where} has no feature 0, so its {ask}")
        x = held.x[:, 1:]
        held = held._replace(x=x, columns=held.columns._replace(shapes=[[width]], first_index=1))
    return held if width is None else _wide(held, width)


def _wide(held: Samples, width: int) -> Samples:
    """Filled up with the zeros that a sparse file does not tell."""
    if held.x.shape[1] >= width:
        return held
    x = held.x.padded(0, width - held.x.shape[1])
    return held._replace(x=x, columns=held.columns._replace(shapes=[[width]]))


def _size(shapes: list[list[int]] | None) -> str:
    flat = shapes is not None and len(shapes) == 1 and len(shapes[0]) == 1
    return str(shapes[0][0]) if shapes and flat else f"inputs of shape {shapes}"
