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
    tree = ast.parse(path.read_text())
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If)
              and ast.unparse(n.test) == "TYPE_CHECKING"]  # fmt: skip
    unseen = {id(part) for one in typing for part in ast.walk(one)}
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = [*base, *(node.module or "").split(".")] if node.module else base
            names = [[*full, alias.name] for alias in node.names]
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


def test_no_file_and_no_folder_imports_in_a_circle():
    """Imports within functions count; those that only a type checker sees do not."""
    files = {module(path): path for path in PACKAGE.rglob("*.py")}
    graph = {}
    for name, path in files.items():
        found = {longest(".".join(parts), files) for parts in absolute(path)}
        graph[name] = found & files.keys() - {name}
    assert not circles(graph)
    folders = {}
    for name, others in graph.items():
        mine = folder(name, files)
        folders.setdefault(mine, set()).update(folder(o, files) for o in others)
    within = {a: {b for b in bs if not related(a, b)} for a, bs in folders.items()}
    assert not circles(within)


def module(path):
    """The import path of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def longest(name, files):
    """The module that an imported name lies in."""
    while name and name not in files:
        name = name.rpartition(".")[0]
    return name


def folder(name, files):
    """The folder of a module; a package is its own."""
    return name if files[name].name == "__init__.py" else name.rpartition(".")[0]


def related(one, other):
    """Whether one folder lies in the other: a package imports its own parts."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def circles(graph):
    """Nodes from which a way leads back to themselves."""

    def reach(start):
        seen, waiting = set(), [*graph.get(start, ())]
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += graph.get(one, ())
        return seen

    return {node for node in graph if node in reach(node)}


def test_circles_are_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c"}
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()


LARGE = {"da_bench.functional", "da_bench.figures"}
"""Folders of many files of one shape: a function, or a figure, each."""
SHARE, FILES = 0.15, 25


def test_no_folder_holds_too_much():
    lines, count = {}, {}
    for path in PACKAGE.rglob("*.py"):
        text = [line for line in path.read_text().splitlines() if line.strip()]
        name = ".".join(path.relative_to(PACKAGE.parent).parts[:-1])
        lines[name] = lines.get(name, 0) + len(text)
        count[name] = count.get(name, 0) + (path.name != "__init__.py")
    whole = sum(lines.values())
    for name in lines.keys() - {"da_bench.functional"}:
        if not name.startswith("da_bench.methods"):
            assert lines[name] <= SHARE * whole, name
    assert {name for name, files in count.items() if files > FILES} <= LARGE


COLUMNS = {"status", "benchmark", "identity", "variant", "hyperparameters", "higher_is_better",
           "target_test", "target_unscored", "diagnoses", "diagnosis", "oracle/target", "wall_s",
           "cpu_s", "gpu_s", "peak_memory_mb", "max_epochs", "a_distance", "predicted"}  # fmt: skip
"""Columns whose names mean nothing else; ``source`` or ``method`` are words of many places."""
READERS = ("results", "runs", "papers", "dashboard", "cli")
"""Rooms that see rows."""
NOT_COLUMNS = {
    ("cli/list.py", "benchmark"): "a heading",
    ("cli/fit_options.py", "benchmark"): "an option",
    ("cli/divergence.py", "a_distance"): "a measure of two samples",
    ("papers/published.py", "benchmark"): "a key of a paper's file",
    ("dashboard/hosts.py", "status"): "a key of ASGI's messages",
}


def test_columns_are_named_in_one_place():
    found = set()
    for room in READERS:
        for path in (PACKAGE / room).rglob("*.py"):
            place = str(path.relative_to(PACKAGE))
            tree = ast.parse(path.read_text())
            inner = {
                id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values
            }
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Constant)
                    and node.value in COLUMNS
                    and id(node) not in inner
                ):
                    found.add((place, node.value))
    found = {one for one in found if one[0] != "results/row.py"}
    assert found - NOT_COLUMNS.keys() == set()
    assert NOT_COLUMNS.keys() <= found


ASSEMBLE = {"summary", "cells", "gains", "mixed", "meaning", "harm_words", "harmed", "over_tasks",
            "gain_bounds", "lacking", "missing", "failures", "twin_variants"}  # fmt: skip
"""Functions of ``results/`` that make the parts of a table."""
OF = {"da_bench.results." + name for name in ("table", "gains", "protocol", "negative_transfer")}


def test_tables_are_assembled_in_one_place():
    """Whoever shows results asks a ``Benchmark``."""
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] != "results":
            for *parts, name in absolute(path):
                assert ".".join(parts) not in OF or name not in ASSEMBLE, (path, name)


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
        "import sys, da_bench.cli.table, da_bench.results.collection\n"
        "import da_bench.results.renderers.document\n"
        "assert not {'torch', 'lightning', 'plotly'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_readme_names_every_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = (ROOT / "README.md").read_text().partition("is an extra")[2].partition("pip install")[0]
    assert set(re.findall(r"`(\w+)`", named)) == set(extras) - {"dev"}


TESTS = ROOT / "tests"
SUBJECTS = {
    "cli/test_own_columns.py": "Each command reads tables by the columns that fit stored.",
    "cli/test_stranger_command.py": "A stranger's run reaches every command that opens one.",
    "dashboard/test_hostile.py": "Report and app read the same files of a run.",
    "data/test_unlabelled.py": "Labels may be missing in each kind of data set.",
    "data/test_ways_of_giving.py": "The same data come through each class and each format.",
    "functional/test_bad_input.py": "Every function refuses the same kinds of input.",
    "functional/test_every_function.py": "Precision and edges are promised of all functions alike.",
    "functional/test_ratio_contract.py": "Density ratios lie in several files.",
    "health/test_diagnoses.py": "A fault must be named by one diagnosis and by none of the others.",
    "health/test_healthy.py": "All diagnoses look at each healthy run.",
    "health/test_planted.py": "All diagnoses look at each planted fault.",
    "health/test_thresholds.py": "It holds each threshold of each diagnosis.",
    "methods/adversarial/test_adversaries.py": "Some promises hold for each method with a critic.",
    "methods/adversarial/test_loss_of_critics.py": "Several methods have one formula.",
    "methods/closed_form/test_loss_of_closed_form.py": "One class serves several YAML files.",
    "methods/instances/test_loss_of_instances.py": "Two classes serve several YAML files.",
    "methods/test_contract.py": "Every method is held to it.",
    "methods/test_contract_of_plain_lightning.py": "Every method is held to it.",
    "methods/test_ddp.py": "Two processes share what data draws and what a method steps.",
    "methods/test_digits_guard.py": "It measures every deep method.",
    "methods/test_gains.py": "It measures every method that says where it gains.",
    "methods/test_gpu.py": "A GPU is met by methods, data and runs together.",
    "methods/test_habits.py": "Lightning's habits reach the base class and every hook of it.",
    "methods/test_hidden_labels.py": "A hidden label passes data, risks and estimators.",
    "methods/test_kept_outputs.py": "Outputs of each method pass every validator.",
    "methods/test_loss_by_function.py": "These methods have no file but their YAML.",
    "methods/test_multilabel.py": "Several labels pass data, loss and metrics.",
    "methods/test_provisions.py": "It needs the base class and the data together.",
    "methods/test_resume.py": "Method, loaders and checkpoint must go on together.",
    "methods/test_sparse_inputs.py": "A sparse file stays sparse from its reader to the fit.",
    "metrics/test_calibration.py": "Functions and probes are drawn on one null.",
    "results/test_damage.py": "Every command meets every kind of damaged file.",
    "results/test_forged.py": "Every reader meets files that are whole and false.",
    "results/test_links.py": "All that writes or deletes in a folder of results meets its links.",
    "results/test_one_verdict.py": "Four views must say one interval.",
    "results/test_undefined.py": "What a method leaves out, all its readers must do without.",
    "runs/engines/test_engines.py": "Every engine is held to it.",
    "runs/test_ends.py": "A training's end is shared by execute, train and two callbacks.",
    "runs/test_multilabel_compare.py": "It goes the whole way from a YAML file to a table.",
    "runs/test_survives.py": "It kills whole comparisons.",
    "shallow/test_estimators.py": "Every estimator is held to it.",
    "shallow/test_hard_inputs.py": "Every estimator meets the same samples.",
    "test_api_reference.py": "It builds the reference of the whole package.",
    "test_layout.py": "It reads every file.",
    "test_notebooks.py": "It runs the notebooks.",
    "test_readmes.py": "It reads the README files.",
    "test_wheel.py": "It builds the wheel.",
    "test_durations.py": "It tests the file beside it, of the tests themselves.",
    "test_generated.py": "It tests the file beside it, of the tests themselves.",
    "test_words.py": "It reads every file.",
}  # fmt: skip
"""Tests named by a subject and not by a file, and why each crosses files."""


def mirrored(path):
    """The modules that a test file is named after; a leading underscore is not part of a name."""
    folder = PACKAGE / path.relative_to(TESTS).parent
    for file in folder.glob("*.py"):
        if f"{path.stem}_".startswith(f"test_{file.stem.lstrip('_')}_"):
            yield file


def test_a_test_file_is_named_after_a_module_or_is_a_subject():
    crossing = set()
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS)
        assert (PACKAGE / place.parent).is_dir(), f"{place}: no such folder in da_bench"
        if not any(mirrored(path)):
            crossing.add(place.as_posix())
    assert crossing == SUBJECTS.keys()


SHORT = 20
"""Modules of fewer lines need no test that names them."""
REACHED = {
    "dashboard/panels_runs.py": "dashboard/test_report.py",
    "dashboard/sections.py": "dashboard/test_report.py",
    "dashboard/views": "dashboard/script/test_app.py",
    "data/check.py": "data/test_arrays.py",
    "data/check_inputs.py": "data/test_arrays.py",
    "data/coded.py": "data/test_labels.py",
    "data/folders.py": "data/formats/test_image_files.py",
    "data/formats/label_forms.py": "data/test_labels.py",
    "data/formats/records.py": "data/formats/test_table.py",
    "figures/rows.py": "figures/test_leaderboard.py",
    "health": "health/test_diagnoses.py",
    "methods/feature_names.py": "cli/test_own_columns.py",
    "papers/side_by_side.py": "papers/test_reproduce.py",
    "results/estimates.py": "results/test_significance.py",
    "results/renderers/run_list.py": "cli/test_runs.py",
    "results/renderers/terminal.py": "results/renderers/test_document.py",
    "runs/engines/ray.py": "runs/engines/test_engines.py",
    "runs/validators.py": "dashboard/test_report_validators.py",
}
"""Modules that no test names, each with a test that calls them; a folder stands for its files."""


def mentioned(path):
    """Full names of da_bench that a test file imports, looks up in an import, or spells out."""
    text = path.read_text()
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    yield from names.values()
    yield from re.findall(r"\bda_bench(?:\.\w+)+", text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{names.get(node.value.id)}.{node.attr}"
        elif isinstance(node, ast.Constant) and "da_bench.cli.main.main" in names.values():
            yield f"da_bench.cli.{node.value}"  # a command, called by its name


def test_every_module_has_a_test():
    """A test has its name, or names it or what it holds, or is known to call it."""
    files = {module(path): path for path in PACKAGE.rglob("*.py")}
    exported = {
        f"{package}.{parts[-1]}": ".".join(parts)
        for package, path in files.items()
        if path.name == "__init__.py"
        for parts in absolute(path)
    }
    tested = {file for path in TESTS.rglob("test_*.py") for file in mirrored(path)}
    for path in TESTS.rglob("*.py"):
        for name in mentioned(path):
            while exported.get(name, name) != name:
                name = exported[name]
            tested.add(files.get(longest(name, files)))
    bare = {
        path.relative_to(PACKAGE).as_posix()
        for path in set(files.values()) - tested
        if path.name != "__init__.py"
        and len([line for line in path.read_text().splitlines() if line.strip()]) >= SHORT
    }
    known = {m for m in bare if m in REACHED or m.rpartition("/")[0] in REACHED}
    assert not bare - known
    assert REACHED.keys() <= bare | {m.rpartition("/")[0] for m in bare}
    assert all((TESTS / test).exists() for test in REACHED.values())
