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
# # Writing a method in one file
#
# A method says only what differs from "source risk + weight x adaptation loss". This one moves the
# means of both domains' features together: a class, a docstring and one function.

# %%
import copy

import torch
from lightning.pytorch import Trainer, seed_everything

from da_bench.callbacks import RandomStreams
from da_bench.data.benchmarks.toy import Moons
from da_bench.figures import feature_map
from da_bench.methods import DomainAdapter
from da_bench.networks import MLP


# %%
class MeanMatching(DomainAdapter):
    r"""Penalises the distance of the domains' means, :math:`\|\bar z_s - \bar z_t\|^2`."""

    def adaptation_loss(self, source, target, progress):
        return (source.z.mean(0) - target.z.mean(0)).square().sum()


# %% [markdown]
# No YAML is needed to run it: a network, the data's task and Lightning's trainer. With
# `RandomStreams`, two runs of one seed start alike and see the same batches: what differs is the
# method.

# %%
data, models = Moons("0", "60", size=256, batch_size=64), {}
for weight in (0.0, 3.0):
    seed_everything(0, verbose=False)
    models[weight] = MeanMatching(MLP(2, [32, 16]), data.task, weight=weight)
    trainer = Trainer(
        max_epochs=20,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        callbacks=[RandomStreams(0)],
    )
    trainer.fit(models[weight], data)
    scores = trainer.test(models[weight], data, verbose=False)[0]
    print(f"weight {weight}: target (oracle) {scores['oracle/target']:.3f}")

# %% [markdown]
# Does it do what it says? The distance between the means shrinks.

# %%
source, target = (data.view(role, "test").__getitems__(range(256)) for role in ("source", "target"))
features, gap = {}, {}
with torch.no_grad():
    for weight, model in models.items():
        features[weight] = [model.encoder(part.x) for part in (source, target)]
        gap[weight] = float((features[weight][0].mean(0) - features[weight][1].mean(0)).norm())
print({weight: round(value, 3) for weight, value in gap.items()})
assert gap[3.0] < gap[0.0] / 2

# %%
feature_map(*features[3.0], source.y, before=features[0.0], names=data.task.names)

# %% [markdown]
# Every method is held to one contract; `tests/methods/` asserts it for all of them. The point that
# matters most: a target label must never reach training. With the target's labels poisoned at their
# source, the weights come out bit for bit the same.


# %%
class Poisoned(Moons):
    def dataset(self, name, split):
        found = copy.copy(super().dataset(name, split))
        if name == self.target and split != "test":
            found.y = 1 - found.y
        return found


# %%
seed_everything(0, verbose=False)
again = MeanMatching(MLP(2, [32, 16]), data.task, weight=3.0)
trainer = Trainer(
    max_epochs=20,
    accelerator="cpu",
    logger=False,
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
    use_distributed_sampler=False,
    callbacks=[RandomStreams(0)],
)
trainer.fit(again, Poisoned("0", "60", size=256, batch_size=64))
pairs = zip(again.parameters(), models[3.0].parameters(), strict=True)
same = [torch.equal(a, b) for a, b in pairs]
print(f"{sum(same)} of {len(same)} tensors of weights are identical")
assert all(same)

# %% [markdown]
# To keep it: put the class into `da_bench/methods/mean_matching.py`, name it in
# `da_bench/methods/__init__.py`, add `experiments/methods/mean_matching.yaml` with its paper and
# class path, and a test of its formula. Then `da-bench compare --methods mean_matching` runs it,
# and the contract tests find it by themselves.
