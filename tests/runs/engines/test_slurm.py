"""SLURM on the one node of tests/slurm/setup.sh: the same numbers, killed jobs, dead drivers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from da_bench.results.store import lock, read_results
from da_bench.runs import engines
from da_bench.runs.engines import slurm
from tests.runs.engines.test_engines import QUICK, grid, metrics, pid_at_work, run, wait_for

ROOT = Path(__file__).parents[3]
LONG = {"trainer": {"max_epochs": 4000}, "data": {"init_args": {"size": 128}}}


def answers():
    """Whether a SLURM with an idle or busy node is there."""
    if shutil.which("sinfo") is None:
        return False
    asked = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, timeout=30)
    return asked.returncode == 0 and any(s in asked.stdout for s in ("idle", "mix", "alloc"))


pytest.importorskip("submitit")
needs_slurm = pytest.mark.skipif(
    not answers(), reason="no SLURM answers: sh tests/slurm/setup.sh [--accounting] starts one"
)
pytestmark = [pytest.mark.slow, needs_slurm]


def jobs_left(out):
    """Jobs of this folder that SLURM still knows as alive."""
    states = slurm.queue(slurm.job_name(out)) or {}
    return [number for number, state in states.items() if state in slurm.ALIVE]


def test_the_same_numbers_as_local(tmp_path):
    run("local", grid(), tmp_path / "local")
    messages = run("slurm", grid(), tmp_path / "slurm", minutes=5)
    assert metrics(tmp_path / "slurm") == metrics(tmp_path / "local")
    assert [kind for kind, _, _ in messages].count("start") == 4


def test_a_killed_job_is_noticed_and_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(slurm, "GRACE", 1.0)
    made = grid(["dann"], 1, QUICK | {"trainer": {"max_epochs": 200}})
    told = engines.get("slurm", minutes=5)(made, tmp_path, 1, set())
    assert next(told)[0] == "start"
    os.kill(wait_for(lambda: pid_at_work(tmp_path)), signal.SIGKILL)
    assert [value["status"] for kind, _, value in told if kind == "done"] == ["ok"]
    lost = next(tmp_path.glob("runs/*/*/*/lost.txt")).read_text()
    assert "ended without a row (FAILED)" in lost


def test_at_most_so_many_workers_at_a_time(tmp_path):
    most = 0
    for _ in engines.get("slurm", minutes=5)(grid(seeds=2), tmp_path, 1, set()):
        states = (slurm.queue(slurm.job_name(tmp_path)) or {}).values()
        most = max(most, sum(state == "RUNNING" for state in states))
    assert most == 1


def test_a_requeued_job_gives_the_same_row(tmp_path):
    made = grid(["dann"], 1, QUICK | {"trainer": {"max_epochs": 200}})
    run("local", made, tmp_path / "local")
    out = tmp_path / "slurm"
    told = engines.get("slurm", minutes=5)(made, out, 1, set())
    next(told)
    wait_for(lambda: pid_at_work(out))
    number = next(iter(slurm.queue(slurm.job_name(out))))
    subprocess.run(["scontrol", "requeue", number], check=True)
    wait_for(lambda: not pid_at_work(out))
    # SLURM lets a requeued job wait for two minutes.
    subprocess.run(["scontrol", "update", f"jobid={number}", "starttime=now"], check=True)
    assert [value["status"] for kind, _, value in told if kind == "done"] == ["ok"]
    assert metrics(out) == metrics(tmp_path / "local")
    assert not list(out.rglob("lost.txt"))


def test_closing_cancels(tmp_path):
    told = engines.get("slurm", minutes=5)(grid(["dann"], 2, LONG), tmp_path, 2, set())
    next(told)
    told.close()
    wait_for(lambda: not jobs_left(tmp_path))
    with lock(tmp_path):
        pass
    assert read_results(tmp_path) == []


DRIVER = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from tests.runs.engines.test_engines import grid, run
from tests.runs.engines.test_slurm import LONG
run("slurm", grid(["dann"], 2, LONG), Path(sys.argv[1]))
"""


def test_the_jobs_of_a_dead_driver_are_cancelled_by_the_next(tmp_path):
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path), str(ROOT)])
    wait_for(lambda: pid_at_work(tmp_path))
    driver.kill()
    driver.wait()
    old = jobs_left(tmp_path)
    assert old
    began = time.monotonic()
    run("slurm", grid(["dann"], 2), tmp_path)
    assert not set(jobs_left(tmp_path)) & set(old)
    assert {row["status"] for row in read_results(tmp_path)} == {"ok"}
    assert time.monotonic() - began < 120  # it did not wait for 4000 epochs
