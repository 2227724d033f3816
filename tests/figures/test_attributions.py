"""Attributions sum to the logit's rise; what changed is found; both pictures show the numbers."""

import sys

import numpy as np
import pytest
import torch

from da_bench.config.extras import MissingExtra
from da_bench.figures import attributed_images, attributed_words, changed, integrated_gradients


def test_changed_finds_the_most_decided_first():
    before = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
    after = torch.tensor([[0.0, 0.5], [0.0, 9.0], [0.0, 3.0], [0.0, 1.0]])
    assert changed(before, after).tolist() == [1, 0, 3]
    rise = (after.softmax(1) - before.softmax(1))[:, 1]
    places = changed(before, after)
    assert (rise[places].diff() <= 0).all()
    assert not len(changed(before, before))
    with pytest.raises(ValueError, match="of the same samples"):
        changed(before, after[:2])


def test_integrated_gradients_sum_to_the_rise_of_the_logit():
    pytest.importorskip("captum")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 8), torch.nn.Tanh(),
                              torch.nn.Linear(8, 3)).double()  # fmt: skip
    x, classes = torch.randn(5, 3, 4).double(), torch.tensor([0, 1, 2, 0, 1])
    for baseline in (None, torch.randn(3, 4).double()):
        found = integrated_gradients(net, x, classes, baseline)
        start = torch.zeros_like(x) if baseline is None else baseline.expand_as(x)
        rise = (net(x) - net(start)).gather(1, classes[:, None])[:, 0]
        assert torch.allclose(found.flatten(1).sum(1), rise, atol=1e-6)
    linear = torch.nn.Linear(4, 2).double()
    z = torch.randn(3, 4).double()
    ones = torch.ones(3, dtype=torch.long)
    assert torch.allclose(integrated_gradients(linear, z, ones), z * linear.weight[1])
    with pytest.raises(ValueError, match="give one each"):
        integrated_gradients(linear, z, ones[:2])


def test_captum_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[attributions\]"):
        integrated_gradients(torch.nn.Linear(2, 2), torch.ones(1, 2), torch.zeros(1).long())


@pytest.mark.parametrize("stacked", [False, True])
def test_images_with_both_maps(stacked):
    rng = np.random.default_rng(0)
    x, a, b = rng.normal(size=(3, 2, 3, 5, 5))
    figure = attributed_images(x, a, b, ["<i>", "k"], heading="Words.", stacked=stacked)
    maps = [t for t in figure.data if t.type == "heatmap"]
    assert len(figure.data) == 6
    for i in range(2):
        for trace, found in zip(maps[2 * i : 2 * i + 2], (a, b), strict=True):
            assert np.allclose(trace.z, found[i].sum(0))
            assert trace.zmax == -trace.zmin == np.abs(found[i].sum(0)).max()  # 0 is the middle
    assert "&lt;i&gt;" in [t.text for t in figure.layout.annotations]
    with pytest.raises(ValueError, match="1 captions for 2 images"):
        attributed_images(x, a, b, ["k"])
    with pytest.raises(ValueError, match="after: 1 attributions for 2 images"):
        attributed_images(x, a, b[:1], ["k", "l"])
    with pytest.raises(ValueError, match="expected that of the images"):
        attributed_images(x, a, b[..., :3], ["k", "l"])


def test_words_that_count_most():
    words = ["good", "bad", "the", "never"]
    a, b = np.array([[2.0, -1.0, 0.0, 0.1]]), np.array([[0.5, -3.0, 0.0, 0.2]])
    figure = attributed_words(words, a, b, ["negative → positive"], most=2)
    before, after = figure.data
    assert list(after.y) == ["good", "bad"]  # the largest stands last, on top
    assert list(before.x) == [2.0, -1.0]
    assert list(after.x) == [0.5, -3.0]
    assert before.marker.pattern.shape != after.marker.pattern.shape
    whole = attributed_words(words, a, b, ["c"], most=9)
    assert "the" not in whole.data[0].y  # counts for nothing in either
    with pytest.raises(ValueError, match="expected \\(2, 4\\)"):
        attributed_words(words, a, b, ["c", "d"])
