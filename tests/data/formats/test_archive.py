"""Archives of numpy: their entries are inputs, labels and names of features."""

import numpy as np
import pytest
import torch

from da_bench.data.arrays import Arrays
from da_bench.data.columns import Reading
from da_bench.data.formats.read import read_file

RNG = np.random.default_rng(0)


def test_archives(tmp_path):
    x, y = RNG.normal(size=(6, 2)), np.array([0, 1] * 3)
    np.savez(tmp_path / "s.npz", x=x, y=y, feature_names=["a", "b"])
    np.savez(tmp_path / "t.npz", x=x[:, ::-1], feature_names=["b", "a"])
    made = Arrays(source_x=str(tmp_path / "s.npz"), target_x=str(tmp_path / "t.npz"))
    assert torch.equal(made.whole("source").x, made.whole("target").x)
    np.savez(tmp_path / "two.npz", x=x, y=y, target=y)
    with pytest.raises(ValueError, match=r"entries 'y' and 'target' may each.*label: y"):
        read_file(tmp_path / "two.npz")
    assert read_file(tmp_path / "two.npz", Reading(label="target")).y.tolist() == y.tolist()
    np.savez(tmp_path / "named.npz", F=x, other=x + 1, y=y)
    with pytest.raises(ValueError, match="entry: NAME"):
        read_file(tmp_path / "named.npz")
    held = read_file(tmp_path / "named.npz", Reading(entry="F"))
    assert held.columns.entry == "F"
    np.testing.assert_allclose(held.x, x, rtol=1e-6)
    np.savez(tmp_path / "bad.npz", x=x, feature_names=["a"])
    with pytest.raises(ValueError, match="feature_names are 1 names"):
        read_file(tmp_path / "bad.npz")
