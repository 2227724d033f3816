"""The report as a file: the table's numbers, nobody else's markup, nothing lost."""

import base64
import hashlib
import io
import re
import shutil
from itertools import pairwise

import pandas as pd
import pytest

from da_bench.cli.main import main
from da_bench.dashboard import report
from da_bench.io.escape import visible
from da_bench.results.collection import load
from da_bench.results.renderers.document import tabulate
from da_bench.results.store import StoreError
from tests.dashboard import made
from tests.dashboard.read import Page, cells
from tests.results.stored import failed, row, store


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder with two benchmarks, its report, and what the table says of it."""
    out = tmp_path_factory.mktemp("small")
    made.few(out)
    made.few(out, "other", ("u:v", "v:u"), seeds=2)
    results = load(out)
    written = results.runs.set_index("folder")["written"].to_dict()
    said = tabulate(results.rows, written, statistics=True)
    return out, Page(report.text(results)), said


def test_every_cell_of_every_table_is_the_tables(small):
    _, page, said = small
    for key, name in (("b0", "bench"), ("b1", "other")):
        expected = cells(said, f"## {name}\n")
        assert page.tables[f"{key}-results"] == expected
        assert page.tables[f"{key}-heatmap-table"] == expected
        assert page.tables[f"{key}-statistics"] == cells(said, f"### Statistics: {name}\n")
    together = "all benchmarks with accuracy"
    assert page.tables["j0-statistics"] == cells(said, f"### Statistics: {together}\n")


def test_every_sentence_of_the_table_is_there(small):
    _, page, said = small
    text = " ".join(page.text.split())
    sentences = [line for line in said.splitlines() if line and line[0] not in "|#F"]
    assert len(sentences) > 8
    for line in "\n".join(sentences).replace(" Diagnosed", "\nDiagnosed").splitlines():
        assert " ".join(line.removeprefix("- ").split()) in text
    assert page.tables["b0-failed"] == cells(said, "Failed runs: 1")
    assert "50 finished runs of 4 methods on 5 tasks of 2 benchmarks, 3 seeds; 2 failed" in text


def test_panels_show_the_same_numbers(small):
    _, page, said = small
    table = cells(said, "## bench\n")
    methods, mean = table[0][1:], dict(zip(table[0][1:], table[-1][1:], strict=True))
    board = page.tables["b0-leaderboard-table"]
    assert {line[0]: line[1] for line in board[1:]} == mean
    assert board[1][0] == max(methods, key=lambda m: float(mean[m].split()[0]))
    statistics = {line[0]: line for line in cells(said, "### Statistics: bench\n")[1:]}
    gains = page.tables["b0-gains-table"][1:]
    assert {line[0]: line[1] for line in gains} == {
        m: line[1] for m, line in statistics.items() if line[1] != "-"
    }
    assert {line[0]: line[1] for line in page.tables["b0-ranks-table"][1:]} == {
        m: line[5] for m, line in statistics.items()
    }
    tasks = table[1:-1]
    harmed = {m: sum("†" in line[1 + i] for line in tasks) for i, m in enumerate(methods)}
    assert {line[0]: int(line[3]) for line in gains} == {m: harmed[m] for m, *_ in gains}
    assert sum(harmed.values()) > 0


def test_figures_hold_the_numbers_of_their_tables(small):
    _, page, said = small
    table = cells(said, "## bench\n")
    heat = page.data["b0-heatmap-spec"]["data"][0]
    for line, texts, hover in zip(table[1:], heat["text"], heat["customdata"], strict=True):
        assert [text.split()[0] for text in texts] == [c.split()[0] for c in line[1:]]
        assert [text.endswith("†") for text in texts] == [c.endswith("†") for c in line[1:]]
        assert hover == line[1:]
    board = page.data["b0-leaderboard-spec"]["data"]
    mean = dict(zip(table[0][1:], table[-1][1:], strict=True))
    for trace in board:
        assert mean[trace["meta"]["method"]].startswith(trace["text"][0])
        assert f"{trace['x'][0]:.1f}" == trace["text"][0].split()[0]


def test_the_csv_in_full_is_the_commands(small, capsys):
    out, page, _ = small
    assert main(["table", str(out), "--format", "csv", "--where", "benchmark=bench"]) == 0
    told = capsys.readouterr().out
    ours, theirs = (pd.read_csv(io.StringIO(text)) for text in (page.data["b0-full"], told))
    assert len(ours) == 16
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, check_exact=True)


def test_nothing_from_results_is_markup(tmp_path):
    made.nasty(tmp_path)
    text = report.text(load(tmp_path))
    held = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert len(held) > 10
    assert not [one for one in held if "<" in one or "&" in one]
    page = Page(text)
    assert not {"img", "u", "i", "b"} & {tag for tag, _ in page.tags}
    assert not [a for _, of in page.tags for a in of if a.startswith("on")]
    assert len(page.scripts) == 2
    heads = page.tables["b0-results"][0]
    for name in made.NASTY:
        plain = " ".join(visible(name).split())  # what hides in it is spelled out
        assert any(plain == " ".join(head.split()) for head in heads)
    assert {line[0] for line in page.tables["b0-results"][1:-1]} == {
        f"{made.DOMAINS[0]}:{made.DOMAINS[1]}", f"{made.DOMAINS[2]}:{made.DOMAINS[3]}"
    }  # fmt: skip
    for key, spec in page.data.items():
        if key.endswith("-spec"):
            raw = meta_of(spec)  # never shown: filters go by it
            assert raw
            assert "<img" not in str(spec["data"])
    policy = dict(page.tags[[t for t, _ in page.tags].index("meta") + 1][1])["content"]
    for script in page.scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def meta_of(spec):
    return [trace.pop("meta", None) for trace in spec["data"]]


def test_it_asks_no_host_for_anything(small):
    _, page, _ = small
    assert not [link for link in page.links if not link.startswith(("#", "data:"))]
    policy = next(of["content"] for tag, of in page.tags if of.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy
    assert not re.search(r"https?:", policy)


def test_headings_are_in_order_and_every_figure_has_words_and_a_table(small):
    _, page, _ = small
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    plots = [of for tag, of in page.tags if tag == "div" and of.get("class") == "plot"]
    assert len(plots) >= 12
    words = {of["id"] for tag, of in page.tags if tag == "figcaption"}
    for of in plots:
        assert of["aria-describedby"] in words
        assert of["data-spec"] in page.data
        assert of["data-spec"].replace("-spec", "-table") in page.tables


def test_no_run_one_run_and_only_failed_ones(tmp_path):
    assert "holds no run yet" in report.text(load(tmp_path))
    store(tmp_path, [row("dann", score=0.75)])
    page = Page(report.text(load(tmp_path)))
    assert page.tables["b0-results"] == [["task", "dann"], ["a:b", "75.0"]]
    assert "1 finished run of 1 method on 1 task of 1 benchmark, 1 seed; 0 failed" in page.text
    shutil.rmtree(tmp_path / "runs")
    store(tmp_path, [failed("dann", error="RuntimeError: it broke")])
    page = Page(report.text(load(tmp_path)))
    assert "No run finished." in page.text
    assert page.tables["b0-failed"][1][:4] == ["dann", "a:b", "0", "RuntimeError: it broke"]


def test_a_torn_result_is_named_and_a_killed_run_takes_nothing_away(tmp_path):
    folders = made.few(tmp_path)
    whole = Page(report.text(load(tmp_path)))
    killed = tmp_path / "runs" / "bench" / "dann" / "a-b-s9-0123456789"
    killed.mkdir()
    (killed / "config.yaml").write_text("trainer: {}\n")
    (killed / "curves.csv").write_text("epoch,step,name,value\n0,5,val/so")
    (killed / ".result.1.part").write_text('{"sche')
    assert Page(report.text(load(tmp_path))).tables == whole.tables
    path = folders[0] / "result.json"
    path.write_text(path.read_text()[:100])
    page = Page(report.text(load(tmp_path)))
    assert "Not read: 1" in page.text
    assert str(folders[0].relative_to(tmp_path)) in page.text
    lines = dict(zip(page.tables["b0-results"][0], page.tables["b0-results"][1], strict=True))
    before = dict(zip(whole.tables["b0-results"][0], whole.tables["b0-results"][1], strict=True))
    assert lines["source_only"] != before["source_only"]
    assert lines["dann"].split(" (")[0] == before["dann"].split(" (")[0]


def test_a_regression_has_its_own_scale_and_direction(tmp_path):
    rows = [
        row(m, s, t, seed, {"source_only": 2.0, "dann": 1.5, "dan": 1.8}[m] + 0.1 * seed,
            metric="mae", higher_is_better=False)
        for m in ("source_only", "dann", "dan") for s, t in ("ab", "ba") for seed in range(2)
    ]  # fmt: skip
    made.written(tmp_path, rows)
    page = Page(report.text(load(tmp_path)))
    assert page.tables["b0-leaderboard-table"][1][:2] == ["dann", "1.550 ±0.071 (+0.500)"]  # fmt: skip  # noqa: E501
    assert page.data["b0-heatmap-spec"]["data"][0]["reversescale"] is True


def test_curves_and_conditions(tmp_path):
    for number, folder in enumerate(made.few(tmp_path)):
        (folder / "curves.csv").write_text(
            f"epoch,step,name,value\n0,5,val/source,0.{number % 3 + 4}\n1,9,val/source,0.5\n"
        )
    page = Page(report.text(load(tmp_path, ["method!=dan"]), ["method!=dan"]))
    assert "Only runs with method!=dan." in page.text
    assert "dan" not in page.tables["b0-results"][0]
    lines = [t for t in page.data["b0-curves-spec"]["data"] if t["mode"] == "lines"]
    first = next(t for t in lines if t["meta"]["method"] == "dann" and t["meta"]["task"] == "a:b")
    assert first["y"] == [0.5, 0.5]
    assert page.tables["b0-curves-table"][1][3] == "0.5 ±0"


def test_it_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    made.few(tmp_path / "out")
    target = tmp_path / "new" / "report.html"
    report.write(tmp_path / "out", target)
    first = target.read_text()
    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="No space"):
        report.write(tmp_path / "out", target)
    assert target.read_text() == first
    assert [p.name for p in target.parent.iterdir()] == ["report.html"]


def broken(*_):
    raise OSError(28, "No space left on device")


def test_the_command(tmp_path, capsys, monkeypatch):
    made.few(tmp_path)
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["report", str(tmp_path), "--open"]) == 0
    assert f"Report: {tmp_path / 'report.html'}" in capsys.readouterr().out
    assert opened == [(tmp_path / "report.html").as_uri()]
    assert main(["report", str(tmp_path), "--where", "method=nothing"]) == 1
    assert "no finished run" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--where", "metod=dan"]) == 2
    assert "did you mean 'method'" in capsys.readouterr().err
    with pytest.raises(StoreError):
        report.write(tmp_path / "nowhere", tmp_path / "report.html")


@pytest.mark.parametrize("place", ["file/report.html", "folder"])
def test_a_place_that_can_not_be_written_to_is_said(tmp_path, capsys, place):
    made.few(tmp_path / "out", seeds=1)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert main(["report", str(tmp_path / "out"), "--output", str(tmp_path / place)]) == 2
    said = capsys.readouterr().err
    assert f"can't write {tmp_path / place}" in said
    assert "--output" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder", "out"]
