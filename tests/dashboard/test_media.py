"""The report's figures by name, for other pages: none of runs that can't be compared."""

import pytest

from da_bench.dashboard.media import media
from tests.results.stored import grid

SCORES = {"source_only": 0.7, "dann": 0.6, "dan": 0.5}
ROWS = grid(SCORES, [("a", "b"), ("b", "a")], 3,
            lambda method, task, seed: SCORES[method] + 0.01 * seed)  # fmt: skip


def figures(tmp_path, rows):
    return media(tmp_path, rows, {row["folder"]: 1 for row in rows})


def test_each_figure_has_the_name_of_its_benchmark(tmp_path):
    other = [row | {"benchmark": "other", "folder": f"other/{row['folder']}"} for row in ROWS]
    found = figures(tmp_path, [*ROWS, *other])
    names = {name.removeprefix("bench/") for name in found if name.startswith("bench/")}
    assert {"leaderboard", "cost"} <= names
    assert found.keys() == {f"{b}/{key}" for b in ("bench", "other") for key in names}
    means = [100 * SCORES[m] + 1 for m in ("dan", "dann", "source_only")]  # seeds add 0, 1, 2
    assert sorted(t.x[0] for t in found["bench/leaderboard"].data) == pytest.approx(means)


def test_runs_of_two_protocols_have_none(tmp_path):
    mixed = [row | {"metric": "auroc"} if row["method"] == "dan" else row for row in ROWS]
    assert figures(tmp_path, ROWS)
    assert figures(tmp_path, mixed) == {}
