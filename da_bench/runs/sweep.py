"""Carries out a sweep: the grid first, then the searches, round by round, then the table."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import track

from da_bench.io.files import write_whole
from da_bench.results.choice.choosing import score_rows
from da_bench.results.row import BENCHMARK, IDENTITY, OK, SETTINGS, STATUS
from da_bench.results.store import check_writable, read_results
from da_bench.selection.catalogue import VALIDATORS

from .compare import EngineChoice, conclude, finish
from .other_code import Policy, RowsOfOtherCode, check
from .plan import Job, Plan, jobs
from .search import Study
from .sweep_file import Sweep


def run_sweep(
    sweep: Sweep,
    workers: int,
    out: Path,
    engine: EngineChoice,
    dry_run: bool,
    other_code: Policy = "stop",
) -> int:
    """Runs what is missing, then writes and prints the table of what the sweep compares.

    Returns:
        Exit status: 0, or 1 where a run failed.

    Raises:
        ValueError: A setting that a method does not take, before anything runs.
        StoreError: ``out`` can't be written, or holds rows of an unknown schema.
        OtherCode: ``other_code`` is ``stop``, and runs were finished by other code.
    """
    console = Console()
    if not dry_run:
        check_writable(out)
    stored = RowsOfOtherCode(out, read_results(out))
    check_settings(sweep, console)

    def planned(plans: Sequence[Plan]) -> list[Job]:
        accepted = stored if other_code == "accept" else None
        return jobs(plans, dict(sweep.overrides), accepted=accepted)

    grid = planned(sweep.plans())
    studies = [
        Study(plans, rival.space, sweep.budget)
        for rival in sweep.rivals
        if rival.space and sweep.budget
        for plans in by_task(sweep.of(rival), rival.settings()[0])
    ]
    n_trial_runs = sum(len(study.plans) * study.budget.trials for study in studies)
    if studies:
        console.print(
            f"{len(studies)} searches of {studies[0].budget.trials} trials each, chosen by "
            f"{studies[0].budget.select}: {n_trial_runs} runs besides the {len(grid)} known ones"
        )
    if dry_run:
        console.print(f"{len(grid) + n_trial_runs} runs, all of them checked; nothing was run")
        return 0
    new_jobs = planned([plan for study in studies for plan in study.ask()])
    check([*grid, *new_jobs], stored, other_code)
    finish(grid, out, workers, console, engine)
    while new_jobs:
        finish(new_jobs, out, workers, console, engine)
        rows = {row[IDENTITY]: row for row in read_results(out)}
        select = studies[0].budget.select
        finished_rows = {
            job.plan: with_validator_score(rows.get(job.identity, {}), out, select)
            for job in new_jobs
        }
        for study in studies:
            study.tell(finished_rows)
        new_jobs = planned([plan for study in studies for plan in study.ask()])
        check(new_jobs, stored, other_code)
    best = planned([plan for study in studies for plan in study.best()])
    if studies:
        write_whole(out / "search.json", json.dumps([study_record(s) for s in studies], indent=1))
        console.print(f"What was tried and chosen: {escape(str(out / 'search.json'))}")
    return conclude([*grid, *best], sweep.methods, out, console, {job.identity for job in best})


def with_validator_score(row: Mapping[str, Any], out: Path, select: str) -> Mapping[str, Any]:
    """A finished run's row with the score of the validator that chooses, where one does."""
    if select not in VALIDATORS or row.get(STATUS) != OK:
        return row
    runs, _ = score_rows([row], out, [VALIDATORS[select]])
    return {**row, select: runs[0].scores[select] if runs else math.nan}


def check_settings(sweep: Sweep, console: Console) -> None:
    """Parses each value of each setting by itself: fast, before every combination is parsed."""
    singles: dict[tuple[str, str, tuple], Plan] = {}
    for plan in [*sweep.plans(), *sweep.probes()]:
        for setting in plan.settings or [None]:
            alone = (setting,) if setting else ()
            key = (plan.benchmark, plan.method, alone)
            singles.setdefault(key, replace(plan, settings=alone))
    steps: Sequence[Plan] = list(singles.values())
    for plan in track(steps, "checking", console=console, transient=True, disable=len(steps) < 30):
        try:
            jobs([plan], dict(sweep.overrides))
        except Exception as error:
            error.add_note(f"{plan.method} on {plan.benchmark}: {plan.variant or 'as it is'}")
            raise


def by_task(plans: Sequence[Plan], fixed: tuple[tuple[str, str], ...]) -> list[list[Plan]]:
    """Runs that differ in nothing but the seed, together."""
    groups: dict[Plan, list[Plan]] = {}
    for plan in plans:
        fixed_plan = replace(plan, settings=fixed)
        groups.setdefault(replace(fixed_plan, seed=0), []).append(fixed_plan)
    return list(groups.values())


def study_record(study: Study) -> dict[str, Any]:
    """A search in plain values: every trial in its order, and the chosen one."""
    first, best = study.plans[0], study.best()
    return {
        BENCHMARK: first.benchmark,
        "method": first.method,
        "task": f"{first.source}:{first.target}",
        "select": study.budget.select,
        "sampler": study.budget.sampler,
        "trials": [
            {SETTINGS: {k: json.loads(v) for k, v in settings}, "score": score}
            for settings, score in study.trials
        ],
        "chosen": best[0].varied if best else None,
    }
