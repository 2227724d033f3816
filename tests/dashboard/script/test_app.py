"""The app's pages, run without a browser: numbers, filters, the way down, names, torn results."""

import html
import json
import re

import numpy as np
import pytest
from scipy import stats

pytest.importorskip("streamlit", reason="the extra da-bench[dashboard] is not installed")

from streamlit.testing.v1 import AppTest

from da_bench.dashboard.live import Live
from da_bench.dashboard.views import elements, reader_of
from da_bench.results.collection import load
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import TWIN
from tests.dashboard.names import COLLAPSE, NASTY, nasty
from tests.results.stored import failed, grid, row, store

SCRIPT = """
import sys
from pathlib import Path
from da_bench.dashboard.views import show
show(Path({folder!r}))
"""


@pytest.fixture(autouse=True)
def _look_every_time(monkeypatch):
    reader_of.clear()
    monkeypatch.setattr(Live.__init__, "__defaults__", (0.0,))


def opened(folder, **address):
    app = AppTest.from_string(SCRIPT.format(folder=str(folder)), default_timeout=60)
    for name, value in address.items():
        app.query_params[name.replace("if_", "if.")] = value
    app.run()
    assert not app.exception, app.exception
    return app


def said(app):
    """All that the page's HTML says, as a reader sees it."""
    bodies = [one.proto.body for one in app.get("html")]
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", " ".join(bodies), flags=re.S))


def cells(app):
    """Cells of all tables, a list a line."""
    body = " ".join(one.proto.body for one in app.get("html"))
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.S)
    return [
        [html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(
            r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.S)]
        for line in lines
    ]  # fmt: skip


def blocks(app):
    """Texts of files and the like, letter by letter."""
    bodies = " ".join(one.proto.body for one in app.get("html"))
    return [html.unescape(one) for one in re.findall(r"<pre[^>]*>(.*?)</pre>", bodies, re.S)]


@pytest.fixture
def out(tmp_path):
    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 3,
                lambda m, t, s: {TWIN: 0.5, "dann": 0.7, "dan": 0.45}[m] + 0.013 * s * t
                + 0.01 * s * s * (m == "dan"))  # fmt: skip
    rows[3] |= {"diagnosis": "predictions_collapse", "diagnoses": [COLLAPSE]}
    folders = store(tmp_path, [*rows[:-1], failed("dan", "b", "a", 2, "RuntimeError: NaN")])
    for number, (folder, one) in enumerate(zip(folders, rows, strict=False)):
        (folder / "config.yaml").write_text(f"model: {one['method']}\nnumber: {number}\n")
        (folder / "log.txt").write_text("".join(f"line {i}\n" for i in range(500)))
        lines = [f"{e},{e + 1},val/source,{0.1 * e + 0.01 * one['seed']}\n" for e in range(4)]
        (folder / "curves.csv").write_text("".join(["epoch,step,name,value\n", *lines]))
    return tmp_path


def test_every_number_of_the_table_is_the_commands(out):
    shown = cells(opened(out))
    text = tabulate(load(out).rows, {})
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    plain = [[cell.replace("**", "") for cell in line] for line in lines]
    assert len(plain) > 5
    for line in plain[: len(load(out).tasks) + 2]:
        assert line in shown


def test_every_figure_of_choice_is_drawn_or_says_why_not(out):
    from da_bench.dashboard.views.choice import FIGURES

    for name in FIGURES:
        app = opened(out, figure=name)
        drawn = name not in ("divergence", "statistics", "validators")
        assert len(app.get("plotly_chart")) == 1 + drawn
        words = {"divergence": "No run holds a divergence", "validators": "No run keeps outputs"}
        assert words.get(name, "") in said(app)
    table = tabulate(load(out).rows, {}, statistics=True)
    app = opened(out, figure="statistics")
    rows = [line for line in table.splitlines() if line.startswith("| ") and "---" not in line]
    lines = [line.strip("| ").split(" | ") for line in rows]
    (start,) = [i for i, line in enumerate(lines) if "rank" in line]
    for line in lines[start:]:
        assert line in cells(app)


def test_of_many_runs_the_first_figure_comes_alone_and_then_all(out, monkeypatch):
    few = cells(opened(out))
    monkeypatch.setattr("da_bench.dashboard.views.overview.MANY", 0)
    app = opened(out)
    assert len(app.get("plotly_chart")) == 1
    assert len(cells(app)) < len(few)
    app.run()  # as the browser asks for it
    assert len(app.get("plotly_chart")) == 2
    assert cells(app) == few


def test_filters_are_kept_in_the_address_and_leave_the_cells_alone(out):
    app = opened(out)
    app.multiselect(key="filter.columns").set_value(["name", "seed"]).run()
    assert app.query_params["if.name"] in ("", [""])
    app.multiselect(key="filter.name").set_value(["dann", TWIN]).run()
    app.number_input(key="filter.seed.low").set_value(1.0).run()
    assert app.query_params["if.name"] == ["dann", TWIN]
    assert app.query_params["if.seed"] in ("1..", ["1.."])
    assert not app.exception
    assert "Filters leave 8 runs" in said(app)
    whole = re.search(r"\d+ finished runs of \d+ methods", said(opened(out)))
    assert whole.group() in said(app)  # of the folder, as beside it the runs that are left
    again = opened(out, if_name=["dann", TWIN], if_seed="1..")  # another visitor
    assert cells(again) == cells(app)
    assert again.multiselect(key="filter.name").value == ["dann", TWIN]
    whole = opened(out, if_name=["dann", TWIN])
    first = next(line for line in cells(opened(out)) if line[0] == "b:a" and len(line) == 4)
    kept = next(line for line in cells(whole) if line[0] == "b:a" and len(line) == 3)
    assert kept == [first[0], *(cell for cell in first[1:] if cell in kept)]
    again.button[0].click().run()
    assert not [name for name in again.query_params if name.startswith("if.")]
    assert "Filters leave" not in said(again)


def test_a_filter_that_leaves_nothing_and_one_that_is_none(out):
    assert "No run meets the filters" in said(opened(out, if_name="nobody"))
    assert "if.seed=x is no range: expected LOW..HIGH" in said(opened(out, if_seed="x"))
    assert "no run has a column 'nowhere'" in said(opened(out, if_nowhere="1"))


def test_from_a_cell_to_its_seeds_to_a_run(out):
    app = opened(out)
    body = " ".join(one.proto.body for one in app.get("html"))
    links = [html.unescape(one) for one in re.findall(r'href="([^"]*)"', body)]
    assert "?view=cell&benchmark=bench&method=dann&task=b%3Aa" in links
    app = opened(out, view="cell", method="dann", task="b:a")
    text = str(load(out).benchmark("bench").cells.loc["b:a", "dann"])
    assert f"accuracy: {text}" in said(app)
    seeds = [line for line in cells(app) if len(line) > 3][1:]
    scores = [70 + 1.3 * seed for seed in range(3)]
    assert [line[:3] for line in seeds] == [
        [str(s), "ok", f"{v:.1f}"] for s, v in enumerate(scores)
    ]
    assert "val/source: dann ends at 0.31" in said(app)
    body = " ".join(one.proto.body for one in app.get("html"))
    (run,) = set(re.findall(r"run=([^&\"]*b-a-s1[^&\"]*)", body))
    app = opened(out, view="run", run=run.replace("%2F", "/"))
    assert "dann on b:a, seed 1" in said(app)
    assert ["target test", "71.3"] in cells(app)
    shown = blocks(app)
    assert any("model: dann" in text for text in shown)
    (log,) = [text for text in shown if "line 499" in text]
    assert "line 299" not in log
    assert "line 300" in log
    assert "No features" in said(app)


def test_a_diagnosis_is_explained(out):
    folder = load(out).runs.query("diagnosis == 'predictions_collapse'")["folder"].item()
    app = opened(out, view="run", run=folder)
    assert "1.00 classes in effect; raise the weight" in said(app)
    assert any("effective" in one and "Causes" in one for one in blocks(app))


@pytest.mark.parametrize("run", ["../outside", "/etc/passwd", "runs/bench/nothing", "\0"])
def test_a_run_that_is_not_there_is_said_and_nothing_else_is_read(out, run):
    app = opened(out, view="run", run=run)
    assert "There is no run" in said(app)
    assert "root:" not in said(app)


def test_files_behind_links_are_refused(out, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("epoch,step,name,value\n0,1,SECRET,1\n")
    folder = out / load(out).runs["folder"].iloc[0]
    for name in ("config.yaml", "log.txt", "curves.csv", "outputs.npz"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(outside / "secret")
    app = opened(out, view="run", run=str(folder.relative_to(out)))
    assert said(app).count("lies outside") == 3
    assert "SECRET" not in said(app)
    assert "No curves" in said(app)


def test_two_methods_and_two_runs_side_by_side(out):
    app = opened(out, view="compare", a="dann", b="dan")
    by_task = {"a:b": np.array([25.0, 24.0, 21.0]), "b:a": np.array([25.0, 24.0])}
    for task, d in by_task.items():  # of b:a the third run of dan failed
        low, high = stats.t.interval(0.95, len(d) - 1, d.mean(), stats.sem(d))
        limits = f"[{low:+.1f}, {high:+.1f}]" if len(d) > 2 else "–"  # two seeds: no verdict
        line = [task, f"{d.mean():+.1f}", limits, str(len(d))]
        assert line in cells(app)
    mean = np.mean([d[:2].mean() for d in by_task.values()])  # of the seeds that met both tasks
    assert f"dann is better by {mean:.1f} accuracy" in said(app)
    assert "None: they were made alike." in said(app)
    assert "dan ends at 0.31; dann ends at 0.31" in said(app)
    folders = load(out).runs["folder"].tolist()
    app = opened(out, view="compare", what="runs", a=folders[0], b=folders[3])
    assert "Figures" in said(app)
    assert not app.exception


@pytest.mark.parametrize("view", ["overview", "cell", "run", "compare", "runs"])
def test_nasty_names_stand_letter_by_letter_and_never_as_markdown(tmp_path, view):
    nasty(tmp_path)
    for name in NASTY if view in ("cell", "run") else NASTY[:1]:
        place = load(tmp_path).runs.query("name == @name")["folder"].iloc[0]
        app = opened(tmp_path, view=view, method=name, task=f"{name}:b", run=place)
        bodies = [one.proto.body for one in app.get("html")]
        assert not any("<script" in body or "<b>" in body for body in bodies)
        markdown = [one.value for one in [*app.markdown, *app.caption]]
        assert not any(name in text for text in markdown)
        if view in ("cell", "run"):
            assert f"{name} on {name}:b" in said(app)
    if view == "overview":
        for name in NASTY:
            assert [f"{name}:b"] == [line[0] for line in cells(app) if line[0] == f"{name}:b"][:1]


def test_labels_of_nasty_columns_are_spans_of_code():
    assert elements.code("a`b") == "`` a`b ``"
    assert elements.code("x\n$y$ :red[z]") == "`x $y$ :red[z]`"
    assert elements.code("``") == "``` `` ```"


def test_no_run_one_run_only_failures_and_a_folder_that_went(tmp_path):
    assert "holds no run yet" in said(opened(tmp_path))
    store(tmp_path / "one", [row()])
    store(tmp_path / "lost", [failed(), failed(seed=1)])
    for view in ("overview", "cell", "run", "compare", "runs"):
        assert "1 finished run of 1 method" in said(opened(tmp_path / "one", view=view))
        assert "2 failed" in said(opened(tmp_path / "lost", view=view))
    app = opened(tmp_path / "nowhere")
    assert "Can't be read" in said(app)


def test_a_torn_result_is_named_and_read_when_it_is_whole(out):
    folder = out / load(out).runs["folder"].iloc[0]
    whole = (folder / "result.json").read_text()
    (folder / "result.json").write_text(whole[:80])
    app = opened(out)
    assert "result.json is not whole" in said(app)
    assert "1 not whole" in said(app)
    (folder / "result.json").write_text(whole)
    app.run()
    assert not app.exception
    assert "0 not whole" in said(app)
    (folder / "result.json").write_text(json.dumps({"schema": 99}))
    app.run()
    assert "schema 99" in said(app)


def test_live_shows_what_comes_and_can_be_switched_off(out):
    app = opened(out)
    assert "17 finished runs" in said(app)
    assert app.toggle[0].value is True
    app.toggle[0].set_value(False).run()
    assert app.query_params["live"] in ("0", ["0"])
    store(out, [row("dann", seed=7)])
    app.toggle[0].set_value(True).run()
    assert "live" not in app.query_params
    assert "18 finished runs" in said(app)


def test_several_benchmarks_are_chosen_among(tmp_path):
    store(tmp_path, [row("dann"), row("dann", benchmark="other", score=0.31)])
    app = opened(tmp_path)
    app.selectbox(key="address.benchmark").set_value("other").run()
    assert app.query_params["benchmark"] in ("other", ["other"])
    assert ["a:b", "31.0"] in cells(app)
