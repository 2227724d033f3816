"""The process that local workers are forked from, and the one that ends a dead driver's Ray."""

import os
import subprocess
import sys

import psutil
import pytest

from da_bench.runs.engines import reaper

STATE = """
import os, signal, threading
os.environ["DA_BENCH_DRIVER"] = str(os.getppid())
import da_bench.runs.engines.server
import torch
print(threading.active_count(), torch.cuda.is_initialized(), "da_bench.runs.execute" in
      __import__("sys").modules, signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""
DRIVER = "from da_bench.runs.engines.local import warm; warm(); print(flush=True); input()"
HOLDER = "import sys, time; file = open(sys.argv[1], 'w'); print(flush=True); time.sleep(60)"


def started(code, *args):
    """A process that has come as far as its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    return process


@pytest.mark.slow
def test_the_server_has_the_imports_and_nothing_that_a_fork_would_break():
    said = subprocess.run([sys.executable, "-c", STATE], capture_output=True, text=True)
    assert said.stdout.split() == ["1", "False", "True", "True"], said.stderr


def test_the_server_is_not_to_be_imported_by_anything_else(monkeypatch):
    monkeypatch.delenv("DA_BENCH_DRIVER", raising=False)
    with pytest.raises(KeyError):
        import da_bench.runs.engines.server  # noqa: F401


@pytest.mark.slow
def test_the_server_ends_with_its_driver_while_it_imports():
    driver = started(DRIVER)
    below = psutil.Process(driver.pid).children(recursive=True)
    assert below
    driver.kill()
    driver.wait()
    _, left = psutil.wait_procs(below, timeout=30)
    assert not left


def test_the_reaper_ends_who_holds_a_file_there_and_spares_its_parent(tmp_path):
    folder, own = tmp_path / "cluster", tmp_path / "other"
    folder.mkdir()
    own.mkdir()
    guilty, innocent = started(HOLDER, str(folder / "log")), started(HOLDER, str(own / "log"))
    with (folder / "driver.log").open("w"):  # as this process, its parent, may still do
        beside = subprocess.Popen(
            [sys.executable, "-I", reaper.__file__, str(folder)], stdin=subprocess.PIPE
        )
        assert guilty.poll() is None
        beside.stdin.close()
        beside.wait()
    assert guilty.wait(10) == -9
    assert innocent.poll() is None
    assert not folder.exists()
    innocent.kill()
    innocent.wait()


def test_a_process_started_with_the_folder_is_found(tmp_path):
    process = started(HOLDER, os.devnull, f"--session={tmp_path}/session")
    assert process.pid in reaper.holders(str(tmp_path))
    assert process.pid not in reaper.holders(str(tmp_path / "other"))
    process.kill()
    process.wait()
