import math

import pytest
import torch

from da_bench.data.benchmarks.toy import Moons, ShiftedGaussians, rotation

SHIFTS = ["covariate", "label", "concept", "subspace"]


def test_moons_turn_with_their_name_and_draw_each_split_apart():
    pair = Moons(size=4000, noise=0.0)
    still, turned = pair.dataset("0", "train"), pair.dataset("90", "train")
    assert still.x.shape == (4000, 2)
    assert still.x.dtype == torch.float32
    assert still.y.bincount().tolist() == [2000, 2000]
    expected = still.x[still.y == 0].mean(0) @ rotation(math.pi / 2).T.float()
    torch.testing.assert_close(turned.x[turned.y == 0].mean(0), expected, atol=0.03, rtol=0)
    assert not torch.equal(still.x, pair.dataset("0", "test").x)
    radius = (still.x[still.y == 0] - torch.tensor([-0.5, -0.25])).norm(dim=1)
    torch.testing.assert_close(radius, torch.ones(2000))


def test_moons_depend_on_domain_and_split_alone():
    torch.manual_seed(1)
    one = Moons("0", "35", seed=0).dataset("35", "val")
    torch.manual_seed(2)
    other = Moons("35", "0", seed=5).dataset("35.0", "val")
    assert torch.equal(one.x, other.x)
    assert not torch.equal(one.x, Moons().dataset("-35", "val").x)


@pytest.mark.parametrize("name", ["left", "nan", "inf"])
def test_moons_name_an_unknown_domain(name):
    with pytest.raises(ValueError, match="expected degrees"):
        Moons().dataset(name, "train")


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("dimension", [2, 5])
def test_ratio_carries_the_source_to_the_target(shift, dimension):
    # A small subspace shift: its ratio's variance grows fast with the angle.
    amount = 0.25 if shift == "subspace" else 0.7
    pair = ShiftedGaussians(shift=shift, dimension=dimension, amount=amount, size=200_000)
    source, target = pair.dataset("source", "train").x, pair.dataset("target", "train").x
    ratio = pair.density_ratio(source)
    assert ratio.shape == (200_000,)
    assert ratio.min() >= 0
    assert ratio.mean() == pytest.approx(1, abs=0.02)
    for power in (1, 2):
        weighted = (ratio[:, None] * source**power).mean(0)
        torch.testing.assert_close(weighted, (target**power).mean(0), atol=0.04, rtol=0.02)


@pytest.mark.parametrize("shift", SHIFTS)
def test_densities_integrate_to_one(shift):
    pair = ShiftedGaussians(shift=shift)
    side = torch.arange(-9, 9, 0.05)
    grid = torch.cartesian_prod(side, side)
    for domain in ("source", "target"):
        assert pair.log_density(grid, domain).exp().sum() * 0.05**2 == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("domain", ["source", "target"])
def test_bayes_error_against_simulation(shift, domain):
    """The rule that knows the distribution errs as often as bayes_error says."""
    pair = ShiftedGaussians(shift=shift, size=200_000, amount=1.2)
    x, y = pair.dataset(domain, "test")[:]
    amount = 1.2 if domain == "target" else 0.0
    if shift == "covariate":
        guess = torch.sin(math.pi / 2 * x[:, 0]) > 0
    elif shift == "label":
        guess = 2 * x[:, 0] + amount > 0
    else:  # both turn towards the second axis
        guess = math.cos(amount) * x[:, 0] + math.sin(amount) * x[:, 1] > 0
    error = (guess.long() != y).double().mean().item()
    assert pair.bayes_error(domain) == pytest.approx(error, abs=0.004)


def test_no_amount_no_shift():
    for shift in SHIFTS:
        pair = ShiftedGaussians(shift=shift, amount=0.0)
        assert torch.equal(pair.density_ratio(torch.randn(50, 2)), torch.ones(50))
        assert pair.bayes_error("source") == pair.bayes_error("target")


def test_ratio_follows_the_sides():
    forth = ShiftedGaussians()
    back = ShiftedGaussians("target", "source")
    x = torch.randn(20, 2, dtype=torch.double)
    torch.testing.assert_close(
        forth.density_ratio(x) * back.density_ratio(x), torch.ones(20, dtype=torch.double)
    )


def test_gaussians_refuse_what_they_are_not():
    with pytest.raises(ValueError, match="too small"):
        ShiftedGaussians(shift="concept", dimension=1)
    with pytest.raises(ValueError, match="expected covariate"):
        ShiftedGaussians(shift="drift")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown domain"):
        ShiftedGaussians().dataset("elsewhere", "train")
