"""A stored configuration says to a command what it said to the run that wrote it."""

import json
import math

import numpy as np
import pytest
import yaml

from da_bench.cli.main import main
from da_bench.runs.train import inline


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e-05, -0.0, 10**20, True, None, "NaN",
                                   ".nan", "1e-5", "a: b", "x\ny\u2028", [], {}])  # fmt: skip
def test_every_value_is_read_as_it_was(value):
    text = inline({"a": [value, {"b c": value}]})
    assert "\n" not in text
    found = yaml.safe_load(text)
    assert found == {"a": [value, {"b c": value}]}
    assert isinstance(found["a"][0], type(value))
    assert yaml.safe_load(inline([math.nan]))[0] != yaml.safe_load(inline([math.nan]))[0]


def test_a_run_whose_defaults_hold_no_number_opens_again(tmp_path, capsys):
    """scikit-learn's search has ``error_score=nan``, which became text."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        y = np.arange(60) % 2
        np.savez(tmp_path / f"{name}.npz", x=rng.normal(size=(60, 2)) + 3 * y[:, None], y=y)
    data = {"class_path": "da_bench.data.Arrays", "init_args": {
        "source_x": str(tmp_path / "a.npz"), "target_x": str(tmp_path / "b.npz")}}  # fmt: skip
    encoder = {"class_path": "da_bench.networks.MLP", "init_args": {"in_features": 2}}
    spec = {"about": {"title": "Two", "tasks": [["a", "b"]]}, "data": data,
            "model": {"init_args": {"encoder": encoder}}}  # fmt: skip
    (tmp_path / "two.yaml").write_text(json.dumps(spec))
    out = str(tmp_path / "run")
    call = ["--method", "coral_svm", "--benchmark", str(tmp_path / "two.yaml"), "--out", out]
    assert main(["fit", *call]) == 0
    assert "error_score: .nan" in (tmp_path / "run" / "config.yaml").read_text()
    for again in (["test", "--out", out], ["fit", "--resume", out], ["predict", "--out", out]):
        assert main(again) == 0, capsys.readouterr().err
    assert "error_score: .nan" in (tmp_path / "run" / "config.yaml").read_text()
