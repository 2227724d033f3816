"""Texts of a stranger's run, made harmless wherever they leave us."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from da_bench.cli.main import main
from da_bench.dashboard import page, report
from da_bench.dashboard.panels import Panel
from da_bench.dashboard.picture_page import picture_page
from da_bench.io import escape
from da_bench.results import protocol, significance, table
from da_bench.results.cell import Cell
from da_bench.results.collection import Benchmark, load
from da_bench.results.index import Index
from da_bench.results.renderers import choice_table, markdown
from da_bench.results.renderers.document import tabulate
from da_bench.results.renderers.latex import latex
from da_bench.results.store import read_results
from da_bench.shift.report import draw
from tests.results.stored import failed, row, store

MARK = "<img src=x onerror='a(\"b\")'>&amp;"
SHUT = MARK.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
SHUT = SHUT.replace('"', "&quot;").replace("'", "&#x27;")
NAMES = ["a\nb", "a\x1b[31mb", "a\x00b", "a\u202eb", "../../a", "=1+cmd|'/C calc'!A0", "+a", "-a",
         "@SUM(a)", "\t=a", MARK, "a|b", "[a](javascript:alert(1))", "`a`", "\\a|", "$\\frac{a}",
         "%a{b}_c^d~", "a" * 300, "[bold]a[/bold]", "\ud7ff\ufeffb", "a\u2028b"]  # fmt: skip


def frame():
    import plotly.graph_objects as go

    return go.Figure(go.Scatter(x=[MARK], y=[1], text=[MARK], hovertext=[MARK], name=MARK))


def panel(**more):
    content = pd.DataFrame({"method": [MARK], MARK: [MARK]})
    return Panel("key", MARK, MARK, frame(), content, **more)


PLACES = {
    "the page's title": lambda: page.page(MARK, "", "", ""),
    "a cell": lambda: page.table(pd.DataFrame({"task": [1], "a": [MARK]}), "c", "k"),
    "a line's head": lambda: page.table(pd.DataFrame({"task": [MARK], "a": [1]}), "c", "k"),
    "a column": lambda: page.table(pd.DataFrame({"task": [1], MARK: [1]}), "c", "k"),
    "a column of methods": lambda: page.table(
        pd.DataFrame({"task": [1], MARK: ["1"]}), "c", "k", has_method_columns=True),
    "a text among cells": lambda: page.cell_markup(MARK),
    "a line of a results table": lambda: page.table(
        pd.DataFrame({"task": [MARK], "dann": [Cell(0.5, best=True)]}), "c", "k",
        has_method_columns=True),
    "a caption": lambda: page.table(pd.DataFrame({"task": [1]}), MARK, "k"),
    "a table's key": lambda: page.table(pd.DataFrame({"task": [1]}), "c", MARK),
    "a button's key": lambda: page.csv_button(MARK, "n", "w", "f"),
    "a button's name": lambda: page.csv_button("k", MARK, "w", "f"),
    "what a button is of": lambda: page.csv_button("k", "n", MARK, "f"),
    "a button's file": lambda: page.csv_button("k", "n", "w", MARK),
    "data's key": lambda: page.data(MARK, 1),
    "a panel": lambda: page.figure(panel(), "k", "f"),
    "a panel's file": lambda: page.figure(panel(), "k", MARK),
    "a panel without a figure": lambda: page.figure(Panel("k", MARK, MARK), "k", "f"),
    "a panel's choices": lambda: page.figure(panel(choices={MARK: [MARK]}), "k", "f"),
    "a menu": lambda: page.options([MARK]),
    "a picture's title": lambda: picture_page(lambda stacked: frame(), MARK, "a"),
    "a picture's words": lambda: picture_page(lambda stacked: frame(), "a", MARK),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_markup(place):
    written = PLACES[place]()
    assert SHUT in written or "\\u0026lt;img" in written
    assert MARK not in written
    assert "<img" not in written
    assert "\\u003cimg" not in written  # of a figure: plotly reads tags itself


@pytest.mark.parametrize(
    "place",
    [
        "title",
        "joint",
        "torn",
        "folder",
        "name",
        "bare",
        *(
            pytest.param(place, marks=pytest.mark.slow)
            for place in ("words", "missing_words", "explanation", "verdict_lines", "where")
        ),
    ],
)
def test_nothing_of_a_report_is_markup(place, tmp_path, monkeypatch):
    out = tmp_path / ("a<img src=x>" if place == "folder" else "a")
    rows = [row(m, "a", t, s, 0.5 + s / 10) for m in ("source_only", "dann") for t in "bc"
            for s in range(2)]  # fmt: skip
    if place == "bare":  # no target label, so the page says what can be known
        rows = [{k: v for k, v in one.items() if k != "oracle/target"}
                | {"target_unscored": "no labels"} for one in rows]  # fmt: skip
        monkeypatch.setattr("da_bench.results.unlabelled.words", lambda *a: MARK)
    other = "<img src=x>" if place == "name" else "two"
    store(out, [*rows, *[{**one, "benchmark": other} for one in rows]])
    results, where = load(out), ()
    if place in ("title", "words", "missing_words"):
        monkeypatch.setattr(Benchmark, place, MARK)
    elif place == "explanation":
        monkeypatch.setattr(significance, "explanation", lambda *a: MARK)
    elif place == "verdict_lines":
        monkeypatch.setattr(significance, "verdict_lines", lambda *a: [MARK])
    elif place == "joint":
        joint = significance.joint
        monkeypatch.setattr(significance, "joint", lambda of: [(MARK, x) for _, x in joint(of)])
    elif place == "where":
        where = (MARK,)
    elif place == "torn":
        results.damaged = {MARK: MARK}
    written = report.text(results, where, "no")
    assert "<img" not in written.lower().replace("<img src=data", "")
    assert ("&lt;img src=x" in written) or place == "folder"


def test_a_page_of_evidence(tmp_path, monkeypatch):
    import da_bench.figures

    class Found:
        sentences = ((MARK, (), "topic"),)
        figures = {}

    monkeypatch.setattr(da_bench.figures, "evidence", lambda parts: frame())
    written = draw(Found, tmp_path)[0].read_text()
    assert SHUT in written
    assert MARK not in written.partition("</h1>")[0]


@pytest.fixture
def out(tmp_path):
    """A run for each name, which is method, benchmark, domain, setting and column."""
    rows = []
    for place, name in enumerate(NAMES):
        one = row("m", seed=place, **{name.replace("/", "_"): name, "note": name})
        rows.append(one)
    folders = store(tmp_path, rows)
    for folder, name in zip(folders, NAMES, strict=True):
        path = folder / "result.json"
        held = json.loads(path.read_text())
        path.write_text(json.dumps(held | {"method": name, "source": name, "variant": name}))
    store(tmp_path, [row("source_only", "a", "b"), failed("x", error=f"a\nb {MARK} \x1b[2J |")])
    return tmp_path


def test_rows_hide_nothing(out):
    with Index(out) as index:
        assert index.faults() == {}
        texts = json.dumps(index.rows(), ensure_ascii=False)
    assert not escape.HIDDEN.search(texts)
    assert not escape.HIDDEN.search(json.dumps(read_results(out), ensure_ascii=False))
    assert "a\\\\nb" in texts  # and two names stay two


@pytest.mark.parametrize("command", [("runs", "list"), ("runs", "verify"), ("table",),
                                     ("table", "--format", "text"), ("table", "--format", "latex"),
                                     ("table", "--format", "csv"),
                                     ("runs", "list", "--columns", "method", "note")])  # fmt: skip
def test_a_terminal_is_given_no_command(command, out, capsys):
    place = 2 if command[0] == "runs" else 1
    main([*command[:place], str(out), *command[place:]])
    said = "".join(capsys.readouterr())
    assert not set(escape.HIDDEN.findall(said)) - {"\n"}


def test_cells_of_a_csv_are_no_formulas(out, tmp_path):
    assert main(["runs", "export", str(out), "--output", str(tmp_path / "o.csv")]) == 0
    held = list(csv.reader(io.StringIO((tmp_path / "o.csv").read_text())))
    for line in held:
        for cell in line:
            assert not re.match(r"[=+\-@\t\r]", cell) or float(cell) <= 0, cell
    scores = [line[held[0].index("oracle/target")] for line in held[1:]]
    assert scores.count("0.8") == len(NAMES) + 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-1.5, -1.5), (3, 3), ("-1.5", "-1.5"), ("-1.5 ±0.2 (+3)", "-1.5 ±0.2 (+3)"), ("=a", "'=a"),
     ("-1+cmd|'/C a'!A0", "'-1+cmd|'/C a'!A0"), ("-", "-"), ("+1e-05", "+1e-05"), (None, None),
     ("\t=a", "'\\t=a"), ("@a", "'@a"), ("a=b", "a=b"), ("-2*A1", "'-2*A1")],
)  # fmt: skip
def test_numbers_stay_numbers(value, expected):
    assert escape.csv(value) == expected


def test_every_csv_goes_by_it(tmp_path):
    frame = pd.DataFrame({"=a": ["=b"], "method": ["@c"], "x": [-1.0]})
    table.write_csv(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "'=a,method,x\n'=b,'@c,-1.0\n"
    assert choice_table.table_text(["=a"], [["=b"]], "csv") == "'=a\n'=b"
    from da_bench.runs.predictions import write_predictions

    class Task:
        names = ("=a", "b")

    import torch

    write_predictions(tmp_path / "p.csv", torch.tensor([[1.0, 0.0]]), Task)
    assert "'=a" in (tmp_path / "p.csv").read_text()


def test_no_table_is_written_as_csv_in_another_way():
    package = Path(escape.__file__).parents[1]
    found = [p.name for p in package.rglob("*.py") if ".to_csv(" in p.read_text(encoding="utf-8")]
    assert found == ["escape.py"]


@pytest.mark.parametrize("name", NAMES)
def test_markdown_has_no_more_columns_and_no_tag(name):
    text = pd.DataFrame({name: ["1"], "b": ["2"]}, index=[name])
    lines = markdown.table(text).splitlines()
    lines += choice_table.table_text(["a", name], [[name, name]], "markdown").splitlines()
    assert len(lines) == 6
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) in (3, 4)
        assert not re.search(r"(?<!\\)(?:\\\\)*<[a-z]", line)
        assert "](" not in line


@pytest.mark.parametrize("name", NAMES)
def test_latex_reads_no_command(name):
    written = latex(pd.DataFrame({name: ["1"]}, index=[name]), name, name)
    for bare in re.findall(r"(?<!\\)[%#&]", written.replace(" & ", "")):
        raise AssertionError(bare)
    assert "\\frac" not in written
    assert not escape.HIDDEN.search(written.replace("\n", ""))


def test_plotly_follows_no_link():
    shown = escape.plotly(json.dumps({"text": ["<a href='https://e.vil'>a</a>", "<b>b</b><br>c"],
                                      "hovertemplate": "%{x}<extra></extra>"}))  # fmt: skip
    assert json.loads(shown) == {
        "text": ["&lt;a href='https://e.vil'>a&lt;/a>", "<b>b</b><br>c"],
        "hovertemplate": "%{x}<extra></extra>",
    }


def test_figures_are_written_where_they_should_be(out, tmp_path):
    name = "../" * 3 + "a" * 300
    rows = [row(m, "a", t, s, 0.5 + s / 10 + (m == "dann") / 9, benchmark=name)
            for m in ("source_only", "dann", "x") for t in "bcd" for s in range(2)]  # fmt: skip
    written = dict.fromkeys((r["folder"] for r in rows), 0)
    tabulate(rows, written, statistics=True, figures=tmp_path / "f" / "g")
    made = {path.parent for path in tmp_path.rglob("*.png")}
    assert made == {tmp_path / "f" / "g"}


def test_a_title_that_is_no_name_of_ours(out):
    assert unescape(SHUT) == MARK
    assert protocol.about("data", MARK) == {} or protocol.about("data", MARK)
    assert np.isfinite(len(Console().render_str(escape.visible(NAMES[1]))))


def test_a_csv_of_two_columns_of_one_name():
    table = pd.DataFrame([["=1", 2.0, "b"]], columns=["a", "a", "=c"])
    assert escape.csv_text(table) == "a,a,'=c\n'=1,2.0,b\n"


SENTENCED = ("benchmark", "metric", "selection", "target_test", "diagnosis", "variant", "error")


@pytest.mark.parametrize("mark", [MARK, "![a](https://e.vil/a.png)", "<https://e.vil>", "`a`",
                                  "<!-- a -->"])  # fmt: skip
@pytest.mark.parametrize("column", SENTENCED)
def test_sentences_of_a_table_are_no_markup(column, mark, tmp_path, capsys):
    rows = [row(m, "a", "b", s, 0.5 + s / 10) for m in ("source_only", "dann") for s in range(2)]
    rows = [one | ({} if column == "error" else {column: mark}) for one in rows]
    rows = [one | {"variant": ""} if one["method"] == "source_only" else one for one in rows]
    if column == "error":
        rows.append(failed("dann", "a", "b", 2, mark))
    folders = store(tmp_path, [one | {"benchmark": "bench"} for one in rows])
    for folder, one in zip(folders, rows, strict=True):
        path = folder / "result.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"benchmark": one["benchmark"]}))
    assert main(["table", str(tmp_path), "--format", "markdown", "--statistics"]) == 0
    written = capsys.readouterr().out
    assert not re.search(r"(?<!\\)(<[a-z!]|`)", written)
    assert "](" not in written


def test_texts_within_texts_give_a_terminal_no_command(tmp_path, capsys):
    """``predicted`` is JSON within JSON: what is spelled out without is hidden again within."""
    named = {"predicted": json.dumps({"\x1b]0;owned\x07": 1.0}), "target_unscored": "no labels"}
    folders = store(tmp_path, [row("source_only")])
    held = json.loads((folders[0] / "result.json").read_text())
    del held["oracle/target"]
    (folders[0] / "result.json").write_text(json.dumps(held | named))
    for style in ("text", "markdown", "csv", "latex"):
        assert main(["table", str(tmp_path), "--format", style]) == 0
        assert not escape.HIDDEN.search(capsys.readouterr().out.replace("\n", ""))


def test_names_of_scores_are_shown_as_they_are(capsys):
    from da_bench.cli.score_table import show

    show([{"oracle/target/[bold]a[/bold]\x1b[2J": 0.5}])
    said = capsys.readouterr().out
    assert "oracle/target/[bold]a[/bold]\\x1b[2J" in said
