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
# # Choosing without target labels
#
# A method has settings, and the target has no labels to choose them by. A validator is a score
# that reads source labels and unlabelled target outputs only. How far can one trust it? Moons have
# target labels after all, so here the oracle tells, after every choice.

# %%
import tempfile
from pathlib import Path

import yaml

from da_bench.figures import validators
from da_bench.results.choice import choosing
from da_bench.results.choice.regret import trust
from da_bench.results.index import Index
from da_bench.results.renderers import choice_table
from da_bench.runs.sweep import run_sweep
from da_bench.runs.sweep_file import read
from da_bench.selection.catalogue import VALIDATORS

# %% [markdown]
# A sweep: DAN at five weights of its discrepancy, on two tasks.

# %%
folder = Path(tempfile.mkdtemp())
sweep = {
    "benchmarks": ["moons"],
    "tasks": ["0:30", "0:45"],
    "seeds": 1,
    "set": {"trainer.max_epochs": 15},
    "methods": {"dan": {"grid": {"weight": [0.01, 0.1, 1.0, 3.0, 10.0]}}},
}
(folder / "weights.yaml").write_text(yaml.safe_dump(sweep))
failed = run_sweep(read(str(folder / "weights.yaml")), 2, folder / "sweep", ("local", {}), False)
assert not failed

# %% [markdown]
# Every run stored its outputs: validators read those, and nothing is trained again.
# (`da-bench select sweep --all`)

# %%
with Index(folder / "sweep") as index:
    rows = index.rows([])
runs, unscored = choosing.score_rows(rows, folder / "sweep", list(VALIDATORS.values()))
assert not unscored
found = trust(runs, VALIDATORS)
print(choice_table.validator_comparison(found, "markdown"))

# %% [markdown]
# Regret is what a choice loses to the best setting; `last`, which is equal for all runs, loses what
# choosing at random would.

# %%
validators({one.validator: (one.regret[:2], one.rank[:2]) for one in found})

# %% [markdown]
# `class_ss`, how far the predicted classes stand apart in the target's features, loses less than
# choosing at random. The distance of the domains alone loses more: it is least for the runs whose
# features collapsed, as the column `collapsed` tells. None is the oracle, and which is best differs
# from data to data.

# %%
regret = {one.validator: one.regret.mean for one in found}
assert regret["class_ss"] < regret["last"] < regret["mmd"]

# %% [markdown]
# The choice itself, and beside it what the oracle would have said.
# (`da-bench select sweep --by class_ss`)

# %%
made, undefined = choosing.choices(runs, "class_ss")
print(choice_table.choices_table(made, "class_ss", "markdown"))
assert not undefined
assert all(0 <= one.regret < 0.5 for one in made)
