"""Injects faults into sweeps at random moments and tallies what became of the rows.

python experiments/faults/tally.py --engine local --times 10 [--faults "worker killed" ...]

Each trial starts a small sweep on moons in a folder of its own, does its harm, lets a rerun finish,
and compares the rows with those of a sweep that nothing happened to. Needs root for the disks. The
drivers are forked from this process, so that no trial waits for their imports.
"""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from faults import FAULTS, mount, unmount
from sweeps import Sweep, rows

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
    """Prints the tally, after Ctrl-C what there is of it; exit status 1 where a trial was wrong."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", default="local")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=None, help="seen by every worker")
    args = parser.parse_args()
    # Every driver is forked from here, so what it imports is paid once.
    import da_bench.runs.compare
    import da_bench.runs.execute  # noqa: F401

    base = Path(tempfile.mkdtemp(prefix="faults-", dir=args.folder))
    whole = Sweep(base / "whole", args.engine, 0, random.Random(0), base / "whole")
    began = time.monotonic()
    whole.end(whole.start(), (0,))
    took = time.monotonic() - began
    reference = rows(base / "whole")
    print(f"{len(reference)} runs, {took:.0f} s uninterrupted, --engine {args.engine}", flush=True)
    if whole.notes or not reference:
        print(f"the sweep itself went wrong: {whole.notes}")
        return 1
    tried: dict[str, list[Sweep]] = {name: [] for name in args.faults}
    with suppress(KeyboardInterrupt):
        for number in range(args.times):
            for name, trials in tried.items():
                out = base / f"{name.replace(' ', '-')}-{number}"
                sweep = Sweep(out, args.engine, took, random.Random(f"{args.seed} {out.name}"),
                              base / "whole")  # fmt: skip
                on_disk(name, sweep)
                trials.append(sweep)
                print(f"{name} {number}: {'; '.join(sweep.notes) or 'good'}", flush=True)
    print(f"{'fault':16}{'trials':>7}{'at work':>9}{'good':>6}  what was wrong")
    for name, trials in tried.items():
        met, notes = sum(t.met for t in trials), Counter(n for t in trials for n in set(t.notes))
        told = "; ".join(f"{note} ({count})" for note, count in notes.items()) or "nothing"
        good = sum(not t.notes for t in trials)
        print(f"{name:16}{len(trials):7}{met:9}{good:6}  {told}")
    wrong = sum(bool(t.notes) for trials in tried.values() for t in trials)
    print(f"{'nothing was wrong' if not wrong else f'{wrong} trials went wrong'}; seed {args.seed}")
    return 1 if wrong else 0


def on_disk(name: str, sweep: Sweep) -> None:
    """A trial in its folder, a small disk where it is to be full; removed where all is well."""
    sweep.out.mkdir()
    disk = name == "full disk"
    if disk:
        mount(sweep.out, "size=4m")
    try:
        trial(name, sweep)
    finally:
        if disk:
            unmount(sweep.out)
    if not sweep.notes:
        shutil.rmtree(sweep.out)


if __name__ == "__main__":
    sys.exit(main())
