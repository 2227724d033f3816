"""The table of divergences: every measure the command names, from files and images."""

import json
import math

import numpy as np
import pytest
import torch

from da_bench.cli import divergence as command
from da_bench.cli.main import main
from da_bench.shift.divergences import FULL_MEASURE, MEASURES, adjust, measure
from da_bench.shift.samples import Sample, read_pair, thin


def files(folder, shift=0.0):
    rng = np.random.default_rng(0)
    paths = folder / "a.npz", folder / "b.npz"
    np.savez(paths[0], x=rng.normal(size=(60, 3)), y=rng.integers(0, 2, 60))
    np.savez(paths[1], x=rng.normal(size=(50, 3)) + np.array([shift, 0, 0]))
    return paths


def test_the_command_names_every_measure():
    assert set(command.MEASURES) == {*MEASURES, FULL_MEASURE}


def test_every_measure_is_a_record_and_sees_a_shift(tmp_path):
    a, b = read_pair(*files(tmp_path, 3.0))
    names = [name for name in command.MEASURES if name != "sinkhorn"]
    records = measure(a, b, names, 2000)
    assert list(records) == names
    for name, record in records.items():
        assert math.isfinite(record.value), name
        assert record.n_source > 0, name
        if name != "coral":  # a shift of the mean leaves covariances as they are
            assert math.isnan(record.p_value) or record.p_value < 0.05, name
    adjusted = adjust(records)
    assert all(adjusted[name] >= records[name].p_value for name in adjusted)


def test_the_command_writes_what_it_prints(tmp_path, capsys):
    a, b = files(tmp_path, 3.0)
    argv = ["divergence", str(a), str(b), "--measures", "c2st", "energy"]
    assert main([*argv, "--out", str(tmp_path / "d.json")]) == 0
    said = capsys.readouterr().out
    assert "60 source and 50 target samples of width 3" in said
    rows = json.loads((tmp_path / "d.json").read_text())
    assert rows["c2st"]["p_holm"] >= rows["c2st"]["p_value"]
    assert rows["energy"]["low"] is None


def test_labels_stay_with_their_samples():
    sample = Sample(torch.arange(10.0)[:, None], np.arange(10))
    few = thin(sample, 4)
    assert few.x[:, 0].tolist() == few.y.tolist() == [0, 2, 5, 7]
    assert thin(sample, 20) is sample


def test_folders_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for domain in ("a", "b"):
        for label in ("cat", "dog"):
            (tmp_path / domain / label).mkdir(parents=True)
            for i in range(2):
                image.new("RGB", (40, 30), (i, 0, 9)).save(tmp_path / domain / label / f"{i}.png")
    a, b = read_pair(tmp_path / "a", tmp_path / "b")
    assert a.x.shape == b.x.shape == (4, 3 * 32 * 32)
    assert a.y.tolist() == ["cat", "cat", "dog", "dog"]


def test_bad_calls_are_explained(tmp_path, capsys):
    a, b = files(tmp_path)
    np.savez(tmp_path / "wide.npz", x=np.ones((30, 4)))
    for argv, says in (
        ([a, b, "--measures", "mmdd"], "no measure 'mmdd'"),
        ([a, b, "--most", "3"], "at least 20"),
        ([a, tmp_path / "none.npz"], "no such file"),
        ([a, tmp_path / "wide.npz"], "has 3 features and"),
        ([a], "give two data sets"),
        ([a, b, "--layer", "logits"], "--layer logits is of a run: give its folder by --run"),
    ):
        assert main(["divergence", *map(str, argv)]) == 2
        assert says in capsys.readouterr().err


def test_an_image_and_a_file_without_samples(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (40, 30)).save(tmp_path / "one.png")
    one, _ = read_pair(tmp_path / "one.png", tmp_path / "one.png")
    assert one.x.shape == (1, 3 * 32 * 32)
    assert one.y is None
    np.savez(tmp_path / "none.npz", x=np.zeros((0, 3)))
    with pytest.raises(ValueError, match=r"none\.npz holds no sample"):
        read_pair(tmp_path / "none.npz", tmp_path / "one.png")


@pytest.mark.parametrize("name", ["divergence", "diagnose"])
@pytest.mark.parametrize("labels", [np.zeros(29), np.zeros(61), np.zeros((30, 2))])
def test_labels_that_are_not_one_a_sample_are_refused_on_both_sides(tmp_path, capsys, name, labels):
    """As many labels too few were those of the first samples, and one too many a traceback."""
    x = np.random.default_rng(0).normal(size=(30, 2))
    np.savez(tmp_path / "bad.npz", x=x, y=labels)
    np.savez(tmp_path / "good.npz", x=x, y=np.zeros((30, 1)))
    for pair in (("bad", "good"), ("good", "bad")):
        assert main([name, *(str(tmp_path / f"{part}.npz") for part in pair)]) == 2
        assert "bad.npz: 30 inputs but labels of shape" in capsys.readouterr().err
    assert read_pair(*[tmp_path / "good.npz"] * 2)[0].y.shape == (30,)


def test_what_overflows_is_refused_and_no_sure_difference(tmp_path, capsys):
    """Squared distances of 1e30 are infinite in float32: the MMD was NaN, with p 0.002."""
    g = np.random.default_rng(0)
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", g.normal(size=(60, 2)) * 1e30)
    a, b = (str(tmp_path / f"{name}.npy") for name in "ab")
    for name in ("divergence", "diagnose"):
        assert main([name, a, b]) == 2
        assert "squared distances overflow" in capsys.readouterr().err


def test_it_says_how_few_samples_sinkhorn_looks_at(tmp_path, capsys):
    g = np.random.default_rng(0)
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", g.normal(size=(310, 2)).astype("f4"))
    a, b = (str(tmp_path / f"{name}.npy") for name in "ab")
    assert main(["divergence", a, b, "--measures", "sinkhorn", "coral"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "sinkhorn at 300 a side at most" in said
    assert "300 + 300" in said
    assert "310 + 310" in said
    assert main(["divergence", a, b, "--measures", "coral"]) == 0
    assert "sinkhorn" not in capsys.readouterr().out


@pytest.mark.slow
def test_all_measures_of_five_hundred_samples(tmp_path, capsys):
    g = np.random.default_rng(0)
    for name, shift in (("a", 0.0), ("b", 0.3)):
        x = g.normal(size=(500, 10)) + shift
        np.save(tmp_path / f"{name}.npy", x.astype("f4"))
    assert main(["divergence", *(str(tmp_path / f"{n}.npy") for n in "ab"), "--measures", "all",
                 "--out", str(tmp_path / "all.json")]) == 0  # fmt: skip
    told = json.loads((tmp_path / "all.json").read_text())
    assert set(told) == {*MEASURES, FULL_MEASURE}


def test_a_mean_teacher_encodes_as_it_predicts():
    from da_bench.methods import MeanTeacher
    from da_bench.shift.samples import encode
    from tests.conftest import fit

    model, _, _ = fit(MeanTeacher, epochs=2)
    model.eval()
    x = torch.randn(7, 2)
    assert torch.equal(encode(model, x, "target", "logits"), model(x))
    assert not torch.equal(encode(model, x, "target", "z"), model.encoder(x))


@pytest.mark.parametrize("method", ["SourceOnly", "DANN"])
def test_a_run_encodes(method):
    """Features, logits or a layer by its name."""
    from da_bench import methods
    from da_bench.shift.samples import encode
    from tests.conftest import fit

    model, _, _ = fit(getattr(methods, method))
    model.eval()
    x = torch.randn(7, 2)
    assert torch.equal(encode(model, x, "source", "z"), model.encoder(x))
    assert torch.equal(encode(model, x, "target", "logits"), model(x))
    with pytest.raises(ValueError, match="no layer 'conv9': expected z, logits"):
        encode(model, x, "source", "conv9")
