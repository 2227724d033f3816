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
# # Reading a failed adaptation
#
# Adaptation can make a model worse, and it seldom says why. Here a fault is planted: DAN on moons,
# once at its own weight, 1, and once at a weight of 10, copied, say, from a paper whose loss had
# another unit. What does the failure look like, in the order in which one looks?

# %%
import tempfile
from pathlib import Path

import plotly.express as px
import yaml

from da_bench.dashboard import run_pictures
from da_bench.figures import style
from da_bench.methods.finished import FinishedRun
from da_bench.results import curves
from da_bench.results.diagnoses import account
from da_bench.results.index import Index
from da_bench.runs.sweep import run_sweep
from da_bench.runs.sweep_file import read

# %%
folder = Path(tempfile.mkdtemp())
sweep = {
    "benchmarks": ["moons"],
    "tasks": ["0:30"],
    "seeds": 1,
    "set": {"trainer.max_epochs": 15},
    "methods": {"dan": {"grid": {"weight": [1.0, 10.0]}}},
}
(folder / "fault.yaml").write_text(yaml.safe_dump(sweep))
run_sweep(read(str(folder / "fault.yaml")), 2, folder / "sweep", ("local", {}), False)

# %% [markdown]
# The table has it already: one run is far below its source-only twin. What each run found out about
# itself while it trained (`da-bench runs show sweep RUN`):

# %%
with Index(folder / "sweep") as index:
    rows = {r["settings"].get("model.init_args.weight", "twin"): r for r in index.rows([])}
for name, row in rows.items():
    print(f"weight {name}: val/source {row['val/source']:.2f}, oracle/target "
          f"{row['oracle/target']:.2f}\n  " + "\n  ".join(account(row)))  # fmt: skip

# %% [markdown]
# The diagnosis reads no target label and names what the fault does: features shrink until nothing
# can be told apart, which is one way to have no discrepancy. The sound run has no warning.

# %%
assert rows[10.0]["diagnosis"] == "feature_norm_collapse"
assert not rows[1.0]["diagnosis"]
assert rows[10.0]["val/source"] < rows["twin"]["val/source"] - 0.2

# %% [markdown]
# The curves: the source risk stays at log 2 = 0.69, where chance is, while the discrepancy goes to
# nothing.

# %%
kept = curves.read(folder / "sweep" / rows[10.0]["folder"])
lines = ["train/source_risk", "train/adaptation_loss"]
style.apply_style(
    px.line(kept, x="epoch", y=lines, line_dash="variable", color_discrete_sequence=style.COLOURS)
)

# %% [markdown]
# The features: every sample of both domains is one and the same point. Nothing is left to tell the
# domains apart by, and nothing to tell the classes by.

# %%
runs = {name: FinishedRun(folder / "sweep" / row["folder"]) for name, row in rows.items()}
run_pictures.features(runs[10.0], beside=runs["twin"])()

# %%
spread = {name: float(run.target.z.std(0).mean()) for name, run in runs.items()}
print({name: round(value, 4) for name, value in spread.items()})
assert spread[10.0] < spread["twin"] / 10

# %% [markdown]
# The remedy is in the diagnosis: a lower weight. The other run took it.

# %%
run_pictures.features(runs[1.0], beside=runs["twin"])()
