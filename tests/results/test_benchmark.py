"""The results of one benchmark: its numbers are those of the rows, by hand."""

import pandas as pd
import pytest

from da_bench.results.benchmark import MEAN, NONE, Benchmark, benchmarks
from da_bench.results.protocol import MixedProtocols
from da_bench.results.table import frame
from tests.results.stored import failed, grid, row

SCORES = {"source_only": 0.5, "dann": 0.6, "dan": 0.4}
ROWS = grid(SCORES, [("a", "b"), ("b", "a")], 3,
            lambda method, task, seed: SCORES[method] + 0.1 * task + 0.01 * seed**2)  # fmt: skip


def made(rows, **options):
    (only,) = benchmarks(frame(rows), **options)
    return only


def test_means_and_gains_are_those_of_the_rows():
    found = made(ROWS)
    assert found.methods == ["source_only", "dann", "dan"]
    assert len(found.tasks) == 2
    for method, score in SCORES.items():
        means, gains = found.parts["mean"][method], found.parts["gain"][method]
        third = 0.05 / 3  # the mean of 0, 0.01 and 0.04
        assert means.tolist() == pytest.approx([score + third, score + 0.1 + third,
                                                score + 0.05 + third])  # fmt: skip
        if method != "source_only":
            assert gains.tolist() == pytest.approx([score - 0.5] * 3)
    assert found.parts["mean"].index[-1] == MEAN
    assert (found.metric, found.percent, found.higher) == ("accuracy", True, True)
    assert found.cells.shape == (3, 3)
    assert found.cells.iloc[0]["dann"].value == pytest.approx(0.6 + 0.05 / 3)
    assert made(ROWS, order=["dan", "dann", "source_only"]).methods[0] == "dan"


def test_failed_runs_are_counted_and_named():
    found = made([*ROWS, failed(seed=3)])
    assert found.failures[["method", "seed"]].to_numpy().tolist() == [["dann", 3]]
    assert len(found.finished_runs) == len(ROWS)
    assert "1" in found.missing_words
    assert made(ROWS).failures.empty
    line = found.long_table.set_index(["task", "method"]).loc[(found.tasks[0], "dann")]
    assert (line["runs"], line["failed"]) == (3, 1)
    assert line["gain"] == pytest.approx(0.1)


def test_where_nothing_finished_there_is_no_table():
    found = made([failed(), failed(seed=1)])
    assert found.parts == {}
    assert found.cells.empty
    assert found.words == NONE
    assert found.methods == found.tasks == []


def test_each_benchmark_has_its_own_runs_and_finished_ones_come_first():
    rows = [failed(benchmark="lost"), *ROWS, *(one | {"benchmark": "other"} for one in ROWS)]
    found = benchmarks(frame(rows))
    assert [one.name for one in found] == ["bench", "other", "lost"]
    assert [len(one.runs) for one in found] == [len(ROWS), len(ROWS), 1]
    pd.testing.assert_frame_equal(found[0].parts["mean"], found[1].parts["mean"])


def test_runs_of_two_metrics_make_no_table_unless_that_is_allowed():
    rows = [row("source_only", seed=s) for s in range(2)]
    rows.append(row(metric="auroc"))
    with pytest.raises(MixedProtocols, match=r"bench: .*--allow-mixed"):
        benchmarks(frame(rows))
    found = made([one | {"written": i} for i, one in enumerate(rows)], allow_mixed=True)
    assert found.faults
    assert found.metric == "accuracy/auroc"


def test_tasks_without_target_labels_stand_apart():
    bare = [row(m, "c", "d", s, None) | {"oracle/target": None, "target_unscored": "no labels"}
            for m in SCORES for s in range(3)]  # fmt: skip
    found = made([*ROWS, *bare])
    assert len(found.with_labels.runs) == len(ROWS)
    assert len(found.without_labels.runs) == len(bare)
    assert found.with_labels.tasks == found.tasks == made(ROWS).tasks
    assert found.without_labels.with_labels.runs.empty
    assert isinstance(found.without_labels, Benchmark)
