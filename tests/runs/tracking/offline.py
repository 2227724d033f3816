"""Offline files of W&B read back by W&B's own program, ``wandb leet inspect --json``."""

import json
import multiprocessing as mp
import os
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import wandb
from wandb.util import get_core_path

IGNORED = ("_runtime", "_step", "_timestamp", "_wandb", "_wandb.runtime")


def records(path):
    """Every record of a ``.wandb`` file, by type; as the command does, without its imports."""
    command = [get_core_path(), "leet", "inspect", "--no-observability", "--json"]
    done = subprocess.run(
        [*command, "--run-file", str(path), str(path.parent.parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = defaultdict(list)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        found[record["type"]].append(record[record["type"]])
    return found


def files(out):
    """Every ``.wandb`` file below a folder of results, once."""
    return sorted(Path(out).glob("wandb/offline-run-*/*.wandb"))


def runs(out):
    """What the files hold: a dictionary a file, in the order of their names; empty ones left out.

    W&B's process writes a block at a time: one killed before its first leaves an empty file.
    """
    return [one for path in files(out) if (one := run(path))]


def run(path):
    """What one file holds; None where it is empty."""
    found = records(path)
    if not found["run"]:
        return None
    first = found["run"][0]
    config, summary = {}, {}
    for one in found["run"]:
        config |= one["config"]["update"]
    for one in found["config"]:
        config |= one.get("update", {})
    for one in found["summary"]:
        summary |= one.get("update", {})
    return {
        "id": first["run_id"],
        "project": first["project"],
        "entity": first.get("entity") or None,
        "name": first.get("display_name"),
        "group": first.get("run_group"),
        "job": first.get("job_type"),
        "tags": first.get("tags", []),
        "notes": found["run"][-1].get("notes", ""),
        "config": {k: v for k, v in config.items() if k not in IGNORED},
        "summary": {k: v for k, v in summary.items() if k not in IGNORED},
        "history": [
            {k: v for k, v in one["item"].items() if k not in IGNORED} for one in found["history"]
        ],
        "artifacts": found["artifact"],
        "exit": [one.get("exit_code", 0) for one in found["exit"]],
    }


def held(value):
    """A configuration as W&B's files hold it: without what is empty within it."""
    if isinstance(value, dict):
        return {k: held(v) for k, v in value.items() if v != {}}
    return value


def curve(one, name, step="trainer/global_step"):
    """Steps and values of one curve."""
    return [(item[step], item[name]) for item in one["history"] if name in item]


def processes(pid):
    """W&B's processes that serve a process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if "wandb-core" in words[0] and str(pid) in words:
                found.append(int(entry.name))
    return found


def forked(function, *args, **environment):
    """Exit code of a function in a process of its own, of a user who has set nothing for W&B."""
    wandb.teardown()  # its threads would be missing there

    def called():
        for name in [n for n in os.environ if n.startswith("WANDB_")]:
            del os.environ[name]
        os.environ.update(environment)
        function(*args)

    process = mp.get_context("fork").Process(target=called)
    process.start()
    process.join()
    wait_until(lambda: not processes(process.pid))  # W&B's looks now and then for whom it serves
    return process.exitcode


def wait_until(true):
    """Waits for what must come to be, not for how long it takes."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("W&B's process has outlived the one that it served")


def kill(*others):
    """Kills W&B's process that serves this one, and others after it."""
    for pid in [*processes(os.getpid()), *others]:
        os.kill(pid, signal.SIGKILL)
