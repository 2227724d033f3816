"""The record of a run: every column of ``result.json`` and of the tables that are made of it."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Required, TypedDict, get_args, get_type_hints

TWIN = "source_only"
"""The baseline that every gain is measured against."""

# Columns that a run writes.
BENCHMARK, METHOD, SOURCE, TARGET, SEED = "benchmark", "method", "source", "target", "seed"
STATUS, ERROR, IDENTITY, FOLDER = "status", "error", "identity", "folder"
RECIPE, CODE, CLASSES = "recipe", "code", "classes"
VARIANT, SETTINGS, HYPERPARAMETERS, LABELS = "variant", "settings", "hyperparameters", "labels"
METRIC, HIGHER_IS_BETTER, SELECTION = "metric", "higher_is_better", "selection"
TARGET_TEST, UNSCORED, PREDICTED = "target_test", "target_unscored", "predicted"
SCORE, VAL_SOURCE, A_DISTANCE = "oracle/target", "val/source", "a_distance"
DIAGNOSIS, DIAGNOSES = "diagnosis", "diagnoses"
EPOCHS, MAX_EPOCHS, DEVICE = "epochs", "max_epochs", "device"
WALL_S, CPU_S, GPU_S, PEAK_MEMORY_MB = "wall_s", "cpu_s", "gpu_s", "peak_memory_mb"
VERSIONS, PYTHON = "versions", "python"

# Columns that a table of runs has besides.
NAME, TASK, CURRENT, CONFIGURATION = "name", "task", "current", "configuration"
GAIN, WRITTEN, SETTING = "gain", "written", "setting"
OTHER_CODE = "other_code"

# Values of the status.
OK, FAILED = "ok", "failed"
FAULTY = "faulty"
"""A finished run that no table counts, as one of its figures is impossible."""
NOT_RUN = "not run"
"""A run that was asked for and has no result."""
STATUSES = (OK, FAILED)
"""Values that a run writes; the other two are set when a table is made."""


class Row(TypedDict, total=False):
    """One run, as ``result.json`` holds it; a column without ``Required`` may be missing or null.

    Besides, a row holds figures by names with a slash, such as ``val/source``,
    ``validator/entropy`` or ``health/grad_norm``: numbers, scores in the metric's own unit.
    """

    benchmark: Required[str]
    method: Required[str]
    source: Required[str]
    target: Required[str]
    seed: Required[int]
    status: Required[str]
    """``ok`` or ``failed``."""
    error: str
    """Why the run failed, in one line."""
    identity: str
    """Digest of what determines the result, in hexadecimal."""
    recipe: str
    """Digest of the same without the code: configuration, data, and the run it starts from."""
    code: str
    """Digest of the code that the run executed; empty in rows from before it was stored."""
    classes: list
    """Import paths from which that digest follows what is used."""
    variant: str
    """The settings in a few words; empty where they are those of the method's YAML file."""
    settings: dict
    """Settings that a sweep varied, by their paths in the configuration."""
    hyperparameters: dict
    """All arguments of the method's class, by name."""
    labels: int | str
    """Number of labelled target samples of each class in training, or ``all``."""
    metric: str
    higher_is_better: bool
    selection: str
    """How the weights were selected: ``last``, or a monitored score."""
    target_test: str
    """How the target was tested: ``held_out`` or ``transductive``."""
    target_unscored: str
    """Why a finished run has no score on the target."""
    predicted: str
    """Shares of predicted classes on the target's test samples, as JSON."""
    a_distance: float
    """Proxy A-distance of the final features, in [0, 2]."""
    diagnosis: str
    """Names of the warnings that the run's health checks raised."""
    diagnoses: list
    epochs: float
    max_epochs: float
    device: str
    wall_s: float
    """Time from the run's start to its end, in seconds."""
    cpu_s: float
    """Time of all processor cores, in seconds."""
    gpu_s: float
    """Time on the GPU, in seconds."""
    peak_memory_mb: float
    """Largest use of memory, in mebibytes."""


CELL = (BENCHMARK, SOURCE, TARGET, METHOD, VARIANT, LABELS, SEED)
"""The columns that tell which run of a comparison a row is."""
STANDARD = (METHOD, BENCHMARK, SOURCE, TARGET, SEED, STATUS, ERROR, VARIANT, LABELS, IDENTITY,
            METRIC, SELECTION, DIAGNOSIS, SCORE, VAL_SOURCE, WALL_S, CPU_S, GPU_S, PEAK_MEMORY_MB,
            DEVICE)  # fmt: skip
"""Columns that a condition may name though no row has them, as ``error`` where no run failed."""

NUMBER = (int, float)


def _kind(hint: Any) -> tuple[type, ...]:
    """Types of Python that a column's values may have; a whole number is a number, too."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    return NUMBER if kinds == (float,) else kinds


KINDS: Mapping[str, tuple[type, ...]] = {k: _kind(hint) for k, hint in get_type_hints(Row).items()}
"""Python types that the values of each column may have."""
REQUIRED = sorted(Row.__required_keys__, key=list(KINDS).index)
"""Columns that every row has."""


def is_twin(name: object) -> bool:
    """Whether a method's name in a table is the baseline's, with or without a variant."""
    return str(name).partition("[")[0] == TWIN


def fault_of(row: Mapping[str, Any]) -> str | None:
    """Checks the form of a row.

    Args:
        row: Values by column.

    Returns:
        Why it is no row that a run writes, in words; None where it is one.
    """
    for key in REQUIRED:
        if not is_kind(row.get(key), KINDS[key]):
            return f"has {key}: {row.get(key)!r}; a run writes {KINDS[key][0].__name__}"[:200]
    if row[STATUS] not in STATUSES:
        return f"has {STATUS}: {row[STATUS]!r}; a run writes {' or '.join(STATUSES)}"[:200]
    for key, value in row.items():
        expected = KINDS.get(key, NUMBER if "/" in key else (object,))
        if value is not None and not is_kind(value, expected):
            return f"has {key}: {value!r}; a run writes no {type(value).__name__}"[:200]
    if not all(isinstance(path, str) for path in row.get(CLASSES) or ()):
        return f"has {CLASSES}: {row[CLASSES]!r}; a run writes import paths"[:200]
    if not all(isinstance(diagnosis, dict) for diagnosis in row.get(DIAGNOSES) or ()):
        return f"has {DIAGNOSES}: {row[DIAGNOSES]!r}; a run writes mappings"[:200]
    return None


def is_kind(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether a value is of one of the types; unlike in Python, ``True`` is no number."""
    may_be_bool = bool in kinds or object in kinds or not isinstance(value, bool)
    return isinstance(value, kinds) and may_be_bool
