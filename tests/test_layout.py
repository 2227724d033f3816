"""The shape of the package: imports one way, short files, nothing heavy where it need not be."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import da_bench

PACKAGE = Path(da_bench.__file__).parent
ROOT = PACKAGE.parent

ROOMS = (
    "io", "config", "published", "functional", "statistics", "networks", "metrics", "shallow",
    "figures", "data", "methods", "selection", "health", "callbacks", "shift", "results", "runs",
    "papers", "dashboard", "cli",
)  # fmt: skip
"""A room imports only from itself and from those before it."""


def imported(path):
    """Rooms of da_bench that a file imports from, wherever in it."""
    return {name[1] for name in absolute(path) if name[0] == "da_bench" and len(name) > 1}


def absolute(path):
    """What a file imports, wherever in it, each as the parts of a full name."""
    package = ["da_bench", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = [*base, *(node.module or "").split(".")] if node.module else base
            names = [full] if len(full) > 1 else [[*full, alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        else:
            continue
        yield from names


def test_imports_go_one_way():
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).parts
        if len(parts) == 1:
            assert path.stem in ("__init__", "__main__"), f"{path}: belongs into a room"
            continue
        room = ROOMS.index(parts[0])
        later = {name for name in imported(path) if name in ROOMS[room + 1 :]}
        assert not later, f"{path.relative_to(PACKAGE)} imports from {later}, which stand below it"


SHARED = {"base", "encoded", "optimizer", "penalty", "inner_search"}
"""Files of ``methods/`` that a method builds on."""


def test_a_method_imports_no_method():
    for path in (PACKAGE / "methods").glob("*/*.py"):
        for name in absolute(path):
            if name[:2] == ["da_bench", "methods"] and len(name) > 2:
                assert name[2] in SHARED, f"{path}: {'.'.join(name)}"


def test_no_file_is_too_long():
    for path in PACKAGE.rglob("*.py"):
        assert len(path.read_text().splitlines()) < 400, path


def test_functional_brings_neither_lightning_nor_scikit_learn():
    code = (
        "import sys, da_bench.functional\n"
        "heavy = {'lightning', 'sklearn', 'torchmetrics', 'torchvision'}\n"
        "assert not heavy & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_table_needs_no_torch():
    """Or it waits seconds for an import: so a list of 10,000 runs is there in three."""
    code = (
        "import sys, da_bench.results.document, da_bench.results.collection, da_bench.cli.table\n"
        "assert not {'torch', 'lightning', 'plotly'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_names_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = (ROOT / "README.md").read_text().partition("is an extra")[2].partition("pip install")[0]
    assert set(re.findall(r"`(\w+)`", named)) == set(extras) - {"dev"}
