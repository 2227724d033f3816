"""``da-bench runs``: each action, and what it refuses."""

import io
import json
import shutil

import pandas as pd
import pytest

from da_bench.cli import runs
from da_bench.results.query import UnknownColumn
from da_bench.results.store import StoreError, lock
from tests.results.stored import failed, files, row, store


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    rows = [row(m, seed=s, wall_s=10.0 * s) for m in ("dann", "source_only") for s in range(3)]
    for folder in store(tmp_path, rows):
        files(folder)
        (folder / "log.txt").write_text("".join(f"line {i}\n" for i in range(40)))
    store(tmp_path, [failed("dan", seed=7)])
    return tmp_path


def run(*args):
    return runs.run(runs.parser().parse_args([str(a) for a in args]))


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_list(out, capsys):
    assert run("list", out) == 0
    said = lines(capsys)
    assert said[0].split()[:3] == ["method", "benchmark", "source"]
    assert len(said) == 1 + 7 + 1
    assert said[-1] == "7 runs"
    assert run("list", out, "--where", "method=dann", "wall_s>5", "--sort", "wall_s", "--reverse",
               "--limit", "1",
               "--columns", "seed", "hyperparameters.optimizer.lr") == 0  # fmt: skip
    assert lines(capsys) == ["seed  hyperparameters.optimizer.lr", "2     0.01", "1 run"]
    with pytest.raises(UnknownColumn, match="wal_s"):
        run("list", out, "--columns", "wal_s")


def long(seed, **more):
    """A row of a sweep whose names are long."""
    varied = f"weight=0.1, optimizer.lr=0.0{seed + 1}, optimizer.schedule=cosine_with_warmup"
    own = {"variant": varied, "source": "electronics", "benchmark": "amazon_reviews_sgd",
           "diagnosis": "no adversarial gradient, critic always right"}  # fmt: skip
    return row("reweighted_logistic", target="kitchen", seed=seed, **(own | more))


@pytest.mark.parametrize("more", [{}, {"status": "failed"}, {"benchmark": "moons"}])
def test_a_list_fits_the_screen_and_loses_no_run(more, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    rows = [long(s, **(more if s else {})) for s in range(3)]
    store(tmp_path, rows)
    assert run("list", tmp_path) == 0
    said = lines(capsys)
    assert max(map(len, said)) <= 80
    last = " ".join(said[4:])
    assert {line.split()[-1] for line in said[1:4]} == {r["identity"][:10] for r in rows}
    for seed in range(3):  # what the sweep varied can still be read
        assert any(f"weight=0.1, lr=0.0{seed + 1}" in line for line in said)
    assert ("all with benchmark=amazon_reviews_sgd" in last) is ("benchmark" not in more)
    assert ("status=ok" in last) is ("status" not in more)
    assert run("list", tmp_path, "--columns", "variant", "benchmark") == 0
    assert rows[0]["variant"] in lines(capsys)[1]  # whole where it is asked for by name


def test_a_list_shows_settings_in_four_digits(tmp_path, capsys):
    """What a search drew once took 17 of them; by name they are all there."""
    variant = "weight=0.0031622776601683794"
    store(tmp_path, [row(variant=variant)])
    assert run("list", tmp_path) == 0
    assert "weight=0.003162  " in lines(capsys)[1]
    assert run("list", tmp_path, "--columns", "variant") == 0
    assert lines(capsys)[1] == variant


def test_show_names_the_call_where_it_was_given_a_run_alone(out):
    folder = sorted(out.glob("runs/bench/dann/*"))[0]
    with pytest.raises(ValueError, match="needs the folder of the results before the run") as told:
        run("show", folder)
    asked = str(told.value).rpartition("da-bench runs ")[2].split()
    assert run(*asked) == 0  # what it says to call works


def test_torn_results_are_counted(out, capsys):
    path = next(out.glob("runs/bench/dann/*/result.json"))
    path.write_text("{")
    assert run("list", out) == 0
    assert lines(capsys)[-1] == "6 runs; 1 results are torn (runs verify)"
    assert run("verify", out) == 1
    fault = f"{path.parent.relative_to(out)}: result.json is not whole"
    assert any(line.startswith(fault) for line in lines(capsys))


def test_show_by_identity_or_folder(out, capsys):
    folder = sorted(out.glob("runs/bench/dann/*"))[0]
    identity = json.loads((folder / "result.json").read_text())["identity"]
    for name in (identity[:12], identity, str(folder.relative_to(out)), str(folder), f"{folder}/"):
        assert run("show", out, name, "--tail", "2") == 0
        said = lines(capsys)
        assert f' "identity": "{identity}",' in said
        assert "seed_everything: 0" in said
        assert said[-3:] == ["log.txt", "line 38", "line 39"]
    with pytest.raises(ValueError, match="no run begins with 'zzz'"):
        run("show", out, "zzz")
    with pytest.raises(ValueError, match="7 runs begin with ''"):
        run("show", out, "")


def test_verify_a_sound_folder(out, capsys):
    assert run("verify", out) == 0
    assert "7 results, 0 faults" in lines(capsys)[-1]


def test_export(out, capsys):
    assert run("export", out, "--output", out / "a.csv", "--where", "status=ok", "--sort", "wall_s",
               "--reverse") == 0  # fmt: skip
    assert pd.read_csv(out / "a.csv")["seed"].tolist() == [2, 2, 1, 1, 0, 0]
    assert "6 runs" in lines(capsys)[-1]
    pytest.importorskip("pyarrow")
    assert run("export", out, "--output", out / "a.parquet") == 0  # as the name says
    assert len(pd.read_parquet(out / "a.parquet")) == 7
    assert run("export", out, "--output", out / "none.csv", "--where", "seed=99") == 1
    assert not (out / "none.csv").exists()


def test_remove_asks_and_takes_whole_folders(out, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run("remove", out, "--where", "method=dann") == 1
    monkeypatch.setattr("sys.stdin", io.StringIO(""))  # nobody there
    assert run("remove", out, "--where", "method=dann") == 1
    assert len(list(out.glob("runs/bench/dann/*"))) == 3
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run("remove", out, "--where", "method=dann", "seed=1") == 0
    assert len(list(out.glob("runs/bench/dann/*"))) == 2
    assert run("remove", out, "--where", "status=failed", "--yes") == 0
    assert not list(out.glob("runs/bench/dan/*"))
    assert run("remove", out, "--where", "seed=99", "--yes") == 0
    capsys.readouterr()
    run("list", out)
    assert lines(capsys)[-1] == "5 runs"


def test_remove_without_a_condition_is_refused(out):
    with pytest.raises(ValueError, match="deletes nothing without a condition"):
        run("remove", out, "--yes")
    assert len(list(out.glob("runs/*/*/*"))) == 7


def test_remove_waits_for_no_driver(out):
    with lock(out), pytest.raises(StoreError, match="another da-bench"):
        run("remove", out, "--where", "method=dann", "--yes")
    assert len(list(out.glob("runs/bench/dann/*"))) == 3


@pytest.mark.parametrize(
    ("args", "match"),
    [
        (["verify", "OUT", "--yes"], "runs verify takes no --yes"),
        (["list", "OUT", "--output", "x"], "takes no --output"),
        (["list", "OUT", "0123"], "takes no run"),
        (["list", "OUT", "--reverse"], "--reverse needs --sort"),
        (["list", "OUT", "--limit", "0"], "--limit 0"),
        (["show", "OUT"], r"needs a run after the folder: da-bench runs show \S+ IDENTITY"),
        (["show", "0123"], "then the run: da-bench runs show comparison 0123"),
        (["show"], "such as da-bench runs show comparison 0123456789"),
        (["list"], "needs the folder of the results, such as da-bench runs list comparison$"),
        (["export", "OUT"], "needs --output"),
        (["show", "OUT", "dann", "--tail", "-1"], "--tail -1"),
        (["list", "OUT", "--where", "dann"], "is no condition"),
    ],
)
def test_calls_that_make_no_sense(out, args, match):
    with pytest.raises(ValueError, match=match):
        run(*(out if a == "OUT" else a for a in args))


def test_a_copied_folder_is_listed_with_the_rest(out, tmp_path, capsys):
    other = tmp_path / "other"
    store(other, [row("cdan", seed=s) for s in range(2)])
    run("list", other)
    shutil.copytree(other / "runs", out / "runs", dirs_exist_ok=True)
    capsys.readouterr()
    run("list", out, "--where", "method=cdan")
    assert lines(capsys)[-1] == "2 runs"
