import pytest
import torch

from da_bench.config import layers
from da_bench.data.benchmarks.amazon_reviews import DOMAINS, ROWS, AmazonReviews
from da_bench.published.registry import REGISTRY


@pytest.mark.parametrize("name", DOMAINS)
def test_counts(name, data_folder):
    other = "books" if name != "books" else "dvd"
    pair = AmazonReviews(name, other)
    train, val, test = (pair.dataset(name, s) for s in ("train", "val", "test"))
    assert (len(train), len(val), len(test)) == (1800, 200, ROWS[name])
    assert train.x.shape == (1800, 5000)
    assert train.x.dtype == torch.float32
    assert torch.equal(train.x, train.x.round())
    assert train.x.max() > 20  # raw counts, neither binary nor weighted
    assert train.x[:, 0].any()  # indices count from 0
    assert train.x[:, -1].any()
    both = torch.cat((train.y, val.y))
    assert both.bincount().tolist() == [1000, 1000]


def test_first_review_as_in_the_file(data_folder):
    with open(f"{data_folder}/amazon_reviews/books_train.svmlight") as file:
        label, *counts = file.readline().split()
    x, y = AmazonReviews().dataset("books", "train")[0]
    assert int(y) == (int(label) + 1) // 2
    expected = {int(i): float(v) for i, v in (c.split(":") for c in counts)}
    assert {int(i): float(x[i]) for i in x.nonzero()[:, 0]} == expected


def test_a_pair_is_ready(data_folder):
    pair = AmazonReviews("books", "kitchen", batch_size=100)
    pair.setup()
    assert len(pair.view("source", "train")) == 1800
    assert len(pair.view("target", "train")) == 2000
    assert len(pair.view("target", "test")) == 5945
    batch = next(iter(pair.train_dataloader()))
    assert (batch["target"].y == -1).all()


def test_twelve_tasks():
    tasks = layers.tasks("amazon_reviews")
    assert set(tasks) == {(s, t) for s in DOMAINS for t in DOMAINS if s != t}
    assert len(tasks) == 12


def test_checksum_needs_no_file_and_tells_tasks_apart(monkeypatch):
    monkeypatch.setenv("DA_BENCH_DATA", "/nowhere")
    first = AmazonReviews("books", "dvd").checksum()
    assert first != AmazonReviews("books", "kitchen").checksum()
    files = REGISTRY["amazon_reviews"].files
    monkeypatch.setitem(files, "amazon_reviews/dvd_test.svmlight", "0" * 64)
    assert first != AmazonReviews("books", "dvd").checksum()


def test_unknown_domain():
    with pytest.raises(ValueError, match="unknown domain 'film'"):
        AmazonReviews("film", "dvd").dataset("film", "train")
