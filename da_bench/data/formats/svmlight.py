"""Sparse files of svmlight and libsvm: a label, then pairs of a feature's number and value."""

from pathlib import Path

import numpy as np

from da_bench.data.columns import Columns, Reading, Samples

from .tensors import tensors

SPARSE = (".svmlight", ".libsvm")


def read_svmlight(path: Path, reading: Reading) -> Samples:
    """Inputs as wide as the largest number of a feature, and labels.

    A feature's number is its column: where a file counts from 1, the first column stays empty,
    unless ``first_index: 1`` is declared.

    Raises:
        ValueError: A line can't be read, or a feature 0 belies ``first_index: 1``.
    """
    from sklearn.datasets import load_svmlight_file

    lines = [(i, line) for i, line in enumerate(path.read_bytes().splitlines(), 1)
             if line.split(b"#")[0].strip()]  # fmt: skip
    if not lines:
        raise ValueError(f"{path} holds no inputs: it is empty")
    try:
        x, y = load_svmlight_file(str(path), zero_based=True)
    except ValueError as error:
        for i, line in lines:
            if (unreadable := _wrong(line)) is not None:
                raise ValueError(f"{path}, line {i}: {unreadable!r} can't be read; expected LABEL "
                                 "NUMBER:VALUE NUMBER:VALUE ...") from error  # fmt: skip
        raise
    first_index = reading.first_index
    zero = bool(len(x.indices)) and int(x.indices.min()) == 0
    if zero and first_index == 1:
        i = int(np.flatnonzero(x.getnnz(1))[0])
        i = next(i for i in range(len(lines)) if 0 in x[i].indices)
        raise ValueError(f"{path}, line {lines[i][0]}: there is a feature 0, so the file does not "
                         "count from 1, as first_index: 1 says")  # fmt: skip
    first_index = 0 if zero else first_index
    x = x[:, 1 if first_index == 1 else 0 :]
    if not x.shape[1]:
        raise ValueError(f"{path} holds no inputs")
    y = y.astype(np.int64) if bool((y == np.floor(y)).all()) else y  # 1 is no other than 1.0 here
    columns = Columns(shapes=[[x.shape[1]]], sparse=True, first_index=first_index)
    return Samples(tensors(x, str(path)), y, columns, str(path), [i for i, _ in lines])


def _wrong(line: bytes) -> str | None:
    """The first part of a line that can't be read; None where all can."""
    label, *pairs = line.split(b"#")[0].decode(errors="replace").split()
    last_index = -1
    for part in (label, *pairs):
        number, colon, value = part.rpartition(":")
        try:
            float(value)
            if bool(colon) == (part is label):
                return part
            if colon and number != "qid":
                if int(number) <= last_index:
                    return part
                last_index = int(number)
        except ValueError:
            return part
    return None
