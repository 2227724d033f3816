"""A small sweep in a folder of its own, its driver, and what became of its rows."""

import json
import multiprocessing as mp
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

SWEEP = ["--benchmark", "moons", "--seeds", "1", "--set", "trainer.max_epochs=8",
         "data.init_args.size=128"]  # fmt: skip
SIZES = {
    "local": ["--tasks", "0:20", "0:40", "--methods", "source_only", "dann", "--workers", "2"],
    "ray": ["--tasks", "0:20", "0:40", "--methods", "source_only", "dann", "--workers", "2"],
    # Each of its jobs imports torch anew, which is all that a trial's time is made of.
    "slurm": ["--tasks", "0:20", "--methods", "source_only", "dann", "--workers", "1"],
}
"""Runs of a trial, by engine."""


class Driver:
    """The command in a process of its own, forked from this one: its imports are paid already."""

    def __init__(self, words: list[str]) -> None:
        self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as this
        self.process = mp.get_context("fork").Process(target=self.drive, args=(words,))
        self.process.start()
        self.pid = self.process.pid

    def drive(self, words: list[str]) -> None:
        """The life of the driver, in a process group of its own."""
        os.setsid()
        for number in (1, 2):
            os.dup2(self.said.fileno(), number)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from da_bench.cli.main import main

        sys.exit(main(words))

    def poll(self) -> int | None:
        """Its exit status, once it has ended."""
        return self.process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def wait(self, seconds: float = 600) -> int | None:
        """Its exit status, once it has ended or the time is over."""
        self.process.join(seconds)
        return self.process.exitcode

    def words(self) -> str:
        """What it has printed."""
        self.said.seek(0)
        return self.said.read()


class Sweep:
    """One sweep in one folder, and what to do to it."""

    def __init__(
        self, out: Path, engine: str, took: float, rng: random.Random, whole: Path
    ) -> None:
        self.out, self.took, self.rng, self.whole = out, took, rng, whole
        self.reference = rows(whole)  # of a sweep that nothing happened to, which took so long
        self.notes: list[str] = []
        self.command = ["compare", *SWEEP, *SIZES[engine], "--engine", engine, "--out", str(out)]
        self.seen: dict[str, Any] = {}
        self.met = False  # whether the fault met a sweep at work

    def start(self) -> Driver:
        """A driver at work on this sweep."""
        return Driver(self.command)

    def moment(self, driver: Driver) -> None:
        """Waits for a random share of the time that a whole sweep took."""
        time.sleep(self.rng.uniform(0.1, 0.9) * self.took)
        self.met = driver.poll() is None

    def look(self) -> None:
        """Whole rows may neither vanish nor change, and none may lie half written."""
        now = rows(self.out)
        for path, row in self.seen.items():
            if now.get(path) != row:
                self.notes.append("finished row lost or changed")
        self.seen = {path: row for path, row in now.items() if row and row["status"] == "ok"}
        if any(row is None for row in now.values()):
            self.notes.append("row half written")

    def end(self, driver: Driver, statuses: tuple[int, ...]) -> None:
        """Waits for a driver, which must end as it should and show no traceback."""
        status = driver.wait()
        if status not in statuses:
            self.notes.append(f"exit status {status}: {driver.words()[-300:]!r}")
        if "Traceback" in driver.words():
            self.notes.append("traceback")
        self.look()

    def kill(self, processes: list[psutil.Process]) -> None:
        """Sends SIGKILL to those that are still there."""
        for process in processes:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue


def rows(out: Path) -> dict[str, dict[str, Any] | None]:
    """Rows by folder; None for what can't be parsed."""
    found: dict[str, dict[str, Any] | None] = {}
    for path in out.glob("runs/*/*/*/result.json"):
        try:
            found[str(path.parent.relative_to(out))] = json.loads(path.read_text())
        except ValueError:
            found[str(path.parent.relative_to(out))] = None
    return found
