"""The code that a run executes: a digest over every definition that its classes really use."""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = "da_bench"
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
INSTALLED_FOLDERS = frozenset({"site-packages", "dist-packages"})
"""Folders whose code a row names by version, and no digest reads."""
OBSERVERS = ("da_bench.callbacks.Health",)
"""What every run names, and what only looks at it."""
EVERYTHING = "*"
"""Stands for all definitions of a module."""


class Definition(NamedTuple):
    """A function, a class or a value at the top of a module."""

    module: str
    name: str


@dataclass
class Module:
    """What a module's file says, by name: definitions, imports, and all other statements."""

    defined: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Name -> the module it comes from, and its name there; None where it is the module."""
    statements: list[ast.stmt] = field(default_factory=list)
    star_imports: list[str] = field(default_factory=list)
    """Modules of which all names are imported."""


@cache
def digest(paths: tuple[str, ...], leave_out: tuple[str, ...] = OBSERVERS) -> str:
    """Digest of the definitions that ``paths`` use, directly or through others, in hexadecimal.

    It follows names: a function that nothing of ``paths`` uses is no part of it, whatever file it
    stands in. Syntax trees are taken without comments, docstrings and types of arguments, and no
    file's path is, so that neither words nor a move change it. Code of the package counts, and that
    of files that are not installed; what is installed is known by its version.

    Of code of one's own, a module that is used as a value (``getattr(losses, name)``) counts whole,
    and so do the definitions that a decorator may register, in each module that is imported, used
    by name or not. What is reached by a text alone is not seen (``globals()["f"]``,
    ``importlib.import_module("losses")``).

    Args:
        paths: Import paths of classes and functions; others, and those of installed packages, are
            passed over.
        leave_out: Import paths that are not followed, such as of what only looks at a run.
    """
    left_out = {_find(path) for path in leave_out}
    waiting = [_find(path) for path in paths if "." in path]
    used_definitions: set[Definition] = set()
    while waiting:
        definition = waiting.pop()
        if (
            isinstance(definition, Definition)
            and definition not in used_definitions
            and definition not in left_out
        ):
            used_definitions.add(definition)
            waiting += _read(definition)[0]
    texts = {text for definition in used_definitions for text in _read(definition)[1]}
    return hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()


def _find(path: str) -> Definition | str | None:
    """What an import path names; a part of a class stands for the class."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:length])
        if _module(module) is not None:
            return _resolve(module, parts[length]) or Definition(module, EVERYTHING)
    return None


def are_present(paths: Iterable[str]) -> bool:
    """Whether the top-level modules of all import paths exist here; none is imported."""
    names = {path.partition(".")[0] for path in paths if "." in path}
    return all(
        name in sys.builtin_module_names or name in sys.stdlib_module_names or _places(name)
        for name in names
    )


@cache
def _read(definition: Definition) -> tuple[tuple[Definition, ...], tuple[str, ...]]:
    """The definitions that one uses, and its text; its module's own statements count with it."""
    module = _module(definition.module)
    if module is None:
        return (), ()
    if definition.name == EVERYTHING:
        names = (*module.defined, *module.imported)
        meanings = [_resolve(definition.module, name) for name in names]
        uses = tuple(meaning for meaning in meanings if isinstance(meaning, Definition))
        texts: tuple[str, ...] = ()
    else:
        uses, texts = _read_nodes(module.defined[definition.name], definition.module)
    more_uses, more_texts = _read_statements(definition.module)
    return (*uses, *more_uses), (*texts, *more_texts)


@cache
def _read_statements(name: str) -> tuple[tuple[Definition, ...], tuple[str, ...]]:
    """What importing a module runs: its statements, and those of the modules that it imports.

    The package's modules register nothing when they are imported, so that only their own
    statements count.
    """
    if name.partition(".")[0] == PACKAGE:
        module = _module(name)
        return _read_nodes(module.statements if module else (), name)
    uses: list[Definition] = []
    texts: list[str] = []
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop()
        module = _module(current)
        if module is None or current in seen or current.partition(".")[0] == PACKAGE:
            continue
        seen.add(current)
        defined = (node for nodes in module.defined.values() for node in nodes)
        registered = (node for node in defined if _may_be_registered(node, current))
        more_uses, more_texts = _read_nodes([*module.statements, *registered], current)
        uses += more_uses
        texts += more_texts
        for origin, part in module.imported.values():
            waiting += [origin, f"{origin}.{part}"] if part else [origin]
        waiting += [*module.star_imports, current.rpartition(".")[0]]
    return tuple(uses), tuple(texts)


def _may_be_registered(node: ast.stmt, module: str) -> bool:
    """Whether a decorator, other than Python's own, may keep a definition where others find it."""
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    meanings = (meaning for decorator in decorators for meaning in _names(decorator, module))
    return any(
        isinstance(meaning, Definition) or meaning.partition(".")[0] not in sys.stdlib_module_names
        for meaning in meanings
    )


def _read_nodes(
    nodes: Iterable[ast.AST], module: str
) -> tuple[tuple[Definition, ...], tuple[str, ...]]:
    """Definitions that nodes use; their trees as text, and the names from outside that they use."""
    meanings = [meaning for node in nodes for meaning in _names(node, module)]
    uses = tuple(meaning for meaning in meanings if isinstance(meaning, Definition))
    outside = (meaning for meaning in meanings if isinstance(meaning, str))
    return uses, (*map(_text, nodes), *outside)


def _text(value: Any) -> str:
    """A syntax tree as text that every version of Python writes alike.

    ``ast.dump`` is none: versions differ in the empty fields that they add or leave out, and in the
    empty texts within f-strings.
    """
    if isinstance(value, ast.AST):
        fields = dict(ast.iter_fields(value))
        if isinstance(value, ast.JoinedStr):
            fields["values"] = [part for part in value.values if vars(part).get("value") != ""]
        texts = (
            f"{name}={_text(part)}"
            for name, part in fields.items()
            if part is not None and part != [] and name not in ("ctx", "kind")
        )
        return f"{type(value).__name__}({', '.join(texts)})"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return repr(value)


def _names(node: ast.AST, module: str) -> Iterator[Definition | str]:
    """What the names in a node mean: definitions of code that is followed, else import paths."""
    inner = Module()
    within = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Import | ast.ImportFrom):
            _note_import(part, module, inner)
        elif isinstance(part, ast.Attribute):
            within.add(id(part.value))
    for part in ast.walk(node):
        chain = _chain(part)
        if not chain:
            continue
        first, *rest = chain
        imported = inner.imported.get(first)
        meanings = [_origin(*imported) if imported else _resolve(module, first)]
        outer = _module(module)
        if outer and not imported and first in outer.defined and first in outer.imported:
            meanings.append(_origin(*outer.imported[first]))  # as where an import may fail
        for meaning in meanings:
            names = [*rest]
            while isinstance(meaning, str) and names and _holds(meaning, names[0]):
                meaning = _resolve(meaning, names.pop(0))
            if isinstance(meaning, str) and id(part) not in within and _module(meaning):
                yield Definition(meaning, EVERYTHING)  # the module itself is a value here
            elif meaning is not None:
                yield meaning if isinstance(meaning, Definition) else ".".join((meaning, *names))


def _holds(module: str, name: str) -> bool:
    """Whether a name is read as part of a module or of a folder of modules."""
    return _module(module) is not None or _file(f"{module}.{name}") is not None


def _chain(node: ast.AST) -> list[str]:
    """``["a", "b"]`` of ``a.b``; empty where a node is no name that is read."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else []


@cache
def _resolve(module: str, name: str) -> Definition | str | None:
    """What a name of a module is: a definition, the path of something else, or nothing of it."""
    contents = _module(module)
    if contents is None:
        return f"{module}.{name}" if module else None
    if name in contents.defined:
        return Definition(module, name)
    if contents.imported.get(name, (module, name)) != (module, name):
        return _origin(*contents.imported[name])
    for origin in _star_origins(module):
        other = _module(origin) or Module()
        if name in other.defined:
            return Definition(origin, name)
        if name in other.imported:
            return _origin(*other.imported[name])
    return f"{module}.{name}" if _file(f"{module}.{name}") else None


def _star_origins(module: str) -> list[str]:
    """The modules of which all names are imported, directly or through others."""
    origins, waiting = [module], [module]
    while waiting:
        contents = _module(waiting.pop(0)) or Module()
        new = [origin for origin in contents.star_imports if origin not in origins]
        origins += new
        waiting += new
    return origins[1:]


def _origin(module: str, name: str | None) -> Definition | str | None:
    if name is None:
        return module
    return _resolve(module, name) if _module(module) else f"{module}.{name}"


@cache
def _module(name: str) -> Module | None:
    """A module whose code is followed, read; None for others."""
    file = _file(name)
    if file is None:
        return None
    contents = Module()
    _note(_Bare().visit(ast.parse(file.read_bytes())).body, name, contents)
    return contents


def _note(body: list[ast.stmt], module: str, contents: Module) -> None:
    for node in body:
        if isinstance(node, DEFINITIONS):
            contents.defined.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            _note_import(node, module, contents)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            for name in names:
                if name != "__all__":
                    contents.defined.setdefault(name, []).append(node)
        elif hasattr(node, "body"):  # ``if``, ``try``, ``with`` and loops
            if ast.unparse(getattr(node, "test", node)) in (
                "TYPE_CHECKING",
                "typing.TYPE_CHECKING",
            ):
                continue
            contents.statements.append(node)
            handlers = [h.body for h in getattr(node, "handlers", [])]
            for part in (node.body, getattr(node, "orelse", []), *handlers):
                _note(part, module, contents)
        else:
            contents.statements.append(node)


def _note_import(node: ast.Import | ast.ImportFrom, module: str, contents: Module) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            name = alias.asname or alias.name.partition(".")[0]
            contents.imported[name] = (alias.name if alias.asname else name, None)
        return
    package = module.split(".")
    if not _is_package(module):
        package = package[:-1]
    base = package[: len(package) - node.level + 1] if node.level else []
    origin = ".".join([*base, *([node.module] if node.module else [])])
    for alias in node.names:
        if alias.name == "*":
            contents.star_imports.append(origin)
        else:
            contents.imported[alias.asname or alias.name] = (origin, alias.name)


@cache
def _file(module: str) -> Path | None:
    """The file of a module whose code is followed: of this package, or one not installed."""
    first, *rest = module.split(".")
    if first == PACKAGE:
        place = Path(__file__).parents[1].joinpath(*rest)
        return next(
            (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None
        )
    return None if _is_installed(first) else _source(module)


@cache
def _is_installed(name: str) -> bool:
    """Whether a top-level module comes with Python or with a package, which has a version."""
    if name in sys.builtin_module_names or name in sys.stdlib_module_names:
        return True
    return all(
        place.startswith(INSTALLED) or not INSTALLED_FOLDERS.isdisjoint(Path(place).parts)
        for place in _places(name)
    )


@cache
def _places(name: str) -> tuple[str, ...]:
    """The file of a top-level module, and its folders; it is not imported to find them.

    The working directory counts too, where commands that train import modules from.
    """
    try:
        spec = find_spec(name) or PathFinder.find_spec(name, [str(Path.cwd())])
    except (ImportError, ValueError, AttributeError):
        return ()
    origin = [spec.origin] if spec and spec.has_location and spec.origin else []
    return (*origin, *(spec.submodule_search_locations or () if spec else ()))


def _source(module: str) -> Path | None:
    """The file of a module that is not installed.

    Nothing is imported, not even a package above it: a stored row names modules, and may be a
    stranger's.
    """
    first, *rest = module.split(".")
    for place in map(Path, _places(first)):
        path = place.joinpath(*rest)
        for file in (path.with_suffix(".py"), path / "__init__.py", path):
            if file.suffix == ".py" and file.is_file() and (rest or file == place):
                return file
    return None


def _is_package(module: str) -> bool:
    file = _file(module)
    return file is not None and file.name == "__init__.py"


class _Bare(ast.NodeTransformer):
    """Takes docstrings, texts that explain a value, and types of arguments out of a tree."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            statements = [part for part in body if not _is_text(part)]
            node.body = statements or ([ast.Pass()] if body else [])  # type: ignore[attr-defined]
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        return node


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
