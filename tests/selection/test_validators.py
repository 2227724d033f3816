"""Each validator against numpy, scikit-learn or a double loop; awkward shapes; named errors."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score, log_loss, silhouette_score
from sklearn.neighbors import KNeighborsClassifier

from da_bench.functional import predictions as losses
from da_bench.functional.kernels import median_distance
from da_bench.selection import clusters, importance, neighbours, predictions, source
from da_bench.selection.catalogue import VALIDATORS, UnknownValidator, validator
from da_bench.selection.collapse import collapse
from da_bench.selection.outputs import Undefined

from .made import made

SHAPES = [
    {},
    {"n": 2, "h": 2, "m": 2},
    {"k": 2},
    {"n": 200, "m": 11, "d": 1},
    {"d": 60},  # wider than its samples are many
    {"scale": 30.0},  # sure of nearly everything
]
shapes = pytest.mark.parametrize("shape", SHAPES)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def entropies(p):
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(1)


def reference_weights(o):
    """The same penalised fit by scikit-learn, on features brought to unit spread by hand."""
    s, t, h = (x.numpy() for x in (o.source_z, o.target_z, o.held_z))
    centre = (s.mean(0) + t.mean(0)) / 2
    size = math.sqrt((((s - centre) ** 2).mean() + ((t - centre) ** 2).mean()) / 2)
    x = (np.concatenate((s, t)) - centre) / size
    share = np.concatenate((np.full(len(s), 0.5 / len(s)), np.full(len(t), 0.5 / len(t))))
    # L-BFGS stops 1e-5 short where samples are fewer than features; Newton's method does not.
    fit = LogisticRegression(C=1 / (2 * importance.L2), tol=1e-12, solver="newton-cholesky")
    fit.fit(x, np.arange(len(x)) >= len(s), share)
    return np.exp(fit.decision_function((h - centre) / size))


def reference_losses(o):
    p = softmax(o.held_logits.numpy())
    return -np.log(p[np.arange(len(p)), o.held_y.numpy()])


@shapes
def test_source_scores(shape):
    o = made(**shape)
    p, y = softmax(o.held_logits.numpy()), o.held_y.numpy()
    assert source.accuracy(o) == pytest.approx((p.argmax(1) == y).mean(), abs=1e-12)
    assert source.risk(o) == pytest.approx(reference_losses(o).mean(), rel=1e-9)
    if "scale" not in shape:
        assert source.risk(o) == pytest.approx(log_loss(y, p, labels=range(p.shape[1])), rel=1e-6)


@shapes
def test_weights_are_those_of_scikit_learn(shape):
    """To 1e-6 of each, where both fits are solved to their optimum."""
    o = made(**shape)
    w = importance.weights(o.source_z, o.target_z, o.held_z).numpy()
    assert w == pytest.approx(reference_weights(o), rel=1e-6)


@shapes
def test_iwv_and_dev_equal_their_formulas_under_scikit_learns_weights(shape, monkeypatch):
    o = made(**shape)
    w, loss = reference_weights(o), reference_losses(o)
    c = np.cov(w * loss, w)
    eta = -c[0, 1] / c[1, 1]
    controlled = (w * loss).mean() + eta * w.mean() - eta
    # By our own weights first: what stored outputs give, from end to end.
    assert importance.iwv(o) == pytest.approx((w * loss).mean(), rel=1e-6, abs=1e-6)
    monkeypatch.setattr(importance, "weights", lambda *given: torch.from_numpy(w))
    assert importance.iwv(o) == pytest.approx((w * loss).mean(), rel=1e-9)
    assert importance.dev(o) == pytest.approx(controlled, rel=1e-6, abs=1e-6)


def test_weights_are_target_like_and_of_mean_one_in_expectation():
    g = torch.Generator().manual_seed(0)
    s, h = (torch.randn(4000, 1, generator=g, dtype=torch.double) for _ in range(2))
    w = importance.weights(s, 0.5 + torch.randn(4000, 1, generator=g, dtype=torch.double), h)
    true = torch.exp(0.5 * h[:, 0] - 0.125)  # N(0.5, 1) over N(0, 1)
    assert torch.corrcoef(torch.stack((w, true)))[0, 1] > 0.99
    assert w.mean().item() == pytest.approx(1, abs=0.05)


def test_dev_with_equal_weights_is_iwv():
    o = made(n=30, m=30)
    same = o._replace(source_z=torch.ones(30, 5).double(), target_z=torch.ones(30, 5).double())
    assert importance.dev(same) == pytest.approx(importance.iwv(same), rel=1e-9)
    assert importance.iwv(same) == pytest.approx(source.risk(o), rel=1e-6)


@shapes
def test_scores_of_predictions(shape):
    o = made(**shape)
    p = softmax(o.target_logits.numpy())
    own = entropies(p).mean()
    assert predictions.entropy(o) == pytest.approx(own, rel=1e-6, abs=1e-9)
    mutual = entropies(p.mean(0)[None])[0] - own
    assert predictions.information_maximisation(o) == pytest.approx(mutual, rel=1e-6, abs=1e-9)
    nuclear = np.linalg.svd(p, compute_uv=False).sum() / len(p)
    assert predictions.bnm(o) == pytest.approx(nuclear, rel=1e-6)
    assert predictions.mcc(o) == pytest.approx(losses.mcc(o.target_logits).item(), rel=1e-6)
    soft = softmax(o.target_logits.numpy() / 2.5)
    w = 1 + np.exp(-entropies(soft))
    confusion = sum(w[i] / w.mean() * np.outer(soft[i], soft[i]) for i in range(len(soft)))
    confusion /= confusion.sum(1, keepdims=True)
    expected = (confusion.sum() - np.trace(confusion)) / len(confusion)
    assert predictions.mcc(o) == pytest.approx(expected, rel=1e-6)


@shapes
@pytest.mark.parametrize("rows", [7, 1024])
def test_snd_equals_the_double_loop(shape, rows, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", rows)
    o = made(**shape)
    p = softmax(o.target_logits.numpy())
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    total = 0.0
    for i in range(len(p)):
        near = np.array([p[i] @ p[j] / 0.05 for j in range(len(p)) if j != i])
        total += entropies(softmax(near[None]))[0]
    assert neighbours.snd(o) == pytest.approx(total / len(p), rel=1e-6, abs=1e-9)


@shapes
def test_nearest_source_is_one_nearest_neighbour(shape):
    o = made(**shape)
    fit = KNeighborsClassifier(1, algorithm="brute").fit(o.source_z.numpy(), o.source_y.numpy())
    expected = (fit.predict(o.target_z.numpy()) == o.target_logits.argmax(1).numpy()).mean()
    assert neighbours.nearest_source(o) == pytest.approx(expected, abs=1e-12)


def test_ties_go_to_the_first():
    o = made(n=2, m=1, d=1, k=2)
    o = o._replace(
        source_z=torch.tensor([[1.0], [-1.0]]).double(), source_y=torch.tensor([0, 1]),
        target_z=torch.zeros(1, 1).double(), target_logits=torch.zeros(1, 2).double(),
    )  # fmt: skip
    assert neighbours.nearest_source(o) == 1.0
    assert neighbours.nearest_source(o._replace(source_y=torch.tensor([1, 0]))) == 0.0


@shapes
def test_mmd_equals_the_double_loop(shape):
    o = made(**shape)
    x, y = o.source_z.numpy(), o.target_z.numpy()
    both = np.concatenate((x, y))
    distance = ((both[:, None] - both[None]) ** 2).sum(-1)
    width = median_distance(o.source_z, o.target_z).item()
    variances = [factor * width**2 for factor in (0.25, 0.5, 1, 2, 4)]
    gram, n, m = np.mean([np.exp(-distance / 2 / v) for v in variances], 0), len(x), len(y)
    xx = sum(gram[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(gram[n + i, n + j] for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(gram[i, n + j] for i in range(n) for j in range(m)) / (n * m)
    assert neighbours.mmd(o) == pytest.approx(xx + yy - 2 * xy, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("shape", [s for s in SHAPES if s.get("n") != 2])
def test_cluster_scores_equal_scikit_learn(shape):
    o = made(**shape)
    z, p = o.target_z.numpy(), o.target_logits.argmax(1).numpy()
    start = np.stack([z[p == c].mean(0) for c in sorted(set(p))])
    found = KMeans(len(start), init=start, n_init=1).fit_predict(z)
    ami = adjusted_mutual_info_score(p, found)
    assert clusters.class_ami(o) == pytest.approx(ami, abs=1e-6)
    assert clusters.class_ss(o) == pytest.approx(silhouette_score(z, found), abs=1e-6)


@pytest.mark.parametrize("name", [n for n in VALIDATORS if n not in ("class_ss", "class_ami")])
def test_ten_thousand_classes(name):
    assert math.isfinite(VALIDATORS[name](made(n=6, h=5, m=4, k=10_000)))


def test_clusters_of_ten_thousand_classes():
    o = made(m=12, k=10_000)
    o = o._replace(target_logits=torch.eye(12, 10_000)[torch.arange(12) % 5].double())
    assert math.isfinite(clusters.class_ami(o))
    assert math.isfinite(clusters.class_ss(o))


@pytest.mark.parametrize(
    ("names", "shape", "says"),
    [
        (("source_accuracy", "source_risk", "iwv", "dev"), {"h": 0}, "validation split, got 0"),
        (("dev",), {"h": 1}, "at least 2 samples"),
        (("iwv", "dev", "mmd"), {"n": 1}, "got 1 and 30"),
        (("iwv", "dev", "mmd"), {"m": 1}, "got 40 and 1"),
        (("snd", "class_ami", "class_ss"), {"m": 1}, "at least 2 target samples"),
        (
            ("entropy", "information_maximisation", "bnm", "mcc", "snd", "class_ami",
             "class_ss", "nearest_source"),
            {"k": 1},
            "two classes",
        ),
        (("entropy", "bnm", "mcc", "nearest_source"), {"m": 0}, r"got \(0, 4\)"),
    ],
)  # fmt: skip
def test_undefined_says_so(names, shape, says):
    for name in names:
        with pytest.raises(Undefined, match=says):
            VALIDATORS[name](made(**shape))


@pytest.mark.parametrize("name", ["class_ami", "class_ss"])
def test_clusters_of_a_collapsed_model_are_undefined(name):
    with pytest.raises(Undefined, match="class 2 for all 30"):
        VALIDATORS[name](made(target_logits=torch.eye(4).double()[torch.full((30,), 2)]))


@pytest.mark.parametrize("name", [n for n in VALIDATORS if n != "last"])
def test_outputs_that_are_not_finite_are_undefined(name):
    bad = made()._replace(source_z=torch.full_like(made().source_z, math.nan))
    with pytest.raises(Undefined, match="source_z is not finite: the run diverged"):
        VALIDATORS[name](bad)


def test_scores_are_higher_for_better():
    """A model that is right and sure on separated classes beats one that guesses."""
    g = torch.Generator().manual_seed(0)
    y = torch.arange(40) % 4
    centres = 6 * torch.eye(4).double()

    def clean(strength):
        z = centres[y] + torch.randn(40, 4, generator=g, dtype=torch.double)
        return z, strength * z

    def whole(strength):
        (a, la), (b, lb), (c, lc) = clean(strength), clean(strength), clean(strength)
        return made()._replace(
            source_z=a, source_logits=la, source_y=y, held_z=b, held_logits=lb, held_y=y,
            target_z=c, target_logits=lc,
        )  # fmt: skip

    good, bad = whole(3.0), made(n=40, h=40, m=40, d=4, scale=0.1)
    for name, one in VALIDATORS.items():
        # To SND a model that is sure of nothing looks dense: all its samples are neighbours.
        if name not in ("last", "snd"):
            assert one(good) > one(bad), name
    assert VALIDATORS["snd"](good) > VALIDATORS["snd"](made(m=40, scale=3.0))


def test_the_guard_knows_a_collapsed_model():
    y = torch.arange(30) % 10
    sound = collapse(made(target_logits=20 * torch.eye(10).double()[y]))
    assert sound[:2] == (10, 10)
    assert sound.evenness == pytest.approx(1, abs=1e-3)
    assert not sound.suspect
    one = collapse(made(target_logits=20 * torch.eye(10).double()[torch.zeros_like(y)]))
    assert one.predicted == 1
    assert one.evenness < 0.01
    assert str(one).startswith("COLLAPSED: 1/10")
    # Of two classes one is half, and predictions that are not sure are even: still one class.
    unsure = collapse(made(target_logits=torch.tensor([[0.5, 0.0]]).double().repeat(30, 1)))
    assert unsure.evenness > 0.9
    assert unsure.suspect


def test_a_collapsed_model_pleases_entropy_and_snd():
    """Why there is a guard: it is shown beside each choice."""
    collapsed = made(target_logits=50 * torch.eye(4).double()[torch.zeros(30).long()])
    for name in ("entropy", "snd"):
        assert VALIDATORS[name](collapsed) > VALIDATORS[name](made())


def test_the_catalogue_is_read_without_torch():
    code = (
        "import sys; from da_bench.selection.catalogue import VALIDATORS\n"
        "assert len(VALIDATORS) > 12\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(UnknownValidator, match="did you mean 'dev'"):
        validator("devv")
    with pytest.raises(UnknownValidator, match="oracle figures choose nothing; known: ") as told:
        validator("oracle/target")
    assert str(told.value).count("known:") == 1
