"""Settings chosen over stored runs: by hand on made-up scores, and blind to target labels."""

import csv
import io
import json
import math
import re

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from da_bench.callbacks.outputs import KeepOutputs, write
from da_bench.cli.main import main
from da_bench.io.files import Damaged
from da_bench.results.choice import choosing
from da_bench.results.choice.choosing import ScoredRun
from da_bench.results.choice.regret import regret, spearman, trust
from da_bench.results.renderers import choice_table
from da_bench.runs.search import Budget, Study
from da_bench.runs.sweep import with_validator_score
from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.collapse import collapse
from da_bench.selection.outputs import OUTPUTS_FILE, read
from tests.conftest import small
from tests.results import stored
from tests.selection.made import made


def run(score, oracle, seed=0, variant="weight=1", **more):
    row = stored.row(score=oracle, seed=seed, variant=variant, **more)
    return ScoredRun(row, {"dev": score}, collapse(made()))


def keep(folder, seed, **parts):
    write(folder / OUTPUTS_FILE, {k: v.numpy() for k, v in made(seed, **parts)._asdict().items()})


@pytest.fixture
def folder(tmp_path):
    """Two settings of two methods on two tasks, two seeds each, with outputs."""
    rows = [
        stored.row(
            m, *task, seed, 0.1 * i + 0.02 * seed + 0.3 * (m == "dan"), variant=f"weight={i}"
        )
        for m in ("dan", "dann")
        for task in (("a", "b"), ("b", "a"))
        for i in (1, 2, 3)
        for seed in (0, 1)
    ]
    for number, where in enumerate(stored.store(tmp_path, rows)):
        keep(where, number)
    return tmp_path


def test_the_best_mean_over_seeds_is_chosen():
    runs = [
        run(0.9, 0.1, 0, "x"), run(0.1, 0.1, 1, "x"),
        run(0.6, 0.7, 0, "y"), run(0.6, 0.9, 1, "y"),
        run(0.2, 0.9, 0, "z"), run(0.3, 0.9, 1, "z"),
    ]  # fmt: skip
    (found,), none = choosing.choices(runs, "dev")
    assert not none
    assert (found.variant, found.settings) == ("y", 3)
    assert found.score == pytest.approx(0.6)
    assert (found.oracle, found.best) == (pytest.approx(0.8), pytest.approx(0.9))
    assert found.regret == pytest.approx(0.1)


def test_what_lacks_a_seed_or_a_score_is_not_chosen():
    runs = [
        run(0.1, 0.5, 0, "x"), run(0.2, 0.5, 1, "x"),
        run(0.9, 0.9, 0, "half"),
        run(0.9, 0.9, 0, "undefined"), run(math.nan, 0.9, 1, "undefined"),
    ]  # fmt: skip
    (found,), _ = choosing.choices(runs, "dev")
    assert found.variant == "x"
    found, none = choosing.choices([run(math.nan, 0.9)], "dev")
    assert not found
    assert none == [("bench", "a", "b", "dann")]


def test_a_target_without_test_labels_is_chosen_for_too(tmp_path, capsys):
    """Where one must choose there is no oracle: the choice stands, the report has dashes."""
    rows = [stored.row(variant=f"weight={i}", seed=s) for i in (1, 2) for s in (0, 1)]
    for row in rows:
        del row["oracle/target"]
    for number, where in enumerate(stored.store(tmp_path, rows)):
        keep(where, number)
    assert main(["select", str(tmp_path), "--by", "snd"]) == 0
    assert "| weight=" in (out := capsys.readouterr().out)
    assert "oracle" not in out
    assert main(["select", str(tmp_path), "--all"]) == 0
    assert "| snd | – | – | – | – | – | 0 |" in capsys.readouterr().out


def test_a_run_done_again_counts_once():
    one, two = (run(0.1, 0.2).row | {"folder": f"runs/{n}"} for n in "ab")
    other = run(0.1, 0.2, seed=1).row | {"folder": "runs/c"}
    broken = stored.failed(variant="weight=1", folder="runs/d")
    kept, lost = choosing.newest_rows(
        [one, two, other, broken], {"runs/a": 2, "runs/b": 1, "runs/d": 3}
    )
    assert [row["folder"] for row in kept] == ["runs/a", "runs/c", "runs/d"]
    assert lost == ["runs/b: done again in runs/a"]


def test_what_trains_on_all_target_labels_is_no_rival():
    runs = [run(0.1, 0.2), run(0.5, 0.3, variant="weight=2")]
    oracle = run(0.0, 0.9, method="target_only", variant="", labels="all")
    alone, beside = (trust(own, ["dev"])[0] for own in (runs, [*runs, oracle]))
    assert alone.regret_across.mean == beside.regret_across.mean == 0
    few = run(0.9, 0.9, method="fine_tune", labels=3)
    assert trust([*runs, few], ["dev"])[0].regret_across[::2] == (0, 2)  # a pool of its own


def test_regret_and_ties():
    runs = [run(0.5, 0.2), run(0.5, 0.6), run(0.1, 1.0), run(math.nan, 0.9)]
    assert regret(runs, "dev") == pytest.approx(1.0 - 0.4)
    assert math.isnan(regret([run(math.nan, 0.9)], "dev"))
    lower = [run(0.5, 2.0, higher_is_better=False), run(0.1, 0.5, higher_is_better=False)]
    assert regret(lower, "dev") == pytest.approx(1.5)


def test_spearman_equals_scipy_and_leaves_out_what_is_undefined():
    g = np.random.default_rng(0)
    pairs = g.integers(0, 6, (25, 2)) / 5  # with ties
    runs = [run(*pair) for pair in pairs]
    expected = spearmanr(*pairs.T).statistic
    assert spearman(runs, "dev") == pytest.approx(expected, abs=1e-12)
    assert spearman([*runs, run(math.nan, 0.5)], "dev") == pytest.approx(expected, abs=1e-12)
    assert math.isnan(spearman(runs[:2], "dev"))
    assert math.isnan(spearman([run(0.5, o) for o in (0.1, 0.2, 0.3)], "dev"))


def test_a_perfect_validator_has_no_regret_and_a_reversed_one_the_most():
    runs = [
        ScoredRun(one.row, {"right": one.oracle, "wrong": -one.oracle, "blind": 0.0}, one.guard)
        for one in (run(0, o, s, f"w={o}") for o in (0.1, 0.5, 0.9) for s in (0, 1))
    ]
    right, blind, wrong = trust(runs, ("right", "wrong", "blind"))
    assert (right.validator, wrong.validator) == ("right", "wrong")
    assert right.regret.mean == right.regret_across.mean == 0
    assert wrong.regret.mean == pytest.approx(0.8)
    assert blind.regret.mean == pytest.approx(0.4)  # what chance would lose
    assert (right.rank.mean, wrong.rank.mean) == (pytest.approx(1), pytest.approx(-1))
    assert math.isnan(blind.rank.mean)


@pytest.mark.parametrize("name", VALIDATORS)
def test_every_validator_chooses(name, folder, capsys):
    assert main(["select", str(folder), "--by", name, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 4
    for row in rows:
        number = int(row[f"chosen by {name}"].removeprefix("weight="))
        base = 0.01 + 0.3 * (row["method"] == "dan")
        assert float(row["oracle/target"]) == pytest.approx(base + 0.1 * number, abs=1e-3)
        assert float(row["oracle/regret"]) == pytest.approx(0.1 * (3 - number), abs=2e-3)
        assert "/4 classes" in row["guard"]


def test_a_chosen_setting_is_read_in_four_digits_and_written_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    (one,), _ = choosing.choices([run(0.9, 0.1, variant="weight=0.0031622776601683794")], "dev")
    for style in ("markdown", "latex", "text"):
        assert "weight=0.003162 " in choice_table.choices_table([one], "dev", style)
    assert one.variant in choice_table.choices_table([one], "dev", "csv")


@pytest.mark.parametrize("asked", [["--all"], ["--by", "snd"]])
def test_on_a_terminal_no_line_is_wider_and_no_word_is_broken(asked, folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["select", str(folder), *asked]) == 0
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["select", str(folder), *asked]) == 0
    plain = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)
    assert max(map(len, plain.splitlines())) <= 80
    assert "|" not in plain
    for row in (rows[0], *rows[2:]):  # every cell of every row stands there, whole
        for cell in row[1:]:
            assert cell.partition(" (")[0].replace("of settings", "of") in plain


def test_all_validators_side_by_side_with_a_figure(folder, capsys):
    picture = folder / "validators.svg"
    assert main(["select", str(folder), "--all", "--figure", str(picture)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split(" | ")[0][2:] for line in lines[2:]} == set(VALIDATORS)
    assert "<svg" in picture.read_text()


def test_of_one_setting_there_is_nothing_to_choose(folder, capsys):
    """The figure once had empty axes, and the command ended well."""
    picture = folder / "validators.svg"
    asked = ["select", str(folder), "--all", "--where", "variant=weight=1"]
    assert main([*asked, "--figure", str(picture)]) == 1
    told = capsys.readouterr()
    assert "each has one setting; a sweep makes several" in told.err
    assert "no figure is drawn" in told.err
    assert "| snd | –" in told.out  # of ranks and regret across methods the table still tells
    assert not picture.exists()
    assert main(asked) == 0
    assert "no figure" not in capsys.readouterr().err


def test_without_an_oracle_no_figure_of_regret(folder, capsys):
    for path in folder.rglob("result.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "oracle/target": None}))
    assert main(["select", str(folder), "--all", "--figure", str(folder / "a.svg")]) == 1
    assert "no run has a score on the target's test labels" in capsys.readouterr().err


def test_runs_without_outputs_are_named_and_left_out(folder, capsys):
    (one, two) = sorted(folder.glob("runs/*/dan/*/" + OUTPUTS_FILE))[:2]
    one.unlink()
    two.write_bytes(b"PK torn")
    assert main(["select", str(folder), "--by", "snd"]) == 0
    said = capsys.readouterr().err
    assert one.parent.name in said
    assert "does not exist" in said
    assert "outputs.npz is not whole" in said
    for path in folder.rglob(OUTPUTS_FILE):
        path.unlink()
    assert main(["select", str(folder), "--by", "snd"]) == 1


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--by", "devv"], "did you mean 'dev'"),
        ([], "give --by VALIDATOR or --all"),
        (["--by", "dev", "--all"], "give --by VALIDATOR or --all"),
        (["--by", "dev", "--figure", "a.svg"], "give --all"),
    ],
)
def test_a_wrong_call_says_what_is_right(asked, says, folder, capsys):
    assert main(["select", str(folder), *asked]) == 2
    assert says in capsys.readouterr().err


def test_a_pickle_is_never_read(tmp_path):
    arrays = {k: v.numpy() for k, v in made()._asdict().items()}
    np.savez(tmp_path / OUTPUTS_FILE, **arrays | {"source_y": np.array([print], dtype=object)})
    with pytest.raises(Damaged, match="pickled objects, which are not read"):
        read(tmp_path)


def test_a_search_is_told_the_validators_score(folder):
    row = stored.row(folder=str(next(folder.glob("runs/*/dann/*")).relative_to(folder)))
    study = Study.__new__(Study)  # the score alone: no Optuna
    for name in ("source_risk", "dev"):
        study.budget = Budget(select=name)
        score = study.score(with_validator_score(row, folder, name))
        assert score == VALIDATORS[name](read(folder / row["folder"]))
    keep(folder / row["folder"], 0, h=1)  # DEV is undefined for one sample
    assert study.score(with_validator_score(row, folder, "dev")) is None
    assert study.score(with_validator_score(row | {"status": "failed"}, folder, "dev")) is None


class Poisoned(type(small())):
    """Every target label, of every split, turned round where the data is read."""

    def dataset(self, name, split):
        data = super().dataset(name, split)
        if name == self.target:
            data.y = 1 - data.y
        return data


def trained(out, data_type):
    """Two settings of DANN and entropy minimisation on two seeds; returns the store's rows."""
    from da_bench import methods
    from da_bench.functional import mean_entropy
    from tests.conftest import build, trainer

    kinds = [(methods.DANN, {}), (methods.Penalised, {"penalty": mean_entropy})]
    rows = []
    for cls, options in kinds:
        for weight in (0.1, 10.0):
            for seed in (0, 1):
                row = stored.row(cls.__name__, seed=seed, variant=f"weight={weight}")
                (folder,) = stored.store(out, [row])
                data = data_type(size=96, batch_size=16, seed=seed)
                model = build(cls, data, seed, weight=weight, **options)
                t = trainer(1, [KeepOutputs(folder)], seed)
                t.fit(model, data)
                tested = t.test(model, data, verbose=False)
                row["oracle/target"] = next(
                    s["oracle/target"] for s in tested if "oracle/target" in s
                )
                rows.append(row | {"folder": str(folder.relative_to(out))})
    return rows


def test_selections_are_bit_identical_whatever_the_target_labels_are(tmp_path):
    outcomes = []
    for name, kind in (("sound", type(small())), ("poisoned", Poisoned)):
        out = tmp_path / name
        rows = trained(out, kind)
        runs, lost = choosing.score_rows(rows, out, list(VALIDATORS.values()))
        assert not lost
        picks = {v: [c[:3] for c in choosing.choices(runs, v)[0]] for v in VALIDATORS}
        outcomes.append((picks, [r.scores for r in runs], [r.guard for r in runs], rows, out))
    (picks, scores, guards, rows, out), (picks2, scores2, guards2, rows2, out2) = outcomes
    assert str(picks) == str(picks2)
    assert str(scores) == str(scores2)  # NaN equals NaN so
    assert guards == guards2
    for one, two in zip(rows, rows2, strict=True):
        a, b = read(out / one["folder"]), read(out2 / two["folder"])
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    # The poison did reach the data: what is tested on turned round.
    for one, two in zip(rows, rows2, strict=True):
        assert one["oracle/target"] == pytest.approx(1 - two["oracle/target"], abs=1e-6)
