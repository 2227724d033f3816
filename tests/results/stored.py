"""Rows as the store holds them, for tests that need no training."""

import hashlib
import json

from da_bench.results.store import write_result


def row(method="dann", source="a", target="b", seed=0, score=0.8, **more):
    """One finished run; any column can be given."""
    text = json.dumps([method, source, target, seed, more], sort_keys=True, default=str)
    return {
        "identity": hashlib.sha256(text.encode()).hexdigest(),
        "method": method,
        "benchmark": "bench",
        "source": source,
        "target": target,
        "seed": seed,
        "labels": None,
        "code": None,
        "status": "ok",
        "metric": "accuracy",
        "higher_is_better": True,
        "selection": "last",
        "target_test": "held_out",
        "oracle/target": score,
        "val/source": 0.9,
        "device": "cpu",
        "hyperparameters": {"weight": 1.0, "optimizer": {"lr": 0.01}, "init_from": None},
        "wall_s": 10.0,
        "cpu_s": 8.0,
        "folder": f"runs/bench/{method}/{source}-{target}-s{seed}",
    } | more


def failed(method="dann", source="a", target="b", seed=0, error="RuntimeError: NaN", **more):
    """A run that came to nothing: it has no figures."""
    kept = ("identity", "method", "benchmark", "source", "target", "seed", "labels", "folder")
    made = row(method, source, target, seed, **more)
    return {k: made[k] for k in kept} | {"status": "failed", "error": error, "wall_s": 1.0}


def store(out, rows):
    """Writes rows into their folders, named as runs are; returns those folders."""
    folders = []
    for one in rows:
        name = f"{one['source']}-{one['target']}-s{one['seed']}-{one['identity'][:10]}"
        folder = out / "runs" / one["benchmark"] / one["method"] / name
        write_result(folder, {k: v for k, v in one.items() if k != "folder"})
        folders.append(folder)
    return folders


def files(folder):
    """A configuration and a checkpoint, as whole as a run's."""
    import torch

    part = "{class_path: a.B}"
    (folder / "config.yaml").write_text(f"seed_everything: 0\nmodel: {part}\ndata: {part}\n")
    held = {"state_dict": {"weight": torch.zeros(2)}, "model": {}}
    torch.save(held, folder / "model.ckpt")


def grid(methods, tasks, seeds, score):
    """A row for each method, task and seed; ``score(method, task number, seed)``."""
    return [
        row(m, *task, s, score(m, t, s), folder=f"runs/bench/{m}/{task[0]}-{task[1]}-s{s}")
        for m in methods
        for t, task in enumerate(tasks)
        for s in range(seeds)
    ]
