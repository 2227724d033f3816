"""Several labels a sample, from a user's YAML over compare to tables and predictions."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from da_bench.cli.main import main
from da_bench.methods.stored_run import load
from da_bench.runs.reverse_validation import reverse_validation
from da_bench.selection.outputs import Undefined

BENCHMARK = """
about: {{title: Several labels, tasks: [[source, target]]}}
data:
  class_path: da_bench.data.Arrays
  init_args: {{source_x: {0}/s.npz, target_x: {0}/t.npz, kind: {1}, batch_size: 32}}
model:
  init_args:
    encoder: {{class_path: da_bench.networks.MLP, init_args: {{in_features: 6, hidden: [16, 8]}}}}
    optimizer: {{algorithm: torch.optim.Adam, lr: 0.02, options: {{}}}}
trainer: {{max_epochs: 15}}
"""


def written(folder, kind):
    rng = np.random.default_rng(0)
    for name, shift in (("s", 0.0), ("t", 0.3)):
        x = rng.normal(size=(240, 6)).astype(np.float32)
        several = (x[:, :3] + 0.2 * rng.normal(size=(240, 3)) > 0).astype(float)
        y = several if kind == "multilabel" else x[:, 0] + 0.5
        np.savez(folder / f"{name}.npz", x=x + shift, y=y)
    path = folder / f"{kind}.yaml"
    path.write_text(BENCHMARK.format(folder, kind))
    return str(path)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    asked = ["compare", "--benchmark", written(folder, "multilabel"), "--methods", "source_only",
             "dann", "--seeds", "1", "--out", str(folder / "out")]  # fmt: skip
    assert main(asked) == 0
    return folder


def runs(folder):
    return {p.parts[-3]: p.parent for p in (folder / "out" / "runs").rglob("result.json")}


def test_a_whole_comparison_of_several_labels(compared):
    rows = pd.read_csv(compared / "out" / "results.csv").set_index("method")
    assert set(rows["status"]) == {"ok"}
    assert set(rows["metric"]) == {"macro_f1"}
    assert rows["oracle/target"].between(0.8, 1).all()  # all negative scores 0, all positive 0.67
    assert rows.loc["dann", "gain"] == pytest.approx(
        rows.loc["dann", "oracle/target"] - rows.loc["source_only", "oracle/target"]
    )
    text = (compared / "out" / "table.md").read_text()
    assert "macro_f1" in text
    assert "source:target" in text


def test_its_runs_open_again_without_a_word_of_trust(compared, capsys):
    run = runs(compared)["dann"]
    assert load(run).task.outputs == 3
    out = compared / "predicted.csv"
    assert main(["predict", "--run", str(run), "--input", str(compared / "t.npz"),
                 "--output", str(out)]) == 0  # fmt: skip
    shares, truth = pd.read_csv(out).to_numpy()[:, -3:], np.load(compared / "t.npz")["y"]
    assert ((shares > 0.5) == truth).mean() > 0.8
    assert json.loads((run / "result.json").read_text())["metric"] == "macro_f1"
    assert main(["divergence", str(run)]) == 0
    assert main(["runs", "verify", str(compared / "out")]) == 0


def test_reverse_validation_of_several_labels_is_refused_by_name(compared, capsys):
    for run in runs(compared).values():
        with pytest.raises(Undefined, match="predicted classes; a MultiLabel has none"):
            reverse_validation(Path(run))
    assert main(["select", str(compared / "out"), "--by", "reverse_validation"]) == 1
    told = "validators compare classes that exclude each other; this task has none"
    assert capsys.readouterr().err.count(told) == 2


def test_reverse_validation_of_a_regression_is_refused_by_name(tmp_path):
    assert main(["compare", "--benchmark", written(tmp_path, "regression"), "--methods",
                 "source_only", "--seeds", "1", "--set", "trainer.max_epochs=1",
                 "--out", str(tmp_path / "out")]) == 0  # fmt: skip
    with pytest.raises(Undefined, match="predicted classes; a Regression has none"):
        reverse_validation(runs(tmp_path)["source_only"])


def test_a_method_of_exclusive_classes_is_refused_before_anything_runs(compared, capsys):
    out = compared / "none"
    assert main(["compare", "--benchmark", str(compared / "multilabel.yaml"), "--methods", "cdan",
                 "--seeds", "1", "--out", str(out)]) == 2  # fmt: skip
    assert "CDAN works on probabilities of classes and the task is MultiLabel" in (
        capsys.readouterr().err
    )
    assert not out.exists()
