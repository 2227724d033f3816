"""Every method: it still gains over its source-only twin where its YAML says that it does."""

import subprocess
import sys

import pandas as pd
import pytest

from da_bench.config import layers

GAINS = {
    name: about["gains_on"].split()
    for name in layers.names("methods")
    if not (about := layers.read("methods", name)["about"])
    .get("gains_on", "nowhere")
    .startswith(("nowhere", "not measured"))
}


@pytest.mark.slow
@pytest.mark.parametrize("name", GAINS)
def test_gains_beyond_its_standard_error_with_five_seeds(name, tmp_path):
    """A port of a public library once lost what its methods gained, unseen by any of its tests."""
    benchmark, task = GAINS[name]
    arguments = ["--benchmark", benchmark, "--tasks", task, "--methods", name, "--seeds", "5"]
    command = [sys.executable, "-m", "da_bench", "compare", *arguments, "--out", str(tmp_path)]
    subprocess.run(command, check=True)
    rows = pd.read_csv(tmp_path / "results.csv")
    gain = rows.loc[rows["method"] == name, "gain"]
    assert len(gain) == 5
    assert gain.mean() > gain.sem()
