"""Batches of anybody's loader, ``x`` or ``(x, y)``, as the methods see them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from da_bench.data import Batch, Task
from da_bench.data.batch import leaves
from da_bench.data.sparse import SparseRows

ROLES = {"source", "target"}
LABEL_KEYS = ("y", "label", "labels")
PAIR = 'give each side\'s batches by name, as {"source": loader of (x, y), "target": loader of x}'


def training_batch(batch: Any, task: Task) -> dict[str, Batch]:
    """A batch of each domain; the target's labels, where there are any, are taken away.

    Raises:
        TypeError: It is no mapping of ``source`` and ``target``.
        ValueError: The source has no labels, or not those of the task.
    """
    if not isinstance(batch, Mapping) or set(batch) != ROLES:
        raise TypeError(
            f"a training batch is a {type(batch).__name__}"
            + (f" of {', '.join(map(str, batch))}" if isinstance(batch, Mapping) else "")
            + f"; a method trains on two domains: {PAIR} to trainer.fit, or a da_bench.data module"
        )
    if all(isinstance(part, Batch) for part in batch.values()):
        return dict(batch)
    source, target = (as_batch(batch[role], task) for role in ("source", "target"))
    if not source.labelled.any():
        raise ValueError(f"the source's batches hold no labels: {PAIR}")
    if not isinstance(batch["source"], Batch):
        task.check(source.y, "the source's batch")
    if not isinstance(batch["target"], Batch):
        target = target._replace(
            y=torch.full_like(target.y, task.fill), labelled=torch.zeros_like(target.labelled)
        )
    return {"source": source, "target": target}


def as_batch(part: Any, task: Task) -> Batch:
    """One domain's samples: ``x``, ``(x,)`` or ``(x, y)``; ``x`` may be a mapping of tensors.

    Raises:
        TypeError: It is neither, or a mapping of which an entry may be the label.
    """
    if isinstance(part, Batch):
        return part
    if isinstance(part, Mapping) and (keys := [key for key in LABEL_KEYS if key in part]):
        raise TypeError(
            f"a batch is a mapping with an entry {keys[0]!r}, which may be its labels: give "
            "pairs (x, y), where x is the mapping without it"
        )
    is_plain = isinstance(part, list | tuple) and not hasattr(part, "_fields")
    x, y = (*part, None)[:2] if is_plain and len(part) in (1, 2) else (part, None)
    tensors = leaves(x)
    if not tensors or not all(isinstance(leaf, Tensor | SparseRows) for leaf in tensors):
        kinds = ", ".join(dict.fromkeys(type(leaf).__name__ for leaf in tensors)) or "nothing"
        raise TypeError(
            f"a batch holds {kinds} where a tensor x, a mapping of tensors or a pair (x, y) is "
            "expected: let the loader's collate_fn make one of them"
        )
    n = len(tensors[0])
    if y is None:
        shape = (n,) if task.fill == -1 else (n, task.outputs)
        dtype = torch.long if task.fill == -1 else torch.float
        y, labelled = torch.full(shape, task.fill, dtype=dtype), torch.zeros(n, dtype=torch.bool)
    else:
        y = torch.as_tensor(y)
        y, labelled = y.float() if y.is_floating_point() else y, torch.ones(n, dtype=torch.bool)
    zeros: Tensor = torch.zeros(n, dtype=torch.long)
    return Batch(x, y, labelled, zeros, torch.arange(n))
