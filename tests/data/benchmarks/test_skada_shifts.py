import numpy as np
import pytest
import torch

from da_bench.config import layers
from da_bench.data.benchmarks.skada_shifts import SIZES, SkadaShifts, generate, splits

NAMES = {
    "covariate": "covariate_shift",
    "target": "target_shift",
    "concept": "conditional_shift",
    "subspace": "subspace",
}
every = pytest.mark.parametrize("shift", SIZES)


@every
@pytest.mark.parametrize("state", [0, 3])
def test_equals_skada_draw_for_draw_and_split_for_split(shift, state):
    datasets = pytest.importorskip("skada.datasets")
    from skada.model_selection import StratifiedDomainShuffleSplit

    n, noise = SIZES[shift]
    bunch = datasets.make_shifted_datasets(
        n_samples_source=n,
        n_samples_target=n,
        shift=NAMES[shift],
        noise=noise,
        label="binary",
        center_cov_shift=(-0.4, 3),
        random_state=state,
        return_X_y=False,
    )
    found = generate(shift, state)
    assert np.array_equal(np.concatenate([x for x, _ in found]), bunch.X)
    assert np.array_equal(np.concatenate([y for _, y in found]), bunch.y)
    reference = StratifiedDomainShuffleSplit(5, test_size=0.2, random_state=0)
    theirs = list(reference.split(bunch.X, bunch.y, bunch.sample_domain))
    for (train, test), own in zip(theirs, splits(shift, state), strict=True):
        assert np.array_equal(train, own[0])
        assert np.array_equal(test, own[1])


@every
def test_parts_are_disjoint_and_whole(shift):
    pair = SkadaShifts("source-1", "target-1", shift=shift, seed=2)
    size = 4 * SIZES[shift][0] * (1 if shift == "subspace" else 2)
    for role in ("source", "target"):
        train, test = (pair.dataset(f"{role}-1", s) for s in ("train", "test"))
        together = torch.cat((train.x, test.x))
        assert len(together) == size == len(together.unique(dim=0))
        assert abs(len(test) - size / 5) <= 2
    assert len(pair.dataset("target-1", "val")) == 0
    assert torch.equal(pair.dataset("source-1", "val").x, pair.dataset("source-1", "test").x)
    pair.setup()
    assert not pair.view("target", "train").visible.any()


def test_seeds_are_splits_and_the_sixth_is_refused():
    one, other = (SkadaShifts(seed=s).dataset("source-0", "test").x for s in (0, 1))
    assert not torch.equal(one, other)
    with pytest.raises(ValueError, match="seed 5"):
        SkadaShifts(seed=5).dataset("source-0", "test")


def test_bad_names():
    with pytest.raises(ValueError, match="source-R"):
        SkadaShifts().dataset("books", "test")
    with pytest.raises(ValueError, match="shift='drift'"):
        SkadaShifts(shift="drift")


@every
def test_each_has_a_benchmark(shift):
    assert len(layers.tasks(f"skada_{shift}")) == 5
    layer = layers.read("data", f"skada_{shift}")
    assert layer["data"]["init_args"]["shift"] == shift


def test_target_shift_is_nine_to_one():
    (_, source), (_, target) = generate("target", 4)
    assert np.bincount(source).tolist() == [400, 400]
    assert np.bincount(target).tolist() == [720, 80]
