"""Weights in order, their effective size, and the images at both ends."""

import numpy as np
import pytest

from da_bench.figures import sample_weights, trusted_images
from da_bench.figures.images import pictures

RNG = np.random.default_rng(0)
W = RNG.gamma(0.5, size=50)
X = RNG.normal(size=(50, 2))


def test_order_and_effective_sample_size():
    figure = sample_weights(W, captions=[f"c{i}" for i in range(50)])
    line = figure.data[0]
    assert list(line.y) == sorted(W, reverse=True)
    assert line.text[0] == f"c{W.argmax()}"
    assert f"{W.sum() ** 2 / (W**2).sum():.1f} of 50" in figure.layout.title.text
    ends = figure.data[1]
    assert sorted(ends.y) == sorted([*np.sort(W)[:8], *np.sort(W)[-8:]])


def test_in_the_plane_size_tells_the_weight_beside_the_shade():
    figure = sample_weights(W, X, target_x=X + 1)
    cloud = figure.data[-1]
    assert np.array_equal(np.stack([cloud.x, cloud.y], 1), X)
    assert np.array_equal(cloud.marker.color, W)
    assert (np.argsort(cloud.marker.size) == np.argsort(W)).all()
    assert sample_weights(W, X, stacked=True).data[-1].marker.showscale is False


@pytest.mark.parametrize("stacked", [False, True])
def test_most_and_least_trusted_images(stacked):
    images = RNG.uniform(size=(50, 4, 4))
    figure = trusted_images(W, images, most=4, stacked=stacked)
    shown = [np.asarray(t.z) for t in figure.data]
    order = np.argsort(-W)
    expected = pictures(images)[[*order[:4], *order[::-1][:4]]]
    assert np.allclose(shown, expected)
    words = [a.text for a in figure.layout.annotations]
    assert words[0] == f"{W.max():.2f}"


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"weights have shape \(2, 2\)"):
        sample_weights(np.ones((2, 2)))
    with pytest.raises(ValueError, match="not negative"):
        sample_weights([-1.0, 1.0])
    with pytest.raises(ValueError, match="trusted_images"):
        sample_weights(W, RNG.normal(size=(50, 64)))
    with pytest.raises(ValueError, match="50 weights, 3 images"):
        trusted_images(W, np.ones((3, 4, 4)))
    with pytest.raises(ValueError, match="3 captions"):
        sample_weights(W, captions=["a", "b", "c"])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((2, 64), (2, 8, 8)), ((2, 1, 5, 6), (2, 5, 6)), ((2, 3, 5, 6), (2, 5, 6, 3)),
     ((2, 5, 6), (2, 5, 6))],
)  # fmt: skip
def test_images_of_every_layout(shape, expected):
    found = pictures(RNG.normal(size=shape) * 9)
    assert found.shape == expected
    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.parametrize("shape", [(2, 63), (2, 2, 5, 6), (2,)])
def test_what_is_no_image_is_named(shape):
    with pytest.raises(ValueError, match="images"):
        pictures(np.ones(shape))
