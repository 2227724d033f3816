"""How a run stands in W&B: id, name, group and tags; what is its configuration, what a figure."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from da_bench.io.files import yaml_of
from da_bench.results.limits import faults
from da_bench.results.row import (
    BENCHMARK,
    DEVICE,
    DIAGNOSES,
    FOLDER,
    HIGHER_IS_BETTER,
    HYPERPARAMETERS,
    IDENTITY,
    MAX_EPOCHS,
    METRIC,
    SELECTION,
    SETTINGS,
    TARGET_TEST,
    VARIANT,
    VERSIONS,
)

JOB = "train"
"""Job type of a run; a comparison's own page has another."""
TAG_LENGTH, NAME_LENGTH = 64, 128
"""The most characters that W&B takes."""

CONFIG_COLUMNS = (IDENTITY, BENCHMARK, "method", "source", "target", "seed", "labels", VARIANT,
                  SETTINGS, METRIC, HIGHER_IS_BETTER, SELECTION, TARGET_TEST, MAX_EPOCHS,
                  DEVICE, "python", VERSIONS)  # fmt: skip
"""Columns of a row that say what was run; of the others, plain values are figures."""
OMITTED_COLUMNS = ("schema", "folder", HYPERPARAMETERS, DIAGNOSES)
"""Columns that W&B gets by other ways: as the configuration's model, as curves and notes."""


def address(about: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of ``wandb.init`` that place a run: the same whenever it is sent.

    Args:
        about: The run's row, or what a plan says of it and its identity.
    """
    method, task = display_name(about), f"{about['source']}:{about['target']}"
    seed, labels = f"seed {about['seed']}", about.get("labels")
    label_texts = [f"{labels} labels"] if labels else []
    tags = [
        about[BENCHMARK],
        task,
        about["method"],
        about.get(VARIANT) or "",
        seed,
        *label_texts,
    ]
    return {
        "id": identifier(str(about[IDENTITY] or about.get(FOLDER))),
        "name": shorten(", ".join([f"{method} {task} {seed}", *label_texts]), NAME_LENGTH),
        "group": shorten(" ".join([about[BENCHMARK], task, method, *label_texts]), NAME_LENGTH),
        "job_type": JOB,
        "tags": list(dict.fromkeys(shorten(str(tag), TAG_LENGTH) for tag in tags if tag)),
    }


def identifier(identity: str) -> str:
    """The beginning of a run's identity; of what is none, a digest: it becomes a folder's name."""
    if re.fullmatch(r"[0-9a-zA-Z]{16,}", identity):
        return identity[:16]
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def display_name(about: Mapping[str, Any]) -> str:
    """The method, with its variant in brackets where a sweep varied it, as tables name it."""
    variant = about.get(VARIANT)
    return f"{about['method']}[{variant}]" if variant else str(about["method"])


def shorten(text: str, most: int) -> str:
    """``text`` in so many characters: of a longer one the beginning, and a digest of the whole."""
    if len(text) <= most:
        return text
    mark = "…" + hashlib.sha256(text.encode()).hexdigest()[:6]
    return text[: most - len(mark)] + mark


def config_facts(about: Mapping[str, Any]) -> dict[str, Any]:
    """What names a run, as the head of its W&B configuration: what the web page groups by."""
    task = f"{about['source']}:{about['target']}"
    facts = {key: about[key] for key in CONFIG_COLUMNS if key in about}
    facts |= {key: str(about[key]) for key in ("source", "target")}  # YAML reads "20" as a number
    return {"name": display_name(about), "task": task} | facts


def summary_figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's figures, its status and its diagnosis: what a W&B summary holds.

    A figure that can't be is not there; ``error`` names it.
    """
    faulty = dict(faults(row))
    return {
        key: value
        for key, value in row.items()
        if key not in (*CONFIG_COLUMNS, *OMITTED_COLUMNS, *faulty)
        and not isinstance(value, dict | list)
    }


def run_config(folder: Path | None) -> dict[str, Any]:
    """A run's whole configuration without its logger and folder, which change nothing in it."""
    if folder is None or not (folder / "config.yaml").is_file():
        return {}
    config = yaml_of(folder / "config.yaml")
    trainer = config.get("trainer")
    for key in ("logger", "default_root_dir"):
        if isinstance(trainer, dict):
            trainer.pop(key, None)
    return config
