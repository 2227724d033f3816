"""Writes what no hand needs to write: the exports of methods and benchmarks, the table of methods.

``python -m tests.generated`` in the root of a clone; pre-commit runs it before each commit.
"""

import ast
import sys
from pathlib import Path

from da_bench.config import catalogue

ROOT = Path(__file__).parents[1]
EXPORTS = {"da_bench/methods": "*/*.py", "da_bench/data": "benchmarks/*.py"}
"""Package -> its files whose public classes it exports; other exports are written by hand."""
NOT_EXPORTED = {"Photos", "Windows"}
"""A base class of benchmarks, and the content of a file."""
NOTE = '# Imports from folders below, and __all__: written by "python -m tests.generated".'


def exports(package: str) -> str:
    """The ``__init__.py`` of a package: its docstring and imports by hand, and those of classes."""
    folder = ROOT / package
    tree = ast.parse((folder / "__init__.py").read_text())
    imports = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and "." not in node.module:
            imports[node.module] = [alias.name for alias in node.names]
    for file in folder.glob(EXPORTS[package]):
        if classes := public_classes(file):
            imports[".".join(file.relative_to(folder).with_suffix("").parts)] = classes
    names = sorted((n for part in imports.values() for n in part), key=constants_first)
    return "\n".join(
        (
            f'"""{ast.get_docstring(tree, clean=False)}"""\n',
            NOTE,
            *(one_import(module, imports[module]) for module in sorted(imports)),
            "\n__all__ = [",
            *(f'    "{name}",' for name in names),
            "]\n",
        )
    )


def public_classes(file: Path) -> list[str]:
    """Names of the classes that a file defines at its top, without private ones and helpers."""
    nodes = ast.parse(file.read_text(), str(file)).body
    names = {node.name for node in nodes if isinstance(node, ast.ClassDef)} - NOT_EXPORTED
    return sorted((n for n in names if not n.startswith("_")), key=constants_first)


def constants_first(name: str) -> tuple[bool, str]:
    """The order in which Ruff sorts names."""
    return not name.isupper(), name


def one_import(module: str, names: list[str]) -> str:
    """An import as Ruff formats it."""
    line = f"from .{module} import {', '.join(names)}"
    lines = (f"from .{module} import (", *(f"    {name}," for name in names), ")")
    return line if len(line) <= 100 else "\n".join(lines)


def generated() -> dict[Path, str]:
    """Path of each generated file -> the text that belongs into it."""
    table = {ROOT / "experiments/methods/README.md": catalogue.markdown() + "\n"}
    return {ROOT / package / "__init__.py": exports(package) for package in EXPORTS} | table


def main() -> int:
    """Writes the files that are out of date, and names them; returns 1 where there was one."""
    stale = {path: text for path, text in generated().items() if path.read_text() != text}
    for path, text in stale.items():
        path.write_text(text)
        print(f"written: {path.relative_to(ROOT)}")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
