"""The third term of Ben-David's bound: how well one classifier could serve both domains."""

import torch
from torch import Tensor

from da_bench.functional._check import check_fit, check_labels


def joint_error(
    source: Tensor, source_y: Tensor, target: Tensor, target_y: Tensor, seed: int = 0
) -> float:
    r"""Held-out error of one linear classifier on both domains, :math:`\lambda`, in ``[0, 2]``.

    .. math:: \lambda = \min_{h \in H} \epsilon_s(h) + \epsilon_t(h)

    Ben-David et al., Machine Learning 2010, theorem 2. A logistic regression on half of each
    domain, both weighing alike, stands for the best hypothesis; errors are those of the other
    half. An oracle: it reads target labels.

    Args:
        source: Features, shape ``(n, d)``.
        source_y: Classes, shape ``(n,)``.
        target: Features, shape ``(m, d)``.
        target_y: Classes, shape ``(m,)``.
        seed: Seed of the halves.

    Raises:
        ValueError: Widths differ, values are not finite, labels are hidden or there is one class.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    from da_bench.functional.held_out import balanced, halves

    check_fit(source, target, least=4)
    for sample, y in ((source, source_y), (target, target_y)):
        check_labels(y, len(sample))
    x, y = (
        torch.cat((source, target)).detach().double().cpu(),
        torch.cat((source_y, target_y)).cpu(),
    )
    is_target = torch.arange(len(x)) >= len(source)
    test = halves(len(source), len(target), seed)
    if len(y[~test].unique()) < 2:
        raise ValueError("the half to be fitted holds one class; give more samples")
    # No pipeline: it hands weights on in another way once some library, such as skada, has turned
    # scikit-learn's metadata routing on.
    scaled_x = StandardScaler().fit(x[~test].numpy()).transform(x.numpy())
    weights = (balanced(is_target[~test]) * int((~test).sum())).numpy()
    model = LogisticRegression(max_iter=1000).fit(scaled_x[~test], y[~test].numpy(), weights)
    is_wrong = torch.from_numpy(model.predict(scaled_x[test])) != y[test]
    return float(sum(is_wrong[is_target[test] == side].double().mean() for side in (False, True)))
