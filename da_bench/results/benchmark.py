"""The results of one benchmark: rows in, and every table, sentence and number as its properties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from . import unlabelled
from .cell import PERCENT, Unit, unit_of
from .chosen_runs import Settled, marked, noted, settled_words
from .costs import Resource, cost_lines, costs, normalised
from .diagnoses import diagnosed
from .negative_transfer import harm_words, harmed
from .other_code import other_code_words, superseded
from .protocol import (
    Meaning,
    MixedProtocols,
    about,
    failures,
    higher_is_better,
    lacking,
    meaning,
    missing,
    mixed,
    newest,
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
    """The runs of one benchmark and what they say: whoever shows results asks this, and no rows.

    Attributes:
        name: As the rows have it.
        runs: Its lines of :func:`da_bench.results.table.frame`; where protocols are mixed, of each
            cell the newest.
        faults: What is mixed, in words; empty where nothing is.
        order: Methods in the order of the table's columns; by default the twin first, then as they
            appear.
        choice: Which runs a validator chose, and its name; None where all settings stand.
        budget: The resource whose seconds gains are divided by.
    """

    name: str
    runs: pd.DataFrame
    faults: Sequence[str] = ()
    order: Sequence[str] | None = None
    choice: tuple[Settled, str] | None = None
    budget: Resource | None = None

    # What there is.

    @cached_property
    def good(self) -> pd.DataFrame:
        """The finished runs."""
        return self.runs[self.runs[STATUS] == OK]

    @cached_property
    def scored(self) -> pd.DataFrame:
        """The runs of tasks whose target has labels to test on."""
        return unlabelled.split(self.runs)[0]

    @cached_property
    def scored_good(self) -> pd.DataFrame:
        """The finished of these."""
        return self.scored[self.scored[STATUS] == OK]

    @cached_property
    def bare(self) -> pd.DataFrame:
        """The runs of the other tasks, of which validators and predicted shares alone are known."""
        return unlabelled.split(self.runs)[1]

    @cached_property
    def title(self) -> str:
        """What its YAML calls it, or its name."""
        return str(about("data", self.name).get("title", self.name))

    @property
    def metric(self) -> str:
        """Its name; several, where they are mixed, with strokes between."""
        return "/".join(sorted(self.good[METRIC].dropna().astype(str).unique()))

    @property
    def unit(self) -> Unit:
        """How its figures are written."""
        return unit_of(None if self.good.empty else self.good[METRIC].iloc[0])

    @property
    def percent(self) -> bool:
        """Whether its figures are shown in per cent."""
        return self.unit == PERCENT

    @property
    def higher(self) -> bool:
        """Whether higher is better."""
        return higher_is_better(self.good)

    @property
    def with_labels(self) -> "Benchmark":
        """The same of the tasks alone whose target has labels to test on."""
        return self if self.bare.empty else replace(self, runs=self.scored)

    @property
    def without_labels(self) -> "Benchmark":
        """The same of the other tasks alone."""
        return replace(self, runs=self.bare)

    # Numbers.

    @cached_property
    def costs(self) -> pd.DataFrame | None:
        """Seconds and budget of each method, where gains are divided by it."""
        if not self.budget:
            return None
        return costs(self.scored_good, self.budget, bool(self.faults))

    @cached_property
    def parts(self) -> dict[str, pd.DataFrame]:
        """Of :func:`da_bench.results.table.summary`; nothing where no run finished.

        Raises:
            MixedProtocols: The runs differ in protocol, and nobody allowed that.
        """
        if self.scored_good.empty:
            return {}
        parts = summary(self.scored, self.order, allow_mixed=bool(self.faults))
        return parts if self.costs is None else normalised(parts, self.costs)

    @cached_property
    def harm(self) -> pd.DataFrame:
        """Which cells show harm."""
        return harmed(self.parts)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Tasks down, methods across, each a :class:`~da_bench.results.cell.Cell` or ``-``."""
        if not self.parts:
            return pd.DataFrame()
        table = cells(self.parts, self.unit, self.higher)
        return marked(table, self.choice[0].picks, self.name) if self.choice else table

    @cached_property
    def foot(self) -> pd.DataFrame:
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
        """Names with their variants, the twin first."""
        names = [str(name) for name in self.parts["mean"].columns] if self.parts else []
        return list(dict.fromkeys([*names, *(self.bare_cells if len(self.bare) else [])]))

    @property
    def tasks(self) -> list[str]:
        """Lines of the table, without the mean's."""
        lines = [str(line) for line in self.parts["mean"].index] if self.parts else []
        return [line for line in lines if line != MEAN]

    @cached_property
    def scores(self) -> Scores:
        """The finished runs as statistics take them.

        Raises:
            ValueError: They differ in metric or in its direction.
        """
        return scores(self.scored)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """By method how many runs are wanted, failed, left out and not run."""
        return missing(self.runs)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Failed runs: ``method``, ``task``, ``seed``, ``error``, ``folder``."""
        return failures(self.runs)

    @cached_property
    def long(self) -> pd.DataFrame:
        """A line for each task and method, figures in full: what a spreadsheet wants."""
        table = long(self.parts, self.scored)
        return noted(table, self.choice[0].picks, self.choice[1]) if self.choice else table

    # Words.

    @cached_property
    def meaning(self) -> Meaning:
        """What the numbers of the table mean."""
        return meaning(
            self.scored_good,
            self.parts["mean"],
            self.faults,
            choice=settled_words(*self.choice, self.name) if self.choice else "",
            verdict=harm_words(self.parts),
            other_code=other_code_words(self.scored_good),
            budget=self.budget,
        )

    @property
    def words(self) -> str:
        """The meaning in sentences, or that there is no table."""
        if self.parts:
            return self.meaning.sentences()
        return "" if len(self.bare) else NONE

    @cached_property
    def lacking(self) -> str:
        """Runs that failed or were not run, in a sentence; empty where none."""
        return lacking(self.runs)

    @cached_property
    def diagnosed(self) -> str:
        """What runs were diagnosed with, in a sentence; empty where none was."""
        return diagnosed(self.runs)

    # Tasks whose target has no labels.

    @cached_property
    def bare_cells(self) -> pd.DataFrame:
        """What is known of the tasks without target labels: texts, methods across."""
        return unlabelled.cells(self.bare, self.order)

    @property
    def bare_words(self) -> str:
        """Why these have no score, and what to do next."""
        words = [unlabelled.words(self.bare), other_code_words(self.bare[self.bare[STATUS] == OK])]
        return " ".join(filter(None, words))

    @property
    def bare_title(self) -> str:
        """What stands above that table."""
        return f"{self.title}: without target labels"


def benchmarks(
    runs: pd.DataFrame,
    allow_mixed: bool = False,
    order: Sequence[str] | None = None,
    choice: tuple[Settled, str] | None = None,
    budget: Resource | None = None,
) -> list[Benchmark]:
    """The benchmarks of a frame, those with a finished run first, each as it appears.

    Args:
        runs: Of :func:`da_bench.results.table.frame`; ``written`` where runs may be mixed.
        allow_mixed: Whether runs of different protocols may stand in one table, which says so.
        order: As in :class:`Benchmark`.
        choice: As in :class:`Benchmark`.
        budget: As in :class:`Benchmark`.

    Raises:
        MixedProtocols: Rows differ in protocol; the message says how, and what to do.
    """
    done = runs.loc[runs[STATUS] == OK, BENCHMARK]
    found = []
    for name in dict.fromkeys([*done, *runs[BENCHMARK]]):
        mine = runs[runs[BENCHMARK] == name]
        mine = mine[~superseded(mine)]
        scored, _ = unlabelled.split(mine)
        faults = mixed(scored[scored[STATUS] == OK])
        if faults and not allow_mixed:
            raise MixedProtocols(
                f"{name}: {'; '.join(faults)}. Choose with --where, remove old runs with "
                "da-bench runs remove, or mix them all the same with --allow-mixed"
            )
        latest = newest(mine) if faults else mine
        found.append(Benchmark(str(name), latest, faults, order, choice, budget))
    return found


def long(parts: Mapping[str, pd.DataFrame], runs: pd.DataFrame) -> pd.DataFrame:
    """A line for each task and method, figures in full, and how many runs of it failed."""
    keys = [BENCHMARK, TASK, METHOD]
    table = failures(runs).groupby([TASK, METHOD]).size().rename("failed").reset_index()
    if parts:
        harm = harmed(parts).where(parts["gain_high"].notna())
        stacked = pd.DataFrame({n: part.stack() for n, part in {**parts, "harm": harm}.items()})
        table = stacked.rename_axis([TASK, METHOD]).reset_index().merge(table, how="outer")
    # Whole numbers, where nothing finished or failed as well.
    for count in ("runs", "failed", OTHER_CODE):
        numbers = table[count] if count in table else pd.Series(0, table.index)
        table[count] = numbers.fillna(0).astype(int)
    good = runs[runs[STATUS] == OK]
    table = table.assign(benchmark=runs[BENCHMARK].iloc[0] if len(runs) else None)
    for column in (METRIC, TARGET_TEST):
        table[column] = "/".join(sorted(good[column].dropna().astype(str).unique())) or None
    names = good.groupby(NAME)[SELECTION].agg(lambda s: "/".join(sorted(map(str, s.unique()))))
    table[SELECTION] = table[METHOD].map(names)
    variant = runs[VARIANT]
    full = runs[METHOD].where(variant == "", runs[METHOD] + "[" + variant + "]")
    table[METHOD] = table[METHOD].map(dict(zip(runs[NAME], full, strict=True)))
    return table[[*keys, *(c for c in table.columns if c not in keys)]]
