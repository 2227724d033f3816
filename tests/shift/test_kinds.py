"""Known shifts are named, and nothing is where there is none."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from da_bench.cli.main import main
from da_bench.data.benchmarks.toy import ShiftedGaussians
from da_bench.shift.kinds import shift_figures
from da_bench.shift.report import SCALES
from da_bench.shift.sentences import ALPHA, diagnose


def domains(shift, amount, size=800):
    data = ShiftedGaussians(shift=shift, amount=amount, size=size)
    (x, y), (u, v) = ((d.x, d.y.numpy()) for d in (data.dataset(n, "train") for n in
                                                  ("source", "target")))  # fmt: skip
    return x, u, y, v


def told(found):
    for sentence in found.sentences:
        assert sentence.rests_on
        assert set(sentence.rests_on) <= set(found.figures)
    return " ".join(sentence.text for sentence in found.sentences)


def test_no_shift():
    x, u, y, v = domains("covariate", 0.0)
    words = told(diagnose(x, u, y, v))
    assert "No difference of the inputs" in words
    assert "no concept change is shown" in words
    assert "source_only" in words


def test_label_shift():
    x, u, y, _ = domains("label", 2.0)
    found = diagnose(x, u, y)
    words = told(found)
    assert "that looks like label shift" in words
    assert "bbse" in words
    moved = found.figures["class shares moved"]
    truth = 1 / (1 + np.exp(-2)) - 0.5
    assert moved.low < truth < moved.high
    left = found.figures["A-distance left by class weights"].value
    assert left < 0.3 * found.figures["A-distance"].value


def test_covariate_shift():
    x, u, y, v = domains("covariate", 1.0)
    found = diagnose(x, u, y, v)
    words = told(found)
    assert "which looks like covariate shift" in words
    assert "deep_coral" in words
    # E[w]^2 / E[w^2] of N(1, 1) over N(0, 1) is exp(-1).
    assert found.figures["effective sample share"].value == pytest.approx(np.exp(-1), abs=0.12)


def test_labels_that_features_do_not_tell_prove_no_label_shift():
    """Their confusions are singular but for chance: shares read far off, with narrow intervals."""
    x, u, _, _ = domains("covariate", 0.6)
    for seed in range(3):
        y = np.random.default_rng(seed).integers(0, 3, len(x))
        words = told(diagnose(x, u, y))
        assert "no label shift is shown" in words
        assert "bbse" not in words


def test_concept_change_is_seen_with_target_labels_only():
    x, u, y, v = domains("concept", 1.5)
    words = told(diagnose(x, u, y, v))
    assert "that looks like concept change" in words
    assert "fine_tune_head" in words
    blind = told(diagnose(x, u, y))
    assert "can't be seen without" in blind
    assert "looks like concept change" not in blind


def test_the_command_reads_target_labels_only_when_told(tmp_path, capsys):
    x, u, y, v = domains("concept", 1.5, 300)
    paths = [str(tmp_path / f"{name}.npz") for name in "ab"]
    np.savez(paths[0], x=x, y=y)
    said = []
    for labels in (v, 1 - v):  # poisoned
        np.savez(paths[1], x=u, y=labels)
        assert main(["diagnose", *paths]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert main(["diagnose", *paths, "--use-target-labels"]) == 0
    assert "error beyond reweighting" in capsys.readouterr().out


def test_json_says_what_the_text_says_and_pages_draw_what_sentences_rest_on(tmp_path, capsys):
    x, u, y, v = domains("label", 2.0, 300)
    paths = [str(tmp_path / f"{name}.npz") for name in "ab"]
    np.savez(paths[0], x=x, y=y)
    np.savez(paths[1], x=u, y=v)
    pages = tmp_path / "new" / "pages"
    asked = ["diagnose", *paths, "--use-target-labels", "--figures", str(pages)]
    assert main(asked) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source"], told["target"]) == (300, 300)
    assert told["figures"]["MMD^2"]["low"] is None
    found = diagnose(x, u, y, v)
    assert [s["text"] for s in told["sentences"]] == [s.text for s in found.sentences]
    for sentence in told["sentences"]:
        assert sentence["text"] in text
        page = Path(sentence["figure"])
        assert page.parent == pages
        assert page.name.split("-")[1] == sentence["topic"] + ".html"
        shown = page.read_text()
        for name in sentence["rests_on"]:
            value = told["figures"][name]["value"]
            assert name in shown
            assert value == pytest.approx(found.figures[name].value)
            assert f"{value:.3g}" in shown
        assert "http" not in shown.replace("https://plotly.com", "")  # whole without a network
    assert (pages / "plotly.min.js").stat().st_size > 10**6
    assert set(SCALES) >= set(found.figures)


def test_without_pages_json_names_none(tmp_path, capsys):
    x, u, _, _ = domains("covariate", 1.0, 100)
    paths = [str(tmp_path / f"{name}.npz") for name in "ab"]
    for path, part in zip(paths, (x, u), strict=True):
        np.savez(path, x=part)
    assert main(["diagnose", *paths, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {s["figure"] for s in told["sentences"]} == {None}
    assert [s["topic"] for s in told["sentences"]] == [
        "inputs", "weights", "classes", "concept", "first"
    ]  # fmt: skip
    assert told["thresholds"]["alpha"] == ALPHA


def test_too_little_is_named():
    with pytest.raises(ValueError, match="at least 40 samples a side, got 9 and 50"):
        diagnose(torch.rand(9, 2), torch.rand(50, 2))
    with pytest.raises(ValueError, match="one class"):
        diagnose(torch.rand(50, 2), torch.rand(50, 2), np.zeros(50))
    with pytest.raises(ValueError, match="one class, 0;"):
        diagnose(torch.rand(50, 2), torch.rand(50, 2), np.zeros(50, int))
    with pytest.raises(ValueError, match="3 of 50 source labels are missing"):
        diagnose(torch.rand(50, 2), torch.rand(50, 2), np.r_[[np.nan] * 3, np.arange(47) % 2])
    with pytest.raises(ValueError, match="50 classes the smallest has 1 of 50 samples"):
        diagnose(torch.rand(50, 2), torch.rand(50, 2), np.linspace(0, 1, 50))


def test_target_labels_are_matched_whatever_type_their_gaps_gave_them():
    """Beside a gap, classes 0 and 1 are held as 0.0 and 1.0: none of them was seen."""
    g = np.random.default_rng(0)
    x = torch.from_numpy(g.normal(size=(2, 80, 2))).float()
    y = [(part[:, 0] > 0).numpy().astype(int) for part in x]
    whole = shift_figures(*x, y[0], y[1])
    gaps = y[1].astype(float)
    gaps[:30] = np.nan
    found = shift_figures(*x, y[0], gaps)
    assert "error beyond reweighting" in found
    hidden = y[1].copy()
    hidden[:30] = -1
    assert found == shift_figures(*x, y[0], hidden)
    assert shift_figures(*x, y[0], y[1].astype(float)) == whole
    with pytest.raises(ValueError, match=r"target labels \['0.5'\] are not among the source's"):
        shift_figures(*x, y[0], np.full(80, 0.5))
