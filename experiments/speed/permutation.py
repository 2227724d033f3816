"""What 500 permutations of an MMD test cost, as a multiple of its kernel matrix computed once.

python experiments/speed/permutation.py [--n 2000] [--width 256] [--permutations 500] [--times 7]

Both sides run in this process in turn, with as many torch threads as it is given; the figure is the
ratio of the medians. The test's side includes its own kernel matrix.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from da_bench.functional import mmd_test, multi_rbf


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ratio(n: int, width: int, permutations: int, times: int) -> tuple[float, float, float]:
    """Seconds of the kernel matrix, of the test, and how many times the first the second is."""
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(n, width, generator=generator) for _ in range(2))
    pooled = torch.cat((x, y))

    def matrix() -> torch.Tensor:
        return multi_rbf(pooled, pooled)

    def test() -> Any:
        return mmd_test(x, y, permutations)

    matrix(), test()
    pairs = [(seconds(matrix), seconds(test)) for _ in range(times)]
    alone, whole = (statistics.median(side) for side in zip(*pairs, strict=True))
    return alone, whole, whole / alone


def main() -> None:
    """Prints the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=2000, help="samples of each side")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--permutations", type=int, default=500)
    parser.add_argument("--times", type=int, default=7)
    args = parser.parse_args()
    alone, whole, times = ratio(args.n, args.width, args.permutations, args.times)
    print(
        f"2 x {args.n} samples of width {args.width}, {args.permutations} permutations, "
        f"{torch.get_num_threads()} threads: kernel matrix {alone:.3f} s, test {whole:.3f} s, "
        f"{times:.2f} times"
    )


if __name__ == "__main__":
    main()
