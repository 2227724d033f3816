"""The index: the same rows as the folders, always, and never in the folders' way."""

import itertools
import json
import math
import random
import shutil
import sqlite3
import subprocess
import sys

import pytest

from da_bench.results.folders import remove
from da_bench.results.index import NAME, Index
from da_bench.results.query import condition
from da_bench.results.store import SCHEMA, StoreError, read_results, write_result
from tests.results.stored import failed, row, store


@pytest.fixture
def out(tmp_path):
    rows = [row(m, seed=s, wall_s=s + 0.5) for m in ("dann", "source_only") for s in range(4)]
    store(tmp_path, [*rows, failed(seed=9)])
    return tmp_path


def same(out, index):
    return index.rows() == read_results(out)


def test_equals_the_folders(out):
    with Index(out) as index:
        assert same(out, index)
        assert len(index.rows()) == 9
        assert not index.notes
    assert sqlite3.connect(out / NAME).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_order_is_that_of_the_folders(tmp_path):
    # "a" before "a-b" as folders, and the other way round as texts with their slashes
    store(tmp_path, [row("a"), row("a-b"), row("a.b"), row("a", "c-d"), row("a", "c")])
    with Index(tmp_path) as index:
        assert same(tmp_path, index)


def test_reads_only_what_changed(out, monkeypatch):
    with Index(out):
        pass
    folders = store(out, [row("cdan")])
    touched = sorted(out.glob("runs/bench/dann/*"))[0]
    write_result(touched, json.loads((touched / "result.json").read_text()) | {"wall_s": 77.25})
    shutil.rmtree(sorted(out.glob("runs/bench/source_only/*"))[0])
    read = []
    real = Index._read
    monkeypatch.setattr(
        Index, "_read", lambda self, f, names: read.append(f) or real(self, f, names)
    )
    with Index(out) as index:
        assert sorted(read) == sorted(str(f.relative_to(out)) for f in (*folders, touched))
        assert same(out, index)
        read.clear()
        assert index.refresh() == 0
        assert not read


def test_a_truncated_result_is_a_fault_until_it_is_whole(out):
    path = sorted(out.glob("runs/bench/dann/*/result.json"))[0]
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    with Index(out) as index:
        assert same(out, index)
        assert list(index.faults()) == [str(path.parent.relative_to(out))]
        path.write_text(whole)
        index.refresh()
        assert same(out, index)
        assert not index.faults()


def test_a_newer_schema_is_refused_each_time(out):
    folder = store(out, [row("cdan")])[0]
    text = (folder / "result.json").read_text()
    (folder / "result.json").write_text(
        text.replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA + 1}')
    )
    for _ in range(2):
        with pytest.raises(StoreError, match="update it"):
            Index(out)


@pytest.mark.parametrize("seed", range(10))
def test_a_corrupt_index_is_thrown_away_and_rebuilt(out, seed):
    """Bytes overwritten or cut at random places: the rows are right whatever happened."""
    with Index(out):
        pass
    rng, path = random.Random(seed), out / NAME
    data = bytearray(path.read_bytes())
    if seed % 2:
        data = data[: rng.randrange(1, len(data))]
    else:
        start = 0 if seed == 0 else rng.randrange(len(data) - 600)
        data[start : start + 600] = rng.randbytes(600)
    path.write_bytes(data)
    with Index(out) as index:
        assert [r["identity"] for r in index.rows()] == [r["identity"] for r in read_results(out)]
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    with Index(out) as index:
        assert same(out, index)
        assert "thrown away and rebuilt" in index.notes[0]


def test_a_changed_digit_is_found(out):
    """What SQLite itself takes for sound."""
    with Index(out) as index:
        index.base.execute("UPDATE runs SET row = replace(row, '\"wall_s\":2.5', '\"wall_s\":9.5')")
    with Index(out) as index:
        assert same(out, index)
        assert "checksum" in index.notes[0]


def test_an_index_of_another_version_is_rebuilt(out):
    with Index(out) as index:
        index.base.execute("PRAGMA user_version=99")
        index.base.execute("DELETE FROM runs")
    with Index(out) as index:
        assert same(out, index)


def test_where_it_cannot_be_written_it_is_kept_in_memory(out):
    (out / NAME).mkdir()  # root writes everywhere: a folder in its place it can't
    with Index(out) as index:
        assert same(out, index)
        assert "in memory" in index.notes[0]


def test_nan_is_kept_and_can_be_asked_about(tmp_path):
    folder = store(tmp_path, [row(score=0.5), row(seed=1)])[1]
    text = (
        (folder / "result.json").read_text().replace('"oracle/target": 0.8', '"oracle/target": NaN')
    )
    (folder / "result.json").write_text(text)
    with Index(tmp_path) as index:
        assert any(math.isnan(r["oracle/target"]) for r in index.rows())
        assert len(index.rows([condition("oracle/target>0")])) == 1
        assert len(index.rows([condition("seed=1"), condition("oracle/target=null")])) == 1


def test_results_of_two_machines_merge_by_copying(out, tmp_path):
    other = tmp_path / "other"
    store(other, [row("cdan", seed=s) for s in range(3)] + [row("dann", seed=0, wall_s=0.5)])
    with Index(out), Index(other):
        pass
    shutil.copytree(other / "runs", out / "runs", dirs_exist_ok=True)
    with Index(out) as index:
        assert same(out, index)
        assert len(index.rows()) == 9 + 3  # the run that both hold is one
        assert len({r["identity"] for r in index.rows()}) == 12


def test_two_processes_index_at_once(tmp_path):
    store(tmp_path, [row(seed=s) for s in range(300)])
    code = (
        "import sys; from pathlib import Path; from da_bench.results.index import Index\n"
        "index = Index(Path(sys.argv[1])); print(len(index.rows()), index.notes)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [p.communicate()[0].strip() for p in started] == ["300 []"] * 3


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreError, match="name the --out"):
        Index(tmp_path / "nowhere")


def test_removing_takes_whole_runs_and_nothing_else(out):
    folder = sorted(out.glob("runs/bench/dann/*"))[0]
    (folder / "model.ckpt").write_text("weights")
    remove(out, str(folder.relative_to(out)))
    assert not folder.exists()
    for wrong in ("runs/bench", "../..", "runs/bench/dann/..", "elsewhere/a/b/c"):
        with pytest.raises(StoreError, match="not the folder of a run"):
            remove(out, wrong)
    with Index(out) as index:
        assert len(index.rows()) == 8


@pytest.mark.slow
def test_ten_thousand_runs_within_500_mib(tmp_path):
    """From a cold start, without an index and with one; experiments/speed/index.py times it."""
    methods = ["source_only", *(f"m{i}" for i in range(9))]
    for method, source, seed in itertools.product(methods, map(str, range(20)), range(50)):
        one = row(method, source, "t", seed, 0.5 + seed / 100, folder="")
        folder = tmp_path / f"runs/bench/{method}/{source}-t-s{seed}-{one['identity'][:10]}"
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps({"schema": SCHEMA, **one}))
    code = (
        "import re, sys\n"
        "from importlib import import_module\n"
        "from pathlib import Path\n"
        "command = import_module('da_bench.cli.' + sys.argv[1])\n"
        "assert command.run(command.parser().parse_args(sys.argv[2:])) == 0\n"
        # Of this program alone: getrusage would count what pytest held when it started it.
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s+(\\d+) kB', status)[1]) / 1024, file=sys.stderr)"
    )
    for args, indexed in itertools.product((["runs", "list"], ["table"]), (False, True)):
        if not indexed:
            for path in tmp_path.glob(f"{NAME}*"):
                path.unlink()
        done = subprocess.run(
            [sys.executable, "-c", code, *args, tmp_path], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert float(done.stderr.split()[-1]) < 500
        assert done.stdout.count("\n") > 20


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"benchmark": None}, "benchmark: None; a run writes str"),
        ({"seed": "0"}, "seed: '0'; a run writes int"),
        ({"diagnoses": "collapse"}, "diagnoses: 'collapse'; a run writes no str"),
        ({"diagnoses": ["collapse"]}, "a run writes mappings"),
        ({"oracle/target": "0.9"}, "oracle/target: '0.9'; a run writes no str"),
        ({"hyperparameters": [1]}, "hyperparameters"),
        ({"wall_s": {}}, "wall_s"),
    ],
)
def test_a_whole_result_that_no_run_wrote_is_a_fault_and_named(out, more, told):
    """One such file once broke the report and the app of all runs."""
    path = sorted(out.glob("runs/bench/dann/*/result.json"))[0]
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    with Index(out) as index:
        assert len(index.rows()) == 8
        (fault,) = index.faults().values()
    assert told in fault
