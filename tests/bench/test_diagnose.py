"""Known shifts are named, and nothing is where there is none."""

import numpy as np
import pytest
import torch

from da_bench.bench.diagnosis import diagnose
from da_bench.cli import main
from da_bench.data.toy import ShiftedGaussians


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


def test_too_little_is_named():
    with pytest.raises(ValueError, match="at least 40 samples a side, got 9 and 50"):
        diagnose(torch.rand(9, 2), torch.rand(50, 2))
    with pytest.raises(ValueError, match="one class"):
        diagnose(torch.rand(50, 2), torch.rand(50, 2), np.zeros(50))
