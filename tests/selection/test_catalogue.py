"""What every validator does: many classes, awkward shapes, and errors by name."""

import math
import subprocess
import sys

import pytest
import torch

from da_bench.selection.catalogue import VALIDATORS, UnknownValidator, validator
from da_bench.selection.outputs import Undefined

from .made import made


@pytest.mark.parametrize("name", [n for n in VALIDATORS if n not in ("class_ss", "class_ami")])
def test_ten_thousand_classes(name):
    assert math.isfinite(VALIDATORS[name](made(n=6, h=5, m=4, k=10_000)))


@pytest.mark.parametrize(
    ("names", "shape", "says"),
    [
        (("source_accuracy", "source_risk", "iwv", "dev"), {"h": 0}, "validation split, got 0"),
        (("dev",), {"h": 1}, "at least 2 samples"),
        (("iwv", "dev", "mmd"), {"n": 1}, "got 1 and 30"),
        (("iwv", "dev", "mmd"), {"m": 1}, "got 40 and 1"),
        (("snd", "class_ami", "class_ss"), {"m": 1}, "at least 2 target samples"),
        (
            ("entropy", "information_maximisation", "bnm", "mcc", "snd", "class_ami",
             "class_ss", "nearest_source"),
            {"k": 1},
            "two classes",
        ),
        (("entropy", "bnm", "mcc", "nearest_source"), {"m": 0}, r"got \(0, 4\)"),
    ],
)  # fmt: skip
def test_undefined_says_so(names, shape, says):
    for name in names:
        with pytest.raises(Undefined, match=says):
            VALIDATORS[name](made(**shape))


@pytest.mark.parametrize("name", [n for n in VALIDATORS if n != "last"])
def test_outputs_that_are_not_finite_are_undefined(name):
    bad = made()._replace(source_z=torch.full_like(made().source_z, math.nan))
    with pytest.raises(Undefined, match="source_z is not finite: the run diverged"):
        VALIDATORS[name](bad)


def test_scores_are_higher_for_better():
    """A model that is right and sure on separated classes beats one that guesses."""
    g = torch.Generator().manual_seed(0)
    y = torch.arange(40) % 4
    centres = 6 * torch.eye(4).double()

    def clean(strength):
        z = centres[y] + torch.randn(40, 4, generator=g, dtype=torch.double)
        return z, strength * z

    def whole(strength):
        (a, la), (b, lb), (c, lc) = clean(strength), clean(strength), clean(strength)
        return made()._replace(
            source_z=a, source_logits=la, source_y=y, held_z=b, held_logits=lb, held_y=y,
            target_z=c, target_logits=lc,
        )  # fmt: skip

    good, bad = whole(3.0), made(n=40, h=40, m=40, d=4, scale=0.1)
    for name, one in VALIDATORS.items():
        # To SND a model that is sure of nothing looks dense: all its samples are neighbours.
        if name not in ("last", "snd"):
            assert one(good) > one(bad), name
    assert VALIDATORS["snd"](good) > VALIDATORS["snd"](made(m=40, scale=3.0))


def test_the_catalogue_is_read_without_torch():
    code = (
        "import sys; from da_bench.selection.catalogue import VALIDATORS\n"
        "assert len(VALIDATORS) > 12\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(UnknownValidator, match="did you mean 'dev'"):
        validator("devv")
    with pytest.raises(UnknownValidator, match="oracle figures choose nothing; known: ") as told:
        validator("oracle/target")
    assert str(told.value).count("known:") == 1
