"""Samples of any width brought to two dimensions."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from da_bench.config.extras import needs

By = Literal["pca", "tsne", "umap"]
AXES = {"tsne": "t-SNE", "umap": "UMAP"}
"""These have no unit and no direction: only who is near whom is meant."""


def planar(z: NDArray[np.float64], by: By = "pca", seed: int = 0) -> NDArray[np.float64]:
    """The samples as points ``(n, 2)``.

    Args:
        z: Samples ``(n, d)``.
        by: ``pca``: the two directions of most variance, in the samples' units; ``tsne`` (van der
            Maaten and Hinton, JMLR 2008) or ``umap`` (McInnes et al., 2018): neighbours stay
            neighbours, while distances between groups mean little.
        seed: Seed of what is drawn; PCA draws nothing.

    Raises:
        ValueError: ``by`` is none of the three, or there are too few samples.
        MissingExtra: umap-learn is not installed.
    """
    if by not in ("pca", "tsne", "umap"):
        raise ValueError(f"by={by!r}: expected pca, tsne or umap")
    if by != "pca" and len(z) < 5:
        raise ValueError(f"{len(z)} samples are too few for {by}: at least 5; by='pca' takes any")
    if by == "pca":
        return pca(z)[0]
    if by == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(z) - 1) / 3)
        start = pca(z)[0]
        scale = start[:, 0].std() or 1.0
        tsne = TSNE(2, perplexity=perplexity, init=start / scale * 1e-4, random_state=seed)
        return np.asarray(tsne.fit_transform(z), np.float64)
    umap = needs("umap", "umap")
    tsne = umap.UMAP(n_neighbors=min(15, len(z) - 1), random_state=seed, n_jobs=1)
    return np.asarray(tsne.fit_transform(z), np.float64)


def pca(z: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points ``(n, 2)`` and the share of the variance that each axis holds, ``(2,)``.

    An axis' largest loading is positive, so that the same samples give the same picture.
    """
    centred_z = z - z.mean(0)
    _, sizes, axes = np.linalg.svd(centred_z, full_matrices=False)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    axes, sizes = axes[:2], sizes**2
    points = np.zeros((len(z), 2))
    points[:, : len(axes)] = centred_z @ axes.T
    share = np.zeros(2)
    share[: len(axes)] = sizes[:2] / max(sizes.sum(), np.finfo(float).tiny)
    return points, share
