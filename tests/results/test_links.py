"""Links in a folder of results, over all that write there: nothing outside of it is touched."""

import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
import yaml

import da_bench
from da_bench.cli.main import main
from da_bench.io.files import Damaged, open_whole, write_whole
from da_bench.results.folders import remove
from da_bench.results.index import Index
from da_bench.results.store import StoreError, lock, write_result
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from da_bench.runs.train import reopen
from tests.results.stored import files, row, store


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
        with open_whole(out / "a.txt") as file:
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
    from da_bench.runs.engines.base import note_failure
    from da_bench.runs.engines.process import carry

    folder = out / job().folder
    folder.mkdir(parents=True)
    (folder / name).symlink_to(victim / "precious.txt")
    note_failure(out, job(), "why")
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
    "io/files.py",  # what writes whole files
    "published/download.py",  # a cache of data sets: its lock, and what was fetched so far
    "cli/select.py", "results/significance.py", "results/renderers/export.py",
    "callbacks/outputs.py",
    "data/benchmarks/mnist_m.py",
    "runs/resources.py",  # /proc; those above write into what `whole` opened
}  # fmt: skip
"""Files that open one for writing, or hand it to a library that does."""
WRITING = re.compile(
    r"""\.write_(text|bytes|html|image)\(|np\.save|savefig\(|torch\.save\(
    |\.to_(csv|json|parquet|pickle)\([^)i]
    |open\([^)\n]*"[wax]b?\+?"(?!,\ opener=without_links)""",
    re.X,
)


def test_every_other_file_is_written_whole_or_through_an_opener_that_follows_no_link():
    package = Path(da_bench.__file__).parent
    found = {str(p.relative_to(package)) for p in package.rglob("*.py")
             if WRITING.search(p.read_text(encoding="utf-8"))}  # fmt: skip
    assert found == IN_PLACE


def one(path, **arguments):
    return {"class_path": path, "init_args": arguments}


WRITERS = {
    "logs": lambda run: {"logger": one("lightning.pytorch.loggers.CSVLogger", save_dir=str(run),
                                       name="logs")},
    "logs/1": lambda run: {"logger": one("lightning.pytorch.loggers.CSVLogger", save_dir=str(run),
                                         name="logs", version="1")},
    "lightning_logs": lambda run: {"logger": one("lightning.pytorch.loggers.CSVLogger",
                                                 save_dir=str(run))},
    "outputs": lambda run: {"callbacks": [one("da_bench.callbacks.SaveOutputs")]},
    "a/b": lambda run: {"callbacks": [one("da_bench.callbacks.SaveOutputs",
                                          folder=str(run / "a" / "b"))]},
    "wandb": lambda run: {"logger": False},
}  # fmt: skip
"""Links by which a logger or a callback would find its folder, and what of the trainer writes."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained") / "run"
    few = ["--data.init_args.size=64", "--data.init_args.batch_size=16", "--trainer.max_epochs=1"]
    fit = ["fit", "--benchmark", "moons", "--method", "dann", "--out", str(folder)]
    assert main([*fit, *few]) == 0
    return folder


@pytest.mark.parametrize("command", ["test", "validate", "resume"])
@pytest.mark.parametrize("name", WRITERS)
def test_no_logger_follows_a_link_out_of_the_run(name, command, trained, victim, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["trainer"] |= WRITERS[name](run) | {"max_epochs": 2}
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).symlink_to(victim, target_is_directory=True)
    words = ["fit", "--resume"] if command == "resume" else [command, "--out"]
    assert main([*words, str(run)]) == 2
    said = capsys.readouterr().err
    assert f"{run / name} is a link out of the folder" in said
    assert "remove it" in said


def test_links_within_a_run_and_to_what_is_replaced_are_no_fault(trained, tmp_path):
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    shutil.copytree(trained, run)
    elsewhere.mkdir()
    shutil.move(run / "model.ckpt", elsewhere)
    (run / "model.ckpt").symlink_to(elsewhere / "model.ckpt")
    (run / "a").mkdir()
    (run / "b").symlink_to(run / "a")
    (run / "wandb").mkdir()
    (run / "wandb/debug.log").symlink_to(elsewhere)  # as W&B itself does
    assert reopen(run).model


IDS = ["x/../../../victim", "x/../../../other", "*", "../victim", "x/../.."]


@pytest.mark.parametrize("id", IDS)
def test_a_push_clears_nothing_but_its_own_files(id, out, victim, tmp_path):
    """A W&B id of a stranger's row or ledger is a name of a folder, and never a way to one."""
    from da_bench.runs.tracking.address import identifier
    from da_bench.runs.tracking.session import clear

    for name in ("offline-run-1-x", "offline-run-1-other", f"offline-run-2-{identifier(id)}"):
        (out / "wandb" / name).mkdir(parents=True, exist_ok=True)
    clear(out, id)
    assert len(list((out / "wandb").iterdir())) == 3
    clear(out, identifier(id))
    assert len(list((out / "wandb").iterdir())) == 2
    (out / "wandb" / f"offline-run-3-{identifier(id)}").symlink_to(victim)
    with pytest.raises(StoreError, match="leads out of"):
        clear(out, identifier(id))


def test_a_push_stays_inside(out, victim, capsys):
    pytest.importorskip("wandb")
    (out / "wandb").symlink_to(victim, target_is_directory=True)
    assert main(["wandb", "push", str(out)]) == 2
    assert "leads out of" in capsys.readouterr().err


def test_a_push_of_a_damaged_run_sends_the_others(out, tmp_path, capsys):
    pytest.importorskip("wandb")
    first, second = sorted(out.glob("runs/bench/*/*"))
    (first / "config.yaml").write_text("a: [")
    (second / "wandb.json").write_text('{"/da_bench": 5}')
    (out / "wandb.json").write_text(json.dumps({"/da_bench": {"id": "x/../../../victim"}}))
    path = second / "result.json"
    held = json.loads(path.read_text()) | {"diagnoses": [{"name": "a"}], "identity": "x/../../../v"}
    path.write_text(json.dumps(held))
    assert main(["wandb", "push", str(out)]) == 0
    said = capsys.readouterr()
    assert "2 runs sent" in said.out
    assert "sent without its config.yaml" in said.err
    assert all(p.parent == out / "wandb" for p in tmp_path.rglob("offline-run-*"))
