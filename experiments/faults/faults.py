"""Faults: what can befall a sweep, each as a function that does it at a random moment."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
from sweeps import Driver, Sweep


def workers(out: Path) -> list[psutil.Process]:
    """The processes that hold a run's claim, wherever the engine put them."""
    claims = {str(path.stat().st_ino) for path in out.glob("runs/*/*/*/.claim")}
    found = []
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if "FLOCK" in words and "->" not in words and words[-3].split(":")[-1] in claims:
            found.append(int(words[-4]))
    return [psutil.Process(pid) for pid in found if psutil.pid_exists(pid)]


def victims(sweep: Sweep, driver: Driver) -> list[psutil.Process]:
    """A worker in the middle of a run: the next one, where none is just now."""
    while driver.poll() is None:
        if found := workers(sweep.out):
            return [sweep.rng.choice(found)]
        time.sleep(0.05)
    sweep.met = False
    return []


def below(driver: Driver) -> list[psutil.Process]:
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
    sweep.end(driver, (130, 0))  # 0 where it came too late


def two_drivers(sweep: Sweep) -> None:
    """Two drivers on one folder: one does the work, the other exits with 2 or finds it done."""
    first, second = sweep.start(), None
    try:
        time.sleep(sweep.rng.uniform(0, 0.6) * sweep.took)
        second = sweep.start()
    finally:
        codes = [p.wait() for p in (first, second) if p]
    if sorted(codes, key=str) not in ([0, 0], [0, 2]):
        sweep.notes.append(f"exit statuses {codes}")
    sweep.met = 2 in codes  # the second came while the first was at work
    sweep.look()


def planted(sweep: Sweep) -> None:
    """A truncated row, a run that is missing and noise in the place of the index."""
    shutil.copytree(sweep.whole, sweep.out, dirs_exist_ok=True)
    cut, gone = sweep.rng.sample(sorted(sweep.reference), 2)
    text = json.dumps(sweep.reference[cut])
    (sweep.out / cut / "result.json").write_text(text[: sweep.rng.randrange(len(text))])
    shutil.rmtree(sweep.out / gone)
    (sweep.out / "index.sqlite").write_bytes(sweep.rng.randbytes(4096))
    listing = Driver(["runs", "list", str(sweep.out)])
    if listing.wait() or "Traceback" in listing.words():
        sweep.notes.append(f"runs list: {listing.words().strip().splitlines()[-1:]}")
    sweep.met = True


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
    "two drivers": two_drivers,
    "planted": planted,
    "full disk": full_disk,
    "read-only disk": read_only,
    "interrupted": interrupted,
}
