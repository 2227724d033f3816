"""Two methods, or two runs, side by side: differences, settings and curves."""

import pandas as pd
import streamlit as st

from da_bench.figures.paired import paired
from da_bench.figures.style import units
from da_bench.results.negative_transfer import interval_words
from da_bench.results.pairwise import Versus, setting_differences, versus
from da_bench.results.row import BENCHMARK, FOLDER, LABELS, NAME, SEED, TASK, TWIN

from . import address, elements
from .cell import seed_lines
from .curves import curves
from .here import Here

WHAT = {"methods": "Methods", "runs": "Runs"}


def compared(here: Here) -> None:
    """What is compared is chosen first."""
    what = address.chosen(
        st.segmented_control,
        "what",
        "Compare",
        list(WHAT),
        "methods",
        lambda key: WHAT[key],
        required=True,
    )
    {"methods": methods, "runs": runs}[what](here)


def methods(here: Here) -> None:
    """Paired differences by task and seed with their intervals, then settings and curves."""
    of, scores = here.of, here.scores
    if isinstance(scores, str) or scores.runs[NAME].nunique() < 2:
        elements.words("There are not two methods with finished runs of one metric to compare.")
        return
    means = scores.runs.groupby(NAME, sort=False)["score"].mean()
    names = [str(name) for name in means.index]
    lead = str(means.idxmax() if scores.higher else means.idxmin())
    others = sorted((n for n in names if n != lead), key=lambda n: n != TWIN)
    first, second = two(names, lead, others[0], "Method")
    found = here.made(("versus", first, second), lambda: versus(scores, first, second))
    elements.heading(f"{first} against {second}")
    if found.overall is None:
        elements.words("They share no task and seed, so there is no paired difference.")
    else:
        scale, form = units(of.percent)
        low, mean, high = (x * scale for x in (found.overall.low, found.overall.value,
                                               found.overall.high))  # fmt: skip
        better = "better" if mean > 0 else "worse" if mean < 0 else "neither better nor worse"
        if low == low:
            beyond = "beyond" if low > 0 or high < 0 else "within"
            interval = f" [{low:+{form}}, {high:+{form}}]"
            known = f"{beyond} what chance leaves ({interval_words(pd.Series([found.pairs]))})"
        else:
            interval, known = "", "which fewer than two seeds on all tasks do not tell from chance"
        wins = int((found.tasks["low"] > 0).sum()), int((found.tasks["high"] < 0).sum())
        said = (
            f"{first} is {better} by {abs(mean):{form}} {of.metric}: {mean:+{form}}{interval} "
            f"over {len(found.tasks)} tasks, {known}. Task by task, by the same interval, "
            f"it is better on {wins[0]} and worse on {wins[1]}."
        )
        elements.words(said)
        number = here.looks.get(first, 0)
        figure = paired(found.tasks, found.runs, first, second, of.percent, number)
        elements.drawn(figure, "paired", said)
        with st.expander("Numbers"):
            elements.table(lines(found, of.percent), f"{first} less {second}, by task")
            elements.table(pairs(found, of.percent, first, second), "By task and seed")
    tasks = list(dict.fromkeys(found.runs[TASK])) or of.tasks
    task = address.chosen(st.selectbox, TASK, "Settings and curves on task", tasks, tasks[0])
    sides = [side_of(of.runs, name, task) for name in (first, second)]
    folders = [str(side[FOLDER].iloc[0]) for side in sides if len(side)]
    if len(folders) == 2:
        apart(here, folders[0], folders[1], first, second)
    curves(here, pd.concat(sides), "two")


def side_of(runs: pd.DataFrame, name: str, task: str) -> pd.DataFrame:
    """A method's runs on a task; statistics know it by another name for each number of labels."""
    count = pd.to_numeric(runs[LABELS], errors="coerce")
    ending = count.map(lambda c: f" ({int(c)} labels)" if c == c else "").astype(str)
    own = runs[(runs[NAME] + ending == name) & (runs[TASK] == task)]
    return own.sort_values(SEED, kind="stable").assign(name=name)


def runs(here: Here) -> None:
    """Two runs: their figures, settings and curves."""
    table = here.results.runs
    label = {
        folder: f"{name} · {task} · seed {seed} · {benchmark}"
        for folder, name, task, seed, benchmark in zip(
            table[FOLDER], table[NAME], table[TASK], table[SEED], table[BENCHMARK],
            strict=True,
        )
    }  # fmt: skip
    folders = list(label)
    first, second = two(folders, folders[0], folders[-1], "Run", label)
    lines = pd.concat([table[table[FOLDER] == one] for one in (first, second)])
    percents = {here.results.benchmark(str(b)).percent for b in lines[BENCHMARK]}
    shown = seed_lines(lines, percents == {True})
    shown.insert(0, "run", [label[first], label[second]])
    elements.table(shown, "Figures")
    apart(here, first, second, "first", "second")
    if len(set(lines[NAME])) == 1:
        lines = lines.assign(name=[f"{n}, {w}" for n, w in zip(lines[NAME], ("first", "second"),
                                                              strict=True)])  # fmt: skip
    curves(here, lines, "two")


def two(
    options: list[str], first: str, second: str, what: str, label: dict[str, str] | None = None
) -> tuple[str, str]:
    """Two of some options, side by side."""
    found = []
    for place, name, otherwise in zip(st.columns(2), ("a", "b"), (first, second), strict=True):
        with place:
            found.append(
                address.chosen(
                    st.selectbox,
                    name,
                    f"{what} {'one' if name == 'a' else 'two'}",
                    options,
                    otherwise,
                    lambda one: (label or {}).get(one, one),
                )
            )
    return found[0], found[1]


def apart(here: Here, first: str, second: str, one: str, other: str) -> None:
    """How two runs were made differently."""
    elements.heading("Settings that differ", 3)
    rows = {row[FOLDER]: row for row in here.results.rows}
    found = setting_differences(rows[first], rows[second]).set_axis(["setting", one, other], axis=1)
    if found.empty:
        elements.words("None: they were made alike.")
        return
    elements.table(found, f"{one} and {other}: settings that differ", wide=False)


def lines(found: Versus, percent: bool) -> pd.DataFrame:
    """Differences by task as text."""
    scale, form = units(percent)
    texts = []
    for task, line in found.tasks.iterrows():
        value, low, high = (line[k] * scale for k in ("difference", "low", "high"))
        between = "–" if low != low else f"[{low:+{form}}, {high:+{form}}]"
        texts.append([str(task), f"{value:+{form}}", between, str(int(line["pairs"]))])
    return pd.DataFrame(texts, columns=[TASK, "difference", "95 % interval", "seeds"])


def pairs(found: Versus, percent: bool, first: str, second: str) -> pd.DataFrame:
    """Differences by task and seed as text."""
    scale, form = units(percent)
    numbers = found.runs[["first", "second", "difference"]].to_numpy(float) * scale
    texts = [
        [str(task), str(seed), f"{one:{form}}", f"{other:{form}}", f"{apart:+{form}}"]
        for task, seed, (one, other, apart) in zip(
            found.runs[TASK], found.runs[SEED], numbers, strict=True
        )
    ]
    return pd.DataFrame(texts, columns=[TASK, SEED, first, second, "difference"])
