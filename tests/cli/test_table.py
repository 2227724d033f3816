"""``da-bench table`` from a folder to a file."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

from da_bench.cli import runs, table
from da_bench.cli.arguments import TABLE_FORMATS
from da_bench.results.index import NAME
from da_bench.results.protocol import MixedProtocols
from da_bench.results.row import TWIN
from tests.results.stored import failed, grid, row, store


@pytest.fixture
def out(tmp_path):
    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 2,
                lambda m, t, s: {TWIN: 0.5, "dann": 0.75, "dan": 0.625}[m])  # fmt: skip
    store(tmp_path, [*rows, failed("cdan")])
    return tmp_path


def run(*args):
    return table.run(table.parser().parse_args([str(a) for a in args]))


def test_it_prints_and_writes_the_same(out, capsys):
    assert run(out) == 0
    printed = capsys.readouterr().out
    assert "**75.0" in printed
    assert run(out, "--output", out / "new" / "table.md") == 0
    assert (out / "new" / "table.md").read_text() == printed


@pytest.mark.parametrize("style", TABLE_FORMATS)
def test_every_format(out, capsys, style):
    assert run(out, "--format", style) == 0
    said = capsys.readouterr().out
    assert "dann" in said
    assert "cdan" in said  # of which nothing finished


def test_a_terminal_gets_a_table_that_fits_and_a_pipe_markdown(out, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    asked = [out, "--statistics", "--output", out / "table.md"]
    assert run(*asked[:2]) == 0
    piped = capsys.readouterr().out
    assert "| task |" in piped
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run(*asked[:2]) == 0
    said = capsys.readouterr().out
    assert "\x1b[1m75.0 ±0.0\x1b[0m" in said  # the best of a line in bold, as compare has it
    plain = re.sub(r"\x1b\[[\d;]*m", "", said)
    assert not re.search(r"^\||\*\*|^#", plain, re.MULTILINE)
    assert max(map(len, plain.splitlines())) <= 80
    for part in ("(+25.0)", "Statistics: bench", "interquartile mean", "cdan a:b"):
        assert part in plain
    assert run(*asked[:2], "--format", "markdown") == 0
    assert capsys.readouterr().out == piped
    assert run(*asked) == 0  # what goes into a file is not for the screen
    assert asked[-1].read_text() == piped


def test_conditions_choose_rows(out, capsys):
    assert run(out, "--where", "method!=dan", "source=a", "status=ok") == 0
    said = capsys.readouterr().out
    assert "| dan |" not in said
    assert "b:a" not in said
    assert run(out, "--where", "method=dann", "seed>7") == 1
    assert "no finished run" in capsys.readouterr().err


def test_mixed_protocols(out, capsys):
    store(out, [row("dann", seed=5, target_test="transductive")])
    with pytest.raises(MixedProtocols, match="target_test"):
        run(out)
    assert run(out, "--allow-mixed") == 0
    assert "MIXED PROTOCOLS" in capsys.readouterr().out
    assert run(out, "--where", "target_test!=transductive") == 0


def test_statistics_figures_and_budgets(out, capsys):
    assert run(out, "--statistics", "--figures", out / "f", "--normalise", "cpu") == 0
    said = capsys.readouterr().out
    assert "WARNING: 2 tasks" in said
    assert "cpu s a run" in said
    assert len(list((out / "f").iterdir())) == 4


def test_a_corrupt_index_is_said_aloud(out, capsys):
    (out / NAME).write_bytes(b"nonsense" * 1000)
    assert run(out) == 0
    said = capsys.readouterr()
    assert "thrown away and rebuilt" in said.err
    assert "**75.0" in said.out


def test_the_parser_needs_neither_torch_nor_pandas():
    code = (
        "import json, sys; from da_bench.cli import runs, table\n"
        "runs.parser(); table.parser()\n"
        "print(json.dumps(sorted({'torch', 'pandas', 'scipy', 'sqlite3'} & sys.modules.keys())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("name", ["runs", "table"])
def test_help_fits_a_screen_and_its_example_parses(name):
    code = (
        f"from da_bench.cli import {name} as c; from jsonargparse import ArgumentParser\n"
        "from da_bench.cli.main import Help\n"
        "whole = ArgumentParser(prog='da-bench', formatter_class=Help)\n"
        "parts = whole.add_subcommands()\n"
        f"parts.add_subcommand({name!r}, c.parser()); whole.parse_args([{name!r}, '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env=os.environ | {"COLUMNS": "80"})  # fmt: skip
    lines = done.stdout.splitlines()
    assert sum(1 + max(0, len(line) - 1) // 80 for line in lines) <= 24, done.stdout
    example = next(line for line in lines if line.startswith(f"da-bench {name}"))
    parser = {"runs": runs, "table": table}[name].parser()
    assert str(parser.parse_args(shlex.split(example)[2:]).folder) == "comparison"


@pytest.mark.parametrize("options", [[], ["--format", "csv"], ["--format", "text"],
                                     ["--format", "latex"], ["--statistics"], ["--validators"],
                                     ["--by", "entropy"]])  # fmt: skip
def test_where_all_failed_it_lists_them(tmp_path, capsys, options):
    store(tmp_path, [failed("cdan"), failed("dann", score=86.1)])
    assert run(tmp_path, *options) == 1
    said = capsys.readouterr()
    assert "no finished run" in said.err
    for name in ("cdan", "dann"):
        assert name in said.out
