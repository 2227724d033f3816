"""What a comparison leaves: a table that tells of every run that was asked for."""

import hashlib
import io
import math
import os

import pandas as pd
import pytest
from rich.console import Console

from da_bench.io.files import write_whole
from da_bench.results.row import TWIN
from da_bench.results.store import write_result
from da_bench.runs import compare
from da_bench.runs.compare import conclude
from da_bench.runs.plan import Job, Plan
from tests.results.stored import row

TASKS = (("a", "b"), ("b", "a"))
LONG = "RuntimeError: Error(s) in loading state_dict:\n\tsize mismatch | for weight\n" + "x" * 900


def jobs(seeds=2, benchmark="bench"):
    plans = [Plan(benchmark, m, *task, s) for task in TASKS for m in (TWIN, "dann")
             for s in range(seeds)]  # fmt: skip
    return [Job(p, {}, hashlib.sha256(repr(p).encode()).hexdigest()) for p in plans]


def told(out, grid, how):
    """What conclude prints and writes, where ``how(job)`` is a row's columns or None for no row."""
    for job in grid:
        if (more := how(job)) is not None:
            made = row(**{k: v for k, v in job.plan.columns.items() if k != "benchmark"})
            made |= {"benchmark": job.plan.benchmark, "identity": job.identity} | more
            made = {k: v for k, v in made.items() if k != "folder"}
            write_result(out / job.folder, made)
    screen = Console(file=io.StringIO(), width=400)
    status = conclude(grid, [TWIN, "dann"], out, screen)
    return status, screen.file.getvalue(), (out / "table.md").read_text()


def bad(error="RuntimeError: it is NaN"):
    return {"status": "failed", "error": error, "oracle/target": None}


def test_all_finished_and_nothing_more_is_said(tmp_path):
    status, screen, text = told(tmp_path, jobs(), lambda job: {})
    assert status == 0
    assert "ailed" not in screen + text
    assert len(pd.read_csv(tmp_path / "results.csv")) == 8


def test_where_all_failed_the_table_lists_them(tmp_path):
    status, screen, text = told(tmp_path, jobs(), lambda job: bad(LONG))
    assert status == 1
    assert "## bench" in text
    assert "No run finished." in text
    assert "Failed runs: 8" in text
    for job in jobs():
        assert str(job.folder) in text
        assert str(job.folder) in screen
    assert "RuntimeError: Error(s) in loading state_dict: size mismatch \\| for weight" in text
    assert max(map(len, text.splitlines())) < 500
    found = pd.read_csv(tmp_path / "results.csv")
    assert found["status"].tolist() == ["failed"] * 8


def test_a_task_that_nobody_finished_keeps_its_line(tmp_path):
    status, screen, text = told(
        tmp_path, jobs(), lambda job: bad() if job.plan.source == "b" else {}
    )
    assert status == 1
    assert "| b:a | - | - |" in text
    assert "mean: over the 1 of 2 tasks that every method finished, without b:a" in text
    assert "dann 2 of 4 (2 failed, 0 not run)" in text
    assert text.count("RuntimeError: it is NaN") == 4
    assert screen.count("RuntimeError: it is NaN") == 4
    assert len(pd.read_csv(tmp_path / "results.csv")) == 8


def test_a_run_without_a_result_is_told_of(tmp_path):
    lost = jobs()[-1]
    status, screen, text = told(tmp_path, jobs(), lambda job: None if job == lost else {})
    assert status == 1
    assert "dann 1 of 4 (0 failed, 1 not run)" in text
    for said in (screen, text):
        assert "no result: it was stopped, or never began" in said
        assert str(lost.folder) in said
    found = pd.read_csv(tmp_path / "results.csv")
    assert found["status"].tolist().count("not run") == 1
    assert not (tmp_path / lost.folder).exists()  # nothing is made up on the disk


@pytest.mark.parametrize("value", [86.1, math.nan, math.inf])
def test_a_figure_that_cannot_be_is_told_of(tmp_path, value):
    wrong = jobs()[-1]
    status, screen, text = told(
        tmp_path, jobs(), lambda job: {"oracle/target": value} if job == wrong else {}
    )
    assert status == 1
    for said in (screen, text):
        assert f"left out: oracle/target is {value}, expected a share from 0 to 1" in said
        assert str(wrong.folder) in said
    assert "mean ±standard deviation over 1 to 2 seeds" in text


def test_several_benchmarks_each_have_a_part(tmp_path):
    grid = [*jobs(), *jobs(benchmark="other")]
    _, _, text = told(tmp_path, grid, lambda job: bad() if job.plan.benchmark == "other" else {})
    assert "## bench" in text
    assert "## other\n\nNo run finished." in text


@pytest.mark.parametrize("broken", [0, 1, 4])
def test_a_benchmark_without_labels_that_finished_is_not_called_unfinished(tmp_path, broken):
    bare = {"oracle/target": None, "target_unscored": "no labels"}
    wrong = jobs()[:broken]
    status, screen, text = told(tmp_path, jobs(), lambda job: bad() if job in wrong else bare)
    assert status == (broken > 0)
    assert ("No run finished." in screen, "No run finished." in text) == (broken == 4,) * 2
    assert text.count("RuntimeError: it is NaN |") == broken


def test_the_screen_says_what_the_table_says_of_runs_that_are_lost(tmp_path):
    def how(job):
        failed = job.plan.benchmark == "other" or job.plan.method == "dann"
        return bad() if failed else {}

    _, screen, text = told(tmp_path, [*jobs(), *jobs(benchmark="other")], how)
    for said in ("No run finished.", "Missing runs: dann 4 of 4 (4 failed, 0 not run)."):
        assert said in screen
        assert said in text


def test_the_table_is_written_whole(tmp_path, monkeypatch):
    told(tmp_path, jobs(), lambda job: {})
    before = (tmp_path / "table.md").read_text()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        conclude(jobs(), [TWIN, "dann"], tmp_path, Console(file=io.StringIO()))
    assert (tmp_path / "table.md").read_text() == before
    assert not list(tmp_path.glob(".*.part"))


def test_what_is_no_file_is_written_to_as_it_is():
    write_whole(compare.Path("/dev/null"), "text")
    assert compare.Path("/dev/null").is_char_device()
