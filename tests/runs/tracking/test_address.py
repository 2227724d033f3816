"""A run's place in W&B: the same for its seeds where it must be, another where it must not."""

import itertools

import pytest
import wandb

from da_bench.runs.tracking.address import (
    CONFIG_COLUMNS,
    NAME_LENGTH,
    OMITTED_COLUMNS,
    TAG_LENGTH,
    address,
    config_facts,
    run_config,
    shorten,
    summary_figures,
)
from tests.results.stored import failed, row


def test_seeds_share_a_group_and_nothing_else_does():
    rows = [
        row(m, s, t, seed, variant=v)
        for m, (s, t), seed, v in itertools.product(
            ("dann", "dan"), (("a", "b"), ("b", "a")), (0, 1), ("", "weight=0.1")
        )
    ]
    rows += [row(labels=10), row(labels=20)]
    places = [address(one) for one in rows]
    kinds = {(r["method"], r["source"], r.get("variant", ""), r["labels"]) for r in rows}
    assert len({p["group"] for p in places}) == len(kinds)
    for field in ("id", "name"):
        assert len({p[field] for p in places}) == len(rows)
    assert set(places[1]["tags"]) == {"bench", "a:b", "dann", "seed 0", "weight=0.1"}
    assert "10 labels" in places[-2]["tags"]


def test_what_is_long_is_cut_and_stays_apart():
    long = ["x" * 90 + end for end in "ab"]
    tags = [address(row(variant=v))["tags"] for v in long]
    assert tags[0] != tags[1]
    groups = [address(row(variant=v * 2))["group"] for v in long]
    assert groups[0] != groups[1]
    assert max(map(len, groups)) <= NAME_LENGTH
    wandb.Settings(run_tags=tags[0])  # raises where W&B would
    with pytest.raises(ValueError, match="64"):
        wandb.Settings(run_tags=["x" * (TAG_LENGTH + 1)])
    assert shorten("x" * TAG_LENGTH, TAG_LENGTH) == "x" * TAG_LENGTH


def test_every_column_goes_somewhere_and_no_target_figure_is_named_otherwise():
    one = row(**{"test/source": 0.8, "epochs": 3, "status": "ok", "diagnosis": None})
    one |= {"versions": {"torch": "1"}, "settings": {}, "schema": 1, "diagnoses": []}
    config, summary = config_facts(one), summary_figures(one)
    assert set(one) <= set(config) | set(summary) | set(OMITTED_COLUMNS)
    assert not set(config) & set(summary)
    assert {"oracle/target", "val/source", "test/source", "wall_s", "status"} <= set(summary)
    assert {k: config[k] for k in ("name", "task", "seed")} == {
        "name": "dann", "task": "a:b", "seed": 0
    }  # fmt: skip
    assert config_facts(row(source=20, target=40))["source"] == "20"
    assert summary_figures(failed())["error"] == "RuntimeError: NaN"
    assert not set(CONFIG_COLUMNS) & set(OMITTED_COLUMNS)


def test_a_configuration_without_what_changes_nothing(tmp_path):
    assert run_config(None) == run_config(tmp_path) == {}
    (tmp_path / "config.yaml").write_text(
        "trainer: {max_epochs: 2, logger: {class_path: x}, default_root_dir: /somewhere}\n"
        "model: {init_args: {weight: 0.5}}\n"
    )
    assert run_config(tmp_path) == {
        "trainer": {"max_epochs": 2}, "model": {"init_args": {"weight": 0.5}}
    }  # fmt: skip
