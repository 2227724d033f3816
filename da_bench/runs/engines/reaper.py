"""Ends what a Ray cluster of this machine leaves behind: run beside its driver, as a script.

Ray binds its raylet to the driver's life, but not the raylet's own children: the agents of a killed
driver ask a dead control store for up to a minute before they give in, and workers may wait as
long. They are found by what they hold open, since each writes its log below the cluster's folder.
"""

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

GIVE_UP_SECONDS = 20.0
"""Seconds after which a process that can't be killed is given up."""


SPARED_PROCESSES = (os.getpid(), os.getppid())
"""Itself and, where it lives, the driver, which may hold a log of Ray's open still."""


def holders(folder: str, processes: Path = Path("/proc")) -> list[int]:
    """Processes of this user that hold a file below ``folder`` open or were started with it."""
    numbers = []
    for process in processes.glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is another user's
            open_paths = [os.readlink(link) for link in (process / "fd").iterdir()]
            if any(path.startswith(folder) for path in open_paths) or (
                f"{folder}/".encode() in (process / "cmdline").read_bytes()
            ):
                numbers.append(int(process.name))
    return [number for number in numbers if number not in SPARED_PROCESSES]


def reap(folder: str) -> None:
    """Kills the holders, those that are being born included, then removes the folder."""
    deadline, quiet_looks = time.monotonic() + GIVE_UP_SECONDS, 0
    while quiet_looks < 3 and time.monotonic() < deadline:
        remaining_processes = holders(folder)
        for number in remaining_processes:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        quiet_looks = 0 if remaining_processes else quiet_looks + 1
        time.sleep(0.2)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.read()  # until the driver closes its end, or dies and the system does it
    reap(sys.argv[1])
