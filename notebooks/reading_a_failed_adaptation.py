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
# Adaptation can make a model worse, and it seldom says why. Here a fault is planted: DAN on digits,
# once at a modest weight and once at a weight of 1000, copied, say, from a paper whose loss had
# another unit. What does the failure look like, in order of what one looks at first?

# %%
import tempfile
from pathlib import Path

import plotly.express as px
import yaml

from da_bench.bench import curves, pictures
from da_bench.bench.diagnosed import account
from da_bench.bench.finished import Finished
from da_bench.bench.index import Index
from da_bench.bench.sweep import read
from da_bench.bench.sweeping import run_sweep
from da_bench.figures import style

# %%
folder = Path(tempfile.mkdtemp())
sweep = {
    "benchmarks": ["digits"],
    "tasks": ["original:rotated"],
    "seeds": 1,
    "methods": {"dan": {"grid": {"weight": [0.1, 1000.0]}}},
}
(folder / "fault.yaml").write_text(yaml.safe_dump(sweep))
run_sweep(read(str(folder / "fault.yaml")), 2, folder / "sweep", ("local", {}), False)

# %% [markdown]
# The table has it already: the run is far below its source-only twin, and it is diagnosed. What the
# run found out about itself while it trained (`da-bench runs show sweep RUN`):

# %%
with Index(folder / "sweep") as index:
    rows = {r["settings"].get("model.init_args.weight", "twin"): r for r in index.rows([])}
for name, row in rows.items():
    print(f"weight {name}: val/source {row['val/source']:.2f}, oracle/target "
          f"{row['oracle/target']:.2f}\n  " + "\n  ".join(account(row)))  # fmt: skip

# %% [markdown]
# The diagnosis names the planted fault, and reads no target label; the sound run has no warning.

# %%
assert rows[1000.0]["diagnosis"] == "alignment_dominates"
assert not rows[0.1]["diagnosis"]
assert rows[1000.0]["val/source"] < rows["twin"]["val/source"] - 0.2

# %% [markdown]
# The curves: the source is not learnt while the discrepancy goes to nothing.

# %%
kept = curves.read(folder / "sweep" / rows[1000.0]["folder"])
style.styled(px.line(kept, x="epoch", y=["train/source_risk", "train/adaptation_loss"],
                     line_dash="variable", log_y=True))  # fmt: skip

# %% [markdown]
# The features: all samples of both domains are in one place. They can't be told apart, neither
# domains nor classes; the discrepancy is nothing, and so is what was learnt.

# %%
runs = {name: Finished(folder / "sweep" / row["folder"]) for name, row in rows.items()}
pictures.features(runs[1000.0], beside=runs["twin"])()

# %%
spread = {name: float(run.target.z.std(0).mean()) for name, run in runs.items()}
print({name: round(value, 4) for name, value in spread.items()})
assert spread[1000.0] < spread["twin"] / 10

# %% [markdown]
# The remedy is in the diagnosis: a lower weight. The other run took it.

# %%
pictures.features(runs[0.1], beside=runs["twin"])()
