"""``da-bench report``: what a folder of runs shows, as one HTML file that needs no server."""

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
from .sections import across, pooled, section

Validators = Literal["auto", "yes", "no"]
AUTO = 500
"""Runs with outputs up to which validators are scored unasked: about 0.15 s each."""


def write(
    folder: Path,
    output: Path,
    where: Sequence[str] = (),
    validators: Validators = "auto",
    say: Callable[[str], None] = lambda line: None,
    bootstrap: bool = False,
) -> Results:
    """Writes the report whole or not at all; returns what it is of.

    Args:
        folder: Of a comparison or sweep; it may hold no run.
        output: The file; its folder is made.
        where: Conditions such as ``method=dann``, all to be met.
        validators: Whether to score validators over runs' outputs, which takes a while.
        say: Takes lines for the terminal.
        bootstrap: Whether the statistics tell the gains' bootstrap intervals, too.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        ValueError: A condition that is none, or on a column that no run has.
        OSError: The file can't be written there.
    """
    results = load(folder, where)
    for note in results.notes:
        say(note)
    written = text(results, where, validators, say, bootstrap)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, written)
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
    """The HTML of a report."""
    name = results.folder.resolve().name
    looks = {method: place for place, method in enumerate(results.methods)}
    many = panels_runs.with_outputs(results)
    scored = validators == "yes" or (validators == "auto" and many <= AUTO)
    if scored and many:
        say(f"validators over the outputs of {many} runs; --validators no leaves them out")
    parts = [
        section(results, results.benchmark(one), f"b{place}", looks, scored, many, bootstrap)
        for place, one in enumerate(results.benchmarks)
    ]
    together = significance.joint(pooled(results))
    parts += [
        across(title, own, f"j{i}", looks, bootstrap) for i, (title, own) in enumerate(together)
    ]
    titles = [*(results.benchmark(b).title for b in results.benchmarks),
              *(title.capitalize() for title, _ in together)]  # fmt: skip
    keys = [*(f"b{i}" for i in range(len(results.benchmarks))),
            *(f"j{i}" for i in range(len(together)))]  # fmt: skip
    links = "".join(
        f'<li><a href="#{key}">{escape(title)}</a></li>'
        for key, title in zip(keys, titles, strict=True)
    )
    head = f"<p class=lead>{escape(headline(results))}</p>"
    if where:
        head += f"<p>Only runs with {escape(' and '.join(where))}.</p>"
    if torn := results.damaged:
        lines = "".join(f"<li>{escape(f)}: {escape(w)}</li>" for f, w in sorted(torn.items()))
        head += f"<details open><summary>Not read: {len(torn)}</summary><ul>{lines}</ul></details>"
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
    """How much there is, in words."""
    runs = results.runs
    good, out = runs[runs[STATUS] == OK], int((runs[STATUS] == FAULTY).sum())
    wanted = sum(int(one.missing["not run"].sum()) for one in results.all_benchmarks)  # fmt: skip

    methods, named = runs[METHOD].nunique(), runs[NAME].nunique()
    settings = f" in {named} settings" if named > methods else ""
    return (
        f"{count(len(good), 'finished run')} of {count(methods, METHOD)}{settings} on "
        f"{count(runs.groupby(BENCHMARK)[TASK].nunique().sum(), TASK)} of "
        f"{count(runs[BENCHMARK].nunique(), BENCHMARK)}, "
        f"{count(runs[SEED].nunique(), SEED)}; {len(runs) - len(good) - out:,} failed, "
        + f"{out:,} left out, " * bool(out)
        + f"{wanted:,} not run, {len(results.damaged):,} not whole."
    )


def filters(results: Results) -> str:
    """What hides methods, tasks and benchmarks."""
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
