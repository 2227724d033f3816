"""Frames, gains and summaries: what each figure is over, and what may not share a table."""

import math

import numpy as np
import pandas as pd
import pytest

from da_bench.results import table
from da_bench.results.cell import PERCENT, PLAIN
from da_bench.results.negative_transfer import harm_words
from da_bench.results.renderers import markdown
from da_bench.results.row import TWIN
from tests.results.stored import failed, grid, row


def by_hand(rows, variants=False):
    """Gains by a double loop."""
    gains = []
    for one in rows:
        gain = math.nan
        if one["status"] == "ok":
            for twin in rows:
                keys = ("benchmark", "source", "target", "seed")
                if (twin["method"] == TWIN and twin["status"] == "ok"
                        and all(twin[k] == one[k] for k in keys)):  # fmt: skip
                    gain = one["oracle/target"] - twin["oracle/target"]
                    gain *= 1 if one["higher_is_better"] else -1
        gains.append(gain)
    return gains


@pytest.mark.parametrize("higher", [True, False])
def test_gains_equal_the_double_loop(higher):
    rng = np.random.default_rng(0)
    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 3, lambda *_: rng.random())
    metric = "accuracy" if higher else "error"
    rows = [r | {"higher_is_better": higher, "metric": metric} for r in rows]
    rows[1] = failed(TWIN, "a", "b", 1)  # whose pairs then have no gain
    rows[7] = failed("dann", "a", "b", 1)
    rng.shuffle(rows)
    frame = table.frame(rows)
    np.testing.assert_allclose(frame["gain"], by_hand(rows), rtol=0, atol=0)
    assert frame["gain"].isna().sum() == 3
    assert list(frame.columns[: len(table.FIRST)]) == table.FIRST


def test_rows_that_are_not_current_have_no_gain_and_lend_none():
    rows = [row(TWIN, score=0.5), row("dann", score=0.7), row("dan", score=0.6)]
    frame = table.frame(rows, {rows[1]["identity"], rows[0]["identity"]})
    assert frame["gain"].tolist()[:2] == pytest.approx([0, 0.2])
    assert math.isnan(frame["gain"][2])
    assert frame["current"].tolist() == [True, True, False]
    assert table.frame(rows, set())["gain"].isna().all()


def test_no_rows_make_an_empty_frame():
    assert table.frame([]).empty
    assert set(table.FIRST) <= set(table.frame([]).columns)


def settings(**values):
    return {"settings": values, "variant": ",".join(f"{k}={v}" for k, v in values.items())}


def test_variants_have_their_own_columns_and_the_right_twin():
    rows = [
        row(TWIN, score=0.5),
        row("dann", score=0.6, **settings(weight=0.1)),
        row("dann", score=0.7, **settings(weight=1)),
    ]
    frame = table.frame(rows)
    assert frame["name"].tolist() == [TWIN, "dann[weight=0.1]", "dann[weight=1]"]
    assert frame["gain"].tolist() == pytest.approx([0, 0.1, 0.2])
    parts = table.summary(frame)
    assert list(parts["mean"].columns) == [TWIN, "dann[weight=0.1]", "dann[weight=1]"]


def test_what_all_share_gives_each_its_own_twin():
    rows = [
        row(TWIN, score=0.5, **settings(epochs=1)),
        row(TWIN, score=0.6, **settings(epochs=9)),
        row("dann", score=0.7, **settings(epochs=1)),
        row("dann", score=0.7, **settings(epochs=9, weight=2)),
        row("dann", score=0.7, **settings(epochs=5)),  # no twin trained as long
    ]
    gains = table.frame(rows)["gain"].tolist()
    assert gains[:4] == pytest.approx([0, 0, 0.2, 0.1])
    assert math.isnan(gains[4])


def test_a_lone_tuned_twin_stands_for_all_and_a_tie_for_none():
    lone = [row(TWIN, score=0.5, **settings(lr=1)), row("dann", score=0.7, **settings(lr=2))]
    assert table.frame(lone)["gain"][1] == pytest.approx(0.2)
    tie = [
        row(TWIN, score=0.5, **settings(lr=1)),
        row(TWIN, score=0.4, **settings(epochs=1)),
        row("dann", score=0.7, **settings(lr=1, epochs=1)),
    ]
    assert math.isnan(table.frame(tie)["gain"][2])


def test_summary_is_over_seeds_and_the_mean_over_whole_tasks():
    scores = {TWIN: [[0.5, 0.7], [0.2, 0.4]], "dann": [[0.6, 0.8], [0.5, 0.9]]}
    rows = grid([TWIN, "dann"], [("a", "b"), ("b", "a")], 2, lambda m, t, s: scores[m][t][s])
    parts = table.summary(table.frame(rows))
    assert parts["mean"].loc["a:b"].tolist() == pytest.approx([0.6, 0.7])
    assert parts["gain"].loc["b:a", "dann"] == pytest.approx(0.4)
    assert parts["spread"].loc["a:b", TWIN] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    # of the average over tasks, by seed: 0.55 and 0.85
    assert parts["mean"].loc[table.MEAN, "dann"] == pytest.approx(0.7)
    assert parts["spread"].loc[table.MEAN, "dann"] == pytest.approx(np.std([0.55, 0.85], ddof=1))
    assert parts["runs"].loc["a:b"].tolist() == [2, 2]
    lost = table.summary(table.frame([*rows[:6], failed("dann", "b", "a", 0)]))
    assert lost["mean"].loc[table.MEAN, TWIN] == pytest.approx(0.6)  # a:b alone


def test_a_seed_short_of_a_task_does_not_tilt_the_mean():
    scores = {TWIN: [[0.5, 0.7], [0.2, 0.4]], "dann": [[0.6, 0.8], [0.5, 0.9]]}
    rows = grid([TWIN, "dann"], [("a", "b"), ("b", "a")], 2, lambda m, t, s: scores[m][t][s])
    rows[5] = failed("dann", "a", "b", 1)
    parts = table.summary(table.frame(rows))
    assert parts["mean"].loc[table.MEAN, "dann"] == pytest.approx((0.6 + 0.7) / 2)
    assert parts["runs"].loc[table.MEAN].tolist() == [2, 1]
    assert math.isnan(parts["spread"].loc[table.MEAN, "dann"])


def test_order_of_methods():
    rows = [row(m) for m in ("zeta", "dann", TWIN, "alpha")]
    assert list(table.summary(table.frame(rows))["mean"]) == [TWIN, "zeta", "dann", "alpha"]
    assert list(table.summary(table.frame(rows), ["dann", "zeta"])["mean"]) == ["dann", "zeta"]


def test_numbers_of_labels_have_a_line_each():
    rows = [
        row(TWIN),
        row("fine_tune", labels=5, score=0.8),
        row("fine_tune", labels=50, score=0.9),
    ]
    parts = table.summary(table.frame(rows))
    assert list(parts["mean"].index) == ["a:b, 5 labels", "a:b, 50 labels"]
    assert parts["mean"]["fine_tune"].tolist() == [0.8, 0.9]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("metric", ("accuracy", "f1")),
        ("target_test", ("held_out", "transductive")),
        ("selection", ("last", "val/source")),
        ("max_epochs", (5, 10)),
        ("labels", (None, 50)),
    ],
)
def test_one_method_that_mixes_is_refused_unless_told(column, values):
    rows = [row(seed=s, **{column: value}) for s, value in enumerate(values)]
    with pytest.raises(table.MixedProtocols, match=column):
        table.summary(table.frame(rows))
    assert "dann" in table.summary(table.frame(rows), allow_mixed=True)["mean"]


def test_methods_may_select_and_train_each_in_its_way():
    rows = [row(TWIN, max_epochs=5), row("fine_tune", selection="val/target", max_epochs=60)]
    assert len(table.summary(table.frame(rows))["mean"].columns) == 2


def test_hyper_parameters_that_differ_between_seeds_are_refused():
    own = row()["hyperparameters"]
    rows = [row(seed=0), row(seed=1, hyperparameters=own | {"weight": 2.0})]
    with pytest.raises(table.MixedProtocols, match="hyper-parameters"):
        table.summary(table.frame(rows))
    # The folder that a run starts from is no setting, and a search may choose task by task.
    fine = [row(seed=0), row(seed=1, hyperparameters=own | {"init_from": "elsewhere"})]
    fine += [row(source="c", hyperparameters=own | {"weight": 3.0})]
    assert len(table.summary(table.frame(fine))["mean"]) == 3


def test_a_seed_that_counts_twice_is_refused():
    rows = [row(seed=0), row(seed=0, note="of older code")]
    with pytest.raises(table.MixedProtocols, match=r"seed twice.*dann a:b seed 0"):
        table.summary(table.frame(rows))


def test_cells_say_mean_spread_gain_and_the_best_in_bold():
    scores = {TWIN: [0.5, 0.6, 0.4], "dann": [0.7, 0.8, 0.9], "dan": [0.3, 0.38, 0.2]}
    rows = grid(list(scores), [("a", "b")], 3, lambda m, t, s: scores[m][s])
    cells = table.cells(table.summary(table.frame(rows)), PERCENT, True)
    texts = ["50.0 ±10.0", "**80.0 ±10.0** (+30.0 [-13.0, +73.0])",
             "29.3 ±9.0 (-20.7 [-23.5, -17.8]) †"]  # fmt: skip
    assert list(map(markdown.cell, cells.loc["a:b"])) == texts
    assert list(map(str, cells.loc["a:b"])) == [text.replace("**", "") for text in texts]
    one = table.cells(table.summary(table.frame(rows)), PLAIN, False).loc["a:b", "dan"]
    assert markdown.cell(one.without_gain()) == "**0.293 ±0.090** †"
    assert (one.count, one.best, one.harm, one.suspect) == (3, True, True, False)
    assert markdown.table(cells).splitlines()[1] == "|---|---|---|---|"


@pytest.mark.parametrize(
    ("gains", "text", "words"),
    [
        ([0.1, 0.3], "+20.0", "it needs at least 3 seeds, and there are 2."),
        ([-0.2, -0.2], "-20.0", "it needs at least 3 seeds, and there are 2."),
        ([-0.2, -0.2, -0.2], "-20.0", "Every seed gains the same in 1 cell: no interval."),
        ([-0.2, -0.2, -0.1], "-16.7 [-31.0, -2.3]", "over 3 seeds"),
    ],
)
def test_a_verdict_needs_three_seeds_whose_gains_differ(gains, text, words):
    rows = grid([TWIN, "dann"], [("a", "b")], len(gains),
                lambda m, t, s: 0.5 + (gains[s] if m == "dann" else 0))  # fmt: skip
    parts = table.summary(table.frame(rows))
    cell = table.cells(parts, PERCENT, True).loc["a:b", "dann"]
    assert cell.gain_text == f"({text})"
    assert cell.harm == (text == "-16.7 [-31.0, -2.3]")
    assert words in harm_words(parts)


def test_cells_stay_under_their_methods_whatever_the_order_of_parts():
    rows = grid([TWIN, "dan", "b", "a"], [("a", "b")], 1, lambda m, t, s: 0.5 + 0.1 * (m == "dan"))
    parts = table.summary(table.frame(rows))
    shuffled = parts | {"gain": parts["gain"][["a", "b", "dan", TWIN]]}
    made = [table.cells(each, PERCENT, True).map(str) for each in (shuffled, parts)]
    pd.testing.assert_frame_equal(*made)


def test_a_missing_cell_is_a_dash():
    rows = [row(TWIN), row(TWIN, source="c"), row("dann")]
    text = table.cells(table.summary(table.frame(rows)), PERCENT, True)
    assert text.loc["c:b", "dann"] == "-"
