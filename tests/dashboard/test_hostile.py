"""Hostile runs, in report and app: one among good ones is named, and nothing of it runs."""

import json
import os

import numpy as np
import pytest
import torch

pytest.importorskip("streamlit", reason="the extra da-bench[dashboard] is not installed")

from da_bench.cli.main import main
from tests import planted
from tests.dashboard.script.test_app import opened, said
from tests.results.stored import files, grid, row, store

MARKUP = "</script><img src=x onerror=alert(1)>"
TEXT = f"step,epoch,name,value\n1,0,{MARKUP},1\n1,0,=cmd()|'x'!A0,1\n1,0,a\x1b]0;x\x07,nan\n"


def instead(name, make):
    def plant(folder, canary):
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return plant


def texts(folder, canary):
    """Markup, formulas and terminal escapes in every text."""
    held = json.loads((folder / "result.json").read_text())
    nasty = {"variant": MARKUP, "device": "\x1b[2J", "selection": MARKUP, "note": "=1+1",
             "diagnosis": MARKUP, "diagnoses": [{"name": MARKUP, "words": MARKUP}],
             "hyperparameters": {MARKUP: [MARKUP, {"a": MARKUP}]},
             "settings": {MARKUP: 1}}  # fmt: skip
    (folder / "result.json").write_text(json.dumps(held | nasty))
    for name in ("curves.csv", "log.txt", "config.yaml"):
        (folder / name).write_text(TEXT)


def types(folder, canary):
    """Values of other types than a run writes."""
    held = json.loads((folder / "result.json").read_text())
    other = {"variant": ["a"], "wall_s": "x", "seed": {"a": 1}, "hyperparameters": [1],
             "diagnoses": {"a": 1}, "device": 3, "settings": "x", "val/source": [1]}  # fmt: skip
    (folder / "result.json").write_text(json.dumps(held | other))


def configuration(folder, canary):
    (folder / "config.yaml").write_text(f"a: !!python/object/apply:os.system ['touch {canary}']\n")


def checkpoint(folder, canary):
    torch.save({"state_dict": {}, "x": planted.Malicious(canary)}, folder / "model.ckpt")


def outputs(folder, canary):
    held = np.array([planted.Malicious(canary)], dtype=object)
    np.savez(folder / "outputs.npz", **dict.fromkeys(("source_z", "target_z"), held))


def pickles(folder, canary):
    for name in ("outputs.npz", "model.ckpt", "curves.csv", "config.yaml", "log.txt"):
        (folder / name).write_bytes(planted.pickled(canary))


HOSTILE = {
    "texts": texts,
    "types": types,
    "configuration": configuration,
    "checkpoint": checkpoint,
    "outputs": outputs,
    "pickles": pickles,
    "deep": instead("result.json", lambda p: p.write_text("[" * 100_000)),
    "no row": instead("result.json", lambda p: p.write_text('{"schema": 1}')),
    "a number out of range": instead("result.json", lambda p: p.write_text(
        json.dumps({"schema": 1, **row("stranger", seed=float("inf"), score=1e308)}))),
    **{f"a pipe for {name}": instead(name, os.mkfifo)
       for name in ("result.json", "curves.csv", "config.yaml", "log.txt", "outputs.npz")},
    **{f"a folder for {name}": instead(name, os.mkdir) for name in ("curves.csv", "outputs.npz")},
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_run_among_good_ones(kind, tmp_path, capsys):
    canary, out = tmp_path / "canary", tmp_path / "out"
    good = grid(["source_only", "dann"], [("a", "b")], 2, lambda m, t, s: 0.5 + (m == "dann") / 4)
    store(out, good)
    (folder,) = store(out, [row("stranger")])
    files(folder)
    HOSTILE[kind](folder, canary)
    assert main(["report", str(out), "--validators", "yes"]) == 0
    page = (out / "report.html").read_text()
    assert "75.0" in page  # dann's
    assert "<img src=x" not in page
    assert not set("\x1b\x07") & set("".join(capsys.readouterr()))
    for address in ({}, {"view": "run", "run": str(folder.relative_to(out))}):
        app = opened(out, **address)
        body = " ".join(one.proto.body for one in app.get("html"))
        assert "<img src=x" not in body
    assert "75.0" in said(opened(out))
    assert main(["runs", "list", str(out)]) == 0
    assert main(["table", str(out)]) == 0
    assert "75.0" in capsys.readouterr().out
    assert not canary.exists()
