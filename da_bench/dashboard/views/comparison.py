"""Page of two methods or two runs side by side: differences, settings and curves."""

import pandas as pd
import streamlit as st

from da_bench.figures.paired import paired
from da_bench.figures.style import units
from da_bench.results.negative_transfer import interval_words
from da_bench.results.pairwise import PairedDifferences, paired_differences, setting_differences
from da_bench.results.row import BENCHMARK, FOLDER, LABELS, NAME, SEED, TASK, TWIN

from . import address, elements
from .cell import seed_lines
from .curves import curves
from .page_state import PageState

WHAT = {"methods": "Methods", "runs": "Runs"}


def comparison(state: PageState) -> None:
    """Shows the menu of what is compared, then the comparison."""
    kind = address.choose(
        st.segmented_control,
        "what",
        "Compare",
        list(WHAT),
        "methods",
        lambda key: WHAT[key],
        required=True,
    )
    {"methods": methods, "runs": runs}[kind](state)


def methods(state: PageState) -> None:
    """Shows two methods: paired differences with their intervals, then settings and curves."""
    benchmark, scores = state.benchmark, state.scores
    if isinstance(scores, str) or scores.runs[NAME].nunique() < 2:
        elements.words("There are not two methods with finished runs of one metric to compare.")
        return
    means = scores.runs.groupby(NAME, sort=False)["score"].mean()
    names = [str(name) for name in means.index]
    best_name = str(means.idxmax() if scores.higher else means.idxmin())
    other_names = sorted(
        (name for name in names if name != best_name), key=lambda name: name != TWIN
    )
    first, second = choose_two(names, best_name, other_names[0], "Method")
    differences = state.cached(
        ("versus", first, second), lambda: paired_differences(scores, first, second)
    )
    elements.heading(f"{first} against {second}")
    if differences.overall is None:
        elements.words("They share no task and seed, so there is no paired difference.")
    else:
        scale, form = units(benchmark.percent)
        overall = differences.overall
        low, mean, high = (value * scale for value in (overall.low, overall.value, overall.high))
        verdict = "better" if mean > 0 else "worse" if mean < 0 else "neither better nor worse"
        if low == low:
            position = "beyond" if low > 0 or high < 0 else "within"
            interval = f" [{low:+{form}}, {high:+{form}}]"
            certainty = (
                f"{position} what chance leaves ({interval_words(pd.Series([differences.pairs]))})"
            )
        else:
            interval, certainty = (
                "",
                "which fewer than two seeds on all tasks do not tell from chance",
            )
        wins = int((differences.tasks["low"] > 0).sum()), int((differences.tasks["high"] < 0).sum())
        sentence = (
            f"{first} is {verdict} by {abs(mean):{form}} {benchmark.metric}: "
            f"{mean:+{form}}{interval} over {len(differences.tasks)} tasks, {certainty}. "
            f"Task by task, by the same interval, it is better on {wins[0]} and worse on {wins[1]}."
        )
        elements.words(sentence)
        style_number = state.looks.get(first, 0)
        figure = paired(
            differences.tasks, differences.runs, first, second, benchmark.percent, style_number
        )
        elements.draw(figure, "paired", sentence)
        with st.expander("Numbers"):
            elements.table(lines(differences, benchmark.percent), f"{first} less {second}, by task")
            elements.table(pairs(differences, benchmark.percent, first, second), "By task and seed")
    tasks = list(dict.fromkeys(differences.runs[TASK])) or benchmark.tasks
    task = address.choose(st.selectbox, TASK, "Settings and curves on task", tasks, tasks[0])
    sides = [side_of(benchmark.runs, name, task) for name in (first, second)]
    folders = [str(side[FOLDER].iloc[0]) for side in sides if len(side)]
    if len(folders) == 2:
        differing_settings(state, folders[0], folders[1], first, second)
    curves(state, pd.concat(sides), "two")


def side_of(runs: pd.DataFrame, name: str, task: str) -> pd.DataFrame:
    """Runs of a method on a task.

    Args:
        runs: Lines of the runs' frame.
        name: Name of the method in the statistics, which ends in its number of labels.
        task: Task as ``source:target``.
    """
    count = pd.to_numeric(runs[LABELS], errors="coerce")
    ending = count.map(
        lambda number: f" ({int(number)} labels)" if number == number else ""
    ).astype(str)
    method_runs = runs[(runs[NAME] + ending == name) & (runs[TASK] == task)]
    return method_runs.sort_values(SEED, kind="stable").assign(name=name)


def runs(state: PageState) -> None:
    """Shows two runs: their figures, settings and curves."""
    table = state.results.runs
    label = {
        folder: f"{name} · {task} · seed {seed} · {benchmark}"
        for folder, name, task, seed, benchmark in zip(
            table[FOLDER], table[NAME], table[TASK], table[SEED], table[BENCHMARK],
            strict=True,
        )
    }  # fmt: skip
    folders = list(label)
    first, second = choose_two(folders, folders[0], folders[-1], "Run", label)
    lines = pd.concat([table[table[FOLDER] == folder] for folder in (first, second)])
    percents = {state.results.benchmark(str(name)).percent for name in lines[BENCHMARK]}
    figures = seed_lines(lines, percents == {True})
    figures.insert(0, "run", [label[first], label[second]])
    elements.table(figures, "Figures")
    differing_settings(state, first, second, "first", "second")
    if len(set(lines[NAME])) == 1:
        places = zip(lines[NAME], ("first", "second"), strict=True)
        lines = lines.assign(name=[f"{name}, {place}" for name, place in places])
    curves(state, lines, "two")


def choose_two(
    options: list[str], first: str, second: str, kind: str, label: dict[str, str] | None = None
) -> tuple[str, str]:
    """Shows two menus of the same options side by side.

    Args:
        options: Options of both menus.
        first: Default of the first menu.
        second: Default of the second menu.
        kind: What is chosen, for the labels.
        label: Text of each option.

    Returns:
        The two chosen options.
    """
    choices = []
    for place, name, default in zip(st.columns(2), ("a", "b"), (first, second), strict=True):
        with place:
            choices.append(
                address.choose(
                    st.selectbox,
                    name,
                    f"{kind} {'one' if name == 'a' else 'two'}",
                    options,
                    default,
                    lambda option: (label or {}).get(option, option),
                )
            )
    return choices[0], choices[1]


def differing_settings(
    state: PageState, first: str, second: str, first_label: str, second_label: str
) -> None:
    """Shows the settings in which two runs differ.

    Args:
        state: The visitor's choices.
        first: Folder of one run.
        second: Folder of the other run.
        first_label: Heading of the first run's column.
        second_label: Heading of the second run's column.
    """
    elements.heading("Settings that differ", 3)
    rows = {row[FOLDER]: row for row in state.results.rows}
    differences = setting_differences(rows[first], rows[second]).set_axis(
        ["setting", first_label, second_label], axis=1
    )
    if differences.empty:
        elements.words("None: they were made alike.")
        return
    elements.table(
        differences, f"{first_label} and {second_label}: settings that differ", scrolls=False
    )


def lines(differences: PairedDifferences, percent: bool) -> pd.DataFrame:
    """Differences by task with their intervals, as text."""
    scale, form = units(percent)
    texts = []
    for task, line in differences.tasks.iterrows():
        value, low, high = (line[column] * scale for column in ("difference", "low", "high"))
        interval = "–" if low != low else f"[{low:+{form}}, {high:+{form}}]"
        texts.append([str(task), f"{value:+{form}}", interval, str(int(line["pairs"]))])
    return pd.DataFrame(texts, columns=[TASK, "difference", "95 % interval", "seeds"])


def pairs(differences: PairedDifferences, percent: bool, first: str, second: str) -> pd.DataFrame:
    """Differences by task and seed as text."""
    scale, form = units(percent)
    numbers = differences.runs[["first", "second", "difference"]].to_numpy(float) * scale
    texts = [
        [
            str(task),
            str(seed),
            f"{first_score:{form}}",
            f"{second_score:{form}}",
            f"{difference:+{form}}",
        ]
        for task, seed, (first_score, second_score, difference) in zip(
            differences.runs[TASK], differences.runs[SEED], numbers, strict=True
        )
    ]
    return pd.DataFrame(texts, columns=[TASK, SEED, first, second, "difference"])
