"""Spherical k-means: against its definition, step by step, and on clusters that are known."""

import math

import numpy as np
import pytest
import torch

from da_bench.functional import spherical_kmeans


def test_equals_the_loop_of_its_definition():
    torch.manual_seed(0)
    z, centres = torch.randn(60, 3).double(), torch.randn(4, 3).double()
    o = centres.numpy() / np.linalg.norm(centres.numpy(), axis=1, keepdims=True)
    points = z.numpy() / np.linalg.norm(z.numpy(), axis=1, keepdims=True)
    for _ in range(3):
        labels = [int(np.argmin([(1 - p @ c) / 2 for c in o])) for p in points]
        for c in range(4):
            total = sum(p for p, label in zip(points, labels, strict=True) if label == c)
            o[c] = total / np.linalg.norm(total)
    expected = [min((1 - p @ c) / 2 for c in o) for p in points]
    labels, distance = spherical_kmeans(z, centres, iterations=3)
    assert labels.tolist() == [int(np.argmin([(1 - p @ c) / 2 for c in o])) for p in points]
    np.testing.assert_allclose(distance, expected, atol=1e-12)


def test_finds_the_directions_and_keeps_the_centres_numbers():
    torch.manual_seed(0)
    angle = torch.tensor([0.0, 2.0, 4.0]).repeat_interleave(50) + 0.1 * torch.randn(150)
    z = torch.stack((angle.cos(), angle.sin()), 1) * (1 + torch.rand(150, 1))
    start = torch.tensor([[math.cos(a), math.sin(a)] for a in (0.6, 2.6, 4.6)])
    labels, distance = spherical_kmeans(z, 7 * start)
    assert torch.equal(labels, torch.arange(3).repeat_interleave(50))
    assert distance.max() < 0.05


def test_an_empty_cluster_keeps_its_centre():
    z = torch.tensor([[1.0, 0.1], [1.0, -0.1]])
    labels, distance = spherical_kmeans(z, torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    assert labels.tolist() == [0, 0]
    assert torch.isfinite(distance).all()


def test_widths_that_differ_are_named():
    with pytest.raises(ValueError, match=r"got \(5, 3\) and \(2, 4\)"):
        spherical_kmeans(torch.randn(5, 3), torch.randn(2, 4))
