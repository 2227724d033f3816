"""The exact MMD of samples whose kernel matrix would fit no memory stays within its bound."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
import sys, torch
from da_bench.functional import mmd2_chunked
from da_bench.runs.resources import peak_memory
torch.set_num_threads(1)
n, chunk = int(sys.argv[1]), int(sys.argv[2])
generator = torch.Generator().manual_seed(0)
x, y = (torch.randn(n, 256, generator=generator) for _ in range(2))
before = peak_memory()
value = mmd2_chunked(x, y, chunk=chunk).value
print(value, before, peak_memory())
"""


def peak(n, chunk):
    """Value, and bytes at most held beyond those of a process that holds the samples."""
    code = [sys.executable, "-c", CODE, str(n), str(chunk)]
    value, before, after = subprocess.run(
        code, check=True, capture_output=True, text=True
    ).stdout.split()
    return float(value), float(after) - float(before), float(after)


def test_memory_is_that_of_blocks_whatever_the_samples():
    """At 100,000 only the samples grow, by 205 MB: 2 x 90,000 more rows of 1,024 bytes, 0.18 GB.

    Twelve blocks of 4,096 squared are 0.8 GB; with interpreter and torch that is far below 4 GiB.
    """
    small, beyond, whole = peak(10_000, 4096)
    assert 0 < beyond < 12 * 4096**2 * 4
    assert whole + 2 * 90_000 * 1024 < 4 * 2**30
    assert beyond < 10_000 * 20_000 * 4  # the kernel matrix's upper half would not have fitted
    other, less, _ = peak(10_000, 1024)
    assert less < beyond / 2
    assert other == pytest.approx(small, abs=1e-7)
