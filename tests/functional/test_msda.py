import pytest
import torch

from da_bench.functional.msda import msda, msda_apply, msda_map


def counts(n=40, d=6, seed=0):
    g = torch.Generator().manual_seed(seed)
    x = torch.poisson(torch.full((n, d), 0.8, dtype=torch.float64), generator=g)
    x[:, 1] += x[:, 0]  # something to reconstruct a dropped word from
    return x


def by_the_paper(x, p, ridge):
    """Chen et al., ICML 2012, equations 3 to 6, entry by entry; the constant is last."""
    n, d = x.shape
    bar = torch.cat((x, torch.ones(n, 1, dtype=x.dtype)), 1)
    q = [1 - p] * d + [1.0]
    scatter = torch.zeros(d + 1, d + 1, dtype=x.dtype)
    for i in range(d + 1):
        for j in range(d + 1):
            for row in bar:
                scatter[i, j] += row[i] * row[j]
    big_q, big_p = torch.zeros_like(scatter), torch.zeros_like(scatter)
    for i in range(d + 1):
        for j in range(d + 1):
            big_q[i, j] = scatter[i, j] * (q[i] if i == j else q[i] * q[j])
            big_p[i, j] = scatter[i, j] * q[j]
    for i in range(d):
        big_q[i, i] += ridge
    return (big_p @ torch.linalg.inv(big_q))[:d]


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("ridge", [1e-5, 1.0])
def test_equals_the_paper(p, ridge):
    x = counts()
    torch.testing.assert_close(msda_map(x, p, ridge), by_the_paper(x, p, ridge))


def test_is_the_limit_of_many_corrupted_copies():
    x, g = counts(), torch.Generator().manual_seed(1)
    copies = 20_000
    whole = x.repeat(copies, 1)
    kept = torch.rand(whole.shape, generator=g, dtype=x.dtype) >= 0.5
    corrupted = torch.cat((whole * kept, torch.ones(len(whole), 1, dtype=x.dtype)), 1)
    system = corrupted.T @ corrupted / copies + torch.diag(torch.tensor([1e-5] * 6 + [0.0]))
    explicit = torch.linalg.solve(system, corrupted.T @ whole / copies).T
    torch.testing.assert_close(msda_map(x), explicit, rtol=0, atol=5e-3)


def test_a_word_that_never_occurs_changes_nothing():
    x = counts()
    wide = torch.cat((x, torch.zeros(len(x), 1, dtype=x.dtype)), 1)
    found = msda_map(wide)
    torch.testing.assert_close(found[:6, [0, 1, 2, 3, 4, 5, 7]], msda_map(x))
    torch.testing.assert_close(found[6], torch.zeros(8, dtype=x.dtype), rtol=0, atol=1e-9)


def test_a_dropped_word_is_put_back_from_its_neighbour():
    x = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64).repeat(50, 1)
    weight = msda_map(x)
    seen = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    restored = seen @ weight[:, :2].T + weight[:, 2]
    assert restored[0, 0] > restored[1, 0] + 0.3


def test_layers_feed_each_other_and_are_fitted_on_the_first_sample_alone():
    x, other = counts(), counts(9, seed=3)
    stack = list(msda(x, other, layers=3))
    h, mine = x, other
    for first, second in stack:
        weight = msda_map(h)
        h, mine = msda_apply(h, weight), msda_apply(mine, weight)
        assert torch.equal(first, h)
        assert torch.equal(second, mine)
        assert first.abs().max() <= 1
    assert len(stack) == 3
    alone = list(msda(x, layers=3))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(alone, stack, strict=True))


def test_layer_by_hand():
    x, weight = counts(5), msda_map(counts())
    for i in range(5):
        for k in range(6):
            value = sum(weight[k, j] * x[i, j] for j in range(6)) + weight[k, 6]
            torch.testing.assert_close(msda_apply(x, weight)[i, k], value.tanh())


def test_single_precision_is_solved_in_double():
    x = counts(400, 30)
    found = msda_map(x.float())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), msda_map(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"corruption": 1.0}, "corruption=1.0"),
        ({"corruption": -0.1}, "corruption"),
        ({"ridge": 0.0}, "ridge"),
        ({"x": torch.ones(3)}, "flatten"),
        ({"x": torch.full((3, 2), float("nan"))}, "NaN"),
        ({"x": torch.empty(0, 2)}, r"\(n, d\)"),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        msda_map(**{"x": counts()} | change)


def test_bad_stack_is_named():
    with pytest.raises(ValueError, match="layers=0"):
        next(msda(counts(), layers=0))
    with pytest.raises(ValueError, match="map"):
        msda_apply(counts(), torch.ones(2, 2))
