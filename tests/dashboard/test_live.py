"""Reading while a sweep writes: nothing is written or locked, nothing outside is read."""

import json
import os
import threading

import pytest

from da_bench.dashboard.live import Live
from da_bench.results.collection import load
from da_bench.results.index import NAME, Index
from da_bench.results.renderers.document import tabulate
from da_bench.results.store import StoreError, lock, write_result
from tests.results.stored import row, store


def state(out):
    return {
        str(p.relative_to(out)): (p.lstat().st_mtime_ns, p.lstat().st_size)
        for p in sorted(out.rglob("*"))
    }


def test_it_reads_what_the_table_reads_and_writes_nothing(tmp_path):
    store(tmp_path, [row("dann", seed=s, score=0.5 + s / 10) for s in range(3)])
    before = state(tmp_path)
    live = Live(tmp_path, every=0)
    assert live.version() == live.version() == 0
    with lock(tmp_path):  # a driver's
        found = live.results()
    assert {k: v for k, v in state(tmp_path).items() if k not in (".lock", ".")} == before
    assert tabulate(found.rows, {}) == tabulate(load(tmp_path).rows, {})
    assert "hyperparameters.weight" in live.columns()


def test_a_read_only_folder_and_a_corrupt_index(tmp_path):
    store(tmp_path, [row()])
    (tmp_path / NAME).write_bytes(b"nonsense" * 999)
    found = Live(tmp_path).results()
    assert len(found.runs) == 1
    assert found.notes == []
    assert (tmp_path / NAME).read_bytes() == b"nonsense" * 999


def test_a_new_a_torn_and_a_removed_result(tmp_path):
    folders = store(tmp_path, [row("dann"), row("dan")])
    live = Live(tmp_path, every=0)
    made = []
    assert live.cached("x", lambda: made.append(1) or len(made)) == 1
    assert live.cached("x", lambda: made.append(1) or len(made)) == 1
    whole = (folders[0] / "result.json").read_text()
    (folders[0] / "result.json").write_text(whole[:100])
    assert live.version() == 1
    assert live.cached("x", lambda: made.append(1) or len(made)) == 2
    assert live.results().runs["name"].tolist() == ["dan"]
    (fault,) = live.results().damaged.values()
    assert fault.startswith("result.json is not whole")
    write_result(folders[0], json.loads(whole))
    assert live.version() == 2
    assert live.results().damaged == {}
    (folders[1] / "result.json").unlink()
    assert live.version() == 3
    assert live.results().runs["name"].tolist() == ["dann"]


def test_it_looks_no_more_often_than_told(tmp_path):
    live = Live(tmp_path, every=1e9)
    store(tmp_path, [row()])
    assert live.version() == 0
    assert live.results().runs.empty


def test_a_newer_schema_is_told_to_everyone_who_asks(tmp_path):
    live = Live(tmp_path, every=0)
    folder = store(tmp_path, [row()])[0]
    (folder / "result.json").write_text('{"schema": 99}')
    for _ in range(2):
        with pytest.raises(StoreError, match="schema 99"):
            live.version()


@pytest.mark.parametrize("what", ["run", "result", "method"])
def test_a_result_outside_is_not_read_but_named(tmp_path, what):
    out, outside = tmp_path / "out", tmp_path / "outside"
    store(out, [row("dann")])
    secret = store(outside, [row("secret", comment="SECRET")])[0]
    link = out / "runs" / "bench" / "dann"
    if what == "run":
        (link / "r9").symlink_to(secret)
    elif what == "method":
        (link.parent / "stolen").symlink_to(secret.parent)
    else:
        (link / "r9").mkdir()
        (link / "r9" / "result.json").symlink_to(secret / "result.json")
    found = Live(out).results()
    assert found.runs["method"].tolist() == ["dann"]
    assert "SECRET" not in repr((found.rows, found.damaged))
    (fault,) = found.damaged.values()
    assert "lies outside" in fault
    with Index(out) as index:  # which a table may: the user put the link there
        assert len(index.rows()) == 2


PATHS = ["../outside/runs/bench/secret", "/etc", "runs/bench/../../../outside", "runs/link",
         "runs/zero\0", "."]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_paths_of_files_lie_within_the_folder(tmp_path, path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    folder = store(out, [row("dann")])[0]
    store(outside, [row("secret")])
    (outside / "log.txt").write_text("SECRET")
    (out / "runs" / "link").symlink_to(outside)
    (folder / "log.txt").symlink_to(outside / "log.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    found = Live(out).results()
    if path == ".":
        for file in ("log.txt", "loop.txt", "../../../../../outside/log.txt", "/etc/passwd"):
            with pytest.raises(StoreError):
                found.path(found.rows[0], file)
        assert found.path(found.rows[0], "config.yaml") == folder / "config.yaml"
        return
    with pytest.raises(StoreError):
        found.path(path, "log.txt")


def test_curves_behind_a_link_are_refused(tmp_path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    folder = store(out, [row("dann")])[0]
    outside.mkdir()
    (outside / "curves.csv").write_text("epoch,step,name,value\n0,1,val/source,0.5\n")
    (folder / "curves.csv").symlink_to(outside / "curves.csv")
    found = Live(out).results()
    with pytest.raises(StoreError, match="outside"):
        found.curves(found.rows[0])


def test_it_reads_while_a_writer_writes(tmp_path):
    """Half of the results are torn at first, as no writer of ours leaves them."""
    (tmp_path / "runs").mkdir()
    live, stop = Live(tmp_path, every=0), threading.Event()

    def write():
        for seed in range(150):
            one = row("dann", seed=seed, score=0.5)
            folder = tmp_path / "runs" / "bench" / "dann" / f"r{seed}"
            if seed % 2:
                folder.mkdir(parents=True)
                (folder / "result.json").write_text(json.dumps(one)[: 40 + seed])
            write_result(folder, one)
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen, last = 0, -1
    while not stop.is_set() or seen == 0:
        last = live.version()
        found = live.results()
        assert len(found.rows) >= seen
        seen = len(found.rows)
    writer.join()
    assert live.version() >= last
    assert len(live.results().runs) == 150
    assert live.results().damaged == {}
    assert not (tmp_path / NAME).exists()
    assert not [p for p in os.listdir(tmp_path) if p != "runs"]
