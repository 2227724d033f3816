"""Published tables as YAML: read without torch and checked key by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from da_bench.config import layers
from da_bench.config.checks import (
    BadFile,
    check_exists,
    count,
    keys,
    lines,
    mapping,
    number_of,
    one_of,
)
from da_bench.config.objects import nearest

TAGS = {
    "S": "seen in the source that is named",
    "R": "re-run independently with the protocol stated",
    "M+": "from memory, partly confirmed",
    "M": "from memory, not seen",
}
"""How sure a published number is."""
JUDGED_TAGS = ("S", "R")
SELECTIONS = ("last", "source validation", "validator", "oracle")
"""How the weights (or settings) of a run were chosen; the last reads target labels."""
MEASURES = ("score", "input distance", "feature distance")
"""The target's test score, or a proxy A-distance of the domains' training samples."""
CELL, MEAN = 3.0, 1.0
"""Bands, in the table's unit, where the file states none."""


@dataclass(frozen=True)
class Published:
    """One printed number: ``band`` either side is inside, and only ``judged`` ones are judged."""

    value: float
    tag: str
    band: float

    @property
    def judged(self) -> bool:
        """Whether the number is sure enough to judge ours by: it was seen, or re-run."""
        return self.tag in JUDGED_TAGS


@dataclass(frozen=True)
class Row:
    """A line of the table: ``tasks`` of a benchmark, averaged; None takes all of them."""

    name: str
    title: str
    benchmark: str | None
    tasks: tuple[str, ...] | None


@dataclass(frozen=True)
class Column:
    """A method's column: what was published, and what we run for it."""

    name: str
    title: str
    method: str
    benchmark: str | None
    settings: Mapping[str, Any]
    seeds: int | None
    measure: str
    chosen_by: str | None
    source: str
    unjudged: str
    differs: tuple[str, ...]
    cells: Mapping[str, Published]
    mean: Published | None


@dataclass(frozen=True)
class PaperTable:
    """One table (or figure) of a publication: its rows, columns, and how they were made."""

    number: str
    title: str
    protocol: str
    percent: bool
    digits: int
    seeds: int
    differs: tuple[str, ...]
    rows: Mapping[str, Row]
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Paper:
    """A publication and the tables of it that we reproduce."""

    name: str
    title: str
    reference: str
    tables: Mapping[str, PaperTable] = field(repr=False)


def names() -> list[str]:
    """Names of the papers in ``experiments/papers``."""
    return sorted(path.stem for path in (layers.folder() / "papers").glob("*.yaml"))


def read(name: str) -> Paper:
    """A paper by its name, or by the path of a YAML file of the same form.

    Raises:
        UnknownName: There is no such paper; the message names the nearest.
        BadYaml: The file is no YAML, or sets one key twice.
        BadFile: A key, tag, number, method, benchmark or task is not as it should be.
    """
    known_names = names()
    path = layers.folder() / "papers" / f"{name}.yaml"
    if name not in known_names:
        path = Path(name)
        if path.suffix not in (".yaml", ".yml") or not path.is_file():
            raise layers.UnknownName(f"unknown paper {name!r}{nearest(name, known_names)}")
    raw = layers.load(path)
    top = keys(raw, path.name, {"title", "reference", "tables"})
    tables = mapping(top["tables"], f"{path.name}: tables")
    paper_tables = {n: table(t, n, f"{path.name}: table {n}") for n, t in tables.items()}
    return Paper(path.stem, str(top["title"]), str(top["reference"]), paper_tables)


def table(raw: Any, number: str, place: str) -> PaperTable:
    """The table that ``raw``, a part of a paper's YAML, describes, checked key by key."""
    optional = {"protocol", "unit", "seeds", "differs", "band", "source", "tag", "benchmark"}
    top = keys(raw, place, {"title", "rows", "columns"}, optional)
    unit = one_of(top.get("unit", "percent"), ("percent", "none"), f"{place}: unit")
    bands = keys(top.get("band", {}), f"{place}: band", set(), {"cell", "mean"})
    band = (
        number_of(bands.get("cell", CELL), place),
        number_of(bands.get("mean", MEAN), place),
    )
    rows = {}
    for name, value in mapping(top["rows"], f"{place}: rows").items():
        rows[name] = row(name, value, f"{place}: row {name}")
    columns = {}
    for name, value in mapping(top["columns"], f"{place}: columns").items():
        columns[name] = column(name, value, top, rows, band, f"{place}: column {name}")
    return PaperTable(number, str(top["title"]), str(top.get("protocol", "")), unit == "percent",
                      1 if unit == "percent" else 2, count(top.get("seeds", 3), f"{place}: seeds"),
                      lines(top.get("differs"), place), rows, columns)  # fmt: skip


def row(name: str, raw: Any, place: str) -> Row:
    """A line: ``books:dvd: B→D``, or a mapping with ``title``, ``benchmark`` and ``tasks``."""
    if not isinstance(raw, Mapping):
        return Row(name, str(raw or name), None, (name,))
    top = keys(raw, place, set(), {"title", "benchmark", "tasks"})
    benchmark = top.get("benchmark")
    if benchmark:
        check_exists(layers.read, "data", benchmark, place)
    tasks = top.get("tasks")
    return Row(name, str(top.get("title", name)), benchmark, tuple(tasks) if tasks else None)


def column(
    name: str,
    raw: Any,
    top: Mapping[str, Any],
    rows: Mapping[str, Row],
    band: tuple[float, float],
    place: str,
) -> Column:
    """A column, checked: each row's benchmark is known, once, and every cell belongs to a row."""
    optional = {"title", "benchmark", "settings", "seeds", "measure", "chosen_by", "source", "tag",
                "unjudged", "differs", "mean", "band"}  # fmt: skip
    settings = keys(raw, place, {"method", "cells"}, optional)
    check_exists(layers.read, "methods", settings["method"], place)
    benchmark = settings.get("benchmark", top.get("benchmark"))
    for line in rows.values():
        if bool(line.benchmark) == bool(benchmark):
            problem = "both have one" if benchmark else "neither has one"
            raise BadFile(
                f"{place}: name a benchmark either there or in row {line.name!r}; {problem}"
            )
        check_exists(layers.tasks, line.benchmark or benchmark, line.tasks, place)
    tag = settings.get("tag", top.get("tag"))
    source = str(settings.get("source", top.get("source", "")))
    if not source:
        raise BadFile(f"{place}: say the source of its numbers (`source:`)")
    bands = keys(settings.get("band", {}), f"{place}: band", set(), {"cell", "mean"})
    cell_band, mean_band = (number_of(bands.get(k, b), f"{place}: band")
                            for k, b in zip(("cell", "mean"), band, strict=True))  # fmt: skip
    cells = {}
    may_be_empty = bool(settings.get("unjudged"))  # a column may be ours alone, where it says why
    for key, value in mapping(settings["cells"], f"{place}: cells", empty=may_be_empty).items():
        if key not in rows:
            raise BadFile(f"{place}: there is no row {key!r}{nearest(key, rows)}")
        cells[key] = published_number(value, tag, cell_band, f"{place}: cell {key}")
    mean = settings.get("mean")
    selection = settings.get("chosen_by")
    return Column(
        name, str(settings.get("title", name)), settings["method"], benchmark,
        mapping(settings.get("settings", {}), f"{place}: settings", empty=True),
        count(settings["seeds"], f"{place}: seeds") if "seeds" in settings else None,
        one_of(settings.get("measure", "score"), MEASURES, f"{place}: measure"),
        one_of(selection, SELECTIONS, f"{place}: chosen_by") if selection else None,
        source, str(settings.get("unjudged", "")), lines(settings.get("differs"), place), cells,
        None if mean is None else published_number(mean, tag, mean_band, f"{place}: mean"),
    )  # fmt: skip


def published_number(raw: Any, tag: Any, band: float, place: str) -> Published:
    """``78.4``, or ``{value: 78.4, tag: S, spread: 0.3}``: a spread is a standard deviation."""
    settings = raw if isinstance(raw, Mapping) else {"value": raw}
    settings = keys(settings, place, {"value"}, {"tag", "spread"})
    spread = settings.get("spread")
    value = number_of(settings["value"], place)
    tag = one_of(settings.get("tag", tag), TAGS, place)
    return Published(value, tag, band if spread is None else 2 * number_of(spread, place))


def select_tables(
    paper: Paper,
    number: str | None = None,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> list[PaperTable]:
    """A paper's tables, cut to some rows and columns; a table that has none of them is left out.

    Raises:
        UnknownName: No table, row or column has such a name; the message names the nearest.
    """
    if number is not None and number not in paper.tables:
        raise layers.UnknownName(
            f"{paper.name} has no table {number!r}{nearest(number, paper.tables)}"
        )
    tables = [t for n, t in paper.tables.items() if number in (None, n)]
    for part, names in (("rows", rows), ("columns", columns)):
        known_names = {name for t in tables for name in getattr(t, part)}
        for name in names or ():
            if name not in known_names:
                kind = "row" if part == "rows" else "column"
                raise layers.UnknownName(f"no {kind} {name!r}{nearest(name, known_names)}")
    return [t for t in (cut_table(t, rows, columns) for t in tables) if t.rows and t.columns]


def cut_table(
    table: PaperTable, rows: Sequence[str] | None, columns: Sequence[str] | None
) -> PaperTable:
    """A table with some of its rows and columns; None keeps all."""
    return replace(
        table,
        rows={k: v for k, v in table.rows.items() if rows is None or k in rows},
        columns={k: v for k, v in table.columns.items() if columns is None or k in columns},
    )
