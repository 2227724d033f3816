"""Random views: their size, their range, their chance."""

import pytest
import torch

from da_bench.functional import strong_view, weak_view

VIEWS = [weak_view, strong_view]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("shape", [(8, 3), (8, 3, 10), (8, 3, 12, 16), (1, 2), (1, 1, 8, 8)])
def test_shape_dtype_and_chance(view, shape):
    x = torch.randn(shape)
    kept = x.clone()
    torch.manual_seed(1)
    one, two = view(x), view(x)
    torch.manual_seed(1)
    assert torch.equal(view(x), one)
    assert torch.equal(x, kept)
    assert one.shape == x.shape
    assert one.dtype == x.dtype
    assert torch.isfinite(one).all()
    if len(x) > 1:
        assert not torch.equal(one, two)


def test_noise_is_in_deviations_of_each_feature():
    torch.manual_seed(0)
    x = torch.randn(20_000, 2) * torch.tensor([1.0, 100.0]) + 50
    added = weak_view(x, noise=0.2) - x
    torch.testing.assert_close(added.std(0) / x.std(0), torch.full((2,), 0.2), rtol=0.05, atol=0)
    assert torch.equal(weak_view(x, noise=0.0), x)


def test_images_move_by_whole_pixels_at_most_so_far():
    torch.manual_seed(0)
    image = torch.arange(64.0).reshape(1, 1, 8, 8).expand(200, 2, 8, 8)
    moved = weak_view(image, shift=0.25)
    seen = set()
    for one in moved:
        assert torch.equal(one[0], one[1])  # the channels move together
        middle = int(one[0, 4, 4])
        seen.add((middle // 8 - 4, middle % 8 - 4))
        rows, columns = one[0] // 8, one[0] % 8
        assert (rows == rows[:, :1]).all()
        assert (columns == columns[:1]).all()
    assert seen == {(i, j) for i in range(-2, 3) for j in range(-2, 3)}


def test_flips_half_when_asked():
    torch.manual_seed(0)
    x = torch.rand(400, 1, 4, 4)
    flipped = weak_view(x, shift=0.0, flip=True)
    mirrored = (flipped == x.flip(-1)).all(3).all(2).all(1)
    same = (flipped == x).all(3).all(2).all(1)
    assert (mirrored ^ same).all()
    assert 0.4 < mirrored.float().mean() < 0.6
    assert torch.equal(weak_view(x, shift=0.0), x)


def test_strong_views_cover_a_square_and_change_contrast():
    torch.manual_seed(0)
    x = torch.rand(50, 1, 16, 16)
    covered = strong_view(x, shift=0.0, contrast=0.0, cutout=0.5) != x
    shares = covered.float().mean((1, 2, 3))
    assert shares.max() <= 0.25
    assert (shares > 0).all()
    changed = strong_view(x, shift=0.0, contrast=0.5, cutout=0.0)
    ratio = changed.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.45 < ratio.min() < 0.8
    assert 1.2 < ratio.max() < 1.55


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("x", [torch.ones(3), torch.ones(2, 3, dtype=torch.long)])
def test_what_it_does_not_know_is_named(view, x):
    with pytest.raises(ValueError, match="import path"):
        view(x)
