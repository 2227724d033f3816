"""What a stored run may name: a closed list. Nothing off it is imported, unless the caller says so.

A run's folder may come from a stranger, and whoever names a class names code that runs.
"""

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

ROOMS = {
    "da_bench.methods": ("da_bench.methods.DomainAdapter",
                         "da_bench.methods.optimizer.OptimizerFactory",
                         "da_bench.methods.penalty.Penalty"),
    "da_bench.networks": ("torch.nn.Module",),
    "da_bench.data": ("da_bench.data.DomainPair", "da_bench.data.Classification",
                      "da_bench.data.MultiLabel", "da_bench.data.Regression",
                      "da_bench.data.formats.images.ImageTransform"),
    "da_bench.callbacks": ("lightning.pytorch.Callback",),
    "da_bench.shallow": ("da_bench.shallow.Shallow",),
    "torch.optim": ("torch.optim.Optimizer",),
}  # fmt: skip
"""Packages whose public classes of these bases are on the list: a new one needs no entry."""

FUNCTIONS = "da_bench.functional"
"""The package whose public functions are on the list: tensors in, tensors out."""

OTHERS = (
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis",
    "sklearn.linear_model.LogisticRegression",
    "sklearn.model_selection.GridSearchCV",
    "sklearn.model_selection.ShuffleSplit",
    "sklearn.model_selection.StratifiedKFold",
    "sklearn.model_selection.StratifiedShuffleSplit",
    "sklearn.naive_bayes.GaussianNB",
    "sklearn.neighbors.KNeighborsClassifier",
    "sklearn.neighbors.NearestCentroid",
    "sklearn.svm.LinearSVC",
    "sklearn.svm.SVC",
    "lightning.pytorch.Trainer",
    "lightning.pytorch.callbacks.EarlyStopping",
    "lightning.pytorch.callbacks.GradientAccumulationScheduler",
    "lightning.pytorch.callbacks.LearningRateMonitor",
    "lightning.pytorch.callbacks.ModelSummary",
    "lightning.pytorch.callbacks.RichModelSummary",
    "lightning.pytorch.callbacks.RichProgressBar",
    "lightning.pytorch.callbacks.StochasticWeightAveraging",
    "lightning.pytorch.callbacks.TQDMProgressBar",
    "lightning.pytorch.callbacks.Timer",
    "lightning.pytorch.loggers.CSVLogger",
    "lightning.pytorch.loggers.TensorBoardLogger",
    "lightning.pytorch.plugins.environments.LightningEnvironment",
    "da_bench.runs.tracking.logger.RunLogger",
)
"""Single classes on the list besides."""

_named: ContextVar[frozenset[str]] = ContextVar("trusted", default=frozenset())
_reading: ContextVar[bool] = ContextVar("reading", default=False)


class Untrusted(ValueError):
    """A stored file names code that is not on the list.

    Args:
        file: The stored file, or words for it.
        names: Import path -> the place in the file.
    """

    def __init__(self, file: Any, names: dict[str, str]) -> None:
        self.names = tuple(names)
        places = ", ".join(f"{name!r} ({place})" for name, place in names.items())
        super().__init__(
            f"{file} names code that da_bench does not know: {places}. To open it would run that "
            f"code. If you know it: --trust {' '.join(names)} (in Python trusted={self.names!r})"
        )


@contextmanager
def trusting(names: Iterable[str]) -> Iterator[None]:
    """Inside, stored files may also name ``names``: exact import paths of classes and functions.

    Raises:
        TypeError: One text in place of several.
        ValueError: A name that is no import path.
    """
    if isinstance(names, str):
        raise TypeError(f"trusted={names!r}: give several names, as ({names!r},)")
    exact = frozenset(names)
    for name in sorted(exact):
        if not all(part.isidentifier() for part in name.split(".")) or "." not in name:
            raise ValueError(f"trusted name {name!r}: expected the import path of one class or "
                             "function, such as mynet.Net")  # fmt: skip
    token = _named.set(_named.get() | exact)
    try:
        yield
    finally:
        _named.reset(token)


@contextmanager
def reading() -> Iterator[None]:
    """Inside, what is built comes from a stored file, whose options name listed functions only."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def is_trusted(path: str) -> bool:
    """Whether the caller named ``path``."""
    return path in _named.get()


def find(path: str) -> Any:
    """The class or function that ``path`` names, where it is on the list or trusted; else None.

    Raises:
        ValueError: A trusted name can't be imported.
    """
    value = _find_listed(current_path(path))
    return value if value is not None or not is_trusted(path) else import_name(path)


def option(path: str) -> Any:
    """What an option's import path names: in a stored file only a listed or trusted function.

    Raises:
        ValueError: The path names nothing, or nothing that a stored file may name here.
    """
    if not _reading.get():
        return import_name(path)
    value = find(path)
    if value is None:
        raise Untrusted("an option of the stored run", {path: "options"})
    if not inspect.isroutine(value) and not is_trusted(path):
        raise ValueError(f"an option of the stored run names {path}, which is no function")
    return value


def import_name(path: str) -> Any:
    """Imports what a path names: only for paths that this command or its caller names.

    Raises:
        ValueError: The path names nothing that can be imported.
    """
    module, _, name = path.rpartition(".")
    try:
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError:
            module_name, _, attribute = module.rpartition(".")
            if not module_name:
                raise
            return getattr(getattr(import_module(module_name), attribute), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{path!r} names nothing that can be imported: {error}") from error


@lru_cache(maxsize=1024)
def _find_listed(path: str) -> Any:
    """What the list holds under ``path``: the public import path, or that of the definition."""
    for room, bases in ROOMS.items():
        for member in _members(room, path):
            if inspect.isclass(member) and issubclass(member, tuple(map(import_name, bases))):
                return member
    for member in _members(FUNCTIONS, path):
        if inspect.isfunction(member):
            return member
    for public in OTHERS:
        if path.rpartition(".")[2] == public.rpartition(".")[2] and _same_root(path, public):
            named_object = import_name(public)
            if path in (public, f"{named_object.__module__}.{named_object.__qualname__}"):
                return named_object
    return None


def _members(room: str, path: str) -> Iterator[Any]:
    """What ``ROOM.NAME``, or the path of a file in the room and a name in it, is if public."""
    if not path.startswith(f"{room}."):
        return
    module, _, name = path.rpartition(".")
    if name.startswith("_"):
        return
    if module == room:
        member = vars(import_module(room)).get(name)
        if not inspect.ismodule(member):
            yield member
    elif module in _modules(room):
        member = vars(import_module(module)).get(name)
        if getattr(member, "__module__", None) == module:
            yield member


@lru_cache
def _modules(room: str) -> frozenset[str]:
    """Public modules below a room, by their import path."""
    modules = walk_packages(import_module(room).__path__, f"{room}.")
    return frozenset(one.name for one in modules if "._" not in one.name)


def current_path(path: str) -> str:
    """The import path today of a class of da_bench whose file has moved since a run named it.

    Args:
        path: Import path in a stored file; one from outside da_bench is returned as it is.
    """
    module, _, name = path.rpartition(".")
    if not module.startswith("da_bench."):
        return path
    for room in (*ROOMS, FUNCTIONS):
        if module.startswith(f"{room}.") and module not in _modules(room):
            public = vars(import_module(room)).get(name)
            if inspect.isclass(public) or inspect.isfunction(public):
                return f"{room}.{name}"
    package_paths = [p for p in OTHERS if p.startswith("da_bench.") and p.endswith(f".{name}")]
    return package_paths[0] if module.startswith("da_bench.bench.") and package_paths else path


def _same_root(path: str, public: str) -> bool:
    return path.split(".")[0] == public.split(".")[0]
