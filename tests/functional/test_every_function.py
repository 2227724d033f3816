"""Every function of functional: what `_precision.py` promises, and input at the edges."""

import inspect
import math

import pytest
import torch

from da_bench import functional as F
from tests.functional.inputs import ONE, TABLE, TWO, Of

NAMES = [
    name for name in F.__all__
    if not inspect.isclass(getattr(F, name)) and name != "counted_warnings"  # it takes no numbers
]  # fmt: skip
HALVES = [torch.bfloat16, torch.float16]


def call(name, of):
    """A function's result and the tensors it was made of."""
    assert name in TABLE, f"{name} has no entry in tests/functional/inputs.py: say what it takes"
    entry = TABLE[name]
    given = entry.make(of)
    torch.manual_seed(0)
    return getattr(F, name)(*given, **entry.settings)


def plain(result):
    """Numbers of a result, of whatever kind, in double."""
    if isinstance(result, torch.Tensor):
        return [result.detach().double().flatten()]
    if isinstance(result, int | float):
        return [torch.tensor([float(result)], dtype=torch.float64)]
    if isinstance(result, list | tuple):
        return [part for value in result for part in plain(value)]
    return []


def types(result):
    if isinstance(result, torch.Tensor):
        return {result.dtype} if result.is_floating_point() else set()
    parts = result if isinstance(result, list | tuple) else ()
    return {dtype for value in parts for dtype in types(value)}


def agree(found, expected, rtol=2e-3, atol=1e-4):
    for one, other in zip(plain(found), plain(expected), strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=atol, equal_nan=True)


def finite(result):
    return all(bool(part.isfinite().all()) for part in plain(result))


def tables():
    return [n for n in NAMES if n not in TABLE or TABLE[n].gives not in ("number", "whole")]


def test_the_table_names_no_function_that_is_gone():
    assert set(TABLE) <= set(NAMES)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_in_gives_what_double_gives(name, half):
    entry, expected = TABLE.get(name), call(name, Of())
    found = call(name, Of(half))
    rounding = torch.finfo(half).eps if entry.gives == "given" or entry.network else 1e-4
    agree(found, expected, rtol=20 * rounding, atol=(50 if entry.network else 10) * rounding)
    assert finite(found) or not finite(expected)  # a statistic may have no interval
    wanted = {"given": {half}, "single": {torch.float32}, "first": {torch.float32}}
    if entry.gives in wanted:
        assert types(found) == wanted[entry.gives]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", NAMES)
def test_autocast_changes_nothing(name, half):
    expected = call(name, Of(torch.float32))
    with torch.autocast("cpu", half):
        found = call(name, Of(torch.float32))
    # The perturbed pass itself is the network's, in half as the rest of its training.
    agree(found, expected, rtol=5e-2 if name == "virtual_adversarial_loss" else 1e-5)
    assert types(found) == types(expected)


@pytest.mark.parametrize("name", NAMES)
def test_double_stays_double(name):
    assert types(call(name, Of())) <= {torch.float64} or TABLE[name].gives == "whole"


SCALED = [n for n in NAMES if n in TABLE and TABLE[n].scales]


@pytest.mark.parametrize("scale", [2.0**-27, 2.0**10, 2.0**27])
@pytest.mark.parametrize("name", SCALED)
def test_any_scale_is_that_of_double(name, scale):
    """In single precision; what is too large or small for it is infinite or zero, never NaN."""
    if TABLE[name].gives == "number":
        return
    found, expected = call(name, Of(torch.float32, scale)), call(name, Of(scale=scale))
    for one, other in zip(plain(found), plain(expected), strict=True):
        torch.testing.assert_close(one, other.float().double(), rtol=5e-3, atol=1e-30,
                                   equal_nan=True)  # fmt: skip


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", SCALED)
def test_forties_and_thousands_in_half(name, half):
    """A norm of forties, squared, is more than half precision holds."""
    for scale, move in ((1.0, 40.0), (2.0**11, 0.0)):
        found = call(name, Of(half, scale, move=move))
        expected = call(name, Of(scale=scale, move=move))
        if TABLE[name].gives == "given":
            agree(found, expected, rtol=20 * torch.finfo(half).eps, atol=scale / 10)
        else:
            agree(found, expected, rtol=2e-2, atol=1e-3 * scale)


LOGITS = ["domain_loss", "margin_disparity", "neighbour_loss", "source_importance", *ONE, *TWO]
MASKED = ["margin_disparity", *ONE, *TWO]


@pytest.mark.parametrize("dtype", [torch.float32, *HALVES])
@pytest.mark.parametrize("name", MASKED)
def test_a_masked_class_changes_nothing_but_itself(name, dtype):
    """Value and gradient are finite, and those of double."""
    of, exact = Of(dtype, mask=True), Of(mask=True)
    results = []
    for draw in (of, exact):
        torch.manual_seed(0)
        given = [a.requires_grad_() for a in TABLE[name].make(draw)]
        result = getattr(F, name)(*given)
        result.sum().backward()
        results.append((result, [a.grad for a in given if a.grad is not None]))
    (found, slopes), (expected, steep) = results
    agree(found, expected)
    assert finite(found)
    assert finite(slopes)
    agree(slopes, steep, rtol=5e-2, atol=1e-2)


def outcome(name, of):
    """The result, or None where the input was refused by a named error."""
    try:
        return call(name, of)
    except (ValueError, TypeError) as error:
        if len(str(error)) < 20:
            raise
    except torch.linalg.LinAlgError as error:  # torch's, of singular values
        if "non-finite values" not in str(error):
            raise
    return None


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize("name", NAMES)
def test_no_sample_and_one_are_refused_or_give_a_number(name, size):
    found = outcome(name, Of(torch.float32, size=size))
    if isinstance(found, F.Divergence | F.Score) or (name == "jackknife" and found):
        found = found[0]  # one sample has no interval
    assert found is None or finite(found)


@pytest.mark.parametrize("spoil", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_finite_is_refused_or_seen_in_the_result(name, spoil):
    of = Of(torch.float32, spoil=spoil)
    found = outcome(name, of)
    if found is None or not of.leaves or name == "strong_view":  # which covers a pixel
        return
    masks = LOGITS if spoil == -math.inf else ["source_importance"] if spoil == math.inf else []
    if name in masks:  # a mask of one sample's class, or a sure critic
        assert not any(part.isnan().any() for part in plain(found))
        return
    assert not finite(found)
