"""What `da-bench runs list` and `table` cost as the number of stored runs grows.

python experiments/speed/index.py COMPARISON [--runs 1000 10000]

COMPARISON is the folder of a finished comparison; its rows are copied under other seeds until there
are as many as asked for, in a folder that is removed at the end. Each command runs in a process of
its own: first with no index, then with the one that it has left. The last column compares the time
for one run with that of the first number of runs: 1 is linear growth, start-up included.
"""

import argparse
import itertools
import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from da_bench.results.index import FILES
from da_bench.results.row import FOLDER, IDENTITY, SEED
from da_bench.results.store import SCHEMA, read_results

COMMANDS = (("runs", "list"), ("table",))
CALL = """
import re, sys
from importlib import import_module
from pathlib import Path
command = import_module("da_bench.cli." + sys.argv[1])
assert command.run(command.parser().parse_args(sys.argv[2:])) == 0
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1], file=sys.stderr)
"""


def fill(out: Path, comparison: Path, runs: int) -> None:
    """Writes ``runs`` rows below ``out``, copies of those of a comparison under other seeds."""
    rows = read_results(comparison)
    if not rows:
        raise SystemExit(f"{comparison} holds no finished run; name the --out of da-bench compare")
    for number, row in enumerate(itertools.islice(itertools.cycle(rows), runs)):
        identity = f"{number:010d}{row[IDENTITY][10:]}"
        folder = out / f"{row[FOLDER].rpartition('-')[0]}-{identity[:10]}"
        folder.mkdir(parents=True)
        seed = row[SEED] + 1000 * (number // len(rows))
        copied = {"schema": SCHEMA, **row, SEED: seed, IDENTITY: identity}
        del copied[FOLDER]
        (folder / "result.json").write_text(json.dumps(copied))


def cost(command: tuple[str, ...], out: Path) -> tuple[float, float]:
    """Seconds of processor and mebibytes of memory of a command on a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call = [sys.executable, "-c", CALL, *command, str(out)]
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, int(re.findall(r"\d+", done.stderr)[-1]) / 1024


def main() -> None:
    """Prints a line for each number of runs, command and state of the index."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("comparison", type=Path)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000])
    args = parser.parse_args()
    first: dict[tuple[str, bool], float] = {}
    for runs in args.runs:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            fill(out, args.comparison, runs)
            for command, has_index in itertools.product(COMMANDS, (False, True)):
                for name in FILES if not has_index else ():
                    (out / name).unlink(missing_ok=True)
                seconds, memory = cost(command, out)
                name = " ".join(command)
                times = seconds / runs / first.setdefault((name, has_index), seconds / runs)
                print(
                    f"{runs:>7,} runs  {name:<9}  {'with' if has_index else 'without':>7} index"
                    f"  {seconds:5.2f} s of processor  {memory:4.0f} MiB  {times:.2f}"
                )


if __name__ == "__main__":
    main()
