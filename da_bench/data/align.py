"""Two tables, or a table and a run, brought to one order of features, or refused."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch

from .columns import Columns, Reading, Samples, list_names
from .sparse import SparseRows


def align(samples: Samples, expected: Columns, owner: str, shapes: bool = True) -> Samples:
    """The samples with their features in the order of ``expected``'s.

    Args:
        samples: What a file or an array held.
        expected: The features in the order that is needed.
        owner: Owner of ``expected`` in errors: the source, or the run.
        shapes: Whether samples of another shape are refused.

    Raises:
        ValueError: Names differ, a yes-or-no column holds other numbers, a sparse file may count
            from 0 or 1, or samples have another shape.
    """
    columns = samples.columns
    if _has_numbered_columns(columns, expected) or _has_numbered_columns(expected, columns):
        positions = [str(i) for i in range(len(columns.names or expected.names or []))]
        samples = samples._replace(columns=columns._replace(names=columns.names or positions))
        samples = _by_name(samples, expected._replace(names=expected.names or positions), owner)
    elif expected.names is not None and columns.names is not None:
        samples = _by_name(samples, expected, owner)
    elif (expected.names is None) != (columns.names is None) and None not in (
        expected.shapes,
        columns.shapes,
    ):
        with_names, without_names = (
            (samples.where, owner) if expected.names is None else (owner, samples.where)
        )
        warnings.warn(
            f"{without_names} names no features, so those of {with_names} "
            f"({list_names(expected.names or columns.names or [])}) are taken in their order",
            stacklevel=2,
        )
    _check_kinds(samples, expected, owner)
    if columns.sparse:
        samples = _align_sparse(samples, expected, owner)
    if shapes and expected.shapes is not None and samples.columns.shapes != expected.shapes:
        raise ValueError(
            f"{samples.where}: {_size(samples.columns.shapes)} features a sample, and {owner} was "
            f"trained on {_size(expected.shapes)}"
        )
    return samples


def align_pair(source: Samples, target: Samples) -> tuple[Samples, Samples]:
    """Both domains with the features in the source's order; sparse ones as wide as the other.

    Raises:
        ValueError: As :func:`align`.
    """
    if source.columns.sparse and not target.columns.sparse:
        source = align(source, target.columns, target.where, shapes=False)
    target = align(target, source.columns, source.where, shapes=False)
    if source.columns.sparse and target.columns.sparse:
        source = _widen(source, target.x.shape[1])
    return source, target


def columns_record(reading: Reading, **domains: Samples) -> dict[str, Any]:
    """The record of its features that a run stores, as plain values."""
    return {"reading": reading._asdict()} | {
        role: samples.columns._asdict() for role, samples in domains.items()
    }


def expected_columns(
    record: Mapping[str, Any] | None,
    role: str,
    width: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Columns, Reading]:
    """The features that a run was trained on, and how its files were read.

    Args:
        record: The run's record, as :func:`columns_record` makes it; None where it has none.
        role: ``source`` or ``target``.
        width: Numbers of a sample, where nothing else is known.
        settings: Settings of the reading, in place of the run's.

    Raises:
        ValueError: ``record`` does not have the form that :func:`columns_record` makes.
    """
    try:
        reading = Reading(**(record or {}).get("reading", {}))
        if record and record.get(role):
            columns = Columns(**record[role])
            _check_record(columns)
            reading = reading._replace(entry=columns.entry, features=columns.names)
            return columns, reading.with_settings(settings)
    except (TypeError, AttributeError) as error:
        raise ValueError(
            f"the record of its features ('columns' in the checkpoint) can't be read: {error}"
        ) from error
    return Columns(shapes=None if width is None else [[width]]), reading.with_settings(settings)


def _check_record(columns: Columns) -> None:
    """Raises TypeError where a stored record holds what no features have."""
    texts = [columns.names, columns.kinds, columns.left_out]
    sizes = columns.shapes if isinstance(columns.shapes, list) else [columns.shapes]
    is_expected = (
        all(t is None or (isinstance(t, list) and all(isinstance(n, str) for n in t))
            for t in texts)
        and all(s is None or (isinstance(s, list) and all(isinstance(n, int) for n in s))
                for s in sizes)
        and columns.sparse in (None, True, False)
        and columns.first_index in (None, 0, 1)
        and (columns.entry is None or isinstance(columns.entry, str))
    )  # fmt: skip
    if not is_expected:
        raise TypeError(f"expected names, kinds and shapes, found {str(tuple(columns))[:80]}")


def align_to_run(data: Any, record: Mapping[str, Any] | None) -> None:
    """Brings a user's own data into the order of a run's features; other data has but one."""
    if record and hasattr(data, "align"):
        data.align(record)


def _has_numbered_columns(columns: Columns, unnamed_columns: Columns) -> bool:
    """Whether names are the places 0 to n-1 in a new order, as pandas numbers its columns."""
    if (
        columns.names is None
        or unnamed_columns.names is not None
        or columns.sparse
        or unnamed_columns.sparse
    ):
        return False
    size = len(columns.names)
    places = {str(i) for i in range(size)}
    return unnamed_columns.shapes == columns.shapes == [[size]] and set(columns.names) == places


def _by_name(samples: Samples, expected: Columns, owner: str) -> Samples:
    names, expected_names = samples.columns.names or [], expected.names or []
    missing = [name for name in expected_names if name not in set(names)]
    if excess := [name for name in names if name not in set(expected_names)]:
        problem = f"has columns that {owner} lacks: {list_names(excess)}"
        raise ValueError(
            f"{samples.where} {problem}" + (f"; and lacks {list_names(missing)}" if missing else "")
            + f". Leave out what is no feature by drop: [{excess[0]}], or rename it"
        )  # fmt: skip
    if missing:
        raise ValueError(f"{samples.where} lacks columns that {owner} has: {list_names(missing)}")
    if names == expected_names:
        return samples
    if isinstance(samples.x, Mapping):
        x: Any = in_order(samples.x, expected_names)
    else:
        place = {name: i for i, name in enumerate(names)}
        x = samples.x[:, [place[name] for name in expected_names]]
    kinds = dict(zip(names, samples.columns.kinds or [], strict=False))
    order: dict[str, Any] = {"names": list(expected_names)}
    order["kinds"] = [kinds[name] for name in expected_names] if kinds else None
    return samples._replace(x=x, columns=samples.columns._replace(**order))


def leaf_names(tree: Any, above: str = "") -> list[str]:
    """Names of the tensors of a mapping, one in another as ``outer/inner``."""
    if not isinstance(tree, Mapping):
        return [above]
    return [leaf_name for key, part in tree.items()
            for leaf_name in leaf_names(part, f"{above}/{key}" if above else str(key))]  # fmt: skip


def in_order(tree: Any, names: list[str], above: str = "") -> Any:
    """A mapping with its parts in the order of ``names``."""
    if not isinstance(tree, Mapping):
        return tree
    place = {}
    for key in tree:
        path = f"{above}/{key}" if above else str(key)
        place[key] = next(
            i for i, leaf_name in enumerate(names) if f"{leaf_name}/".startswith(f"{path}/")
        )
    return {key: in_order(tree[key], names, f"{above}/{key}" if above else str(key))
            for key in sorted(tree, key=place.__getitem__)}  # fmt: skip


def _check_kinds(samples: Samples, expected: Columns, owner: str) -> None:
    if (
        expected.kinds is None
        or not isinstance(samples.x, torch.Tensor | SparseRows)
        or samples.x.ndim != 2
    ):
        return
    for j, kind in enumerate(expected.kinds[: samples.x.shape[1]]):
        if kind == "bool":
            column = samples.x[:, j]
            is_no_truth_value = ~((column == 0) | (column == 1))
            if is_no_truth_value.any():
                i = int(is_no_truth_value.nonzero()[0, 0])
                raise ValueError(
                    f"{samples.row(i)}: {samples.column(j)} holds {float(column[i]):g}, and "
                    f"{owner} has true or false there"
                )


def _align_sparse(samples: Samples, expected: Columns, owner: str) -> Samples:
    """A sparse file's features at the positions where ``expected`` has them."""
    first_index, expected_first_index = samples.columns.first_index, expected.first_index
    width = expected.shapes[0][0] if expected.shapes and expected.shapes[0] else None
    advice = (
        "features may be counted from 0 or from 1: say first_index: 0 or first_index: 1 if it "
        "holds for all files; else write them anew with one count"
    )
    if expected.sparse and first_index != expected_first_index:
        if first_index == 1 and expected_first_index is None:
            x = samples.x.pad(1, 0)
            samples = samples._replace(x=x, columns=samples.columns._replace(shapes=[[x.shape[1]]]))
        elif None in (first_index, expected_first_index):
            first_samples, second_samples = (
                (samples.where, owner) if first_index is None else (owner, samples.where)
            )
            raise ValueError(
                f"{second_samples} has a feature 0 and {first_samples} has none, so its {advice}"
            )
    elif expected.sparse is False and first_index is None and width is not None:
        if samples.x.shape[1] - 1 != width:
            raise ValueError(f"{samples.where} has no feature 0, so its {advice}")
        x = samples.x[:, 1:]
        samples = samples._replace(
            x=x, columns=samples.columns._replace(shapes=[[width]], first_index=1)
        )
    return samples if width is None else _widen(samples, width)


def _widen(samples: Samples, width: int) -> Samples:
    """Sparse samples with columns of zeros appended, up to ``width``."""
    if samples.x.shape[1] >= width:
        return samples
    x = samples.x.pad(0, width - samples.x.shape[1])
    return samples._replace(x=x, columns=samples.columns._replace(shapes=[[width]]))


def _size(shapes: list[list[int]] | None) -> str:
    is_flat = shapes is not None and len(shapes) == 1 and len(shapes[0]) == 1
    return str(shapes[0][0]) if shapes and is_flat else f"inputs of shape {shapes}"
