"""Names and docstrings in plain words: none of the private words that the package once used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import da_bench

PACKAGE = Path(da_bench.__file__).parent
PRIVATE_WORDS = frozenset(
    ("told", "found", "own", "kept", "shown", "listed", "settled", "chosen", "given", "lost",
     "said", "written", "asked", "wanted", "taken")
)  # fmt: skip
LARGEST_SHARE = 0.02
ROOMS = sorted({file.relative_to(PACKAGE).parts[0] for file in PACKAGE.glob("*/*.py")})
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def names_bound_in(function: ast.AST) -> Iterator[str]:
    """Names that a function binds itself: arguments, assignments, loops, ``with`` and ``except``.

    Names of an inner function belong to that one.
    """
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
                     arguments.vararg, arguments.kwarg):  # fmt: skip
        if argument is not None and argument.arg not in ("self", "cls"):
            yield argument.arg
    nodes = list(function.body) if isinstance(function.body, list) else [function.body]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (*FUNCTION, ast.ClassDef)):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        nodes += ast.iter_child_nodes(node)


def local_names(tree: ast.AST) -> list[str]:
    """Every local name of a module, once for each function that binds it."""
    functions = (node for node in ast.walk(tree) if isinstance(node, FUNCTION))
    return [name for function in functions for name in set(names_bound_in(function))]


def is_private_word(name: str) -> bool:
    """Whether a name is one of the private words, or made of one by underscores."""
    return not PRIVATE_WORDS.isdisjoint(name.lower().split("_"))


def modules(room: str) -> Iterator[tuple[str, ast.AST]]:
    """Path below the package and syntax tree of each file of a room, or of the whole package."""
    for file in sorted((PACKAGE / room).rglob("*.py")):
        yield file.relative_to(PACKAGE).as_posix(), ast.parse(file.read_text())


def docstrings(tree: ast.AST) -> Iterator[str]:
    """Docstrings of a module, its classes and functions, and texts that explain a value."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for part in body if isinstance(body, list) else ():
            value = getattr(part, "value", None) if isinstance(part, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def fragments(text: str) -> list[str]:
    """First sentences and argument texts of a docstring that say nothing by themselves."""
    first = text.strip().split("\n")[0]
    bad = (
        [first] if re.match(r"(Of |Its arguments\.|The same( as| of|[.,;:])|It\.$)", first) else []
    )
    return bad + re.findall(r"^\s+\w+: (?:Of |It\.$|The same\.).*$", text, re.M)


def test_names_of_every_binding_are_counted():
    code = """
def f(a, *given, **kept):
    with open(a) as told:
        found = [own for own, x in told]
    for said, y in found:
        z = lambda lost: lost
    try:
        (wanted, _), q = z
    except ValueError as asked:
        shown_names: list = []
    if (chosen := q):
        pass
    def g(taken=1):
        listed = taken
"""
    names = local_names(ast.parse(code))
    private = sorted(name for name in names if is_private_word(name))
    assert private == ["asked", "chosen", "found", "given", "kept", "listed", "lost", "own",
                       "said", "shown_names", "taken", "told", "wanted"]  # fmt: skip
    assert sorted(set(names) - set(private)) == ["_", "a", "q", "x", "y", "z"]
    assert not any(map(is_private_word, ("known", "token", "shownames", "download")))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_few_private_words(room):
    names = [name for _, tree in modules(room) for name in local_names(tree)]
    private = [name for name in names if is_private_word(name)]
    assert len(private) <= LARGEST_SHARE * len(names), sorted(private)


def test_the_whole_package_has_few_private_words():
    names = [name for _, tree in modules(".") for name in local_names(tree)]
    private = [name for name in names if is_private_word(name)]
    assert len(names) > 10_000
    assert len(private) <= LARGEST_SHARE * len(names), sorted(private)


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_of_a_room_are_whole_sentences(room):
    for path, tree in modules(room):
        for text in docstrings(tree):
            assert not fragments(text), f"{path}: {fragments(text)}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Its arguments.", 1),
        ("Of the run.", 1),
        ("The same as Markdown.", 1),
        ("Reads it.\n\n    Args:\n        folder: Of the run.\n        file: It.\n    ", 2),
        ("The parser.\n\n    Args:\n        folder: Folder of the run.\n    ", 0),
        ("The same samples of both domains.", 0),
        ("Office-31: things of an office.", 0),
    ],
)
def test_fragments_are_recognised(text, expected):
    assert len(fragments(text)) == expected
