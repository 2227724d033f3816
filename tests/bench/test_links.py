"""Nothing is deleted or written outside a folder of results, whatever links lie in it."""

import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

import da_bench
from da_bench.bench.execute import execute
from da_bench.bench.folders import remove
from da_bench.bench.grid import jobs, plans
from da_bench.bench.index import Index
from da_bench.bench.store import StoreError, lock, write_result
from da_bench.cli import main
from da_bench.files import Damaged, whole, write_whole
from tests.bench.stored import files, row, store


@pytest.fixture
def out(tmp_path):
    for folder in store(tmp_path / "out", [row(), row("source_only")]):
        files(folder)
    return tmp_path / "out"


@pytest.fixture
def victim(tmp_path):
    """A folder of somebody's, with a run's files in it; a test ends by finding it as it was."""
    place = tmp_path / "victim"
    shutil.copytree(store(tmp_path / "other", [row("victim")])[0], place)
    (place / "precious.txt").write_text("precious")
    before = contents(place)
    yield place
    assert contents(place) == before


def contents(place):
    return {path.name: path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_remove_stays_inside(level, out, victim):
    run = next(out.glob("runs/bench/dann/*"))
    place = [out / "runs", out / "runs/bench", out / "runs/bench/dann", run][level - 1]
    below = run.relative_to(place)
    shutil.rmtree(place)
    outside = victim
    for _ in below.parts:
        outside = outside.parent
    if level < 4:  # the victim lies where the run would
        place.symlink_to(outside, target_is_directory=True)
        folder = place.joinpath(*victim.relative_to(outside).parts)
    else:
        place.symlink_to(victim, target_is_directory=True)
        folder = place
    with pytest.raises(StoreError, match=r"nothing is written or removed there|is not the folder"):
        remove(out, str(folder.relative_to(out)))
    main(["runs", "remove", str(out), "--where", "seed=0", "--yes"])


def test_a_link_within_the_folder_goes_alone(out):
    run = next(out.glob("runs/bench/dann/*"))
    link = run.with_name("link-" + run.name)
    link.symlink_to(run, target_is_directory=True)
    remove(out, str(link.relative_to(out)))
    assert not link.is_symlink()
    assert (run / "result.json").is_file()


@pytest.mark.parametrize("name", ["result.json", "config.yaml", "log.txt", "a.txt"])
def test_a_file_is_written_in_the_place_of_a_link(name, out, victim):
    (out / name).symlink_to(victim / "precious.txt")
    write_whole(out / name, "new")
    assert (out / name).read_text() == "new"
    assert not (out / name).is_symlink()


def test_the_part_of_a_file_is_no_link(out, victim):
    (out / f".a.txt.{os.getpid()}.part").symlink_to(victim / "precious.txt")
    write_whole(out / "a.txt", "new")
    write_result(out / "runs", {"a": 1})


def test_a_full_disk_leaves_what_lay_there(out):
    write_whole(out / "a.txt", "old")

    def half():
        with whole(out / "a.txt") as file:
            file.write(b"ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        half()
    assert (out / "a.txt").read_text() == "old"
    assert not list(out.glob(".*.part"))


def test_a_lock_is_no_link(out, victim):
    (out / ".lock").symlink_to(victim / "precious.txt")
    with pytest.raises(ValueError, match="is a link, and is not written to: remove it"), lock(out):
        pass


@pytest.mark.parametrize("name", ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"])
def test_an_index_is_no_link(name, out, victim, tmp_path):
    base = sqlite3.connect(tmp_path / "theirs.sqlite")
    base.execute("CREATE TABLE runs (a)")
    base.execute("INSERT INTO runs VALUES (1)")
    base.commit()
    base.close()
    (out / name).symlink_to(tmp_path / "theirs.sqlite")
    before = (tmp_path / "theirs.sqlite").read_bytes()
    with Index(out) as index:
        assert len(index.rows()) == 2
        assert "is a link, and is not written to" in index.notes[0]
    assert (tmp_path / "theirs.sqlite").read_bytes() == before


def job():
    small = {"trainer": {"max_epochs": 1}, "data": {"init_args": {"size": 64, "batch_size": 16}}}
    return jobs(plans(["moons"], ["source_only"], ["0:20"], 1), small)[-1]


def test_a_run_does_not_leave_its_folder(out, victim):
    folder = out / job().folder
    folder.parent.mkdir(parents=True)
    folder.symlink_to(victim, target_is_directory=True)
    with pytest.raises(StoreError, match="leads out of"):
        execute(job(), out, [])


@pytest.mark.parametrize("name", ["config.yaml", "last.ckpt", "model.ckpt", "outputs.npz",
                                  "result.json", "outputs.part"])  # fmt: skip
def test_no_file_of_a_run_leaves_its_folder(name, out, victim):
    folder = out / job().folder
    folder.mkdir(parents=True)
    (folder / name).symlink_to(victim / "precious.txt")
    assert execute(job(), out, [])["status"] == "ok"


@pytest.mark.parametrize("name", ["log.txt", ".claim", "lost.txt", "curves.csv"])
def test_no_file_that_grows_leaves_its_folder(name, out, victim):
    from da_bench.bench.engines.base import note_lost
    from da_bench.bench.engines.process import carry

    folder = out / job().folder
    folder.mkdir(parents=True)
    (folder / name).symlink_to(victim / "precious.txt")
    note_lost(out, job(), "why")
    row = carry(job(), out)
    assert (row["status"] == "ok") == (name in ("lost.txt", "curves.csv")), row
    if row["status"] != "ok":
        assert "is a link, and is not written to: remove it" in row["error"]


@pytest.mark.parametrize("command", [("report",), ("table", "--output", "report.html"),
                                     ("runs", "export", "--output", "report.html")])  # fmt: skip
def test_what_is_written_of_a_folder(command, out, victim, monkeypatch):
    monkeypatch.chdir(out)
    (out / "report.html").symlink_to(victim / "precious.txt")
    place = 2 if command[0] == "runs" else 1
    assert main([*command[:place], str(out), *command[place:]]) == 0
    assert not (out / "report.html").is_symlink()


def test_a_pipe_in_place_of_a_lock_is_not_waited_for(out):
    os.mkfifo(out / ".lock")
    with pytest.raises(Damaged, match="is no file"), lock(out):
        pass


IN_PLACE = {
    "files.py",  # what writes whole files
    "data/download.py",  # a cache of data sets: its lock, and what was fetched so far
    "commands/select.py", "bench/statistics.py", "bench/export.py", "callbacks/outputs.py",
    "data/mnist_m.py",
    "bench/spent.py",  # /proc; those above write into what `whole` opened
}  # fmt: skip
"""Files that open one for writing, or hand it to a library that does."""
WRITING = re.compile(r"""\.write_(text|bytes|html|image)\(|np\.save|savefig\(|torch\.save\(
    |\.to_(csv|json|parquet|pickle)\([^)i]
    |open\([^)\n]*"[wax]b?\+?"(?!,\ opener=without_links)""", re.X)


def test_every_other_file_is_written_whole_or_through_an_opener_that_follows_no_link():
    package = Path(da_bench.__file__).parent
    found = {str(p.relative_to(package)) for p in package.rglob("*.py")
             if WRITING.search(p.read_text(encoding="utf-8"))}  # fmt: skip
    assert found == IN_PLACE
