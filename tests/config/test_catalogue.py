"""Every method has all its parts, and its paper, formula and test are named."""

import ast
import re
import statistics
from collections import Counter
from pathlib import Path

import pytest

from da_bench.cli.list import reflow
from da_bench.config import catalogue, layers

ROOT = Path(__file__).parents[2]
METHODS = {name: catalogue.method(name) for name in layers.names("methods")}
COUNTED = [m for m in METHODS.values() if m.family != "baselines" and not m.variant_of]
NUMBERED = re.compile(r"\b(equations?|algorithm|definition|theorem|remark) \d", re.I)
KEYS = {*catalogue.Method._fields} - {"name", "family"} | {"oracle"}

each = pytest.mark.parametrize("name", METHODS)


@each
def test_says_what_it_is(name):
    m = METHODS[name]
    assert layers.read("methods", name)["about"].keys() <= KEYS
    for part in ("title", "setting", "paper"):
        assert getattr(m, part), part
    if m.family != "baselines" and not m.variant_of:
        assert m.formula
        assert m.gains_on
    assert not m.variant_of or m.variant_of in METHODS


@each
def test_its_formula_is_tested(name):
    m = METHODS[name]
    if m.loss:
        assert not m.test, "tests/methods/test_loss_by_function.py compares its loss with a step"
        return
    if m.variant_of or (m.family == "baselines" and not m.test):
        pytest.skip("counts for none")
    assert m.test, "neither about.loss nor about.test: tests/README.md, recipe of a method"
    file, _, function = m.test.partition("::")
    tests = ast.parse((ROOT / file).read_text()).body
    assert function in {node.name for node in tests if isinstance(node, ast.FunctionDef)}, m.test
    if "/test_loss" in file:  # methods share such a test: this one is among its cases
        assert f'"{name.removeprefix("reweighted_")}"' in (ROOT / file).read_text()


@each
def test_its_class_and_functions_are_explained(name):
    found = catalogue.parts(name)
    assert any(".methods." in path for path, _ in found)
    counts = METHODS[name] in COUNTED
    assert not counts or any(re.search(r"\b(19|20)\d\d\b", text) for _, text in found)


def test_the_place_of_its_formula_in_the_paper_is_named_where_confirmed():
    parts = {m.name: dict(catalogue.parts(m.name)) for m in COUNTED}
    users = Counter(path for found in parts.values() for path in found)
    without = set()
    for name, found in parts.items():
        # What methods share speaks of the others' formulas too; dsbn has DANN's parts alone.
        own = [text for path, text in found.items() if users[path] == 1]
        if name == "dsbn" or not any(NUMBERED.search(text) for text in own or found.values()):
            without.add(name)
    confirmed = {m.name for m in COUNTED if m.confirmed}
    assert confirmed == parts.keys() - without, "either a number in a docstring, or about.confirmed"


@each
def test_where_it_gains_is_a_task_or_says_why_not(name):
    gains = METHODS[name].gains_on
    if gains and not gains.startswith(("nowhere: ", "not measured")):
        benchmark, task = gains.split()[:2]
        assert layers.tasks(benchmark, [task])


def test_enough_methods_and_no_part_missing_twice():
    assert sum(m.confirmed for m in COUNTED) >= 45
    titles = [m.title for m in METHODS.values()]
    assert len(titles) == len(set(titles))


def test_unknown_family_setting_and_method_are_named():
    with pytest.raises(layers.UnknownName, match="did you mean 'adversarial'"):
        catalogue.methods(family="adverserial")
    with pytest.raises(layers.UnknownName, match="unsupervised"):
        catalogue.methods(setting="unsupervized")
    with pytest.raises(layers.UnknownName, match="did you mean 'dann'"):
        catalogue.method("dan_n")


def test_a_family_or_setting_is_told_apart():
    assert {m.family for m in catalogue.methods("adversarial")} == {"adversarial"}
    few = catalogue.methods(setting="few target labels")
    assert few
    assert all("few target labels" in m.setting for m in few)


def test_method_files_are_short_and_share_nothing():
    package = ROOT / "da_bench"
    files = [
        p
        for pattern in ("methods/*/*.py", "shallow/*.py")
        for p in package.glob(pattern)
        if p.stem not in ("__init__", "base")
    ]
    written = [[line for line in p.read_text().splitlines() if line.strip()] for p in files]
    assert statistics.median(map(len, written)) < 65  # docstrings included
    seen: dict[tuple[str, ...], Path] = {}
    for path in files:
        for run in zip(*(statements(path)[i:] for i in range(6)), strict=False):
            if seen.setdefault(run, path) != path:
                pytest.fail(f"{path.name} and {seen[run].name} share: {' / '.join(run)}")


def statements(path):
    """Lines of a file without imports, docstrings, arguments and what constructors store.

    scikit-learn wants each constructor to spell its arguments out, so those of kin are alike.
    """
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.args, node.returns = ast.parse("def f(): pass").body[0].args, None
            if node.name == "__init__" and path.parent.name == "shallow":
                node.body = [ast.Pass()]
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    lines = ast.unparse(tree).splitlines()
    return [s for line in lines if (s := line.strip()) and not s.startswith(("from ", "import "))]


def test_docstrings_are_shown_without_markup():
    text = "Minimises :math:`R + w D` over\nthe ``encoder``.\n\nArgs:\n    weight: :math:`w`."
    assert reflow(text) == "Minimises R + w D over the encoder.\n\nArgs:\n    weight: w."


@pytest.mark.parametrize("method", ["adabn", "dsbn"])
@pytest.mark.parametrize(
    "benchmark",
    [n for n in layers.names("data") if n.startswith(("moons", "gaussians", "digits"))],
)
def test_small_networks_have_the_batch_norm_that_a_method_needs(benchmark, method):
    options = layers.compose(benchmark, method, layers.tasks(benchmark)[0], 0)
    assert options["model"]["init_args"]["encoder"]["init_args"]["batch_norm"] is True


def test_an_example_of_what_starts_from_a_model_trains_that_first():
    for name in METHODS:
        needs = "start_from" in layers.read("methods", name)
        assert catalogue.example(name).startswith("da-bench compare" if needs else "da-bench fit")
