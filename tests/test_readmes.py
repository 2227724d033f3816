"""What the README files promise: their length, pictures, links, and commands that exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from da_bench.cli.main import COMMANDS, RUNS, command
from da_bench.results.store import read_results

ROOT = Path(__file__).parent.parent
FILES = ("README.md", "experiments/README.md", "notebooks/README.md", "tests/README.md")
each = pytest.mark.parametrize("name", FILES)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")


def text(name):
    return (ROOT / name).read_text()


def anchors(name):
    """The anchors of a file's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text(name), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_begins_with_a_picture():
    readme = text("README.md")
    assert len(readme.split()) < 1600
    assert re.search(r"!\[.+\]\(notebooks/pictures/\w+\.png\)", "\n".join(readme.split("\n")[:40]))


def test_the_readme_has_two_commands_to_set_up():
    for kind in ("main", "test"):
        found = re.findall(rf"<!-- {kind} command -->\n```bash\n(.+)\n```\n", text("README.md"))
        assert len(found) == 1, kind
        assert found[0].startswith("python3 -m venv .venv && .venv/bin/pip install -q -e ")


@each
def test_links_and_pictures_lead_somewhere(name):
    for pair in LINK.findall(text(name)):
        target = "".join(pair)
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / name).parent / path if path else ROOT / name
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(place.resolve().relative_to(ROOT).as_posix()), target


@each
def test_each_picture_says_what_it_shows(name):
    for words in re.findall(r"!\[([^\]]*)\]", text(name)):
        assert len(words) > 10, words


def commands(name):
    """Each ``da-bench`` command in a block of a file, as its words."""
    for block in re.findall(r"```bash\n(.*?)```", text(name), re.S):
        for line in block.replace("\\\n", " ").split("\n"):
            for part in line.split("#")[0].split("&&"):
                words = part.split()
                if words and words[0].endswith("da-bench"):
                    yield words[1:]


@each
def test_commands_and_their_options_exist(name):
    for words in commands(name):
        assert words[0] in (*RUNS, *COMMANDS), words
        if words[0] in COMMANDS and (words[0] != "predict" or "--run" in words):
            nested = command(words[0]).parser()
            # `runs list` and the like have a parser of their own
            names = set(re.findall(r"--[\w-]+", nested.format_help()))
            names |= {option for one in subparsers(nested) for option in options(one)}
            unknown = {word for word in words if word.startswith("--")} - names
            assert not unknown, words


def options(parser):
    return set(parser._option_string_actions)


def subparsers(parser):
    """The parser and every one below it."""
    yield parser
    for action in parser._actions:
        for one in (action.choices or {}).values() if isinstance(action.choices, dict) else ():
            yield from subparsers(one)


def test_the_readmes_method_runs_beside_dann_from_a_file_outside(tmp_path):
    """``-P`` keeps the working directory off the path, as the installed command does."""
    section = text("README.md").partition("## Write a method")[2].partition("\n## ")[0]
    blocks = dict(re.findall(r"```(\w+)\n(.+?)\n```", section, re.DOTALL))
    (tmp_path / "mine.py").write_text(blocks["python"])
    (tmp_path / "my_dann.yaml").write_text(blocks["yaml"])
    words = blocks["bash"].split()[1:]
    call = [sys.executable, "-P", "-m", "da_bench", *words, "--tasks", "0:20", "--seeds", "1"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(call, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = read_results(tmp_path / "comparison/mine")
    assert {row["method"] for row in rows} == {"source_only", "dann", "my_dann.yaml"}
    assert all(row["status"] == "ok" for row in rows)


def test_the_files_that_recipes_name_are_there():
    """Of what stands in backticks, each path of a real file; names in capitals stand for yours."""
    recipes = text("tests/README.md").partition("## Six recipes")[2]
    paths = {
        path
        for path in re.findall(r"`([\w./]+/[\w.]+\.(?:py|yaml|md))`", recipes)
        if not re.search(r"[A-Z]{3,}", path.replace("README", ""))
    }
    assert len(paths) > 15
    for path in paths:
        places = [ROOT / path, *ROOT.glob(f"experiments/methods/{path}")]
        places += ROOT.glob(f"da_bench/methods/{path}")
        assert any(place.is_file() for place in places), path
