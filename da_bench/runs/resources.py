"""What one run costs: seconds of wall, processor and GPU, and memory at its peak."""

import resource
import time
from contextlib import suppress
from pathlib import Path

import torch

from da_bench.results.row import CPU_S, GPU_S, PEAK_MEMORY_MB, WALL_S


class Cost:
    """Begins to count when it is made; memory counts from there where the system can reset it."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        with suppress(OSError):  # elsewhere than on Linux the peak is that of the whole process
            Path("/proc/self/clear_refs").write_text("5")
        if torch.cuda.is_initialized():  # a run on the processor alone holds no GPU's memory
            torch.cuda.reset_peak_memory_stats()

    def so_far(self, device: str | None) -> dict[str, float]:
        """Columns of a run's row: seconds and memory since this object was made.

        Args:
            device: ``cpu``, or the name of the GPU that the run held all along.
        """
        wall = round(time.perf_counter() - self.wall, 3)
        cost = {
            WALL_S: wall,
            CPU_S: round(time.process_time() - self.cpu, 3),
            GPU_S: 0.0 if device in (None, "cpu") else wall,
            PEAK_MEMORY_MB: round(peak_memory() / 2**20, 1),
        }
        if torch.cuda.is_initialized():
            cost["peak_gpu_memory_mb"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
        return cost


def peak_memory() -> int:
    """Bytes that this process has held at most, since the last reset."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
