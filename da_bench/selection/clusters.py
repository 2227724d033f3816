"""Whether the target's features fall into clusters, and predictions follow them."""

import numpy as np
from numpy.typing import NDArray

from .outputs import Outputs, Undefined, check_defined, target_logits


def clusters(outputs: Outputs) -> tuple[NDArray, NDArray, NDArray]:
    """Target features ``(m, d)``, predictions ``(m,)`` and clusters ``(m,)`` by k-means.

    As many clusters as classes are predicted, begun at their means.

    Raises:
        Undefined: Fewer than two classes are predicted, or features are not finite.
    """
    predicted = target_logits(outputs, 2).argmax(1).numpy()
    z = check_defined(outputs.target_z).numpy()
    classes = np.unique(predicted)
    if len(classes) < 2:
        raise Undefined(
            f"needs predictions of at least two classes, got class {classes[0]} for all "
            f"{len(predicted)} target samples: the model collapsed"
        )
    if not np.isfinite(z).all():
        raise Undefined("features are not finite: the run diverged")
    from sklearn.cluster import KMeans

    centres = np.stack([z[predicted == label].mean(0) for label in classes])
    if len(np.unique(centres, axis=0)) < len(centres):
        raise Undefined("classes share one mean feature: no cluster can be told from another")
    return z, predicted, KMeans(len(classes), init=centres, n_init=1).fit(z).labels_


def class_ami(outputs: Outputs) -> float:
    """Adjusted mutual information of predictions and clusters. Higher is better; at most 1.

    Reference:
        Musgrave, Belongie and Lim, "Benchmarking validation methods for unsupervised domain
        adaptation", 2022 (ClassAMI), begun at class means as in pytorch-adapt; information by
        Vinh, Epps and Bailey, JMLR 2010.

    Raises:
        Undefined: Fewer than two classes are predicted.
    """
    from sklearn.metrics import adjusted_mutual_info_score

    _, predicted, assigned = clusters(outputs)
    return float(adjusted_mutual_info_score(predicted, assigned))


def class_ss(outputs: Outputs) -> float:
    """Silhouette of the clusters begun at class means. Higher is better; in ``[-1, 1]``.

    Reference:
        Musgrave et al., 2022 (ClassSS); Rousseeuw, J. Comput. Appl. Math. 20, 1987.

    Raises:
        Undefined: Fewer than two classes are predicted, or each sample is a cluster of its own.
    """
    from sklearn.metrics import silhouette_score

    z, _, assigned = clusters(outputs)
    count = len(np.unique(assigned))
    if not 2 <= count < len(z):
        raise Undefined(f"a silhouette needs 2 to {len(z) - 1} clusters, got {count}")
    return float(silhouette_score(z, assigned))
