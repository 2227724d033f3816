# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own data
#
# Two files of numbers, one labelled and one not, and a model for the second. Here the files are
# made from scikit-learn's breast cancer measurements: half of the patients as they are, half as
# another instrument would have measured them. For images, `da_bench.data.Folders` takes the place
# of `Arrays`.

# %%
import tempfile
from pathlib import Path

import numpy as np
import yaml
from sklearn.datasets import load_breast_cancer

from da_bench.cli.fit import predict_input
from da_bench.dashboard import run_pictures
from da_bench.methods.finished import FinishedRun
from da_bench.results.index import Index
from da_bench.runs.compare import compare
from da_bench.shift import sentences
from da_bench.shift.samples import read_pair

# %%
folder = Path(tempfile.mkdtemp())
rng = np.random.default_rng(1)
x, y = load_breast_cancer(return_X_y=True)
x, y = ((x - x.mean(0)) / x.std(0)).astype(np.float32), np.array(["malignant", "benign"])[y]
first = rng.permutation(len(x)) < len(x) // 2
scale, offset = rng.uniform(0.5, 2, 30), rng.normal(0, 1.5, 30)
np.savez(folder / "clinic.npz", x=x[first], y=y[first])
np.savez(folder / "other.npz", x=(x[~first] * scale + offset).astype(np.float32))  # no labels
truth = y[~first]  # kept aside, to see in the end whether it was worth it

# %% [markdown]
# Before any training: what kind of shift is it, and what is worth a try? No target label is needed.
# (`da-bench diagnose clinic.npz other.npz`)

# %%
source, target = read_pair(folder / "clinic.npz", folder / "other.npz")
for sentence in sentences.diagnose(source.x, target.x, source.y).sentences:
    print(sentence.text)

# %% [markdown]
# A benchmark is a few lines of YAML: where the data lies, which network, how long.

# %%
benchmark = {
    "about": {"title": "Two instruments", "tasks": [["clinic", "other"]]},
    "data": {
        "class_path": "da_bench.data.Arrays",
        "init_args": {
            "source_x": str(folder / "clinic.npz"),
            "target_x": str(folder / "other.npz"),
            "batch_size": 32,
        },
    },
    "model": {
        "init_args": {
            "encoder": {
                "class_path": "da_bench.networks.MLP",
                "init_args": {"in_features": 30, "hidden": [32, 16], "batch_norm": True},
            }
        }
    },
    "trainer": {"max_epochs": 30},
}
(folder / "mine.yaml").write_text(yaml.safe_dump(benchmark))
compare([str(folder / "mine.yaml")], ["source_only", "adabn"], None, seeds=1, workers=2,
        out=folder / "comparison")  # fmt: skip

# %% [markdown]
# Without target labels there is no target score, and the table says so. What can be seen is whether
# the features of both domains meet. Classes of the target are those that the model predicts.

# %%
with Index(folder / "comparison") as index:
    runs = {r["method"]: FinishedRun(folder / "comparison" / r["folder"]) for r in index.rows([])}
run_pictures.features(runs["adabn"], beside=runs["source_only"])()

# %% [markdown]
# Predictions for a file (`da-bench predict --run RUN --input other.npz`), and now the labels that
# were kept aside: normalising the target by its own statistics undoes most of the instrument.

# %%
right = {}
for method, run in runs.items():
    predict_input(run.folder, folder / "other.npz", folder / f"{method}.csv")
    guesses = np.loadtxt(folder / f"{method}.csv", delimiter=",", skiprows=1, dtype=str)[:, 1]
    right[method] = (guesses == truth).mean()
    print(f"{method:12} {100 * right[method]:.1f} % right")
assert right["adabn"] > right["source_only"] + 0.05
