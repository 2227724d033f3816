"""The API reference: built by the command of tests/README.md, whole and without a warning."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pdoc", reason='pdoc is not installed: pip install -e ".[docs]"')
ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "da_bench"


def public():
    """Each public name with its module: what a room exports, or else what its files define."""
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        parts = folder.relative_to(ROOT).parts
        exported = names_exported(folder / "__init__.py")
        if exported is not None:
            yield from ((".".join(parts), name) for name in exported)
        elif not any(names_exported(ROOT.joinpath(*parts[:n], "__init__.py")) is not None
                     for n in range(1, len(parts))):  # fmt: skip
            for path in sorted(folder.glob("*.py")):
                module = parts if path.stem == "__init__" else (*parts, path.stem)
                if path.stem != "__main__":
                    listed = names_exported(path)
                    names = names_defined(path) if listed is None else listed
                    yield from ((".".join(module), name) for name in names)


def names_exported(path):
    """What ``__all__`` of a file lists; None where it has none."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets[0]):
            return ast.literal_eval(node.value)
    return None


def names_defined(path):
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds)]
    return [name for name in names if not name.startswith("_")]


@pytest.mark.slow
def test_it_builds_without_a_warning_and_holds_every_public_name(tmp_path):
    guide = (ROOT / "tests" / "README.md").read_text()
    (line,) = re.findall(r"<!-- api command -->\n```bash\n(.+)\n```", guide)
    python, *words = shlex.split(line)
    assert python == "python"
    words[words.index("-o") + 1] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not re.search("warn", done.stdout + done.stderr, re.I), done.stderr
    missing = []
    for module, name in public():
        page = tmp_path / f"{module.replace('.', '/')}.html"
        if not page.is_file() or f'id="{name}"' not in page.read_text():
            missing.append(f"{module}.{name}")
    assert not missing


def test_git_ignores_its_folder():
    assert "/api/" in (ROOT / ".gitignore").read_text().splitlines()
