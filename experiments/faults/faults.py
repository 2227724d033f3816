"""Faults: what can befall a sweep, each as a function that does it at a random moment."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

SWEEP = ["--benchmark", "moons", "--tasks", "0:20", "0:40", "--methods", "source_only", "dann",
         "--seeds", "1", "--workers", "2",
         "--set", "trainer.max_epochs=8", "data.init_args.size=128"]  # fmt: skip


class Sweep:
    """One sweep in one folder, and what to do to it."""

    def __init__(
        self, out: Path, engine: list[str], took: float, rng: random.Random,
        reference: dict[str, Any],
    ) -> None:  # fmt: skip
        self.out, self.took, self.rng, self.reference = out, took, rng, reference
        self.notes: list[str] = []
        self.command = [sys.executable, "-m", "da_bench", "compare", *SWEEP, *engine]
        self.command += ["--out", str(out)]
        self.seen: dict[str, Any] = {}
        self.met = False  # whether the fault met a sweep at work

    def start(self) -> subprocess.Popen[str]:
        """A driver in a process group of its own."""
        return subprocess.Popen(
            self.command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def moment(self, driver: subprocess.Popen[str]) -> None:
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

    def end(self, driver: subprocess.Popen[str], statuses: tuple[int, ...]) -> None:
        """Waits for a driver, which must end as it should and show no traceback."""
        said, _ = driver.communicate(timeout=600)
        if driver.returncode not in statuses:
            self.notes.append(f"exit status {driver.returncode}")
        if "Traceback" in said:
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


def workers(out: Path) -> list[psutil.Process]:
    """The processes that hold a run's claim, wherever the engine put them."""
    claims = {str(path.stat().st_ino) for path in out.glob("runs/*/*/*/.claim")}
    found = []
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if "FLOCK" in words and "->" not in words and words[-3].split(":")[-1] in claims:
            found.append(int(words[-4]))
    return [psutil.Process(pid) for pid in found if psutil.pid_exists(pid)]


def victims(sweep: Sweep, driver: subprocess.Popen[str]) -> list[psutil.Process]:
    """A worker in the middle of a run: the next one, where none is just now."""
    while driver.poll() is None:
        if found := workers(sweep.out):
            return [sweep.rng.choice(found)]
        time.sleep(0.05)
    sweep.met = False
    return []


def below(driver: subprocess.Popen[str]) -> list[psutil.Process]:
    """Every process that a driver started."""
    try:
        return psutil.Process(driver.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def orphans(sweep: Sweep, left: list[psutil.Process]) -> None:
    """Notes what still runs ten seconds after its driver's death."""
    _, alive = psutil.wait_procs(left, timeout=10)
    alive = [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    if alive:
        sweep.notes.append(f"orphans: {', '.join(sorted(p.name() for p in alive))}")
        sweep.kill(alive)


def worker_killed(sweep: Sweep) -> None:
    """SIGKILL of a worker: the same sweep finishes."""
    driver = sweep.start()
    sweep.moment(driver)
    sweep.kill(victims(sweep, driver))
    sweep.end(driver, (0,))


def driver_killed(sweep: Sweep) -> None:
    """SIGKILL of the driver: nothing of it is left after ten seconds."""
    driver = sweep.start()
    sweep.moment(driver)
    left = below(driver)
    driver.kill()
    orphans(sweep, left)
    sweep.end(driver, (-signal.SIGKILL, 0))


def both_killed(sweep: Sweep) -> None:
    """SIGKILL of the driver and a worker at once."""
    driver = sweep.start()
    sweep.moment(driver)
    found = victims(sweep, driver)
    left = below(driver)
    driver.kill()
    sweep.kill(found)
    orphans(sweep, left)
    sweep.end(driver, (-signal.SIGKILL, 0))


def interrupted(sweep: Sweep) -> None:
    """Ctrl-C: to the whole group, as the terminal sends it."""
    driver = sweep.start()
    sweep.moment(driver)
    left = below(driver)
    with suppress(ProcessLookupError):
        os.killpg(driver.pid, signal.SIGINT)
    orphans(sweep, left)
    # 0 where it came too late; before the command is imported, Python itself ends by the signal.
    sweep.end(driver, (130, -signal.SIGINT) if sweep.met else (0,))


def two_drivers(sweep: Sweep) -> None:
    """Two drivers on one folder: one does the work, the other exits with 2 or finds it done."""
    first, second = sweep.start(), None
    try:
        time.sleep(sweep.rng.uniform(0, 0.6) * sweep.took)
        second = sweep.start()
    finally:
        codes = [p.wait(600) for p in (first, second) if p]
    if sorted(codes) not in ([0, 0], [0, 2]):
        sweep.notes.append(f"exit statuses {codes}")
    sweep.met = 2 in codes  # the second came while the first was at work
    sweep.look()


def truncated(sweep: Sweep) -> None:
    """A truncated row planted, then the driver killed as well."""
    driver_killed(sweep)
    name = sweep.rng.choice(sorted(sweep.reference))
    text = json.dumps(sweep.reference[name])
    (sweep.out / name).mkdir(parents=True, exist_ok=True)
    (sweep.out / name / "result.json").write_text(text[: sweep.rng.randrange(len(text))])
    sweep.seen.pop(name, None)


def corrupt_index(sweep: Sweep) -> None:
    """Noise in the place of the index of the rows, after the driver was killed."""
    driver_killed(sweep)
    (sweep.out / "index.sqlite").write_bytes(sweep.rng.randbytes(4096))
    command = [sys.executable, "-m", "da_bench", "runs", "list", str(sweep.out)]
    listed = subprocess.run(command, capture_output=True, text=True)
    if (listed.returncode and rows(sweep.out)) or "Traceback" in listed.stderr:
        sweep.notes.append(f"runs list: {listed.stderr.strip().splitlines()[-1:]}")


def mount(out: Path, options: str) -> None:
    """Mounts a small disk, or mounts it again with other options."""
    kind = [] if "remount" in options else ["-t", "tmpfs", "tmpfs"]
    subprocess.run(["mount", "-o", options, *kind, str(out)], check=True)


def unmount(out: Path) -> None:
    """Takes a disk away; a process that is just ending may hold it still."""
    for _ in range(100):
        if not subprocess.run(["umount", str(out)], capture_output=True).returncode:
            return
        time.sleep(0.1)
    subprocess.run(["umount", "--lazy", str(out)], check=True)


def full_disk(sweep: Sweep) -> None:
    """The disk fills up in mid-sweep; later there is space again."""
    driver = sweep.start()
    sweep.moment(driver)
    ballast = sweep.out / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    sweep.end(driver, (0, 1, 2))
    ballast.unlink()


def read_only(sweep: Sweep) -> None:
    """The folder becomes read-only in mid-sweep, by a mount over itself; later it is as before."""
    driver = sweep.start()
    sweep.moment(driver)
    subprocess.run(["mount", "--bind", str(sweep.out), str(sweep.out)], check=True)
    try:
        mount(sweep.out, "remount,bind,ro")
        sweep.end(driver, (0, 1, 2))
    finally:
        unmount(sweep.out)


FAULTS: dict[str, Callable[[Sweep], None]] = {
    "worker killed": worker_killed,
    "driver killed": driver_killed,
    "both killed": both_killed,
    "interrupted": interrupted,
    "two drivers": two_drivers,
    "truncated row": truncated,
    "corrupt index": corrupt_index,
    "full disk": full_disk,
    "read-only disk": read_only,
}
