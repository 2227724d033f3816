"""How long each test function takes, so that the quick suite leaves out the few that take most.

``durations.csv`` holds the functions that take over a second, all cases together. It is written by
``pytest --write-durations``, with nothing else at work on the machine; a new test counts as quick
until then.
"""

import csv
from collections import Counter, defaultdict
from pathlib import Path

FILE = Path(__file__).with_name("durations.csv")
LONG = 1.0
"""Seconds of a function from which it stands in the file, and its cases are no part of the quick
suite."""
QUICK_CASE = 0.5
"""Where no case takes longer than that, the first one stays in the quick suite."""
LONG_FIXTURES = {
    ("tests/cli/test_show.py", "runs"),
    ("tests/dashboard/test_report.py", "small"),
    ("tests/results/test_undefined.py", "out"),
    ("tests/runs/test_compare.py", "finished"),
    ("tests/runs/tracking/test_live.py", "sweep"),
}
"""Fixtures of a file that train for ten seconds and more, whichever of its tests comes first."""


def function_of(nodeid):
    """The name of a test without its case: ``tests/x.py::test_y`` of ``tests/x.py::test_y[1]``."""
    return nodeid.partition("[")[0]


def read(file=FILE):
    """Seconds of the longest case of each function in the file."""
    if not file.exists():
        return {}
    with file.open() as lines:
        return {line["test"]: float(line["longest"]) for line in csv.DictReader(lines)}


def long_items(items, longest):
    """Tests that the quick suite leaves out: of a long function all cases but a quick first one."""
    begun = set()
    for item in items:
        function = function_of(item.nodeid)
        is_first = function not in begun
        begun.add(function)
        file = function.partition("::")[0]
        needs_long = any((file, fixture) in LONG_FIXTURES for fixture in item.fixturenames)
        is_quick = function not in longest or (is_first and longest[function] <= QUICK_CASE)
        if needs_long or not is_quick:
            yield item


class Recorder:
    """Adds up the seconds of every test, with its fixtures, and writes them at the end."""

    def __init__(self, file=FILE):
        self.file = file
        self.cases = defaultdict(Counter)

    def pytest_runtest_logreport(self, report):
        """Takes the seconds of a test's setup, call or teardown."""
        self.cases[function_of(report.nodeid)][report.nodeid] += report.duration

    def pytest_sessionfinish(self):
        """Writes the file, the functions in alphabetical order."""
        with self.file.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["test", "seconds", "longest"])
            for function, cases in sorted(self.cases.items()):
                if cases.total() > LONG:
                    seconds = (f"{s:.1f}" for s in (cases.total(), max(cases.values())))
                    writer.writerow([function, *seconds])
