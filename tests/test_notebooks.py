"""Every notebook runs from top to bottom, shows what its title says, and is committed bare."""

import ast
from pathlib import Path

import jupytext
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))
DEFINING = "writing_a_method"


def cells(path):
    return jupytext.read(path).cells


def code(name):
    return [cell.source for cell in cells(FOLDER / f"{name}.ipynb") if cell.cell_type == "code"]


def test_each_has_its_script_and_each_script_its_notebook():
    assert len(NAMES) == 5
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_notebook_and_script_agree(name):
    one, two = (
        [(cell.cell_type, cell.source.strip()) for cell in cells(FOLDER / f"{name}.{end}")]
        for end in ("ipynb", "py")
    )
    assert one == two, f"jupytext --sync notebooks/{name}.py"


@pytest.mark.parametrize("name", NAMES)
def test_no_outputs(name):
    held = jupytext.read(FOLDER / f"{name}.ipynb")
    for cell in held.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("name", NAMES)
def test_a_title_prose_figures_and_a_claim(name):
    held = cells(FOLDER / f"{name}.ipynb")
    assert held[0].cell_type == "markdown"
    assert held[0].source.startswith("# ")
    nodes = [node for text in code(name) for node in ast.walk(ast.parse(text))]
    assert any(isinstance(node, ast.Assert) for node in nodes), "claims nothing"
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.AsyncFunctionDef)
    defined = [node for node in nodes if isinstance(node, kinds)]
    assert bool(defined) == (name == DEFINING)


@pytest.mark.parametrize(
    "name", [NAMES[0], *(pytest.param(n, marks=pytest.mark.slow) for n in NAMES[1:])]
)
def test_runs(name, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    drawn, scope = [], {"__name__": name}
    for text in code(name):
        tree = ast.parse(text)
        last = tree.body[-1] if tree.body else None
        shown = tree.body.pop() if isinstance(last, ast.Expr) else None
        exec(compile(tree, f"{name}.ipynb", "exec"), scope)
        if shown is not None:
            drawn.append(eval(compile(ast.Expression(shown.value), name, "eval"), scope))
    figures = [f for f in drawn if hasattr(f, "to_json") or hasattr(f, "savefig")]
    assert figures, "draws nothing"
    assert all(f.data for f in figures if hasattr(f, "to_json"))
