"""PCA, TCA, JDA, BDA and TJM against their papers' problems, written out with dense matrices."""

import numpy as np
import pytest
from scipy.linalg import eig, eigh
from sklearn.neighbors import KNeighborsClassifier

from da_bench.shallow import BDA, JDA, PCA, TCA, TJM

N, M = 20, 15
RNG = np.random.default_rng(2)
Y = np.arange(N) % 3
SOURCE = RNG.normal(size=(N, 4)) + 2 * np.eye(4)[Y]
TARGET = 1.5 * RNG.normal(size=(M, 4)) + 2 * np.eye(4)[np.arange(M) % 3] + 0.3


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


POINTS = unit(np.concatenate((SOURCE, TARGET)))
H = np.eye(N + M) - 1 / (N + M)


def kernel(name, gamma=0.5):
    if name == "linear":
        return POINTS @ POINTS.T
    return np.array([[np.exp(-gamma * np.sum((a - b) ** 2)) for b in POINTS] for a in POINTS])


def mmd(ours, theirs):
    """The MMD's matrix, entry by entry, of source samples and target samples that are True."""
    found = np.zeros((N + M, N + M))
    for i in range(N + M):
        for j in range(N + M):
            sides = [(ours[k] / ours.sum() if k < N else -theirs[k - N] / max(theirs.sum(), 1))
                     for k in (i, j)]  # fmt: skip
            found[i, j] = sides[0] * sides[1]
    return found


def solve(k, m, penalty, count):
    """The dual problem as stated, by its largest values; axes of length one."""
    _, axes = eigh(k @ H @ k, k @ m @ k + np.diag(penalty))
    axes = axes[:, ::-1][:, :count]
    return axes / np.linalg.norm(axes, axis=0)


def gram(z):
    return z @ z.T  # blind to the signs of axes


def root(k):
    """``X (N, r)`` with ``X X' = K``: the samples under the kernel, whose axes the primal finds."""
    values, axes = np.linalg.eigh(k)
    return axes[:, values > 1e-12] * np.sqrt(values[values > 1e-12])


def place(k, m, weight, count, form, axes="unit"):
    """Where the two forms put the samples ``(N, count)``, each by its own dense eigenproblem.

    The primal one is stated as in the papers: the smallest values of
    ``(X'MX + w I) a = u X'HX a``, of length one as ``eig`` returns them.
    """
    x = k if form == "dual" else root(k)
    left = x.T @ m @ x + weight * np.eye(x.shape[1])
    if form == "dual":
        a = solve(k, m, np.full(len(k), weight), count)
    else:
        values, vectors = eig(left, x.T @ H @ x)
        order = np.argsort(np.where(np.isfinite(values.real), values.real, np.inf))[:count]
        a = vectors.real[:, order]
    return x @ a if axes == "unit" else x @ a / np.sqrt(np.diag(a.T @ left @ a))


def same(model, z):
    """Both domains lie where ``z (N, k)`` says, each sample scaled to length one."""
    found = np.concatenate((model.transform(SOURCE, "source"), model.transform(TARGET)))
    np.testing.assert_allclose(gram(found), gram(unit(z)), atol=1e-7)


forms = pytest.mark.parametrize("form", ["primal", "dual"])
kernels = pytest.mark.parametrize("name", ["linear", "rbf"])


def test_pca_keeps_the_most_variance():
    model = PCA(2).fit(SOURCE, Y, target=TARGET)
    values, axes = np.linalg.eigh(np.cov(POINTS.T))
    z = unit((POINTS - POINTS.mean(0)) @ axes[:, np.argsort(values)[-2:]])
    found = np.concatenate((model.transform(SOURCE, "source"), model.transform(TARGET)))
    np.testing.assert_allclose(gram(found), gram(z), atol=1e-9)


@forms
@kernels
def test_tca_solves_the_papers_problem(name, form):
    model = TCA(3, mu=0.7, form=form, kernel=name, gamma=0.5).fit(SOURCE, Y, target=TARGET)
    same(model, place(kernel(name), mmd(np.ones(N), np.ones(M)), 0.7, 3, form))


def test_tca_solves_the_problem_as_the_paper_turns_it():
    """Leading eigenvectors of (I + KLK / mu)^-1 KHK, which isn't symmetric (skada takes it so)."""
    k, m = kernel("rbf"), mmd(np.ones(N), np.ones(M))
    turned = np.linalg.solve(np.eye(N + M) + k @ m @ k / 0.5, k @ H @ k)
    values, axes = np.linalg.eig(turned)
    model = TCA(2, mu=0.5, kernel="rbf", gamma=0.5, head=None).fit(SOURCE, Y, target=TARGET)
    order = np.argsort(-values.real)[:2]
    for axis, found in zip(axes.real.T[order], model.dual_.T, strict=True):
        cosine = axis @ found / np.linalg.norm(axis) / np.linalg.norm(found)
        assert abs(cosine) > 1 - 1e-8


def rounds(k, weight, form, balance=None, weighted=False, iterations=3, axes="unit"):
    """JDA (or BDA) as its paper lists it."""
    everything = mmd(np.ones(N), np.ones(M))
    m, guess = everything, None
    for _ in range(iterations):
        if guess is not None:
            parts = []
            for c in range(3):
                part = mmd((c == Y) * 1.0, (guess == c) * 1.0)
                if weighted:
                    root = np.sqrt(np.repeat([np.mean(c == Y), np.mean(guess == c)], (N, M)))
                    part = part * np.outer(root, root)
                parts.append(part)
            m = 3 * everything + sum(parts)
            if balance is not None:
                m = (1 - balance) * everything + balance * sum(parts)
        z = unit(place(k, m / np.linalg.norm(m), weight, 3, form, axes))
        guess = KNeighborsClassifier(1).fit(z[:N], Y).predict(z[N:])
    return z


@pytest.mark.parametrize("axes", ["unit", "penalised"])
@forms
@kernels
def test_jda_solves_the_papers_problem(name, form, axes):
    model = JDA(3, weight=0.2, iterations=3, form=form, axes=axes, kernel=name, gamma=0.5)
    same(model.fit(SOURCE, Y, target=TARGET), rounds(kernel(name), 0.2, form, axes=axes))


@forms
@pytest.mark.parametrize("weighted", [False, True])
def test_bda_solves_the_papers_problem(weighted, form):
    model = BDA(3, weight=0.2, balance=0.8, weighted=weighted, iterations=3, form=form)
    same(model.fit(SOURCE, Y, target=TARGET), rounds(kernel("linear"), 0.2, form, 0.8, weighted))


@pytest.mark.parametrize("estimator", [TCA, JDA, BDA])
@kernels
def test_the_forms_are_two_problems_and_place_new_samples_as_they_place_their_own(estimator, name):
    """Primal axes of a kernel need coefficients over the samples."""
    fits = {f: estimator(2, form=f, kernel=name, gamma=0.5, unit=False) for f in ("primal", "dual")}
    places = {}
    for form, model in fits.items():
        model.fit(SOURCE, Y, target=TARGET)
        places[form] = model.transform(TARGET)
        np.testing.assert_allclose(model.samples_, model.transform(SOURCE, "source"), atol=1e-8)
        again = estimator(2, form=form, kernel=name, gamma=0.5, unit=False).restore(model.state())
        np.testing.assert_array_equal(again.transform(TARGET), places[form])
    assert np.abs(gram(places["primal"]) - gram(places["dual"])).max() > 0.01


@pytest.mark.parametrize("estimator", [TCA, JDA, BDA])
def test_another_form_is_refused(estimator):
    with pytest.raises(ValueError, match="form='kernel': expected primal or dual"):
        estimator(form="kernel").fit(SOURCE, Y, target=TARGET)
    with pytest.raises(ValueError, match="axes='long': expected unit or penalised"):
        estimator(axes="long").fit(SOURCE, Y, target=TARGET)


def test_tjm_solves_the_papers_problem():
    k, m = kernel("linear"), mmd(np.ones(N), np.ones(M))
    share = np.ones(N + M)
    for _ in range(4):
        a = solve(k, m / np.linalg.norm(m), 0.3 * share, 3)
        for i in range(N):
            row = a[i] / np.sqrt(np.diag(a.T @ k @ H @ k @ a))  # A'KHKA = I
            share[i] = 1 / (2 * np.linalg.norm(row))
    same(TJM(3, weight=0.3, iterations=4).fit(SOURCE, Y, target=TARGET), k @ a)


def test_components_without_variance_are_left_out():
    assert JDA(100).fit(SOURCE, Y, target=TARGET).transform(TARGET).shape == (M, 4)
    with pytest.raises(ValueError, match="unit=False"):
        TCA().fit(np.ones((9, 1)), Y[:9], target=2 * np.ones((4, 1)))
