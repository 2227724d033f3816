import numpy as np
import pytest
import torch

from da_bench.data.benchmarks import denoised
from da_bench.data.benchmarks.amazon_reviews import AmazonReviews
from da_bench.functional.msda import msda

FILES = {"a/one_train": "1", "a/two_train": "2", "a/one_test": "3"}
TRAIN = ["a/one_train", "a/two_train"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    return tmp_path / "da_bench"


def samples():
    g = torch.Generator().manual_seed(0)
    sizes = dict(zip(FILES, (20, 30, 10), strict=True))
    return {k: torch.poisson(torch.ones(n, 5), generator=g) for k, n in sizes.items()}


def test_layers_side_by_side_for_each_file(cache):
    found = denoised.cached_layers("a", FILES, TRAIN, samples, layers=2)
    x = samples()
    whole = list(msda(torch.cat([x[k] for k in TRAIN]), x["a/one_test"], layers=2))
    assert found["one_train"].shape == (20, 10)
    train = torch.cat([first for first, _ in whole], 1).numpy()
    np.testing.assert_allclose(found["one_train"], train[:20], atol=6e-4)
    np.testing.assert_allclose(found["two_train"], train[20:], atol=6e-4)
    test = torch.cat([second for _, second in whole], 1).numpy()
    np.testing.assert_allclose(found["one_test"], test, atol=6e-4)


def test_computed_once_and_anew_for_other_data_or_settings(cache):
    calls = []

    def counted():
        calls.append(1)
        return samples()

    for _ in range(2):
        denoised.cached_layers("a", FILES, TRAIN, counted, layers=2)
    assert len(calls) == 1
    denoised.cached_layers("a", FILES, TRAIN, counted, layers=2, corruption=0.4)
    denoised.cached_layers("a", FILES | {"a/one_test": "4"}, TRAIN, counted, layers=2)
    assert len(calls) == 3


def test_an_interruption_leaves_nothing_half_written(cache, monkeypatch):
    real = denoised.msda

    def killed(*args, **kwargs):
        yield next(real(*args, **kwargs))
        raise KeyboardInterrupt

    monkeypatch.setattr(denoised, "msda", killed)
    with pytest.raises(KeyboardInterrupt):
        denoised.cached_layers("a", FILES, TRAIN, samples, layers=2)
    assert {p.name for p in cache.rglob("*") if p.is_file()} == {"lock"}
    monkeypatch.setattr(denoised, "msda", real)
    assert len(denoised.cached_layers("a", FILES, TRAIN, samples, layers=2)) == 3


def test_amazon_takes_the_right_rows_and_both_directions_share(data_folder, monkeypatch):
    asked = []

    def layers(folder, files, fitted, counts, **settings):
        asked.append((tuple(files), tuple(fitted), tuple(sorted(settings.items()))))
        rows = {p: len(x) for p, x in counts().items()}
        return {p.rpartition("/")[2]: np.arange(n, dtype=np.float16)[:, None] / 8192
                for p, n in rows.items()}  # fmt: skip

    monkeypatch.setattr(denoised, "cached_layers", layers)
    one = AmazonReviews("books", "dvd", representation="msda")
    val, test = one.dataset("books", "val"), one.dataset("dvd", "test")
    counts = AmazonReviews("books", "dvd")
    assert torch.equal(val.x[:, :5000], counts.dataset("books", "val").x)
    assert val.x[0, 5000] == pytest.approx(1800 / 8192, abs=1e-3)
    assert len(test) == 3586
    other = AmazonReviews("dvd", "books", representation="msda")
    other.dataset("dvd", "train")
    assert asked[0] == asked[-1]
    assert len(asked[0][0]) == 4
    assert all(path.endswith("_train.svmlight") for path in asked[0][1])


def test_bad_representations():
    with pytest.raises(ValueError, match="two domains"):
        AmazonReviews(["books", "kitchen"], "dvd", representation="msda")
    with pytest.raises(ValueError, match="validation=2000"):
        AmazonReviews(validation=2000)


def test_all_reviews_train_where_none_is_kept(data_folder):
    pair = AmazonReviews(validation=0)
    assert len(pair.dataset("books", "train")) == 2000
    assert len(pair.dataset("books", "val")) == 0
    assert list(pair.evaluations("val")) == []
