"""Tables of the settings that a validator chose: by hand on made-up scores, blind to the oracle."""

import csv
import io

import numpy as np
import pytest
import torch

from da_bench.callbacks.outputs import write
from da_bench.cli.main import main
from da_bench.results.cell import SUSPECT as MARK
from da_bench.results.choice.choosing import ScoredRun
from da_bench.results.choice.chosen_runs import choose_settings
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import TWIN
from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.collapse import collapse
from da_bench.selection.outputs import OUTPUTS_FILE
from tests.results import stored
from tests.selection.made import made

SOUND = collapse(made())
SICK = collapse(made(target_logits=torch.eye(4).double()[torch.zeros(30).long()] * 20))


def run(method, weight, seed, oracle, dev, guard=SOUND, **more):
    variant = f"weight={weight}" if weight else ""
    own = {"settings": {"weight": weight} if weight else {}, "variant": variant}
    folder = f"runs/{method}/{weight}-{seed}-{more.get('target', 'b')}-{more.get('labels')}"
    return ScoredRun(
        stored.row(method, seed=seed, score=oracle, folder=folder, **own, **more),
        {"dev": dev},
        guard,
    )


def two_seeds(method, weight, oracle, dev, guard=SOUND, **more):
    return [run(method, weight, seed, oracle + 0.1 * seed, dev, guard, **more) for seed in (0, 1)]


RUNS = [
    *two_seeds(TWIN, 0, 0.4, 0.0),
    *two_seeds("dann", 1, 0.5, 0.2),  # chosen, though the other is better by the oracle
    *two_seeds("dann", 2, 0.8, 0.1),
    *two_seeds("dan", 1, 0.2, 0.9, SICK),
    *two_seeds("dan", 2, 0.7, 0.3),
]


def table(runs=RUNS, style="markdown", rows=None, **kwargs):
    rows = [one.row for one in runs] if rows is None else rows
    return tabulate(rows, {}, style, runs=runs, by="dev", **kwargs)


def test_only_chosen_settings_stand_in_it_under_the_methods_name():
    text = table()
    line = next(line for line in text.splitlines() if line.startswith("| a:b"))
    assert "| task | source_only | dann | dan |" in text
    assert "**55.0 ±7.1** (+10.0" in line
    assert f"25.0 ±7.1 (-20.0) {MARK}" in line
    assert "85.0" not in line
    assert "Settings: chosen by dev, which reads no target label" in text
    assert "2 of 3 had several to choose from" in text
    assert f"{MARK} marks runs that the guard suspects of a collapse onto few classes: 1 of 3" in (
        text
    )
    below = text[text.index("### Chosen by dev: bench") :]
    assert "| dann | weight=1 | 2 | 0.550 | 0.850 | 0.300 |" in below
    assert "COLLAPSED: 1/4" in below


def test_every_style_says_the_same(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")  # or a narrow terminal breaks the words looked for
    latex, text = table(style="latex"), table(style="text")
    assert r"(-" not in latex  # a hyphen is no minus
    assert r"$\ddagger$ \\" in latex
    assert "Settings: chosen by dev" in latex
    assert r"\begin{tabular}{lrrrrrrr}" in latex
    assert "weight=1" in text
    assert MARK in text
    rows = list(csv.DictReader(io.StringIO(table(style="csv"))))
    own = {row["method"]: row for row in rows if row["task"] == "a:b"}
    assert own["dann"]["setting"] == "weight=1"
    assert own["dan"]["guard"].startswith("COLLAPSED")
    assert own[TWIN]["setting"] == "as it is"
    assert {row["chosen_by"] for row in rows} == {"dev"}
    assert float(own["dann"]["mean"]) == pytest.approx(0.55)


def test_the_oracle_turned_round_chooses_the_same():
    turned = [
        one._replace(row={**one.row, "oracle/target": 1 - one.row["oracle/target"]}) for one in RUNS
    ]
    picks = [
        [
            (p.row["method"], p.choice.variant)
            for p in choose_settings([r.row for r in own], own, "dev").picks
        ]
        for own in (RUNS, turned)
    ]
    assert picks[0] == picks[1] == [(TWIN, ""), ("dann", "weight=1"), ("dan", "weight=1")]


def test_the_twins_setting_is_chosen_too_and_gains_are_over_it():
    runs = [
        *two_seeds(TWIN, 1, 0.6, 0.1),
        *two_seeds(TWIN, 2, 0.3, 0.7),  # chosen
        *two_seeds("dann", 1, 0.5, 0.9),
        *two_seeds("dann", 2, 0.6, 0.1),
    ]
    assert "55.0 ±7.1** (+20.0" in table(runs)


def test_a_lone_setting_stays_and_what_is_undefined_is_named():
    nan = float("nan")
    runs = [
        *two_seeds(TWIN, 0, 0.4, nan, SICK),
        *two_seeds("dann", 1, 0.5, nan),
        *two_seeds("dann", 2, 0.5, nan),
    ]
    text = table(runs)
    assert "dev chose nothing, and no run is shown, for dann on a:b" in text
    assert "| task | source_only |" in text
    assert f"45.0 ±7.1** {MARK} |" in text  # undefined, and still guarded


def test_failed_runs_of_the_chosen_setting_and_of_none_are_told_of():
    broken = [
        stored.failed(method, seed=seed, error="Error: it broke")
        | {"variant": f"weight={weight}", "settings": {"weight": weight}}
        for method, seed, weight in (("dann", 2, 1), ("dann", 3, 2), ("cdan", 0, 2))
    ]
    text = table(rows=[*(one.row for one in RUNS), *broken])
    failed = [line for line in text.splitlines() if "it broke" in line]
    assert [line.split(" | ")[0][2:] for line in failed] == ["dann", "cdan"]
    assert "| 2 |" in failed[0]


def test_numbers_of_labels_choose_apart():
    runs = [
        *two_seeds(TWIN, 0, 0.4, 0.0, SICK),
        *(r for n in (1, 3) for w in (1, 2)
          for r in two_seeds("fine_tune", w, 0.1 * n + 0.3 * w, float(w == n), labels=n)),
    ]  # fmt: skip
    text = table(runs)
    by_line = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| a:b")}
    assert "45.0" in by_line["| a:b, 1 labels"]
    assert by_line["| a:b, 3 labels"].count(MARK) == 1
    picks = choose_settings([run.row for run in runs], runs, "dev").picks
    picked = {pick.row["labels"]: pick.choice.variant for pick in picks}
    assert picked == {None: "", 1: "weight=1", 3: "weight=1"}


def test_of_runs_done_again_the_scored_one_counts():
    old = {**RUNS[2].row, "folder": "runs/old", "oracle/target": 0.0, "note": "older"}
    rows = [old, *(one.row for one in RUNS)]
    assert "**55.0 ±7.1**" in table(rows=rows)


@pytest.fixture
def folder(tmp_path):
    """Two settings of two methods and the twin on two tasks, two seeds, with outputs."""
    rows = [
        stored.row(m, *task, seed, 0.2 * i + 0.02 * seed, variant=f"weight={i}" if i else "",
                   settings={"weight": i} if i else {})
        for m in (TWIN, "dann", "dan")
        for task in (("a", "b"), ("b", "a"))
        for i in ((0,) if m == TWIN else (1, 2, 3))
        for seed in (0, 1)
    ]  # fmt: skip
    for number, where in enumerate(stored.store(tmp_path, rows)):
        write(where / OUTPUTS_FILE, {k: v.numpy() for k, v in made(number)._asdict().items()})
    return tmp_path


def said(capsys, *args):
    assert main(["table", *map(str, args)]) == 0
    return capsys.readouterr().out


def test_validators_side_by_side_equal_those_of_select(folder, capsys):
    assert main(["select", str(folder), "--all"]) == 0
    alone = capsys.readouterr().out.strip()
    text = said(capsys, folder, "--validators")
    assert "### Validators: bench" in text
    assert text.strip().endswith(alone)
    assert "read target labels, after every choice" in text
    assert "oracle/regret" in alone.splitlines()[0]


@pytest.mark.parametrize("style", ["text", "latex", "csv", "markdown"])
def test_named_validators_in_every_style(folder, capsys, style):
    text = said(capsys, folder, "--validators", "snd", "dev", "--format", style)
    assert "snd" in text
    assert "dev" in text
    assert "class_ss" not in text
    if style == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["benchmark"] for row in rows] == ["bench", "bench"]
        assert {row["validator"] for row in rows} == {"snd", "dev"}
        # Two tasks and two seeds of two methods with several settings each.
        assert {row["oracle/regret n"] for row in rows} == {"8"}
        assert all(np.isfinite(float(row["oracle/rank"])) for row in rows)


def test_by_from_the_command(folder, capsys):
    text = said(capsys, folder, "--by", "snd")
    assert "Chosen by snd: bench" in text
    assert "dann[weight" not in text
    assert main(["table", str(folder), "--by", "sndd"]) == 2
    assert "did you mean 'snd'" in capsys.readouterr().err
    for path in folder.rglob(OUTPUTS_FILE):
        path.unlink()
    assert main(["table", str(folder), "--by", "snd"]) == 1
    assert "has outputs" in capsys.readouterr().err
    assert main(["table", str(folder)]) == 0


def test_every_stored_output_validator_can_choose(folder, capsys):
    for name in VALIDATORS:
        assert f"Settings: chosen by {name}" in said(capsys, folder, "--by", name)
