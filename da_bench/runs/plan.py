"""Which runs a comparison needs, each checked and identified before any of them starts."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from da_bench.config import layers, used_code
from da_bench.config.objects import paths
from da_bench.config.settings import tree
from da_bench.results.row import CODE, FOLDER, IDENTITY, SETTINGS, VARIANT

if TYPE_CHECKING:
    from .other_code import RowsOfOtherCode

NEUTRAL = {
    "run": ("health", "lightning_shortcuts"),
    "trainer": ("accelerator", "logger", "default_root_dir",
                "enable_progress_bar", "enable_model_summary", "enable_checkpointing",
                "log_every_n_steps", "profiler", "plugins"),
    "data": ("num_workers", "eval_batch_size"),
}  # fmt: skip
"""What changes how a run is carried out and not what comes out."""

RESERVED = {"seed_everything": "seeds", "data.init_args.seed": "seeds",
            "data.init_args.source": "tasks", "data.init_args.target": "tasks",
            "data.class_path": "benchmarks", "model.class_path": "methods"}  # fmt: skip
"""Settings that a comparison or sweep makes for each run, and the list that they come from."""

EXECUTES = "da_bench.runs.execute.train"
"""What carries out every run."""


@dataclass(frozen=True)
class Plan:
    """One run by names: one method on one task with one seed."""

    benchmark: str
    method: str
    source: str
    target: str
    seed: int
    labels: int | str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    """What a sweep varies: paths in the configuration, and their values as JSON."""

    @property
    def varied(self) -> dict[str, Any]:
        """Settings that a sweep varies: values by their path in the configuration."""
        return {key: json.loads(value) for key, value in self.settings}

    @property
    def columns(self) -> dict[str, Any]:
        """Columns of the run's row that name it."""
        names = {k: v for k, v in vars(self).items() if k != SETTINGS}
        return names | {SETTINGS: self.varied, VARIANT: self.variant}

    @property
    def variant(self) -> str:
        """The settings in a few words, such as ``weight=0.1``; empty where there are none."""
        return ", ".join(
            f"{key.removeprefix('model.init_args.')}={json.loads(value)}"
            for key, value in self.settings
        )


@dataclass(frozen=True)
class Job:
    """A plan with its whole configuration and its identity.

    Attributes:
        plan: The run by names.
        config: Every setting of it.
        identity: Digest of all that determines the result.
        start_from: The run whose weights it begins with.
        recipe: Digest of the same without the code.
        code: Digest of the code that it executes, the start's included.
        classes: Import paths from which that digest follows what is used.
        stored_in: The folder of a finished run that stands for it, made by other code.
    """

    plan: Plan
    config: dict[str, Any] = field(repr=False)
    identity: str
    start_from: "Job | None" = None
    recipe: str = ""
    code: str = ""
    classes: tuple[str, ...] = ()
    stored_in: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the run lies, below the comparison's folder."""
        if self.stored_in:
            return self.stored_in
        p = self.plan
        labels = "" if p.labels is None else f"-{p.labels}"
        name = f"{safe(p.source)}-{safe(p.target)}-s{p.seed}{labels}-{self.identity[:10]}"
        return Path("runs") / safe(p.benchmark) / safe(p.method) / name


def path(key: str) -> str:
    """A setting's whole path: ``weight`` and ``optimizer.lr`` are the method's own."""
    return key if key.split(".")[0] in ("model", "data", "trainer") else f"model.init_args.{key}"


def safe(name: str) -> str:
    """A name with the characters that may stand in a file's name; others become ``_``."""
    return "".join(c if c.isalnum() or c in "._+" else "_" for c in Path(name).stem or name)


def plans(
    benchmarks: Sequence[str],
    methods: Sequence[str],
    tasks: Sequence[str] | None,
    seeds: int,
    labels: Sequence[int | str] = (),
) -> list[Plan]:
    """Every combination, seeds innermost; names are checked, nothing heavy is imported.

    Raises:
        UnknownName: A benchmark, method, task or domain that does not exist.
    """
    result: list[Plan] = []
    layer_of_method = {method: layers.read("methods", method) for method in methods}
    for benchmark in benchmarks:
        for source, target in layers.tasks(benchmark, tasks):
            for method, layer in layer_of_method.items():
                takes_labels = layer.get("about", {}).get("setting") == "few target labels"
                for count in labels if takes_labels and labels else (None,):
                    result += [
                        Plan(benchmark, method, source, target, s, count) for s in range(seeds)
                    ]
    return result


def jobs(
    plans: Sequence[Plan],
    overrides: dict[str, Any] | None = None,
    checksums: dict[str, str] | None = None,
    accepted: "RowsOfOtherCode | None" = None,
) -> list[Job]:
    """Plans as jobs: parsed key by key, in the order given, prerequisites before what needs them.

    Args:
        plans: The plans.
        overrides: Settings over those of the plans' own layers, nested as in YAML.
        checksums: Checksums of data sets by their settings, from earlier calls of the same
            command; those of this call are added, so that no data set is read twice.
        accepted: Finished rows of other code: each stands for the job of its recipe, and what
            starts from it starts from its weights.

    Raises:
        ArgumentError: A key or type that the method or data does not take; jsonargparse says which.
        ValueError: A part is defined in the script itself, which no worker runs; or a setting is
            one that the comparison makes itself of each run.
    """
    parsed_configs: dict[tuple, dict[str, Any]] = {}
    checksums = {} if checksums is None else checksums
    job_of_plan: dict[Plan, Job] = {}

    def make(plan: Plan) -> Job:
        if plan in job_of_plan:
            return job_of_plan[plan]
        from da_bench.methods.lightning_shortcuts import quiet

        from .train import Command

        quiet()
        kind = (plan.benchmark, plan.method, plan.labels, plan.settings)
        if kind not in parsed_configs:
            run_overrides = layers.merge(overrides or {}, tree(plan.varied.items()))
            check_reserved(run_overrides, plan)
            raw_config = layers.compose(
                *kind[:2],
                (plan.source, plan.target),
                0,
                plan.labels,
                run_overrides,
            )
            # Built, not only parsed: constructors check what types can't say. No data is read.
            parsed_configs[kind] = Command(raw_config).resolved()
            for path in paths(parsed_configs[kind]):
                if path.startswith("__main__."):
                    raise ValueError(
                        f"{path} is defined in the script that is run, and workers run no script: "
                        "put it into a file of its own beside it and name it by that file"
                    )
        config = json.loads(json.dumps(parsed_configs[kind]))
        config["seed_everything"] = config["data"]["init_args"]["seed"] = plan.seed
        config["data"]["init_args"] |= {"source": plan.source, "target": plan.target}
        settings = {k: v for k, v in config["data"]["init_args"].items() if k != "seed"}
        domains = json.dumps([config["data"]["class_path"], settings], sort_keys=True)
        if domains not in checksums:
            checksums[domains] = Command(config).datamodule.checksum()
        first_method = layers.read("methods", plan.method).get("start_from")
        first_job = make(starting_plan(plan, first_method)) if first_method else None
        resolved = canonical(config)
        classes = tuple(dict.fromkeys(
            [EXECUTES, *(p for p in paths(resolved) if used_code.are_present((p,))),
             *(first_job.classes if first_job else ())]
        ))  # fmt: skip
        code = used_code.digest(classes)
        if first_job and first_job.stored_in:
            code += f"+{first_job.code}"  # no code of today makes both runs
        recipe = [resolved, checksums[domains], first_job.recipe if first_job else None]
        identity = [*recipe[:2], code, first_job.identity if first_job else None]
        job = Job(plan, config, digest(identity), first_job, digest(recipe), code, classes)
        row = accepted.row_for(job) if accepted else None
        if row is not None:
            job = replace(job, identity=row[IDENTITY], code=row[CODE], stored_in=Path(row[FOLDER]))
        job_of_plan[plan] = job
        return job

    for plan in plans:
        make(plan)
    return list(job_of_plan.values())


def digest(parts: Any) -> str:
    """Digest of plain values, in hexadecimal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def check_reserved(settings: Mapping[str, Any], plan: Plan) -> None:
    """Raises ValueError where settings name what the plan says already: one would be dropped."""
    labels = {} if plan.labels is None else {"data.init_args.target_labels": "labels"}
    for key, source in (RESERVED | labels).items():
        place: Any = settings
        for part in key.split("."):
            place = place.get(part) if isinstance(place, Mapping) else None
        if place is not None:
            raise ValueError(
                f"{key} is set to {place!r}, and each run has its own by the {source} that are "
                f"asked for: leave it out, and name the {source}"
            )


def chain(job: Job) -> list[Job]:
    """A job, and before it those that it starts from."""
    return [*(chain(job.start_from) if job.start_from else []), job]


def starting_plan(plan: Plan, method: str) -> Plan:
    """The run whose weights ``plan`` begins with: of its encoder, where a sweep varies it."""
    encoder = tuple(s for s in plan.settings if path(s[0]).startswith("model.init_args.encoder"))
    return Plan(plan.benchmark, method, plan.source, plan.target, plan.seed, settings=encoder)


def canonical(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration without what does not change the outcome."""
    copy = json.loads(json.dumps(config))
    for key in NEUTRAL["run"]:
        copy.pop(key, None)
    for key in NEUTRAL["trainer"]:
        copy["trainer"].pop(key, None)
    for key in NEUTRAL["data"]:
        copy["data"]["init_args"].pop(key, None)
    return copy | {"model": with_file_digests(copy["model"])}


def with_file_digests(value: Any) -> Any:
    """A part of a configuration, with files of weights as what they hold, not where they lie."""
    if isinstance(value, dict):
        return {k: with_file_digests(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_file_digests(v) for v in value]
    if not isinstance(value, str) or "\n" in value or len(value) > 1000:
        return value
    path = Path(value) / "model.ckpt" if Path(value).is_dir() else Path(value)
    is_weights_file = path.suffix in (".ckpt", ".pt", ".pth") and path.is_file()
    return file_digest(path, path.stat().st_mtime_ns) if is_weights_file else value


@lru_cache
def file_digest(path: Path, write_time: int) -> str:
    """Digest of a file's content, in hexadecimal; computed anew once ``write_time`` changes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
