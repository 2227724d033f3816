"""Tables of a user, over all commands: what reads a run later brings columns into its order."""

import csv
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml

from da_bench.cli.main import main
from da_bench.cli.reading_options import SETTINGS
from da_bench.data.arrays import Arrays
from da_bench.data.columns import Reading
from da_bench.methods.checkpoint import read_checkpoint
from da_bench.methods.finished import FinishedRun
from da_bench.methods.stored_run import load
from da_bench.shift.samples import read_pair

RNG = np.random.default_rng(0)
MEANS = np.repeat([[0, 0, 1], [4, -4, 1]], 60, 0)
X = (MEANS + 0.7 * RNG.normal(size=(120, 3))).round(3)
Y = np.repeat(["low", "high"], 60)
NAMES = ["age", "weight", "height"]


def write(path, order=(0, 1, 2, 3), rows=slice(None), names=(*NAMES, "quality"), separator=","):
    lines = [separator.join(names[i] for i in order)]
    for x, y in zip(X[rows], Y[rows], strict=True):
        fields = [*map(str, x), y]
        lines.append(separator.join(fields[i] for i in order))
    path.write_text("\n".join(lines) + "\n")
    return path


def benchmark(folder, **options):
    given = {
        "about": {"title": "own", "tasks": [["one", "other"]]},
        "data": {"class_path": "da_bench.data.Arrays", "init_args": {"batch_size": 16} | options},
        "model": {"init_args": {"encoder": {"class_path": "da_bench.networks.MLP",
                                            "init_args": {"in_features": 3, "hidden": [8]}}}},
        "trainer": {"max_epochs": 15},
    }  # fmt: skip
    (folder / "mine.yaml").write_text(yaml.safe_dump(given))
    return str(folder / "mine.yaml")


def fit(folder, *more, **options):
    where = folder / "run"
    argv = [
        "fit",
        "--benchmark",
        benchmark(folder, **options),
        "--method",
        "source_only",
        "--out",
        str(where),
        "--trainer.enable_progress_bar=false",
        "--trainer.accelerator=cpu",
        *more,
    ]
    assert main(argv) == 0
    return where


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    write(folder / "one.csv", separator=";")
    write(folder / "other.csv", (3, 1, 2, 0), separator=";")
    run = fit(folder, source_x=str(folder / "one.csv"), target_x=str(folder / "other.csv"),
              label="quality")  # fmt: skip
    return folder, run


def predicted(run, path, *more):
    output = path.with_suffix(".out")
    given = ["--run", str(run), "--input", str(path), "--output", str(output)]
    if status := main(["predict", *given, *more]):
        return status
    return [row["class"] for row in csv.DictReader(output.open())]


def scored(command, run, capsys):
    capsys.readouterr()
    assert main([command, "--out", str(run)]) == 0
    words = capsys.readouterr().out.split()[2:]
    return dict(zip(words[::2], map(float, words[1::2]), strict=True))


def test_a_run_keeps_its_features(trained):
    kept = read_checkpoint(trained[1])["columns"]
    for role in ("source", "target"):
        assert kept[role]["names"] == NAMES
        assert kept[role]["kinds"] == ["number"] * 3
        assert kept[role]["shapes"] == [[3]]
    assert kept["reading"]["label"] == "quality"
    assert load(trained[1]).columns == kept
    assert tuple(SETTINGS) == Reading._fields[:-1]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 1, 3), (3, 2, 1, 0), (1, 0, 2)])
def test_predict_finds_columns_by_name(trained, tmp_path, order):
    found = predicted(trained[1], write(tmp_path / "new.csv", order))
    assert np.mean(np.array(found) == Y) > 0.95


def test_predict_from_other_kinds_of_files(trained, tmp_path):
    np.savez(tmp_path / "a.npz", x=X[:, ::-1], feature_names=NAMES[::-1])
    np.save(tmp_path / "a.npy", X)
    lines = [" ".join(["0", *(f"{j}:{v}" for j, v in enumerate(row))]) for row in X]
    (tmp_path / "a.svmlight").write_text("\n".join(lines))
    assert np.mean(np.array(predicted(trained[1], tmp_path / "a.npz")) == Y) > 0.95
    for name in ("a.npy", "a.svmlight"):
        with pytest.warns(UserWarning, match=r"names no features.*'age', 'weight', 'height'"):
            assert np.mean(np.array(predicted(trained[1], tmp_path / name)) == Y) > 0.95


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("age,weight\n1,2\n", "lacks columns that the run has: 'height'"),
        ("age,weight,height,pulse\n1,2,3,4\n", "columns that the run lacks: 'pulse'.*drop"),
        ("age,weight,size\n1,2,3\n", "lacks: 'size'; and lacks 'height'"),
        ("age,weight,height\n1,2,3\n\n1,,3\n", "new.csv, line 4: column 'weight' holds no number"),
        ("age,weight,height\n1,2,inf\n", "line 2: column 'height' holds inf"),
        ("age,weight,height\n1,2,tall\n", "line 2: column 'height' is not numeric"),
        ("1,2,3\n4,5,6\n", "header: false or header: true"),
        ("age,weight,height\n", "holds no inputs"),
        ("", "is empty"),
        ("age;weight,height\n1;2,3\n", "separator"),
    ],
)
def test_predict_refuses_what_fit_refuses(trained, tmp_path, capsys, text, says):
    path = tmp_path / "new.csv"
    path.write_text(text)
    assert predicted(trained[1], path) == 2
    assert re.search(says, capsys.readouterr().err)
    assert not path.with_suffix(".out").exists()


def test_settings_reach_predict(trained, tmp_path):
    path = tmp_path / "new.csv"
    lines = ["\t".join([*map(str, x), "7"]).replace(".", ",") for x in X]
    path.write_text("\n".join(["age\tweight\theight\tpulse", *lines]))
    found = predicted(trained[1], path, "--drop", "pulse", "--decimal", ",", "--separator", "tab")
    assert np.mean(np.array(found) == Y) > 0.95
    path.write_text("\n".join(",".join(map(str, x)) for x in X))
    with pytest.warns(UserWarning, match="names no features"):
        found = predicted(trained[1], path, "--header", "false")
    assert np.mean(np.array(found) == Y) > 0.95


def test_arrays_of_another_shape_or_with_gaps(trained, tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.where(np.arange(120)[:, None] == 7, np.nan, X))
    assert predicted(trained[1], tmp_path / "a.npy") == 2
    assert "a.npy, row 7 (counted from 0)" in capsys.readouterr().err
    np.save(tmp_path / "a.npy", X[:, :2])
    with pytest.warns(UserWarning, match="names no features"):
        assert predicted(trained[1], tmp_path / "a.npy") == 2
    assert "2 features a sample, and the run was trained on 3" in capsys.readouterr().err


def test_scores_of_files_that_have_changed(trained, tmp_path, capsys):
    """The run's own data with other columns, as `test`, `validate` and pictures read it."""
    folder, run = trained
    before = (folder / "one.csv").read_text(), (folder / "other.csv").read_text()
    x = FinishedRun(run).target.x
    try:
        for name in ("one.csv", "other.csv"):
            write(folder / name, (1, 2, 3, 0), separator=",")
        assert torch.equal(FinishedRun(run).target.x, x)
        assert scored("test", run, capsys)["oracle/target"] > 0.95
        assert scored("validate", run, capsys)["val/source"] > 0.95
        assert main(["predict", "--out", str(run)]) == 0
        source, target = read_pair(run, None)
        assert source.x.shape == target.x.shape
        for name in ("one.csv", "other.csv"):
            write(folder / name, names=("age", "weight", "size", "quality"))
        for argv in (["test", "--out"], ["validate", "--out"], ["predict", "--out"],
                     ["divergence"], ["diagnose"], ["fit", "--resume"]):  # fmt: skip
            capsys.readouterr()
            assert main([*argv, str(run)]) == 2, argv
            assert "the run lacks: 'size'; and lacks 'height'" in capsys.readouterr().err
    finally:
        for name, text in zip(("one.csv", "other.csv"), before, strict=True):
            (folder / name).write_text(text)


def test_a_run_that_goes_on_brings_what_was_read_in_order(trained, tmp_path):
    path = str(write(tmp_path / "one.csv", (2, 1, 0, 3)))
    made, model = Arrays(source_x=path, target_x=path, label="quality"), load(trained[1])
    model._trainer = SimpleNamespace(datamodule=made)
    model.on_load_checkpoint(read_checkpoint(trained[1]))
    assert made.columns["source"]["names"] == made.columns["target"]["names"] == NAMES
    np.testing.assert_allclose(made.whole("source").x, X, rtol=1e-6)


def test_a_start_hands_its_features_on(trained, tmp_path, capsys):
    write(tmp_path / "one.csv", (2, 1, 0, 3))
    given = {"source_x": str(tmp_path / "one.csv"), "target_x": str(tmp_path / "one.csv"),
             "label": "quality"}  # fmt: skip
    start = f"--model.init_args.init_from={trained[1]}"
    again = fit(tmp_path, start, "--trainer.max_epochs=0", **given)
    assert read_checkpoint(again)["columns"]["source"]["names"] == NAMES
    assert scored("test", again, capsys)["oracle/target"] > 0.95


@pytest.mark.parametrize("command", ["divergence", "diagnose"])
def test_two_files_are_compared_by_name(trained, tmp_path, command, capsys):
    a, b = write(tmp_path / "a.csv"), write(tmp_path / "b.csv", (2, 0, 3, 1))
    more = ["--label", "quality"]
    if command == "divergence":
        more += ["--measures", "coral"]
    first, second = read_pair(a, b, settings={"label": "quality"})
    assert torch.equal(first.x, second.x)
    assert (first.y == Y).all()
    for run in ([], ["--run", str(trained[1])]):
        assert main([command, str(a), str(b), *more, *run]) == 0
        capsys.readouterr()
        write(b, names=("age", "weight", "size", "quality"))
        assert main([command, str(a), str(b), *more, *run]) == 2
        assert "'size'; and lacks 'height'" in capsys.readouterr().err
        b.write_text(write(b).read_text().replace(str(X[4, 1]), "", 1))
        assert main([command, str(a), str(b), *more, *run]) == 2
        assert "b.csv, line 6: column 'weight' holds no number" in capsys.readouterr().err
        write(b, (2, 0, 3, 1))
