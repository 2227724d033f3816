"""What a comparison survives, over runs and results: kills, two drivers, clocks, age."""

import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from da_bench.cli.main import main
from da_bench.results.store import read_results, write_result
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from tests.runs.test_execute import SPENT

ROOT = Path(__file__).parents[2]
ASKED = ["--benchmark", "moons", "--tasks", "0:20", "--methods", "dann", "mcd", "--seeds", "2",
         "--workers", "2", "--set", "trainer.max_epochs=12"]  # fmt: skip
OFTEN = (
    "import da_bench.runs.execute as execution\n"
    "assert execution.SECONDS_BETWEEN_CHECKPOINTS\n"
    "execution.SECONDS_BETWEEN_CHECKPOINTS = 0.1\n"
)
"""Saved as the interpreter's own start-up file: each process of a comparison saves often."""


def compare(out, tmp_path, before=""):
    """A driver in a process of its own, its whole group to be killed."""
    (tmp_path / "start").mkdir(exist_ok=True)
    (tmp_path / "start/sitecustomize.py").write_text(OFTEN)
    code = f"{before}\nimport sys; from da_bench.cli.main import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, "compare", *ASKED, "--out", str(out)],
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'start'}:{ROOT}", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(out):
    """Every row by its identity, without what was spent."""
    rows = read_results(out)
    found = {
        row["identity"]: json.dumps({k: v for k, v in row.items() if k not in SPENT}).replace(
            str(out), "OUT"
        )
        for row in rows
    }
    assert len(found) == len(rows), "a row is there twice"
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out"
    process = compare(out, out.parent)
    error = process.communicate()[1]
    assert process.returncode == 0, error
    return out


@pytest.mark.slow
def test_ten_kills_with_checkpoints(whole, tmp_path):
    out, rng, before, landed, resumed = tmp_path / "out", random.Random(0), {}, 0, 0
    for number in range(10):
        process = compare(out, tmp_path)
        # Each other kill waits for a checkpoint, however busy the machine is.
        until = time.monotonic() + rng.uniform(6, 25) if number % 2 else math.inf
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.05)
            if any(out.rglob("last.ckpt")) and rng.random() < 0.1:
                break  # in the middle of a run that has something to go on from
        landed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        resumed += any(out.rglob("last.ckpt"))
        now = told(out) if out.is_dir() else {}
        assert before.items() <= now.items(), "a finished row was lost or changed"
        before = now
    process = compare(out, tmp_path)
    error = process.communicate()[1]
    assert process.returncode == 0, error
    print(f"{landed} of 10 kills met a running driver, {resumed} left a checkpoint")
    assert landed >= 3
    assert resumed >= 1
    assert told(out) == told(whole)
    for path in whole.rglob("model.ckpt"):
        one, other = (torch.load(place, weights_only=True)["state_dict"]
                      for place in (path, out / path.relative_to(whole)))  # fmt: skip
        assert all(torch.equal(one[k], other[k]) for k in one)
    assert not list(out.rglob("last.ckpt"))
    assert main(["runs", "verify", str(out)]) == 0


@pytest.mark.slow
def test_two_drivers_truly_at_once(whole, tmp_path):
    """As on two machines whose disk keeps locks of folders, but not the driver's own."""
    free = (
        "import contextlib, da_bench.results.store as store\n"
        "assert store.lock\n"
        "store.lock = lambda out: contextlib.nullcontext()"
    )
    out = tmp_path / "out"
    both = [compare(out, tmp_path, free) for _ in range(2)]
    errors = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], errors
    assert told(out) == told(whole)


SMALL = {"trainer": {"max_epochs": 1}, "data": {"init_args": {"size": 64, "batch_size": 16}}}


def grid():
    return jobs(plans(["moons"], ["source_only", "dann"], ["0:20"], 1), SMALL)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    out = tmp_path_factory.mktemp("small")
    for job in grid():
        assert execute(job, out, [])["status"] == "ok"
    return out


def listed(out, capsys):
    assert main(["table", str(out), "--format", "csv"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("hours", [1, -1, 24 * 365])
def test_a_clock_that_is_set_back(hours, small, tmp_path, capsys):
    """All that lies there is of another time than now; what is written now is written later."""
    out = tmp_path / "out"
    shutil.copytree(small, out)
    before = listed(out, capsys)
    for path in out.rglob("*"):
        stamp = time.time() + 3600 * hours
        os.utime(path, (stamp, stamp))
    assert listed(out, capsys) == before
    assert main(["runs", "verify", str(out)]) == 0
    rows = told(out)
    folder = out / grid()[-1].folder
    row = json.loads((folder / "result.json").read_text())
    (folder / "result.json").unlink()
    execute(grid()[-1], out, [])  # now, an hour before what lies there
    assert told(out) == rows
    write_result(folder, {**row, "oracle/target": 0.25})
    assert ",dann,0.25," in listed(out, capsys)  # the index saw it


NEWER = {"diagnosis", "diagnoses", "max_epochs", "variant", "settings", "peak_memory_mb",
         "peak_gpu_memory_mb", "gpu_s"}  # fmt: skip


def first_release(out):
    """Makes of a folder what the first release wrote: fewer columns, files and keys."""
    for path in out.rglob("result.json"):
        row = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in row.items() if k not in NEWER}, indent=1))
        (path.parent / "outputs.npz").unlink()
        config = path.parent / "config.yaml"
        held = yaml.safe_load(config.read_text())
        kept = {k: held[k] for k in ("seed_everything", "trainer", "model", "data")}
        config.write_text(yaml.safe_dump(kept))
        checkpoint = torch.load(path.parent / "model.ckpt", weights_only=True)
        torch.save({k: v for k, v in checkpoint.items() if k != "transform"},
                   path.parent / "model.ckpt")  # fmt: skip


def test_folders_of_the_first_release(small, tmp_path, capsys):
    out = tmp_path / "out"
    shutil.copytree(small, out)
    before = listed(out, capsys)
    (out / "index.sqlite").unlink()
    first_release(out)
    files = {path: path.read_bytes() for path in (out / "runs").rglob("*") if path.is_file()}
    assert listed(out, capsys) == before
    for command in (["runs", "list", out], ["runs", "verify", out], ["table", out], ["report", out],
                    ["test", "--out", out / grid()[-1].folder]):  # fmt: skip
        assert main([str(word) for word in command]) == 0, command
    assert main(["select", str(out), "--by", "entropy"]) == 1
    assert "run it again" in capsys.readouterr().err
    done = {row["identity"] for row in read_results(out) if row["status"] == "ok"}
    assert {job.identity for job in grid()} == done  # a rerun has nothing to do
    assert all(path.read_bytes() == held for path, held in files.items())
