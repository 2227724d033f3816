"""Injects faults into sweeps at random moments and tallies what became of the rows.

python experiments/faults/tally.py --engine local --times 10 [--faults "worker killed" ...]

Each trial starts a small sweep on moons in a folder of its own, does its harm, lets a rerun finish,
and compares the rows with those of a sweep that nothing happened to. Needs root for the disks.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from faults import FAULTS, Sweep, mount, rows, unmount

METRICS = ("oracle/target", "val/source", "val/source_risk", "test/source", "test/target")


def trial(name: str, sweep: Sweep) -> None:
    """One fault and a rerun; notes what was wrong."""
    FAULTS[name](sweep)
    sweep.end(sweep.start(), (0,))
    now, reference = rows(sweep.out), sweep.reference
    if set(now) != set(reference):
        sweep.notes.append(f"{len(now)} rows in place of {len(reference)}")
    for path in set(now) & set(reference):
        if figures(now[path]) != figures(reference[path]):
            sweep.notes.append("other figures")
    if list(sweep.out.rglob("*.part")):
        sweep.notes.append("partial file left")


def figures(row: dict[str, Any] | None) -> dict[str, Any]:
    """What must not depend on what happened."""
    return {key: (row or {}).get(key) for key in ("identity", "status", *METRICS)}


def main() -> int:
    """Prints the tally; exit status 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="local")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="seen by every worker")
    args = parser.parse_args()
    # A shell's background job ignores Ctrl-C, and so would every driver that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    engine = [] if args.engine == "local" else ["--engine", args.engine]
    base = Path(tempfile.mkdtemp(prefix="faults-", dir=args.folder))
    whole = Sweep(base / "whole", engine, 0, random.Random(0), {})
    began = time.monotonic()
    whole.end(whole.start(), (0,))
    took = time.monotonic() - began
    reference = rows(base / "whole")
    print(f"{len(reference)} runs, {took:.0f} s uninterrupted, --engine {args.engine}")
    print(f"{'fault':16}{'trials':>7}{'at work':>9}{'good':>6}  what was wrong", flush=True)
    wrong = 0 if len(reference) and not whole.notes else 1
    for name in args.faults:
        rng, met, good, notes = random.Random(f"{args.seed} {name}"), 0, 0, dict[str, int]()
        for number in range(args.times):
            out = base / f"{name.replace(' ', '-')}-{number}"
            out.mkdir()
            sweep = Sweep(out, engine, took, rng, reference)
            disk = name == "full disk"
            if disk:
                mount(out, "size=4m")
            try:
                trial(name, sweep)
            finally:
                if disk:
                    unmount(out)
            met += sweep.met
            good += not sweep.notes
            for note in set(sweep.notes):
                notes[note] = notes.get(note, 0) + 1
            if not sweep.notes:
                shutil.rmtree(out)
        told = "; ".join(f"{note} ({count})" for note, count in notes.items()) or "nothing"
        print(f"{name:16}{args.times:7}{met:9}{good:6}  {told}", flush=True)
        wrong += args.times - good
    print(f"{'nothing was wrong' if not wrong else f'{wrong} trials went wrong'}; seed {args.seed}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
