"""Scores of clusters, beside scikit-learn's, and where they are undefined."""

import math

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, silhouette_score

from da_bench.selection import clusters
from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.outputs import Undefined
from tests.selection.references import (
    SHAPES,
)

from .made import made


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.get("n") != 2])
def test_cluster_scores_equal_scikit_learn(shape):
    o = made(**shape)
    z, p = o.target_z.numpy(), o.target_logits.argmax(1).numpy()
    start = np.stack([z[p == c].mean(0) for c in sorted(set(p))])
    found = KMeans(len(start), init=start, n_init=1).fit_predict(z)
    ami = adjusted_mutual_info_score(p, found)
    assert clusters.class_ami(o) == pytest.approx(ami, abs=1e-6)
    assert clusters.class_ss(o) == pytest.approx(silhouette_score(z, found), abs=1e-6)


def test_clusters_of_ten_thousand_classes():
    o = made(m=12, k=10_000)
    o = o._replace(target_logits=torch.eye(12, 10_000)[torch.arange(12) % 5].double())
    assert math.isfinite(clusters.class_ami(o))
    assert math.isfinite(clusters.class_ss(o))


@pytest.mark.parametrize("name", ["class_ami", "class_ss"])
def test_clusters_of_a_collapsed_model_are_undefined(name):
    with pytest.raises(Undefined, match="class 2 for all 30"):
        VALIDATORS[name](made(target_logits=torch.eye(4).double()[torch.full((30,), 2)]))
