"""Validators that need a run's folder, chosen by through the command; blind to target labels."""

import csv
import io
import json
import math

import pytest

from da_bench.cli.main import main
from da_bench.data.benchmarks.toy import Moons
from da_bench.results.choice.choosing import score_rows
from da_bench.runs.costly_validators import add_costly_score, mean_ranks
from da_bench.runs.execute import execute
from da_bench.runs.plan import Plan, jobs, path
from da_bench.selection.catalogue import FROM_FOLDER, UnknownValidator, validator
from da_bench.selection.outputs import OUTPUTS_FILE, read
from tests.results.choice.test_choosing import run

WEIGHTS = (0.1, 30.0)


def trained(out):
    """Two settings of entropy minimisation on one seed, and a source-only run."""
    plans = [
        Plan("moons", "min_entropy", "0", "40", 0, settings=((path("weight"), json.dumps(w)),))
        for w in WEIGHTS
    ]
    plans.append(Plan("moons", "source_only", "0", "40", 0))
    rows = []
    for job in jobs(plans, {"trainer": {"max_epochs": 4, "accelerator": "cpu"}}):
        row = execute(job, out, [])
        assert row["status"] == "ok", row
        rows.append(row | {"folder": str(job.folder)})
    return rows


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    out = tmp_path_factory.mktemp("sound")
    return out, trained(out)


def scores_of(out, rows):
    runs, lost = score_rows(rows, out, [])
    assert not lost
    for name in FROM_FOLDER:
        runs = add_costly_score(runs, out, name)
    return [(r.row["method"], r.row["variant"], r.scores) for r in runs]


def test_labels_poisoned_at_the_loader_change_no_score(sound, tmp_path, monkeypatch):
    out, rows = sound
    honest = scores_of(out, rows)
    clean = Moons.dataset

    def poisoned(self, name, split):
        data = clean(self, name, split)
        if name == "40":
            data.y = 1 - data.y
        return data

    monkeypatch.setattr(Moons, "dataset", poisoned)
    wrong = trained(tmp_path)
    assert scores_of(tmp_path, wrong) == honest
    for one, two in zip(rows, wrong, strict=True):
        assert one["oracle/target"] == pytest.approx(1 - two["oracle/target"], abs=1e-6)
        a, b = read(out / one["folder"]), read(tmp_path / two["folder"])
        assert all(x.equal(y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("name", FROM_FOLDER)
def test_the_command_chooses_and_says_the_cost(name, sound, capsys):
    out, rows = sound
    expected = {(m, v): s[name] for m, v, s in scores_of(out, rows)}
    capsys.readouterr()
    assert main(["select", str(out), "--by", name, "--format", "csv"]) == 0
    said = capsys.readouterr()
    assert FROM_FOLDER[name] in said.err
    assert "3 runs" in said.err
    made = {row["method"]: row for row in csv.DictReader(io.StringIO(said.out))}
    own = {v: s for (m, v), s in expected.items() if m == "min_entropy"}
    assert made["min_entropy"][f"chosen by {name}"] == max(own, key=lambda v: own[v])


def test_beside_the_others(sound, capsys):
    out, _ = sound
    assert main(["select", str(out), "--all", "--also", "mixval"]) == 0
    assert "| mixval |" in capsys.readouterr().out


def test_ranks_of_both_figures_are_averaged_within_a_task():
    runs = [run(0, 0.5, s) for s in range(4)] + [run(0, 0.5, 0, target="c")]
    figures = [(0.9, 0.1), (0.8, 0.4), (0.8, 0.2), (math.nan, 0.9), (0.1, 0.1)]
    found = mean_ranks(runs, figures)
    # By hand: ranks 3, 1.5, 1.5 and 1, 3, 2 of three; the last is alone on its task.
    assert found[:3] == pytest.approx([2 / 3, 2.25 / 3, 1.75 / 3])
    assert math.isnan(found[3])
    assert found[4] == 1


def test_what_can_not_be_done_is_said_and_scores_nothing(sound, tmp_path, capsys):
    out, rows = sound
    folder = tmp_path / rows[0]["folder"]
    folder.mkdir(parents=True)
    (folder / OUTPUTS_FILE).write_bytes((out / rows[0]["folder"] / OUTPUTS_FILE).read_bytes())
    runs, _ = score_rows(rows[:1], tmp_path, [])
    for name in FROM_FOLDER:
        (lone,) = add_costly_score(runs, tmp_path, name)
        assert math.isnan(lone.scores[name])
        assert f"{name}: {rows[0]['folder']}" in capsys.readouterr().err


def test_a_function_of_outputs_it_is_not():
    with pytest.raises(UnknownValidator, match=r"second training.*--by reverse_validation"):
        validator("reverse_validation")
    with pytest.raises(UnknownValidator, match="did you mean 'mixval'"):
        validator("mixvall")
