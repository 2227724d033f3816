import pytest
import torch

from da_bench.data.benchmarks.digits import DOMAINS, Digits, rows

SHIFTED = [name for name in DOMAINS if name != "original"]


@pytest.mark.parametrize("target", SHIFTED)
def test_domains(target):
    pair = Digits("original", target, batch_size=32)
    pair.setup()
    x, y = pair.dataset(target, "train")[:]
    assert x.shape == (len(y), 64)
    assert x.dtype == torch.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert y.unique().tolist() == list(range(10))
    assert pair.task.names == [str(d) for d in range(10)]
    assert torch.equal(x, Digits("original", target).dataset(target, "train").x)
    # A shift moves every image, and leaves its label: with the roles swapped, the same rows differ.
    plain = Digits(target, "original").dataset("original", "train")
    assert torch.equal(plain.y, y)
    assert (plain.x != x).any(1).float().mean() > 0.99


def test_no_image_on_both_sides_or_in_two_splits():
    size = 1797
    parts = [rows(side, s, size) for side in (True, False) for s in ("train", "val", "test")]
    assert torch.cat(parts).sort().values.tolist() == list(range(size))
    assert [len(p) for p in parts] == [539, 90, 269, 539, 90, 270]


def test_several_sources_share_a_half_that_the_target_lacks():
    pair = Digits(["original", "inverted"], "rotated")
    first, second = (pair.dataset(n, "train") for n in ("original", "inverted"))
    assert torch.equal(1 - first.x, second.x)


def test_shifts_by_hand():
    image = torch.zeros(1, 8, 8)
    image[0, 2, 3] = 1
    assert DOMAINS["shifted"](image)[0, 3, 4] == 1
    assert DOMAINS["shifted"](image).sum() == 1
    assert DOMAINS["inverted"](image)[0, 2, 3] == 0
    assert DOMAINS["blurred"](image)[0, 2, 3] == 0.25
    assert DOMAINS["blurred"](image).sum() == 1
    centre = torch.zeros(1, 8, 8)
    centre[0, 0, 3:5] = 1  # top middle; counter-clockwise, it moves to the left
    columns = DOMAINS["rotated"](centre)[0].sum(0)
    assert (columns * torch.arange(8)).sum() / columns.sum() < 3


def test_unknown_and_doubled_domains():
    with pytest.raises(ValueError, match="unknown domain 'upside'"):
        Digits("original", "upside").setup()
    with pytest.raises(ValueError, match="source and target at once"):
        Digits("original", "original").setup()
