"""The costs of a run: a wait is no work, and memory counts at its peak."""

import time

import pytest

from da_bench.runs.resources import Cost, peak_memory


def test_waiting_takes_wall_time_alone():
    cost = Cost()
    time.sleep(0.3)
    waited = cost.so_far("cpu")
    assert waited["wall_s"] >= 0.3
    assert waited["cpu_s"] < 0.2
    began = time.process_time()
    while time.process_time() - began < 0.3:
        pass
    assert cost.so_far("cpu")["cpu_s"] >= waited["cpu_s"] + 0.29


def test_a_gpu_counts_as_long_as_it_is_held():
    cost = Cost()
    assert cost.so_far("cpu")["gpu_s"] == cost.so_far(None)["gpu_s"] == 0.0
    time.sleep(0.05)
    held = cost.so_far("a GPU")
    assert held["gpu_s"] == held["wall_s"] >= 0.05


def test_memory_is_that_of_the_peak_though_it_is_free_again():
    cost = Cost()
    before = peak_memory()
    held = bytearray(100 * 2**20)
    held[:: 2**12] = b"x" * len(held[:: 2**12])  # every page is touched
    del held
    assert peak_memory() - before > 80 * 2**20
    assert cost.so_far("cpu")["peak_memory_mb"] == pytest.approx(peak_memory() / 2**20, abs=1)
