"""What each run gains over the source-only twin of the same task and seed."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .row import (
    BENCHMARK,
    CURRENT,
    HIGHER_IS_BETTER,
    METHOD,
    OK,
    OTHER_CODE,
    SCORE,
    SEED,
    SOURCE,
    STATUS,
    TARGET,
    TWIN,
    VARIANT,
)

KEYS = [BENCHMARK, SOURCE, TARGET, SEED]
"""What a run shares with its twin."""


def gains(table: pd.DataFrame, settings: Sequence[Mapping[str, Any]]) -> pd.Series:
    """Gain of each run: its score less its twin's, with the sign turned where lower is better.

    Args:
        table: A line for each run.
        settings: Settings that a sweep varied, of each run.

    Returns:
        Gains in the metric's own unit, NaN where a run or its twin did not finish.
    """
    is_finished = table[CURRENT] & (table[STATUS] == OK)
    twins = table[is_finished & (table[METHOD] == TWIN)].sort_values(OTHER_CODE, kind="stable")
    twins = twins.drop_duplicates([*KEYS, VARIANT])  # one of today's code, where there is one
    twin_of = twin_variants(table[VARIANT], settings, set(twins[VARIANT]))
    # Of one type with theirs: no match at all would make numbers of it, which pandas 3.0 refuses.
    twin_names = table[VARIANT].map(twin_of).astype(twins[VARIANT].dtype)
    keys = table[KEYS].assign(variant=twin_names)
    twin_scores = keys.merge(twins[[*KEYS, VARIANT, SCORE]], how="left", on=[*KEYS, VARIANT])[
        SCORE
    ].to_numpy(dtype=float)
    sign = np.where(table[HIGHER_IS_BETTER].eq(False), -1.0, 1.0)
    scores = pd.to_numeric(table[SCORE]).to_numpy(dtype=float)
    # Plus zero: or where lower is better the twin's own gain would read -0.0.
    return pd.Series(sign * (scores - twin_scores) + 0.0, index=table.index).where(is_finished)


def twin_variants(
    variants: pd.Series, settings: Sequence[Mapping[str, Any]], twins: set[str]
) -> dict[str, str | None]:
    """Variant of each variant's twin: the one that shares most settings and has no others.

    A sweep can vary arguments of one method (then the twin has one variant) or what all methods
    share, such as epochs (then each variant has a twin of its own). A single twin stands for all;
    where two share equally many settings, there is none.

    Args:
        variants: Variant of each run.
        settings: Settings that a sweep varied, of each run.
        twins: Variants of the twin.
    """
    sets: dict[str, frozenset] = {}
    for variant, row_settings in zip(variants, settings, strict=True):
        if variant not in sets:
            sets[variant] = frozenset(
                (path, json.dumps(value, sort_keys=True)) for path, value in row_settings.items()
            )
    twin_of: dict[str, str | None] = {}
    for variant, setting in sets.items():
        if variant in twins:
            twin_of[variant] = variant
            continue
        candidates = sorted(
            (twin for twin in twins if sets[twin] <= setting), key=lambda twin: -len(sets[twin])
        )
        is_tie = len(candidates) > 1 and len(sets[candidates[0]]) == len(sets[candidates[1]])
        if candidates and not is_tie:
            twin_of[variant] = candidates[0]
        else:
            twin_of[variant] = next(iter(twins)) if len(twins) == 1 else None
    return twin_of
