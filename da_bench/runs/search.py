"""Hyper-parameter search by Optuna: the same budget for every method, and never by an oracle."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from da_bench.config.checks import non_empty_list
from da_bench.config.extras import install_command
from da_bench.config.objects import nearest
from da_bench.results.row import HIGHER_IS_BETTER, OK, STATUS, VAL_SOURCE
from da_bench.selection.catalogue import FROM_FOLDER, VALIDATORS, UnknownValidator

from .plan import Plan, path

if TYPE_CHECKING:
    import optuna


def is_number(value: Any) -> bool:
    """Whether it is a finite number; to Python, ``true`` would be one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Space:
    """What one setting is drawn from: ``{low, high, log, step}`` or ``{choices}``."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()

    @classmethod
    def read(cls, key: str, settings: Any) -> "Space":
        """The space that a sweep's file describes.

        Args:
            key: Name of the setting, for errors.
            settings: The mapping from the file.

        Raises:
            ValueError: ``settings`` has neither form.
        """
        fields = ("low", "high", "log", "step", "choices")
        if not isinstance(settings, Mapping):
            raise ValueError(f"search of {key}: {settings!r}: expected {{low: 0.1, high: 1, log: "
                             "true}} or {{choices: [...]}}")  # fmt: skip
        for name in settings:
            if name not in fields:
                raise ValueError(f"search of {key}: unknown {name!r}{nearest(name, fields)}")
        low, high, step = settings.get("low"), settings.get("high"), settings.get("step")
        if "choices" in settings:
            if len(settings) > 1:
                raise ValueError(f"search of {key}: choices stand alone, without low, high or step")
            choices = non_empty_list(settings["choices"], f"search of {key}: choices", "values")
            return cls(choices=tuple(json.dumps(choice) for choice in choices))
        numbers = all(is_number(v) for v in (low, high))
        if not numbers or low >= high or (settings.get("log") and low <= 0):  # type: ignore[operator]
            raise ValueError(
                f"search of {key}: low={low!r}, high={high!r}: expected two numbers, low below "
                "high, and above 0 where log is true"
            )
        if not isinstance(settings.get("log", False), bool):
            raise ValueError(f"search of {key}: log={settings['log']!r}: expected true or false")
        if step is not None:
            whole_bounds = isinstance(low, int) and isinstance(high, int)
            fits_bounds = isinstance(step, int) or not whole_bounds
            in_range = is_number(step) and 0 < step <= high - low  # type: ignore[operator]
            if not in_range or not fits_bounds or settings.get("log"):
                raise ValueError(
                    f"search of {key}: step={step!r}: expected a number above 0, at most high - "
                    "low, whole where these are, and no log beside it"
                )
        return cls(low, high, settings.get("log", False), step)

    def ends(self) -> list[Any]:
        """Values to check the type of: the two ends, or each choice."""
        return [json.loads(c) for c in self.choices] if self.choices else [self.low, self.high]

    def draw(self, key: str, trial: "optuna.Trial") -> Any:
        """A value, by the trial's sampler."""
        if self.choices:
            return json.loads(trial.suggest_categorical(key, self.choices))
        if isinstance(self.low, int) and isinstance(self.high, int):
            step = int(self.step or 1)
            return trial.suggest_int(key, self.low, self.high, log=self.log, step=step)
        return trial.suggest_float(key, self.low, self.high, log=self.log, step=self.step)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Budget:
    """How every search of a sweep is done.

    Attributes:
        trials: Settings that each method is granted on each task.
        sampler: ``tpe`` or ``random``.
        batch: Trials asked for at once. Fixed, so that the outcome does not depend on the number
            of workers.
        select: The score that chooses, averaged over seeds, or a validator of
            :mod:`da_bench.selection`; never one that reads target labels.
        seed: Seed of the sampler.
    """

    KEYS: ClassVar = ("trials", "sampler", "batch", "select", "seed")
    trials: int = 20
    sampler: str = "tpe"
    batch: int = 4
    select: str = VAL_SOURCE
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks what was given."""
        if self.select.startswith(("oracle/", "test/")):
            raise ValueError(
                f"search: select: {self.select}: that score is for reporting. Choose by one that "
                "a real user has, such as val/source or val/source_risk"
            )
        if self.select in FROM_FOLDER:
            reason = (
                "MixVal ranks runs among each other, and a search needs each trial's score when it "
                "ends"
                if self.select == "mixval"
                else "it trains each run a second time, outside the search's workers, and again "
                "whenever the search is resumed"
            )
            raise ValueError(
                f"search: select: {self.select}: {reason}. Search by a validator of stored outputs "
                f"({', '.join(VALIDATORS)}), or run a grid and choose afterwards: da-bench select "
                f"FOLDER --by {self.select}"
            )
        if not self.select.startswith("val/") and self.select not in VALIDATORS:
            known_scores = [VAL_SOURCE, "val/source_risk", *VALIDATORS]
            raise UnknownValidator(
                f"search: select: unknown {self.select!r}{nearest(self.select, known_scores)}; "
                f"known: {', '.join(known_scores)}"
            )
        if self.sampler not in ("tpe", "random"):
            raise ValueError(f"search: sampler: {self.sampler}: expected tpe or random")
        if min(self.trials, self.batch) < 1:
            raise ValueError(f"search: trials: {self.trials}, batch: {self.batch}: at least 1")


@dataclass
class Study:
    """The search for one method's settings on one task.

    :meth:`ask` and :meth:`tell` in the same order give the same trials: a search that was stopped
    is repeated from the store, and goes on.
    """

    plans: Sequence[Plan]
    """The method's runs on the task, one a seed, with what is fixed."""
    space: Mapping[str, Space]
    budget: Budget
    trials: list[tuple[tuple[tuple[str, str], ...], float | None]] = field(default_factory=list)
    """Settings and score, in order; None where a run failed."""

    def __post_init__(self) -> None:
        """Makes Optuna's study, in memory: the truth is the store.

        Raises:
            RuntimeError: Optuna is not installed.
        """
        try:
            import optuna
        except ImportError as error:
            raise RuntimeError(f"a search needs Optuna: {install_command('search')}") from error

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        first = self.plans[0]
        name = repr((self.budget.seed, first.benchmark, first.method, first.source, first.target))
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        kinds = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
        sampler = kinds[self.budget.sampler](seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._asked: list[tuple[optuna.Trial, list[Plan]]] = []

    def ask(self) -> list[Plan]:
        """The runs of the next batch of trials; none when the budget is spent."""
        self._asked = []
        for _ in range(min(self.budget.batch, self.budget.trials - len(self.trials))):
            trial = self._study.ask()
            settings = [(path(k), json.dumps(s.draw(k, trial))) for k, s in self.space.items()]
            runs = [replace(plan, settings=(*plan.settings, *settings)) for plan in self.plans]
            self._asked.append((trial, runs))
        return [plan for _, runs in self._asked for plan in runs]

    def tell(self, rows: Mapping[Plan, Mapping[str, Any]]) -> None:
        """Takes the rows of the runs that :meth:`ask` returned, finished or failed.

        Raises:
            ValueError: A finished run lacks the score that chooses.
        """
        import optuna

        for trial, runs in self._asked:
            scores = [self.score(rows.get(plan)) for plan in runs]
            defined = [score for score in scores if score is not None]
            mean = sum(defined) / len(defined) if len(defined) == len(scores) else None
            failed = optuna.trial.TrialState.FAIL
            self._study.tell(trial, mean, state=failed if mean is None else None)
            self.trials.append((runs[0].settings, mean))

    def score(self, row: Mapping[str, Any] | None) -> float | None:
        """What chooses, larger for better; None for a failed run, and where it is undefined."""
        if row is None or row.get(STATUS) != OK:
            return None
        name = self.budget.select
        if name in VALIDATORS:  # higher for better already; NaN where it is undefined
            return None if math.isnan(row[name]) else float(row[name])
        if name not in row:
            validation_scores = sorted(k for k in row if k.startswith("val/"))
            raise ValueError(
                f"search: select: {name}: the runs have {', '.join(validation_scores)}; validators "
                f"are {', '.join(VALIDATORS)}"
            )
        lower = name.endswith("_risk") or row.get(HIGHER_IS_BETTER) is False
        value = -float(row[name]) if lower else float(row[name])
        return value if math.isfinite(value) else None  # NaN compares with nothing

    def best(self) -> list[Plan]:
        """The chosen runs, one a seed: the first of the best trials; none where all failed."""
        scored = [trial for trial in self.trials if trial[1] is not None]
        if not scored:
            return []
        settings = max(scored, key=lambda trial: trial[1] or 0.0)[0]
        return [replace(plan, settings=settings) for plan in self.plans]
