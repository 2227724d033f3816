"""The main job: rows, twins, reruns, failures and tables."""

import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from rich.console import Console

from da_bench.cli.main import main
from da_bench.config.layers import UnknownName
from da_bench.results import table
from da_bench.results.store import SCHEMA, StoreError, check_writable, read_results, write_result
from da_bench.runs import engines
from da_bench.runs.compare import finish
from da_bench.runs.engines import finished_row
from da_bench.runs.plan import Plan, jobs, plans
from tests.results import stored

QUICK = [
    "--benchmark",
    "moons",
    "--tasks",
    "0:20",
    "--set",
    "trainer.max_epochs=2",
    "data.init_args.size=128",
]
METRICS = ["oracle/target", "val/source", "test/source", "gain"]


def command(*args, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "da_bench", *args],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "100"},
        **kwargs,
    )


def results(out):
    rows = pd.read_csv(out / "results.csv")
    return rows.sort_values(["method", "source", "target", "seed"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("compare")
    done = command(
        "compare",
        *QUICK,
        "--methods",
        "dann",
        "coral",
        "--seeds",
        "2",
        "--workers",
        "2",
        "--out",
        str(out),
    )
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_penalties_of_every_method_are_refused(tmp_path):
    """They were the twin's too, which was a source-only model no more."""
    added = "model.init_args.penalties.mcc.function=da_bench.functional.mcc"
    found = command("compare", "--methods", "dann", "--set", added, "--out", str(tmp_path))
    assert found.returncode == 2
    assert "would be the source-only twin's too" in " ".join(found.stderr.split())


def test_rows_and_table(finished):
    out, said = finished
    rows = results(out)
    assert list(rows.columns[:11]) == table.FIRST
    assert set(rows["method"]) == {"dann", "coral", "source_only"}  # the twin joins by itself
    assert (rows["status"] == "ok").all()
    assert (rows.loc[rows["method"] == "source_only", "gain"] == 0).all()
    for _, row in rows.iterrows():
        twin = rows[(rows["method"] == "source_only") & (rows["seed"] == row["seed"])].iloc[0]
        assert row["gain"] == pytest.approx(row["oracle/target"] - twin["oracle/target"])
    text = (out / "table.md").read_text()
    assert "**" in text
    assert "±" in text
    assert "Weights: last" in text
    assert "0:20" in said


def test_a_run_is_rebuilt_from_its_folder(finished):
    out, _ = finished
    folder = next((out / "runs").glob("*/dann/*/"))
    assert {"config.yaml", "result.json", "model.ckpt", "log.txt"} <= {
        p.name for p in folder.iterdir()
    }
    import torch

    import da_bench

    assert da_bench.load(folder)(torch.zeros(3, 2)).shape == (3, 2)


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({}, ""),  # it once said "val/source nan"
        ({"val/source": math.nan}, "val/source undefined  "),
        ({"val/source": 0.5}, "val/source 0.500  "),
    ],
)
def test_progress_shows_the_validation_score_where_there_is_one(
    scores, says, tmp_path, monkeypatch
):
    (job,) = jobs(plans(["moons"], ["one_nn"], ["0:20"], 1))
    row = {"status": "ok", "wall_s": 1.5} | scores
    monkeypatch.setattr(engines, "get", lambda name: lambda *_: (m for m in [("done", job, row)]))
    console = Console(file=io.StringIO(), width=30)  # of a log, which no terminal shows
    finish([job], tmp_path, 1, console)
    assert console.file.getvalue().endswith(f"1/1 one_nn 0:20 seed 0  {says}1.5 s\n")


def test_rerun_does_nothing_twice(finished):
    out, _ = finished
    before = {p: p.stat().st_mtime_ns for p in out.rglob("result.json")}
    done = command(
        "compare", *QUICK, "--methods", "dann", "coral", "--seeds", "2", "--out", str(out)
    )
    assert "6 runs, 6 finished already" in done.stdout
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("result.json")}


def test_workers_do_not_change_the_numbers(finished, tmp_path):
    command(
        "compare",
        *QUICK,
        "--methods",
        "dann",
        "coral",
        "--seeds",
        "2",
        "--workers",
        "1",
        "--out",
        str(tmp_path),
    )
    pd.testing.assert_frame_equal(
        results(tmp_path)[METRICS], results(finished[0])[METRICS], check_exact=True
    )


def test_a_changed_setting_is_another_run_and_old_rows_are_kept(finished, tmp_path):
    import shutil

    shutil.copytree(finished[0], tmp_path / "out")
    done = command(
        "compare",
        *QUICK,
        "model.init_args.weight=0.5",
        "--methods",
        "dann",
        "coral",
        "--seeds",
        "1",
        "--out",
        str(tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    assert "other rows" in done.stdout
    assert len(results(tmp_path / "out")) == 9


def test_a_diverging_run_is_recorded_and_the_others_go_on(tmp_path):
    done = command(
        "compare",
        *QUICK,
        "model.init_args.optimizer.lr=1e30",
        "--methods",
        "dann",
        "--seeds",
        "1",
        "--out",
        str(tmp_path),
    )
    assert done.returncode == 1
    rows = results(tmp_path)
    assert set(rows["status"]) == {"failed"}
    assert rows["error"].str.contains("training step").all()
    assert rows["error"].str.contains("source_risk|adaptation_loss").all()


def test_identity_follows_what_determines_a_run():
    def identity(overrides=None, **plan):
        made = jobs(
            [
                Plan(
                    **{
                        "benchmark": "moons",
                        "method": "dann",
                        "source": "0",
                        "target": "20",
                        "seed": 0,
                    }
                    | plan
                )
            ],
            overrides,
        )
        return made[-1].identity

    base = identity()
    assert base == identity()
    assert base == identity(
        {
            "data": {"init_args": {"num_workers": 2}},
            "trainer": {"accelerator": "cpu", "logger": True},
        }
    )
    different = [
        identity(seed=1), identity(target="40"), identity(method="cdan"),
        identity({"model": {"init_args": {"weight": 0.5}}}),
        identity({"trainer": {"max_epochs": 3}}),
    ]  # fmt: skip
    assert len({base, *different}) == 6


def test_identity_follows_the_content_of_weights_and_not_their_place(tmp_path):
    from da_bench.runs.plan import canonical

    def identity(path):
        model = {"init_args": {"init_from": str(path), "encoder": {"weights": [str(path)]}}}
        return canonical({"trainer": {}, "data": {"init_args": {}}, "model": model})

    first, moved, other = (tmp_path / f"{name}.ckpt" for name in ("a", "b", "c"))
    for path, content in ((first, b"1"), (moved, b"1"), (other, b"2")):
        path.write_bytes(content)
    assert identity(first) == identity(moved) != identity(other)
    run = tmp_path / "run"
    run.mkdir()
    first.rename(run / "model.ckpt")
    assert identity(run) == identity(moved)


def test_names_fail_with_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'dann'"):
        plans(["moons"], ["dan_n"], None, 1)
    with pytest.raises(UnknownName, match="did you mean 'amazon_reviews'"):
        plans(["amazon_review"], ["dann"], None, 1)
    with pytest.raises(UnknownName, match="did you mean 'kitchen'"):
        plans(["amazon_reviews"], ["dann"], ["books:kitchn"], 1)
    with pytest.raises(UnknownName, match="SOURCE:TARGET"):
        plans(["amazon_reviews"], ["dann"], ["books"], 1)


def test_store_refuses_a_newer_schema_and_keeps_an_older(tmp_path):
    folder = tmp_path / "runs" / "b" / "m" / "r"
    write_result(folder, stored.row())
    assert read_results(tmp_path)[0]["schema"] == SCHEMA
    path = folder / "result.json"
    path.write_text(json.dumps(stored.row(identity="old") | {"schema": 0}))
    assert read_results(tmp_path)[0]["identity"] == "old"
    path.write_text(json.dumps({"schema": SCHEMA + 1}))
    with pytest.raises(StoreError, match="update it, or choose another --out"):
        read_results(tmp_path)
    path.write_text('{"schema": 1, "ident')
    assert read_results(tmp_path) == []


def test_a_whole_row_of_a_dead_worker_counts(tmp_path):
    job = jobs([Plan("moons", "source_only", "0", "20", 0)])[0]
    assert finished_row(tmp_path, job) is None
    write_result(tmp_path / job.folder, stored.failed(identity=job.identity))
    assert finished_row(tmp_path, job) is None
    write_result(tmp_path / job.folder, stored.row(identity=job.identity))
    assert finished_row(tmp_path, job)["status"] == "ok"


def test_an_output_that_is_a_file_fails_at_once(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(StoreError, match="choose another folder"):
        check_writable(tmp_path / "out")
    done = command("compare", *QUICK, "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "choose another folder" in done.stderr


def test_a_call_that_trains_nothing_leaves_nothing(tmp_path, monkeypatch, capsys):
    """An empty folder of a run stayed behind."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):  # help ends the process
        main(["fit", "--method", "dann", "--model.init_args.encoder.help", "da_bench.networks.MLP"])
    assert "--encoder.dropout" in capsys.readouterr().out
    assert main(["fit", "--method", "dann", "--out", "a/b", "--model.init_args.wait", "1"]) == 2
    assert not list(tmp_path.iterdir())


def test_a_table_refuses_mixed_protocols():
    row = {"method": "source_only", "benchmark": "b", "source": "s", "target": "t", "seed": 0,
           "status": "ok", "metric": "accuracy", "oracle/target": 0.5, "identity": "a",
           "target_test": "held_out"}  # fmt: skip
    other = row | {"seed": 1, "identity": "b", "target_test": "transductive"}
    with pytest.raises(table.MixedProtocols, match="target_test"):
        table.summary(table.frame([row, other]), ["source_only"])


def tally(out, kills, seed):
    """Kills ``compare`` at random moments, ``kills`` times, then lets it finish."""
    rng, args = (
        random.Random(seed),
        ["--methods", "dann", "coral", "--seeds", "4", "--out", str(out)],
    )
    finished_rows, landed = set(), 0
    for _ in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-m", "da_bench", "compare", *QUICK, *args],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(rng.uniform(3, 14))
        landed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        rows = {row["identity"] for row in read_results(out) if row["status"] == "ok"}
        assert finished_rows <= rows, "a finished row was lost"
        finished_rows = rows
    done = command("compare", *QUICK, *args)
    assert done.returncode == 0, done.stderr
    return landed


@pytest.mark.slow
def test_killed_ten_times_equals_uninterrupted(tmp_path):
    command(
        "compare",
        *QUICK,
        "--methods",
        "dann",
        "coral",
        "--seeds",
        "4",
        "--out",
        str(tmp_path / "whole"),
    )
    landed = tally(tmp_path / "killed", 10, 0)
    print(f"kills that met a running process: {landed} of 10")
    whole, killed = results(tmp_path / "whole"), results(tmp_path / "killed")
    assert landed >= 3
    assert len(whole) == len(killed) == 12
    assert killed["identity"].is_unique
    pd.testing.assert_frame_equal(
        whole[["identity", *METRICS]], killed[["identity", *METRICS]], check_exact=True
    )
