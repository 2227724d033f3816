"""Which run is next, how often one is tried, and what becomes of those that wait for it."""

import pytest

from da_bench.results.store import read_result, write_result
from da_bench.runs.engines.base import MAX_TRIES, Schedule, finished_row
from da_bench.runs.plan import Job, Plan
from tests.results import stored


def made(name, start_from=None):
    return Job(Plan("moons", "dann", "0", "20", 0), {}, name * 10, start_from)


def row_of(job, out):
    return read_result(out / job.folder / "result.json")


def test_a_lost_run_is_tried_once_more_before_any_other_and_then_fails(tmp_path, capsys):
    assert MAX_TRIES == 2
    first, second = made("a"), made("b")
    schedule = Schedule([first, second], tmp_path, set())
    assert schedule.ready() is first
    assert list(schedule.retry_or_fail(first, "killed")) == []
    assert "lost: runs/moons/dann" in capsys.readouterr().err
    assert (tmp_path / first.folder / "lost.txt").read_text() == "killed; tried once more\n"
    assert schedule.ready() is first
    ((kind, job, row),) = schedule.retry_or_fail(first, "killed again")
    assert (kind, job, row["status"]) == ("done", first, "failed")
    assert row_of(first, tmp_path)["error"] == "lost twice: killed again"
    assert schedule.ready() is second


def test_a_lost_run_whose_row_is_whole_is_done(tmp_path):
    job = made("a")
    after = made("b", job)
    schedule = Schedule([job, after], tmp_path, set())
    schedule.ready()
    write_result(tmp_path / job.folder, stored.row(identity=job.identity))
    ((kind, _, row),) = schedule.retry_or_fail(job, "killed after its row")
    assert (kind, row["status"]) == ("done", "ok")
    assert not (tmp_path / job.folder / "lost.txt").exists()
    assert schedule.ready() is after


@pytest.mark.parametrize(
    "row",
    [stored.row(identity="b" * 10), stored.failed(identity="a" * 10),
     {k: v for k, v in stored.row().items() if k != "identity"}],
    ids=["of another run", "failed", "without identity"],
)  # fmt: skip
def test_another_runs_row_or_a_failed_one_is_no_finished_row(tmp_path, row):
    job = made("a")
    write_result(tmp_path / job.folder, row)
    assert finished_row(tmp_path, job) is None


def test_what_waits_for_a_run_that_is_done_begins(tmp_path):
    first = made("a")
    after = made("b", first)
    schedule = Schedule([after], tmp_path, {first.identity})
    assert list(schedule.blocked()) == []
    assert schedule.ready() is after


def test_what_waits_for_a_run_that_nobody_runs_says_so(tmp_path):
    after = made("b", made("a"))
    schedule = Schedule([after, made("c", after)], tmp_path, set())
    told = list(schedule.blocked())
    assert [job.identity[0] for _, job, _ in told] == ["b", "c"]
    assert "is neither asked for nor there" in told[0][2]["error"]
    assert "failed" in told[1][2]["error"]
    assert list(schedule.blocked()) == []


def test_a_failed_run_is_not_done(tmp_path):
    first = made("a")
    schedule = Schedule([first, made("b", first)], tmp_path, set())
    schedule.settle(schedule.ready(), {"status": "failed"})
    assert first.identity in schedule.failed
    assert first.identity not in schedule.done
    assert schedule.ready() is None


def test_a_row_that_cannot_be_written_says_so_in_the_row_that_is_handed_on(tmp_path):
    job = made("a")
    (tmp_path / job.folder).parent.mkdir(parents=True)
    (tmp_path / job.folder).write_text("a file in the place of the folder")
    row = Schedule([job], tmp_path, set()).give_up(job, "lost twice")
    assert row["error"].startswith("lost twice; nor could its row be written")
