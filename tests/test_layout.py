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

LOWER = {"functional", "metrics", "networks", "data", "methods", "figures", "selection", "shallow",
         "health"}  # fmt: skip
BELOW = {
    "functional": set(),
    "metrics": {"functional"},
    "networks": {"functional"},
    "data": {"functional", "networks"},
    "methods": {"functional", "networks", "data"},
    "health": {"functional"},
    "figures": {"functional", "metrics"},
    "selection": {"functional", "metrics"},
    "shallow": {"functional", "metrics"},
    "callbacks": LOWER,
    "bench": LOWER | {"callbacks"},
    "dashboard": LOWER | {"callbacks", "bench"},
}


def imported(path):
    """Parts of da_bench that a file imports, wherever in it."""
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
        for name in names:
            if name[0] == "da_bench" and len(name) > 1:
                yield name[1]


def test_imports_go_one_way():
    for part, allowed in BELOW.items():
        for path in (PACKAGE / part).rglob("*.py"):
            wrong = {name for name in imported(path) if name in BELOW} - allowed - {part}
            assert not wrong, f"{path.relative_to(PACKAGE)} imports {wrong}"


def test_a_method_imports_no_method():
    for path in (PACKAGE / "methods").glob("*.py"):
        if path.stem in (
            "__init__",
            "base",
            "evaluation",
            "optimizer",
            "penalty",
            "search",
            "start",
        ):
            continue
        tree = ast.parse(path.read_text())
        own = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 1}
        assert own <= {"base", "optimizer", "penalty", "search"}, path


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
        "import sys, da_bench.results.document, da_bench.dashboard.results, da_bench.cli.table\n"
        "assert not {'torch', 'lightning', 'plotly'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_names_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = (ROOT / "README.md").read_text().partition("is an extra")[2].partition("pip install")[0]
    assert set(re.findall(r"`(\w+)`", named)) == set(extras) - {"dev"}
