"""Source only: the empirical risk of the source, without the target."""

import pytest

from da_bench import methods
from tests.conftest import build, small


def first_batch(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def risk(model, batch, which):
    """Mean of minus the log probability of the label, over the samples of ``which``."""
    p = model(batch.x).detach().softmax(1)
    kept = [float(-p[i, int(batch.y[i])].log()) for i in which]
    return sum(kept) / len(kept)


def test_source_only_is_the_empirical_risk_and_never_encodes_the_target():
    data = small()
    model, batch = build(methods.SourceOnly, data), first_batch(data)
    terms = model.losses({"source": batch["source"]}, 0.5)  # the target need not be there
    assert terms.keys() == {"source_risk"}
    expected = risk(model, batch["source"], range(16))
    assert float(terms["source_risk"]) == pytest.approx(expected, rel=1e-5)
