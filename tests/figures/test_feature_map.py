"""The feature map shows what it is given: PCA's own points, a shape beside each colour."""

import sys

import numpy as np
import pytest
from sklearn.decomposition import PCA

from da_bench.config.extras import MissingExtra
from da_bench.figures import feature_map
from da_bench.figures.planar import pca, planar

RNG = np.random.default_rng(0)
SOURCE, TARGET = RNG.normal(size=(30, 5)) * [5, 3, 1, 1, 1], RNG.normal(size=(40, 5)) + 2
SOURCE_Y, TARGET_Y = np.arange(30) % 3, np.arange(40) % 3


def points(figure, panel="x", **meta):
    """All points of one panel and domain, in no order."""
    found = [np.stack([t.x, t.y], 1) for t in figure.data
             if t.xaxis == panel and meta.items() <= dict(t.meta).items()]  # fmt: skip
    return np.concatenate(found)


def alike(a, b):
    return np.allclose(np.sort(a, 0), np.sort(b, 0), atol=1e-9)


def test_axes_are_fitted_to_both_domains_together():
    figure = feature_map(SOURCE, TARGET, SOURCE_Y, TARGET_Y)
    expected = PCA(2).fit(np.concatenate((SOURCE, TARGET)))
    for domain, z, y in (("source", SOURCE, SOURCE_Y), ("target", TARGET, TARGET_Y)):
        for k in range(3):
            shown = points(figure, domain=domain, **{"class": k})
            theirs = expected.transform(z[y == k])
            # A direction has no sign of its own.
            assert any(alike(shown, theirs * s) for s in ([1, 1], [1, -1], [-1, 1], [-1, -1]))
    share = expected.explained_variance_ratio_
    assert figure.layout.xaxis.title.text == f"first axis ({share[0]:.0%})"


def test_before_is_a_panel_of_its_own_of_the_same_samples():
    kept = feature_map(SOURCE, TARGET, SOURCE_Y, before=(SOURCE[:, :2], TARGET[:, :2]), most=10)
    assert {t.xaxis for t in kept.data} == {"x", "x2"}
    assert len(points(kept, "x", domain="source")) == len(points(kept, "x2", domain="source")) == 10
    # Two columns turned into each other: distances stay, so that the samples are the same.
    both = feature_map(SOURCE[:, :2], TARGET[:, :2], before=(SOURCE[:, 1::-1], TARGET[:, 1::-1]))
    one, two = (points(both, panel) for panel in ("x", "x2"))
    assert np.allclose(np.linalg.norm(one - one[0], axis=1), np.linalg.norm(two - two[0], axis=1))


def test_a_shape_beside_each_colour_and_open_for_the_target():
    figure = feature_map(SOURCE, TARGET, SOURCE_Y, TARGET_Y)
    looks = {(t.meta["domain"], t.meta["class"]): t.marker for t in figure.data}
    assert len({m.symbol for m in looks.values()}) == len(looks)
    for (domain, k), marker in looks.items():
        assert marker.symbol.endswith("-open") == (domain == "target")
        assert marker.color == looks["source", k].color
    names = [t.name for t in figure.data if t.showlegend is not False]
    assert names == ["class 0", "class 1", "class 2"]  # once each
    plain = feature_map(SOURCE, TARGET)
    assert [t.name for t in plain.data] == ["source", "target"]
    assert len({t.marker.symbol.removesuffix("-open") for t in plain.data}) == 2


def test_labels_of_the_target_are_named_oracle():
    titles = [
        feature_map(SOURCE, TARGET, SOURCE_Y, y, predicted=p).layout.title.text
        for y, p in ((TARGET_Y, False), (TARGET_Y, True), (None, False))
    ]
    assert [t.startswith("oracle") for t in titles] == [True, False, False]


def test_thinning_follows_the_seed_alone():
    one, same, other = (
        points(feature_map(SOURCE, TARGET, most=12, seed=s), domain="source") for s in (1, 1, 2)
    )
    assert len(one) == 12
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("by", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_neighbours_stay_neighbours(by):
    if by == "umap":
        pytest.importorskip("umap")
    groups = np.repeat(np.eye(3, 6) * 20, 15, 0) + RNG.normal(size=(45, 6))
    flat = planar(groups, by)
    d = np.linalg.norm(flat[:, None] - flat, axis=2) + np.eye(45) * 1e9
    assert (d.argmin(1) // 15 == np.arange(45) // 15).all()
    assert np.array_equal(flat, planar(groups, by))


def test_what_is_missing_or_wrong_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[umap\]"):
        feature_map(SOURCE, TARGET, by="umap")
    with pytest.raises(ValueError, match="by='lda': expected pca, tsne or umap"):
        feature_map(SOURCE, TARGET, by="lda")
    with pytest.raises(ValueError, match=r"target_z has shape \(40, 4\).*\(n, 5\)"):
        feature_map(SOURCE, TARGET[:, :4])
    with pytest.raises(ValueError, match=r"source_y has shape \(3,\).*\(30,\)"):
        feature_map(SOURCE, TARGET, [0, 1, 2])
    with pytest.raises(ValueError, match="before has 29"):
        feature_map(SOURCE, TARGET, before=(SOURCE[1:], TARGET))
    with pytest.raises(ValueError, match="not finite"):
        feature_map(SOURCE * np.nan, TARGET)
    with pytest.raises(ValueError, match="too few for tsne"):
        feature_map(SOURCE[:2], TARGET[:2], by="tsne")


def test_one_column_and_constant_features_have_a_picture():
    assert np.array_equal(pca(np.arange(4.0)[:, None])[0][:, 1], np.zeros(4))
    shown, share = pca(np.ones((4, 3)))
    assert not shown.any()
    assert not share.any()


def test_names_are_no_markup_and_unknown_classes_are_said():
    figure = feature_map(SOURCE, TARGET, np.where(SOURCE_Y == 2, -1, SOURCE_Y), names=["<b>", "ж"])
    assert {"&lt;b&gt;", "ж", "no label"} <= {t.name for t in figure.data}
