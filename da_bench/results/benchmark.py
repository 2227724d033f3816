"""The results of one benchmark: rows in, and every table, sentence and number as its properties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from . import unlabelled
from .cell import PERCENT, Unit, unit_of
from .choice.chosen_runs import ChosenSettings, add_choices, choice_words, mark_suspects
from .costs import Resource, cost_lines, costs, divide_by_budget
from .diagnoses import diagnosis_words
from .negative_transfer import harm_words, shows_harm
from .other_code import other_code_words, superseded
from .protocol import (
    Meaning,
    MixedProtocols,
    about,
    failures,
    higher_is_better,
    meaning,
    missing,
    missing_words,
    newest_runs,
    protocol_faults,
)
from .row import (
    BENCHMARK,
    GAIN,
    METHOD,
    METRIC,
    NAME,
    OK,
    OTHER_CODE,
    SELECTION,
    STATUS,
    TARGET_TEST,
    TASK,
    VARIANT,
)
from .scores import Scores, scores
from .table import MEAN, MEAN_GAIN, cells, summary

__all__ = ["MEAN", "Benchmark", "benchmarks", "failures"]

NONE = "No run finished."


@dataclass
class Benchmark:
    """The runs of one benchmark and everything that is computed from them.

    Whatever shows results takes its tables, sentences and numbers from here.

    Attributes:
        name: Name of the benchmark in its rows.
        runs: Lines of :func:`da_bench.results.table.frame`; where protocols are mixed, only the
            newest run of each cell.
        faults: How the runs differ in protocol, in words; empty where they don't.
        order: Methods in the order of the table's columns; by default the twin first, then as they
            appear.
        choice: Settings that a validator chose, and its name; None where all settings stand.
        budget: The resource whose seconds gains are divided by; None where they are not.
    """

    name: str
    runs: pd.DataFrame
    faults: Sequence[str] = ()
    order: Sequence[str] | None = None
    choice: tuple[ChosenSettings, str] | None = None
    budget: Resource | None = None

    # What there is.

    @cached_property
    def finished_runs(self) -> pd.DataFrame:
        """The lines of :attr:`runs` whose status is ``ok``."""
        return self.runs[self.runs[STATUS] == OK]

    @cached_property
    def with_labels(self) -> "Benchmark":
        """The part of this benchmark whose tasks have target labels to test on."""
        labelled_runs, unlabelled_runs = unlabelled.split(self.runs)
        return self if unlabelled_runs.empty else replace(self, runs=labelled_runs)

    @cached_property
    def without_labels(self) -> "Benchmark":
        """The part whose tasks have none: validators and predicted shares are all that is known."""
        return replace(self, runs=unlabelled.split(self.runs)[1])

    @cached_property
    def title(self) -> str:
        """The title in the benchmark's YAML file; its name where there is none."""
        return str(about("data", self.name).get("title", self.name))

    @property
    def metric(self) -> str:
        """Name of the metric; several, where they are mixed, with slashes between."""
        return "/".join(sorted(self.finished_runs[METRIC].dropna().astype(str).unique()))

    @property
    def unit(self) -> Unit:
        """How the metric's figures are written: in per cent or as they are."""
        return unit_of(None if self.finished_runs.empty else self.finished_runs[METRIC].iloc[0])

    @property
    def percent(self) -> bool:
        """Whether the metric's figures are shown in per cent."""
        return self.unit == PERCENT

    @property
    def higher(self) -> bool:
        """Whether a higher figure of the metric is better."""
        return higher_is_better(self.finished_runs)

    # Numbers.

    @cached_property
    def costs(self) -> pd.DataFrame | None:
        """Seconds and budget of each method; None where gains are not divided by a budget."""
        if not self.budget:
            return None
        return costs(self.with_labels.finished_runs, self.budget, bool(self.faults))

    @cached_property
    def parts(self) -> dict[str, pd.DataFrame]:
        """The tables that :func:`da_bench.results.table.summary` makes; empty if no run finished.

        Raises:
            MixedProtocols: The runs differ in protocol, and nobody allowed that.
        """
        if self.with_labels.finished_runs.empty:
            return {}
        parts = summary(self.with_labels.runs, self.order, allow_mixed=bool(self.faults))
        return parts if self.costs is None else divide_by_budget(parts, self.costs)

    @cached_property
    def harm(self) -> pd.DataFrame:
        """Whether each cell shows harm: tasks down, methods across."""
        return shows_harm(self.parts)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The table: tasks down, methods across, in each place a :class:`Cell` or ``-``."""
        if not self.parts:
            return pd.DataFrame()
        table = cells(self.parts, self.unit, self.higher)
        return mark_suspects(table, self.choice[0].picks, self.name) if self.choice else table

    @cached_property
    def cost_table(self) -> pd.DataFrame:
        """Lines of texts below the cells: what the methods cost, where gains are divided by it."""
        if self.costs is None or not self.budget:
            return pd.DataFrame(columns=self.cells.columns)
        return cost_lines(self.costs, self.cells.columns, self.budget)

    @property
    def mean_gains(self) -> pd.DataFrame:
        """One line of texts: each method's gain averaged over tasks, for a narrow screen."""
        gains = self.parts[GAIN].drop(index=MEAN, errors="ignore").mean()
        texts = ["" if pd.isna(gain) else self.unit.difference(gain) for gain in gains]
        return pd.DataFrame([texts], index=[MEAN_GAIN], columns=gains.index)

    @property
    def methods(self) -> list[str]:
        """Names of the methods with their variants, the twin first."""
        names = [str(name) for name in self.parts["mean"].columns] if self.parts else []
        if len(self.without_labels.runs):
            names += map(str, self.unlabelled_cells)
        return list(dict.fromkeys(names))

    @property
    def tasks(self) -> list[str]:
        """Tasks, as the lines of the table name them."""
        lines = [str(line) for line in self.parts["mean"].index] if self.parts else []
        return [line for line in lines if line != MEAN]

    @cached_property
    def scores(self) -> Scores:
        """Scores and gains of the finished runs, in the form that statistics take.

        Raises:
            ValueError: The runs differ in metric or in its direction.
        """
        return scores(self.with_labels.runs)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """Numbers of runs by method: wanted, failed, left out and not run."""
        return missing(self.runs)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Failed runs: ``method``, ``task``, ``seed``, ``error``, ``folder``."""
        return failures(self.runs)

    @cached_property
    def long_table(self) -> pd.DataFrame:
        """A line for each task and method with figures in full, for spreadsheets."""
        table = long_table(self.parts, self.with_labels.runs)
        return add_choices(table, self.choice[0].picks, self.choice[1]) if self.choice else table

    # Words.

    @cached_property
    def meaning(self) -> Meaning:
        """What the numbers of the table mean."""
        return meaning(
            self.with_labels.finished_runs,
            self.parts["mean"],
            self.faults,
            choice=choice_words(*self.choice, self.name) if self.choice else "",
            verdict=harm_words(self.parts),
            narrow_verdict=harm_words(self.parts, has_brackets=False),
            other_code=other_code_words(self.with_labels.finished_runs),
            budget=self.budget,
        )

    @property
    def words(self) -> str:
        """The meaning in sentences, or that there is no table."""
        if self.parts:
            return self.meaning.sentences()
        return "" if len(self.without_labels.runs) else NONE

    @cached_property
    def missing_words(self) -> str:
        """Runs that failed or were not run, in a sentence; empty where none."""
        return missing_words(self.runs)

    @cached_property
    def diagnosis_words(self) -> str:
        """What runs were diagnosed with, in a sentence; empty where none was."""
        return diagnosis_words(self.runs)

    # Tasks whose target has no labels.

    @cached_property
    def unlabelled_cells(self) -> pd.DataFrame:
        """What is known of the tasks without target labels: texts, methods across."""
        return unlabelled.cells(self.without_labels.runs, self.order)

    @property
    def unlabelled_words(self) -> str:
        """Why the tasks without target labels have no score, and what to do next."""
        words = unlabelled.words(self.without_labels.runs)
        other_code = other_code_words(self.without_labels.finished_runs)
        return " ".join(filter(None, [words, other_code]))

    @property
    def unlabelled_title(self) -> str:
        """Title of the table of tasks without target labels."""
        return f"{self.title}: without target labels"


def benchmarks(
    runs: pd.DataFrame,
    allow_mixed: bool = False,
    order: Sequence[str] | None = None,
    choice: tuple[ChosenSettings, str] | None = None,
    budget: Resource | None = None,
) -> list[Benchmark]:
    """Sorts runs by benchmark, those with a finished run first.

    Args:
        runs: Lines of :func:`da_bench.results.table.frame`, with the column ``written`` where runs
            may be mixed.
        allow_mixed: Whether runs of different protocols may stand in one table, which says so.
        order: Methods in the order of the tables' columns; by default the twin first.
        choice: Settings that a validator chose, and its name.
        budget: Resource whose seconds gains are divided by.

    Raises:
        MixedProtocols: Runs differ in protocol; the message says how, and what to do.
    """
    finished_names = runs.loc[runs[STATUS] == OK, BENCHMARK]
    results = []
    for name in dict.fromkeys([*finished_names, *runs[BENCHMARK]]):
        benchmark_runs = runs[runs[BENCHMARK] == name]
        benchmark_runs = benchmark_runs[~superseded(benchmark_runs)]
        labelled_runs, _ = unlabelled.split(benchmark_runs)
        faults = protocol_faults(labelled_runs[labelled_runs[STATUS] == OK])
        if faults and not allow_mixed:
            raise MixedProtocols(
                f"{name}: {'; '.join(faults)}. Choose with --where, remove old runs with "
                "da-bench runs remove, or mix them all the same with --allow-mixed"
            )
        counted_runs = newest_runs(benchmark_runs) if faults else benchmark_runs
        results.append(Benchmark(str(name), counted_runs, faults, order, choice, budget))
    return results


def long_table(parts: Mapping[str, pd.DataFrame], runs: pd.DataFrame) -> pd.DataFrame:
    """A line for each task and method: figures in full, and the number of failed runs.

    Args:
        parts: Tables that :func:`da_bench.results.table.summary` made; empty if no run finished.
        runs: Lines of :func:`da_bench.results.table.frame`, one benchmark.
    """
    keys = [BENCHMARK, TASK, METHOD]
    table = failures(runs).groupby([TASK, METHOD]).size().rename("failed").reset_index()
    if parts:
        harm = shows_harm(parts).where(parts["gain_high"].notna())
        stacked = pd.DataFrame(
            {name: part.stack() for name, part in {**parts, "harm": harm}.items()}
        )
        table = stacked.rename_axis([TASK, METHOD]).reset_index().merge(table, how="outer")
    # Whole numbers, where nothing finished or failed as well.
    for count in ("runs", "failed", OTHER_CODE):
        numbers = table[count] if count in table else pd.Series(0, table.index)
        table[count] = numbers.fillna(0).astype(int)
    finished_runs = runs[runs[STATUS] == OK]
    table = table.assign(benchmark=runs[BENCHMARK].iloc[0] if len(runs) else None)
    for column in (METRIC, TARGET_TEST):
        table[column] = (
            "/".join(sorted(finished_runs[column].dropna().astype(str).unique())) or None
        )
    names = finished_runs.groupby(NAME)[SELECTION].agg(
        lambda selections: "/".join(sorted(map(str, selections.unique())))
    )
    table[SELECTION] = table[METHOD].map(names)
    variant = runs[VARIANT]
    full_names = runs[METHOD].where(variant == "", runs[METHOD] + "[" + variant + "]")
    table[METHOD] = table[METHOD].map(dict(zip(runs[NAME], full_names, strict=True)))
    return table[[*keys, *(column for column in table.columns if column not in keys)]]
