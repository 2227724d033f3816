import copy
import subprocess
import sys

import pytest
import yaml

from da_bench.config import layers
from da_bench.config.checks import BadFile
from da_bench.config.layers import BadYaml
from da_bench.papers import published

SMALL = {
    "title": "A paper",
    "reference": "Somebody, 2020",
    "tables": {
        1: {
            "title": "Table 1",
            "source": "seen",
            "tag": "S",
            "benchmark": "moons",
            "rows": {"0:20": None, "0:40": {"title": "far", "tasks": ["0:40"]}},
            "columns": {
                "ours": {"method": "dann", "mean": 80, "cells": {"0:20": 90, "0:40": 70}},
            },
        }
    },
}


def written(folder, change=None):
    raw = copy.deepcopy(SMALL)
    if change:
        change(raw["tables"][1])
    path = folder / "paper.yaml"
    path.write_text(yaml.safe_dump(raw))
    return str(path)


@pytest.mark.parametrize("name", published.names())
def test_every_paper_at_hand_loads_and_says_where_we_differ(name):
    paper = published.read(name)
    for table in paper.tables.values():
        for column in table.columns.values():
            assert column.source
            assert table.differs or column.differs or table.protocol
            for cell in column.cells.values():
                assert 0 <= cell.value <= (100 if table.percent else 2)
                assert cell.judged == (cell.tag in ("S", "R"))


def test_the_mean_printed_is_that_of_the_cells():
    """Of Table 1 in JMLR 2016: a digit typed wrong would show here."""
    for number in ("1", "1R"):
        for column in published.read("dann_jmlr").tables[number].columns.values():
            if column.mean:
                cells = [c.value for c in column.cells.values()]
                assert len(cells) == 12
                assert sum(cells) / 12 == pytest.approx(column.mean.value, abs=0.06)


def test_bands_and_tags(tmp_path):
    def change(table):
        table["band"] = {"mean": 2}
        table["columns"]["ours"]["cells"] = {
            "0:20": {"value": 90, "tag": "M+"},
            "0:40": {"value": 70, "spread": 0.7},
        }

    column = published.read(written(tmp_path, change)).tables["1"].columns["ours"]
    assert column.cells["0:20"] == published.Published(90, "M+", 3)
    assert not column.cells["0:20"].judged
    assert column.cells["0:40"].band == pytest.approx(1.4)
    assert column.mean.band == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.update(row={}), r"table 1: unknown key 'row'.*'rows'"),
        (lambda t: t.pop("title"), "title is missing"),
        (lambda t: t.update(unit="points"), "unit: 'points'"),
        (lambda t: t["columns"]["ours"].update(method="dan2"), "unknown method 'dan2'.*'dan'"),
        (lambda t: t["columns"]["ours"]["cells"].update({"0:30": 1}), "no row '0:30'"),
        (lambda t: t["columns"]["ours"]["cells"].update({"0:20": "9o"}), "'9o'"),
        (lambda t: t["columns"]["ours"]["cells"].update({"0:20": float("nan")}), "nan"),
        (lambda t: t.pop("tag"), "known: S, R"),
        (lambda t: t.update(tag="X"), "'X'"),
        (lambda t: t.pop("source"), "source"),
        (lambda t: t.pop("benchmark"), "neither has one"),
        (lambda t: t["rows"].update(x={"benchmark": "moons"}), "both have one"),
        (lambda t: t["rows"].update({"0-20": None}), "SOURCE:TARGET"),
        (lambda t: t.update(benchmark="moon"), "did you mean 'moons'"),
        (lambda t: t["columns"]["ours"].update(seeds=0), "seeds"),
        (lambda t: t["columns"]["ours"].update(measure="distance"), "input distance"),
        (lambda t: t["columns"]["ours"].update(chosen_by="test"), "validator"),
        (lambda t: t.update(differs="a sentence"), "list"),
        (lambda t: t["columns"].update(ours=None), "expected keys"),
    ],
)
def test_errors_name_the_place(tmp_path, change, words):
    with pytest.raises(BadFile, match=words) as error:
        published.read(written(tmp_path, change))
    assert "paper.yaml: table 1" in str(error.value)


def test_unreadable_yaml_is_named(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("title: [")
    with pytest.raises(BadYaml, match=r"broken\.yaml, line 1"):
        published.read(str(path))


def test_cut_to_rows_and_columns(tmp_path):
    paper = published.read(written(tmp_path))
    (table,) = published.select_tables(paper, "1", ["0:40"], ["ours"])
    assert list(table.rows) == ["0:40"]
    for arguments, words in (
        (("2",), "no table '2'"),
        (("1", ["0:41"]), "row.*'0:40'"),
        (("1", None, ["our"]), "column.*'ours'"),
    ):
        with pytest.raises(layers.UnknownName, match=words):
            published.select_tables(paper, *arguments)
    with pytest.raises(layers.UnknownName, match="did you mean 'skada_bench'"):
        published.read("skada")


def test_listing_explaining_and_unknown_names_import_no_torch():
    code = (
        "import sys\n"
        "from da_bench.cli import reproduce\n"
        "parser = reproduce.parser()\n"
        "assert reproduce.run(parser.parse_args([])) == 0\n"
        "assert reproduce.run(parser.parse_args(['dann_jmlr', '--explain'])) == 0\n"
        "try:\n"
        "    reproduce.run(parser.parse_args(['dann']))\n"
        "except ValueError as error:\n"
        "    assert 'dann_jmlr' in str(error)\n"
        "heavy = {'torch', 'lightning', 'pandas', 'sklearn'} & sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_fits_a_screen_and_its_example_parses():
    from da_bench.cli import reproduce

    text = reproduce.parser().format_help()
    assert max(map(len, text.splitlines())) <= 100
    example = text.split("Example: da-bench reproduce ")[1].split("\n\n")[0].split()
    args = reproduce.parser().parse_args(example)
    assert published.select_tables(published.read(args.paper), args.table)
