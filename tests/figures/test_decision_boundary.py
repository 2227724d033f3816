"""The boundary lies where a known model changes its mind; panels follow what is given."""

import numpy as np
import pytest

from da_bench.figures import decision_boundary
from da_bench.figures.decision_boundary import _hyperplanes

RNG = np.random.default_rng(0)
SOURCE, TARGET = RNG.uniform(-1, 1, (40, 2)), RNG.uniform(-1, 1, (30, 2))
Y = (SOURCE[:, 0] > 0.25).astype(int)


def sharp(x):
    """Two classes, divided at 0.25 of the first input."""
    p = 1 / (1 + np.exp(-40 * (x[:, 0] - 0.25)))
    return np.stack([1 - p, p], 1)


def test_shade_and_line_are_the_models_own():
    figure = decision_boundary(sharp, SOURCE, Y, TARGET)
    shade = next(t for t in figure.data if t.type == "heatmap")
    line = next(t for t in figure.data if t.type == "contour")
    grid = np.stack(np.meshgrid(shade.x, shade.y), -1)
    assert np.allclose(np.asarray(shade.z), 1 / (1 + np.exp(-40 * (grid[..., 0] - 0.25))))
    z = np.asarray(line.z)
    assert ((z > 0) == (grid[..., 0] > 0.25)).all()
    assert (line.contours.type, line.contours.value) == ("constraint", 0)
    shown = {(t.meta["domain"], t.meta["class"]): len(t.x) for t in figure.data if t.meta}
    assert shown == {("source", 0): (Y == 0).sum(), ("source", 1): (Y == 1).sum(),
                     ("target", -1): 30}  # fmt: skip
    assert "oracle" not in figure.layout.title.text


def test_target_labels_make_it_an_oracle():
    figure = decision_boundary(sharp, SOURCE, Y, TARGET, (TARGET[:, 0] > 0).astype(int))
    assert figure.layout.title.text.startswith("oracle")
    assert {t.meta["class"] for t in figure.data if t.meta and t.meta["domain"] == "target"} == {
        0,
        1,
    }


def test_a_panel_for_each_part_given():
    figure = decision_boundary(
        {"before": sharp, "after": sharp},
        SOURCE, Y, TARGET,
        features=lambda x: np.concatenate((x, x), 1),
        domain=lambda x: np.full(len(x), 0.7),
        neurons=([[1.0, 0.0], [0.0, 0.0]], [-0.25, 1.0]),
    )  # fmt: skip
    titles = [a.text for a in figure.layout.annotations]
    assert titles[:3] == ["before", "after", "features, main directions"]
    assert len(titles) == 5
    share = [t for t in figure.data if t.type == "heatmap"][-1]
    assert (np.asarray(share.z) == 0.7).all()
    # Domains in the panel of the domain classifier look like no class of the others.
    domains = {t.marker.symbol for t in figure.data if t.meta and t.name in ("source", "target")
               and t.xaxis == "x4"}  # fmt: skip
    classes = {t.marker.symbol for t in figure.data if t.meta and t.xaxis == "x"}
    assert len(domains) == 2
    assert not domains & classes


def test_neurons_are_drawn_where_they_turn_on():
    axes = np.linspace(-1, 1, 5), np.linspace(-1, 1, 5)
    w, b = RNG.normal(size=(6, 2)), RNG.normal(size=6)
    x, y = _hyperplanes(w, b, axes)
    assert len(x) == 18
    for i in range(6):
        for j in (3 * i, 3 * i + 1):
            assert abs(w[i] @ [x[j], y[j]] + b[i]) < 1e-9
        assert x[3 * i + 2] is None
    assert _hyperplanes([[0.0, 0.0]], [1.0], axes) == ([], [])  # a dead one divides nothing


def test_several_classes_have_a_line_each():
    figure = decision_boundary(lambda x: np.full((len(x), 3), 1 / 3), SOURCE, Y, TARGET)
    assert [t.type for t in figure.data].count("contour") == 3


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"source_x has shape \(40, 3\).*\(n, 2\)"):
        decision_boundary(sharp, np.ones((40, 3)), Y, TARGET)
    with pytest.raises(ValueError, match="predict returned shape"):
        decision_boundary(lambda x: x[:, 0], SOURCE, Y, TARGET)
    with pytest.raises(ValueError, match="domain returned shape"):
        decision_boundary(sharp, SOURCE, Y, TARGET, domain=sharp)
    with pytest.raises(ValueError, match="neurons have shapes"):
        decision_boundary(sharp, SOURCE, Y, TARGET, neurons=([[1.0, 2.0, 3.0]], [0.0]))
