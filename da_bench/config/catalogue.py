"""What each method is, as its YAML and its docstring say it: read without importing torch."""

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from . import layers
from .objects import nearest, paths

FAMILIES = (
    "baselines",
    "instances",
    "features",
    "closed_form",
    "adversarial",
    "self_training",
    "parameters",
)
"""Folders of ``methods/`` and of ``experiments/methods/``, in the order of the table."""


class Method(NamedTuple):
    """The ``about`` of one file of ``experiments/methods``."""

    name: str
    title: str
    family: str
    setting: str
    """What the target gives: ``unsupervised``, ``few target labels``; several with commas."""
    paper: str
    formula: str
    """What is minimised, or done, in one line."""
    loss: str
    """What a step adds to the source's risk, as a line of Python that a test compares with it."""
    test: str
    """Path of the test that fails when a term of the formula is removed, where no ``loss`` is."""
    gains_on: str
    """Benchmark and task where it gains over source-only beyond its standard error, or why not."""
    variant_of: str
    """The method that this is another setting of; such a file does not count as a method."""
    confirmed: bool
    """Whether the number of an equation, or the like, was seen in the paper and is cited."""


def methods(family: str | None = None, setting: str | None = None) -> list[Method]:
    """Every method, by family, of one family or setting where one is named.

    Raises:
        UnknownName: No method is of that family or setting; the message names the nearest.
    """
    all_methods = [method(name) for name in layers.names("methods")]
    settings = {
        setting_name
        for known_method in all_methods
        for setting_name in known_method.setting.split(", ")
    }
    for value, known_values, kind in ((family, FAMILIES, "family"), (setting, settings, "setting")):
        if value is not None and value not in known_values:
            raise layers.UnknownName(f"unknown {kind} {value!r}{nearest(value, known_values)}")
    return sorted(
        (
            known_method
            for known_method in all_methods
            if family in (None, known_method.family)
            and setting in (None, *known_method.setting.split(", "))
        ),
        key=lambda method: FAMILIES.index(method.family),
    )


def method(name: str) -> Method:
    """The catalogue entry of one method.

    Raises:
        UnknownName: No method has that name; the message names the nearest.
        ValueError: The folder of the method's file is none of :data:`FAMILIES`.
    """
    about = layers.read("methods", name).get("about", {})
    files = layers.files("methods")
    about["family"] = files[name].parent.name if name in files else ""
    texts = {key: str(about.get(key, "")) for key in Method._fields[1:-1]}
    result = Method(name, **texts, confirmed=about.get("confirmed", True))
    if result.family not in FAMILIES:
        raise ValueError(f"{name}: family {result.family!r}{nearest(result.family, FAMILIES)}")
    return result


@cache
def tables_by_method() -> dict[str, list[str]]:
    """Published tables that have a column of a method, as ``PAPER TABLE``, by the method's name."""
    tables: dict[str, list[str]] = {}
    for path in sorted((layers.folder() / "papers").glob("*.yaml")):
        for number, table in yaml.safe_load(path.read_text())["tables"].items():
            for column in table["columns"].values():
                table_name = f"{path.stem} {number}"
                if table_name not in tables.setdefault(str(column.get("method")), []):
                    tables[str(column.get("method"))].append(table_name)
    return tables


def markdown() -> str:
    """The table of all methods in Markdown, as the README shows it."""
    head = ("method", "family", "paper", "setting", "gains on (toy)", "in paper tables")
    rows = [head, ("---",) * len(head)]
    for method in methods():
        tables = ", ".join(tables_by_method().get(method.name, []))
        name = f"`{method.name}`" + (f" (of `{method.variant_of}`)" if method.variant_of else "")
        rows.append((name, method.family, method.paper, method.setting, method.gains_on, tables))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def parts(name: str) -> list[tuple[str, str]]:
    """Import paths of the class and functions that make up a method, with their docstrings."""
    model = layers.read("methods", name)["model"]
    import_paths = [path for path in paths(model) if path.startswith("da_bench.")]
    docstrings = {path: docstring(path) for path in import_paths}
    return [(path, text) for path, text in docstrings.items() if text]


def docstring(path: str) -> str:
    """The docstring of a class or function of this package, from its source."""
    package, name = path.removeprefix("da_bench.").rpartition(".")[::2]
    place = Path(__file__).parents[1].joinpath(*package.split("."))
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    node_types = (ast.ClassDef, ast.FunctionDef)
    for file in files:
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, node_types) and node.name == name:
                return inspect.cleandoc(ast.get_docstring(node) or "")
    return ""


def example(name: str) -> str:
    """A command line that trains the method."""
    gains: Any = method(name).gains_on.split()
    is_known_benchmark = gains and gains[0] in layers.names("data")
    if layers.read("methods", name).get("start_from"):  # compare trains what it starts from
        task_options = f"--benchmark {gains[0]} --tasks {gains[1]} " if is_known_benchmark else ""
        return f"da-bench compare {task_options}--methods {name} --seeds 1 --out results/{name}"
    task_options = f"--benchmark {gains[0]} --task {gains[1]} " if is_known_benchmark else ""
    return f"da-bench fit {task_options}--method {name} --out runs/{name}"
