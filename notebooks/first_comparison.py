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
# # First comparison
#
# A model learns two interleaved half moons, and then meets moons that were turned by 30 degrees.
# Three models, trained on the same batches: source only, a reweighting of the source (kernel mean
# matching), and an adversarial one (DANN). `da-bench compare` does the same from the command line.

# %%
import tempfile
from pathlib import Path

from da_bench.dashboard import run_pictures
from da_bench.methods.finished import FinishedRun
from da_bench.results import table
from da_bench.results.index import Index
from da_bench.runs.compare import compare

# %% [markdown]
# One call: a benchmark, methods, a task, three seeds. Each run has a folder of its own, and a
# second call does only what is missing. Target labels are hidden from training, and score the test.

# %%
folder = Path(tempfile.mkdtemp()) / "comparison"
failed = compare(
    ["moons"],
    ["source_only", "reweighted_kmm", "dann"],
    ["0:30"],
    seeds=3,
    workers=2,
    out=folder,
    overrides={"trainer": {"max_epochs": 15}},
)
assert not failed

# %% [markdown]
# The same numbers as a table: accuracy on the target, and the gain over the source-only run of the
# same seed with the limits of its 95 % interval.

# %%
with Index(folder) as index:
    rows = index.rows([])
parts = table.summary(table.frame(rows))
print((100 * parts["mean"]).round(1).to_string())
print((100 * parts["gain"]).round(1).to_string())

# %% [markdown]
# Weighting the source by how much it looks like the target helps here, beyond chance: the whole
# interval is above nothing. One benchmark says little of a method; this says how to look.

# %%
gain, low = (parts[part].loc["0:30", "reweighted_kmm"] for part in ("gain", "gain_low"))
print(f"reweighted_kmm gains {100 * gain:.1f} points, at least {100 * low:.1f}")
assert low > 0

# %% [markdown]
# Where it helps: the line is where a model changes its mind. Source samples are filled, target
# samples are open. (`da-bench show RUN --figure boundary --beside RUN` writes this to a file.)

# %%
runs = {row["method"]: FinishedRun(folder / row["folder"]) for row in rows if row["seed"] == 0}
run_pictures.boundary(runs["reweighted_kmm"], beside=runs["source_only"])()

# %% [markdown]
# Which source samples it trusts: those that lie where the target's samples lie, and few carry most.

# %%
run_pictures.weights(runs["reweighted_kmm"])()
