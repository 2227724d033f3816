"""One verdict: the table, the figure, the statistics and the app say the same interval."""

import re

import numpy as np
import pytest

from da_bench.cli.main import main
from da_bench.results import table
from da_bench.results.negative_transfer import BOUNDS, harm_words
from da_bench.results.pairwise import paired_differences
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import TWIN
from da_bench.results.scores import scores
from da_bench.results.significance import estimates, lines, report
from da_bench.statistics.intervals import hierarchical_mean
from tests.results.stored import failed, grid, store

TASKS = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")]
GAINS = np.array([[0.02, 0.05, -0.01], [0.01, 0.03, 0.04], [-0.02, 0.02, 0.03], [0.0, 0.06, 0.01]])
"""Tasks down, seeds across: over tasks the seeds gain 0.0025, 0.04 and 0.0175."""
SAID = "95 % interval over 3 seeds (Student's t of the paired differences)"


def rows():
    return grid([TWIN, "dann"], TASKS, 3, lambda m, t, s: 0.5 + (m == "dann") * GAINS[t, s])


def by_hand():
    """Student's interval of the seeds' mean gains, in points."""
    means = 100 * GAINS.mean(axis=0)
    half = 4.302652729911275 * means.std(ddof=1) / np.sqrt(3)
    return means.mean(), means.mean() - half, means.mean() + half


def bracket(found):
    return "{:+.1f} [{:+.1f}, {:+.1f}]".format(*found)


def bootstrap(frame):
    """Over seeds and tasks, in points; it takes the tasks in their order by name."""
    found = 100 * np.array(estimates(scores(frame)).loc["dann", "bootstrap"])
    order = sorted(range(4), key=lambda t: TASKS[t])
    np.testing.assert_allclose(found, 100 * np.array(hierarchical_mean(list(GAINS[order]))))
    return found


def test_table_figure_statistics_and_app_say_the_same():
    from da_bench.dashboard import panels

    frame = table.frame(rows())
    parts, of = table.summary(frame), scores(frame)
    expected = np.array(by_hand())
    names = ["gain", *BOUNDS]
    np.testing.assert_allclose([100 * parts[n].loc["mean", "dann"] for n in names], expected)
    assert parts["pairs"].loc["mean", "dann"] == 3
    found = estimates(of)
    np.testing.assert_allclose(np.array(found.loc["dann", "gain"]) * 100, expected)
    np.testing.assert_allclose(
        np.array(paired_differences(of, "dann", TWIN).overall) * 100, expected
    )
    assert paired_differences(of, "dann", TWIN).pairs == 3
    panel = panels.gains(of, found, {})
    assert panel.table.loc[0, "gain, 95 % interval"] == bracket(expected)
    (large,) = [trace for trace in panel.figure.data if trace.text]
    assert large.text == (bracket(expected),)
    assert large.error_x.array[0] == pytest.approx(expected[2] - expected[0])
    assert lines(of, found)[0][1] == bracket(expected)
    for words in (harm_words(parts), panel.words, tabulate(rows(), {}), report(frame)):
        assert SAID in words


def test_the_bootstrap_is_another_interval_and_only_where_it_is_asked_for(tmp_path, capsys):
    frame = table.frame(rows())
    other = bootstrap(frame)
    assert bracket(other) != bracket(by_hand())
    assert bracket(other) not in report(frame)
    assert bracket(other) in report(frame, bootstrap=True)
    store(tmp_path, rows())
    assert main(["table", str(tmp_path), "--statistics"]) == 0
    assert bracket(other) not in capsys.readouterr().out
    assert main(["table", str(tmp_path), "--statistics", "--bootstrap"]) == 0
    said = capsys.readouterr().out
    assert bracket(other) in said
    assert "bootstrap over seeds and tasks" in said
    assert main(["table", str(tmp_path), "--bootstrap"]) == 2
    assert "--statistics" in capsys.readouterr().err


def test_the_report_shows_one_interval_of_the_mean_gain(tmp_path):
    store(tmp_path, rows())
    other = bootstrap(table.frame(rows()))
    assert main(["report", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count(bracket(by_hand())) >= 3  # table, figure, statistics
    assert bracket(other) not in page
    assert "two verdicts" not in page
    assert page.count(SAID.replace("'", "&#x27;")) >= 4  # each header says it
    assert "bootstrap 95 %" not in page
    assert main(["report", str(tmp_path), "--bootstrap"]) == 0
    assert bracket(other) in (tmp_path / "report.html").read_text()


def test_where_seeds_are_missing_the_value_lies_in_its_interval():
    made = rows()
    made[-1] = failed("dann", *TASKS[-1], 2)
    frame = table.frame(made)
    parts = table.summary(frame)
    expected = [GAINS[:, :2].mean(), np.nan, np.nan]  # two seeds met all tasks: no verdict
    found = [parts[n].loc["mean", "dann"] for n in ("gain", *BOUNDS)]
    np.testing.assert_allclose(found, expected)
    assert parts["pairs"].loc["mean", "dann"] == 2
    assert "it needs at least 3 seeds, and there are 2." in harm_words(parts)
    np.testing.assert_allclose(np.array(estimates(scores(frame)).loc["dann", "gain"]), expected)


def test_one_seed_has_a_value_and_no_interval():
    frame = table.frame([r for r in rows() if r["seed"] == 0])
    of = scores(frame)
    gain = estimates(of).loc["dann", "gain"]
    assert gain.value == pytest.approx(GAINS[:, 0].mean())
    assert np.isnan(gain.low)
    assert lines(of)[0][1] in ("+0.2", "+0.3")  # of 0.25
    assert not re.search(r"nan", report(frame))
    assert paired_differences(of, "dann", TWIN).pairs == 1
