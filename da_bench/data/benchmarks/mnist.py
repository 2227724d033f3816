"""The four files of MNIST, which other benchmarks are made of, too."""

import gzip

import numpy as np

from da_bench.published.download import obtain


def read_idx(name: str) -> np.ndarray:
    """The bytes of one of MNIST's files, in their shape.

    Raises:
        ValueError: It does not hold as many as it says.
    """
    path = obtain("mnist", f"digits/{name}")
    with gzip.open(path) as file:
        content = file.read()
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions)
    if values.size != shape.prod():
        raise ValueError(f"{path} says it holds {shape.tolist()} bytes and holds {values.size}")
    return values.reshape(shape).copy()
