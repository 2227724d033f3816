"""``da-bench report``: the results of a folder as one HTML file that needs no server."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from da_bench import __version__
from da_bench.io.escape import html as escape
from da_bench.io.files import write_whole
from da_bench.results import significance
from da_bench.results.collection import Results, load
from da_bench.results.renderers.rounding import count
from da_bench.results.row import BENCHMARK, FAULTY, METHOD, NAME, OK, SEED, STATUS, TASK, WRITTEN

from . import panels_runs
from .page import options, page
from .sections import joint_section, labelled_runs, section

Validators = Literal["auto", "yes", "no"]
AUTO = 500
"""Largest number of runs with outputs for which ``auto`` scores validators: about 0.15 s each."""


def write(
    folder: Path,
    output: Path,
    where: Sequence[str] = (),
    validators: Validators = "auto",
    say: Callable[[str], None] = lambda line: None,
    bootstrap: bool = False,
) -> Results:
    """Writes the report whole or not at all.

    Args:
        folder: Folder of a comparison or sweep; it may hold no run.
        output: File to write; its folder is made.
        where: Conditions such as ``method=dann``, all to be met.
        validators: Whether to score validators over runs' outputs, which takes a while.
        say: Takes lines for the terminal.
        bootstrap: Whether the statistics show the gains' bootstrap intervals, too.

    Returns:
        The results that the report shows.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        ValueError: A condition can't be read, or is on a column that no run has.
        OSError: The file can't be written.
    """
    results = load(folder, where)
    for note in results.notes:
        say(note)
    document = text(results, where, validators, say, bootstrap)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, document)
    except OSError as error:
        raise OSError(
            f"can't write {output} ({error.strerror}): name a file of a folder that can be "
            "written to, with --output"
        ) from error
    return results


def text(
    results: Results,
    where: Sequence[str] = (),
    validators: Validators = "auto",
    say: Callable[[str], None] = lambda line: None,
    bootstrap: bool = False,
) -> str:
    """The report as HTML.

    Args:
        results: Runs to show.
        where: Conditions by which the runs were selected, for the page's head.
        validators: Whether to score validators over runs' outputs.
        say: Takes lines for the terminal.
        bootstrap: Whether the statistics show the gains' bootstrap intervals, too.
    """
    name = results.folder.resolve().name
    looks = {method: place for place, method in enumerate(results.methods)}
    output_count = panels_runs.with_outputs(results)
    scores_validators = validators == "yes" or (validators == "auto" and output_count <= AUTO)
    if scores_validators and output_count:
        say(f"validators over the outputs of {output_count} runs; --validators no leaves them out")
    parts = [
        section(
            results,
            results.benchmark(name_of_benchmark),
            f"b{place}",
            looks,
            scores_validators,
            output_count,
            bootstrap,
        )
        for place, name_of_benchmark in enumerate(results.benchmarks)
    ]
    joint_runs = significance.joint(labelled_runs(results))
    parts += [
        joint_section(title, runs, f"j{place}", looks, bootstrap)
        for place, (title, runs) in enumerate(joint_runs)
    ]
    titles = [*(results.benchmark(benchmark).title for benchmark in results.benchmarks),
              *(title.capitalize() for title, _ in joint_runs)]  # fmt: skip
    keys = [*(f"b{place}" for place in range(len(results.benchmarks))),
            *(f"j{place}" for place in range(len(joint_runs)))]  # fmt: skip
    links = "".join(
        f'<li><a href="#{key}">{escape(title)}</a></li>'
        for key, title in zip(keys, titles, strict=True)
    )
    head = f"<p class=lead>{escape(headline(results))}</p>"
    if where:
        head += f"<p>Only runs with {escape(' and '.join(where))}.</p>"
    if damaged := results.damaged:
        lines = "".join(
            f"<li>{escape(folder)}: {escape(reason)}</li>"
            for folder, reason in sorted(damaged.items())
        )
        head += (
            f"<details open><summary>Not read: {len(damaged)}</summary><ul>{lines}</ul></details>"
        )
    if links:
        head += f'<nav aria-label="Benchmarks"><ul>{links}</ul></nav>{filters(results)}'
    body = "\n".join(parts) or (
        "<section><h2>No run</h2><p>This folder holds no run yet: da-bench compare --out "
        f"{escape(name)} makes some.</p></section>"
    )
    foot, times = f"da-bench {__version__}", results.runs[WRITTEN].dropna()
    if len(times):
        newest = datetime.fromtimestamp(times.max() / 1e9, UTC)
        foot += f", newest run of {newest:%Y-%m-%d %H:%M} UTC"
    return page(f"Results of {name}", head, body, escape(foot))


def headline(results: Results) -> str:
    """Numbers of runs, methods, tasks and seeds in a sentence."""
    runs = results.runs
    finished_runs, left_out_count = runs[runs[STATUS] == OK], int((runs[STATUS] == FAULTY).sum())
    missing = [benchmark.missing["not run"].sum() for benchmark in results.all_benchmarks]
    not_run_count = int(sum(missing))
    failed_count = len(runs) - len(finished_runs) - left_out_count
    methods, names = runs[METHOD].nunique(), runs[NAME].nunique()
    settings = f" in {names} settings" if names > methods else ""
    return (
        f"{count(len(finished_runs), 'finished run')} of {count(methods, METHOD)}{settings} on "
        f"{count(runs.groupby(BENCHMARK)[TASK].nunique().sum(), TASK)} of "
        f"{count(runs[BENCHMARK].nunique(), BENCHMARK)}, "
        f"{count(runs[SEED].nunique(), SEED)}; {failed_count:,} failed, "
        + f"{left_out_count:,} left out, " * bool(left_out_count)
        + f"{not_run_count:,} not run, {len(results.damaged):,} not whole."
    )


def filters(results: Results) -> str:
    """HTML of the form by which readers filter methods, tasks and benchmarks."""
    names = options(results.benchmarks)
    return (
        '<form class="filters" role="search" aria-label="Filters" id="filters" hidden>'
        '<label>Benchmark <select id="by-benchmark"><option value="">all</option>'
        f"{names}</select></label>"
        '<label>Method <input id="by-method" type="search" placeholder="dann, mcc" '
        'autocomplete="off"></label>'
        '<label>Task <input id="by-task" type="search" placeholder="a:b" '
        'autocomplete="off"></label>'
        '<button type="reset">Clear</button><span id="count" role="status"></span>'
        "<p>Parts of names, with commas between them. Means stay those over all tasks.</p></form>"
    )
