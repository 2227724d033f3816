import csv
import json
from dataclasses import replace

import pytest
import yaml

from da_bench.data.benchmarks.toy import Moons
from da_bench.papers import published
from da_bench.papers.reproduce import grid_of, reproduce
from da_bench.results.store import read_results
from da_bench.runs.other_code import OtherCode
from tests.papers.test_published import SMALL

QUICK = {"trainer.max_epochs": 1, "data.init_args.size": 96}


@pytest.fixture
def paper(tmp_path):
    raw = yaml.safe_load(yaml.safe_dump(SMALL))
    own = raw["tables"][1]["columns"]["ours"]
    own |= {"settings": QUICK, "seeds": 2}
    raw["tables"][1]["columns"]["again"] = own | {"tag": "M"}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    return published.read(str(path))


def test_a_grid_holds_each_row_s_tasks_for_each_seed(paper, monkeypatch):
    table, checksums, reads = paper.tables["1"], {}, []
    read = Moons.checksum
    monkeypatch.setattr(Moons, "checksum", lambda self: reads.append(self.target) or read(self))
    grid = grid_of(table, table.columns["ours"], 5, checksums)
    assert list(grid) == ["0:20", "0:40"]
    assert [[(j.plan.target, j.plan.seed) for j in s] for s in grid["0:40"]] == [
        [("40", 0)],
        [("40", 1)],  # two, as the column says, not five
    ]
    assert grid["0:40"][0][0].config["trainer"]["max_epochs"] == 1
    other = grid_of(table, table.columns["again"], None, checksums)
    assert other["0:20"][0][0].identity == grid["0:20"][0][0].identity
    assert reads == ["20", "40"]  # each data set once, whatever seeds and columns ask for it


def test_runs_judges_writes_and_runs_nothing_twice(paper, tmp_path, capsys):
    out = tmp_path / "out"
    tables = published.select_tables(paper)
    status = reproduce(paper, tables, None, 1, out)
    rows = read_results(out)
    assert len(rows) == 4  # two rows, two seeds; the second column shares them
    assert all(row["status"] == "ok" for row in rows)
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    with (out / "reproduce-small-1.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [(x["column"], x["row"]) for x in lines] == [
        (c, r) for c in ("ours", "again") for r in ("0:20", "0:40", "mean")
    ]
    for line in lines:
        near = [row["oracle/target"] for row in rows if f"0:{row['target']}" == line["row"]]
        if near:
            ours = 100 * sum(near) / 2
            assert float(line["ours"]) == pytest.approx(ours)
            assert float(line["difference"]) == pytest.approx(ours - float(line["published"]))
            assert float(line["last"]) == pytest.approx(ours)
            assert line["oracle"] == ""
    verdicts = {x["verdict"] for x in lines if x["column"] == "ours"}
    assert status == (1 if "outside" in verdicts else 0)
    assert {x["verdict"] for x in lines if x["column"] == "again"} == {"not judged"}
    text = (out / "reproduce-small-1.md").read_text()
    assert "## Protocol" in text
    before = {row["folder"]: row["wall_s"] for row in rows}
    assert reproduce(paper, tables, None, 1, out) == status
    assert {row["folder"]: row["wall_s"] for row in read_results(out)} == before


def test_a_column_of_ours_alone_has_every_row_and_its_mean(paper, tmp_path, capsys):
    """It once had none: `reproduce` said "0 runs" and showed an empty table."""
    table = paper.tables["1"]
    alone = replace(table.columns["ours"], cells={}, mean=None, seeds=1, unjudged="no cell known")
    assert (
        reproduce(paper, [replace(table, columns={"ours": alone})], None, 1, tmp_path / "out") == 0
    )
    with (tmp_path / "out" / "reproduce-small-1.csv").open() as file:
        lines = {x["row"]: x for x in csv.DictReader(file)}
    scores = {f"0:{r['target']}": 100 * r["oracle/target"] for r in read_results(tmp_path / "out")}
    assert scores.keys() == {"0:20", "0:40"}
    scores["mean"] = sum(scores.values()) / 2
    assert {row: float(x["ours"]) for row, x in lines.items()} == pytest.approx(scores)
    assert {x["verdict"] for x in lines.values()} == {"not judged"}


def test_too_few_seeds_are_told_and_no_fault(paper, tmp_path, capsys):
    table = paper.tables["1"]
    column = replace(table.columns["ours"], seeds=None)  # the table's three
    cut = published.cut_table(replace(table, columns={"ours": column}), ["0:20"], None)
    assert reproduce(paper, [cut], 1, 1, tmp_path / "out") == 0
    assert "\nnot judged: 1 of 3 seeds\n" in capsys.readouterr().out
    text = (tmp_path / "out" / "reproduce-small-1.md").read_text()
    assert text.count("\nnot judged: 1 of 3 seeds\n") == 1


def test_a_failed_run_is_no_number(paper, tmp_path, capsys):
    table = paper.tables["1"]
    column = table.columns["again"]
    column.settings["model.init_args.optimizer.lr"] = 1e30  # diverges
    cut = published.cut_table(table, ["0:20"], ["again"])
    assert reproduce(paper, [cut], None, 1, tmp_path / "out") == 1
    shown = capsys.readouterr().out
    assert "missing" in shown
    assert "failed" in shown


def test_what_a_method_starts_from_is_run_too(tmp_path):
    """Its row was neither planned nor run, and each cell said that it had failed."""
    raw = yaml.safe_load(yaml.safe_dump(SMALL))
    own = raw["tables"][1]["columns"]["ours"]
    own |= {"settings": QUICK, "seeds": 1, "method": "adda"}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(raw, sort_keys=False))
    paper = published.read(str(path))
    reproduce(paper, published.select_tables(paper), None, 1, tmp_path / "out")
    rows = read_results(tmp_path / "out")
    assert {(row["method"], row["status"]) for row in rows} == {
        ("adda", "ok"),
        ("source_only", "ok"),
    }


def test_runs_of_other_code_stop_it_or_count_and_are_marked(paper, tmp_path, capsys):
    out = tmp_path / "out"
    tables = published.select_tables(paper, "1", ["0:20"], ["ours"])
    reproduce(paper, tables, None, 1, out)
    for file in out.glob("runs/*/*/*/result.json"):
        row = json.loads(file.read_text())
        file.write_text(json.dumps(row | {"code": "0", "identity": f"{row['seed']}" * 64}))
    with pytest.raises(OtherCode, match="2 runs of 2"):
        reproduce(paper, tables, None, 1, out)
    capsys.readouterr()
    reproduce(paper, tables, None, 1, out, other_code="accept")
    assert "2 runs, 2 finished already" in " ".join(capsys.readouterr().out.split())
    text = (out / "reproduce-small-1.md").read_text()
    assert " § |" in text
    assert "made by other code than what is installed now: 2." in text
