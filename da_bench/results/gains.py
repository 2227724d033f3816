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
    """Each run's figure less its twin's, the sign turned where lower is better."""
    good = table[CURRENT] & (table[STATUS] == OK)
    twins = table[good & (table[METHOD] == TWIN)].sort_values(OTHER_CODE, kind="stable")
    twins = twins.drop_duplicates([*KEYS, VARIANT])  # one of today's code, where there is one
    chosen = twin_variants(table[VARIANT], settings, set(twins[VARIANT]))
    # Of one type with theirs: no match at all would make numbers of it, which pandas 3.0 refuses.
    variants = table[VARIANT].map(chosen).astype(twins[VARIANT].dtype)
    wanted = table[KEYS].assign(variant=variants)
    theirs = wanted.merge(twins[[*KEYS, VARIANT, SCORE]], how="left", on=[*KEYS, VARIANT])[
        SCORE
    ].to_numpy(dtype=float)
    sign = np.where(table[HIGHER_IS_BETTER].eq(False), -1.0, 1.0)
    own = pd.to_numeric(table[SCORE]).to_numpy(dtype=float)
    # Plus zero: or where lower is better the twin's own gain would read -0.0.
    return pd.Series(sign * (own - theirs) + 0.0, index=table.index).where(good)


def twin_variants(
    variants: pd.Series, settings: Sequence[Mapping[str, Any]], twins: set[str]
) -> dict[str, str | None]:
    """For each variant, that of its twin: the one that shares most settings and has no other.

    A sweep can vary what is the method's own (the twin has one variant) or what all share, epochs
    say (then each has its own twin). A lone twin stands for all; a tie is for none.
    """
    sets: dict[str, frozenset] = {}
    for text, own in zip(variants, settings, strict=True):
        if text not in sets:
            sets[text] = frozenset((k, json.dumps(v, sort_keys=True)) for k, v in own.items())
    chosen: dict[str, str | None] = {}
    for text, mine in sets.items():
        if text in twins:
            chosen[text] = text
            continue
        within = sorted((t for t in twins if sets[t] <= mine), key=lambda t: -len(sets[t]))
        tie = len(within) > 1 and len(sets[within[0]]) == len(sets[within[1]])
        if within and not tie:
            chosen[text] = within[0]
        else:
            chosen[text] = next(iter(twins)) if len(twins) == 1 else None
    return chosen
