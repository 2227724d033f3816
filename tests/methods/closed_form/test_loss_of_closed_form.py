"""Closed-form recipes: what each YAML fits, to which domain, and where it places samples."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.linalg import fractional_matrix_power
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import NearestCentroid
from sklearn.svm import SVC

from da_bench import shallow
from tests.methods.recipes import batch, begun, recipe, same_gradients, stepped

CHOICES = {"C": [10.0**k for k in range(-3, 5)]}
ESTIMATORS = {
    "one_nn": lambda: shallow.Plain(),
    "nearest_mean": lambda: shallow.Plain(NearestCentroid()),
    "pca": lambda: shallow.PCA(100),
    "tca": lambda: shallow.TCA(100, mu=1.0),
    "jda": lambda: shallow.JDA(100, weight=1.0, iterations=10),
    "bda": lambda: shallow.BDA(100, weight=0.1, balance=0.5, iterations=10),
    "tjm": lambda: shallow.TJM(20, weight=1.0, iterations=10),
    "gfk": lambda: shallow.GFK(20),
    "sa_one_nn": lambda: shallow.SubspaceAlignment(20),
    "coral_svm": lambda: shallow.CORAL(1.0, head=GridSearchCV(SVC(kernel="linear"), CHOICES, cv=2)),
    "easy_tl": lambda: shallow.EasyTL(True),
    "easy_tl_c": lambda: shallow.EasyTL(False),
    "linear_ot": lambda: shallow.LinearOT(),
    "ot_exact": lambda: shallow.OTDA(),
    "ot_entropic": lambda: shallow.OTDA(entropy=0.1),
    "ot_class": lambda: shallow.OTDA(entropy=0.1, class_penalty=0.1, group="l1l2"),
    "jdot": lambda: shallow.JDOT(0.5),
}


def domains():
    """Source and target, the latter turned and moved."""
    source, target = batch(30, 0), batch(24, 1)
    own = source.x + 2 * torch.eye(4).double()[source.y]
    other = target.x + 2 * torch.eye(4).double()[target.y]
    turn = torch.linalg.qr(torch.eye(4).double() + 0.3 * target.x[:4])[0]
    return source._replace(x=own), target._replace(x=1.3 * other @ turn + 0.5, y=target.y * 0 - 1)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_papers_estimator_is_fitted_to_both_domains(name):
    source, target = domains()
    parts = {"source": source, "target": target}
    samples = {domain: (part.x.numpy(), part.y.numpy()) for domain, part in parts.items()}
    model = begun(recipe(name), samples=lambda self, domain: samples[domain])
    expected = ESTIMATORS[name]().fit(source.x.numpy(), source.y.numpy(), target=target.x.numpy())
    for domain, part in parts.items():
        found = model(part.x, domain).argmax(1).numpy()
        assert np.array_equal(found, expected.predict(part.x.numpy(), domain))
    placed, ours = (m.transform(source.x.numpy(), "source") for m in (expected, model.model))
    np.testing.assert_allclose(ours @ ours.T, placed @ placed.T, atol=1e-8)


def recoloured(x, y):
    """CORAL's map of the source; the target stays."""
    c_s, c_t = (np.cov(z.T) + np.eye(5) for z in (x, y))
    turn = fractional_matrix_power(c_s, -0.5) @ fractional_matrix_power(c_t, 0.5)
    return (turn, 0.0), (np.eye(5), 0.0)


def turned(x, y):
    """Fernando et al. on two axes, each pointing to where its largest entry is positive."""
    ours, theirs = (np.linalg.svd(z - z.mean(0))[2][:2].T for z in (x, y))
    largest = theirs[np.abs(theirs).argmax(0), [0, 1]]
    theirs = theirs * np.sign(largest)
    source = ours @ ours.T @ theirs
    return (source, -x.mean(0) @ source), (theirs, -y.mean(0) @ theirs)


@pytest.mark.parametrize(
    ("name", "maps", "options"),
    [("coral", recoloured, {}), ("subspace_alignment", turned, {"dim": 2})],
)
def test_the_head_learns_on_the_moved_source(name, maps, options):
    source, target = domains()
    model = recipe(name, **options)
    with torch.no_grad():
        z = {"source": model.encoder(source.x), "target": model.encoder(target.x)}
    begun(model, collect=lambda self, domain: SimpleNamespace(z=z[domain]))
    both = maps(z["source"].numpy(), z["target"].numpy())
    (own, moved), (other, shift) = ([torch.as_tensor(v) for v in one] for one in both)
    torch.testing.assert_close(model(source.x, "source"), model.head(z["source"] @ own + moved))
    torch.testing.assert_close(model(target.x), model.head(z["target"] @ other + shift))
    rows = torch.tensor([3, 28, 11, 7])
    part = type(source)(*(v[rows] for v in source))
    logits = model.head(z["source"][rows] @ own + moved)
    expected = -logits.log_softmax(1)[range(4), part.y].mean()
    found = stepped(model, {"source": part})
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.head.parameters()))
