"""The guard that knows a collapsed model, and why there is one."""

import pytest
import torch

from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.collapse import collapse

from .made import made


def test_the_guard_knows_a_collapsed_model():
    y = torch.arange(30) % 10
    sound = collapse(made(target_logits=20 * torch.eye(10).double()[y]))
    assert sound[:2] == (10, 10)
    assert sound.evenness == pytest.approx(1, abs=1e-3)
    assert not sound.suspect
    half = collapse(made(target_logits=20 * torch.eye(10).double()[y % 5]))
    assert half.predicted == 5
    assert half.evenness > 0.5
    assert half.suspect
    one = collapse(made(target_logits=20 * torch.eye(10).double()[torch.zeros_like(y)]))
    assert one.predicted == 1
    assert one.evenness < 0.01
    assert str(one).startswith("COLLAPSED: 1/10")
    # Of two classes one is half, and predictions that are not sure are even: still one class.
    unsure = collapse(made(target_logits=torch.tensor([[0.5, 0.0]]).double().repeat(30, 1)))
    assert unsure.evenness > 0.9
    assert unsure.suspect


def test_a_collapsed_model_pleases_entropy_and_snd():
    """Why there is a guard: it is shown beside each choice."""
    collapsed = made(target_logits=50 * torch.eye(4).double()[torch.zeros(30).long()])
    for name in ("entropy", "snd"):
        assert VALIDATORS[name](collapsed) > VALIDATORS[name](made())
