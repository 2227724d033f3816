"""Made-up folders of results, large, small and nasty."""

import random
import shutil

import numpy as np

from da_bench.results.row import TWIN
from da_bench.results.store import write_result
from da_bench.runs.plan import safe
from tests.results.stored import failed, row

METHODS = (TWIN, "dann", "cdan", "dan", "deep_coral", "mcd", "mdd", "mcc", "bnm", "adda", "vada",
           "fixmatch")  # fmt: skip
NASTY = (TWIN, '<img src=x onerror="window.hacked=1">',
         "</script ><script>window.hacked=1</script >",
         "日本語 «方法» ümläut", "a \"quoted\" & 'single' %{x} $b$ <!-- **bold**",
         "=cmd()|,\n;", "<b>bold</b>[weight=1]")  # fmt: skip
DOMAINS = ("</td><script>window.hacked=1</script>", "Ελλάδα", "x:y", "&amp;")


def written(out, rows):
    """Writes rows below ``out`` as runs are, names made safe; returns their folders."""
    folders = []
    for one in rows:
        name = f"{safe(one['source'])}-{safe(one['target'])}-s{one['seed']}-{one['identity'][:10]}"
        folder = out / "runs" / safe(one["benchmark"]) / safe(one["method"]) / name
        write_result(folder, {k: v for k, v in one.items() if k != "folder"})
        folders.append(folder)
    return folders


def few(out, benchmark="bench", tasks=("a:b", "b:a", "a:c"), methods=METHODS[:4], seeds=3):
    """A small comparison in which one method helps and one does harm; one run failed."""
    rng, rows = np.random.default_rng(0), []
    for place, method in enumerate(methods):
        for number, task in enumerate(tasks):
            source, _, target = task.partition(":")
            for seed in range(seeds):
                level = 0.5 + 0.1 * (1, 3, 0, 2)[place % 4] + 0.03 * number
                more = {"benchmark": benchmark, "wall_s": 5.0 + place, "diagnosis": None}
                more |= {"hyperparameters": {"of": method}, "divergence/mmd2": 0.5 / (1 + place)}
                if place == 2 and seed == 0:
                    more["diagnosis"] = "predictions_collapse"
                score = float(level + 0.01 * rng.normal())
                rows.append(row(method, source, target, seed, score, **more))
    last = rows[-1]
    kept = {k: last[k] for k in ("benchmark", "hyperparameters")}
    rows[-1] = failed(last["method"], last["source"], last["target"], last["seed"], **kept)
    return written(out, rows)


def nasty(out):
    """Names with markup, quotes, commas and letters of many alphabets."""
    rng, rows = random.Random(0), []
    for benchmark in ("<i>bench</i>", "日本"):
        for method in NASTY:
            for source, target in ((DOMAINS[0], DOMAINS[1]), (DOMAINS[2], DOMAINS[3])):
                for seed in range(2):
                    more = {"benchmark": benchmark, "hyperparameters": {"of": method},
                            "diagnosis": '<u onclick="window.hacked=1">ill</u>'}  # fmt: skip
                    rows.append(row(method, source, target, seed, rng.random(), **more))
    error = "ValueError: </script><script>window.hacked=1</script> <b>&lt;</b>"
    rows.append(failed(NASTY[1], DOMAINS[0], DOMAINS[1], 5, error, benchmark="<i>bench</i>"))
    return written(out, rows)


def many(out):
    """12 methods, 60 tasks, 7 seeds: about 5,000 runs, some failed, some missing, with curves."""
    rng = np.random.default_rng(0)
    text = "epoch,step,name,value\n" + "".join(
        f"{epoch},{10 * epoch},{name},{1 - 0.9**epoch:.6g}\n"
        for epoch in range(20)
        for name in ("val/source", "train/source_risk", "train/adaptation_loss")
    )
    (out / "curves.csv").parent.mkdir(parents=True, exist_ok=True)
    (out / "curves.csv").write_text(text)
    rows = []
    for place, method in enumerate(METHODS):
        for number in range(60):
            source, target = f"domain{number // 8}", f"other{number}"
            for seed in range(7):
                chance, kept = rng.random(), {"hyperparameters": {"of": method}}
                if chance < 0.008:
                    continue
                if chance < 0.02:
                    rows.append(failed(method, source, target, seed, **kept))
                    continue
                score = 0.5 + 0.02 * place + 0.1 * np.sin(number) + 0.03 * rng.normal()
                kept |= {"wall_s": 5.0 + place, "divergence/mmd2": float(rng.random())}
                rows.append(row(method, source, target, seed, float(score), **kept))
    folders = written(out, rows)
    for folder in folders:
        shutil.copyfile(out / "curves.csv", folder / "curves.csv")
    return folders
