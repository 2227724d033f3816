import pytest
import torch

from da_bench.config import layers
from da_bench.data.benchmarks.office_caltech import FILES, ROWS, OfficeCaltech
from da_bench.published.registry import REGISTRY

COUNTS = {"amazon": [92, 82, 94, 99, 100, 100, 99, 100, 94, 98],
          "dslr": [12, 21, 12, 13, 10, 24, 22, 12, 8, 23]}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_words_are_standardised(name, data_folder):
    other = "dslr" if name != "dslr" else "webcam"
    x, y = OfficeCaltech(name, other).dataset(name, "train")[:]
    assert x.shape == (ROWS[name], 800)
    assert x.dtype == torch.float32
    torch.testing.assert_close(x.mean(0), torch.zeros(800), atol=1e-5, rtol=0)
    spread = x.std(0, correction=0)
    assert ((spread - 1).abs() < 1e-4).logical_or(spread == 0).all()
    if name in COUNTS:
        assert y.bincount().tolist() == COUNTS[name]


def test_shares_come_before_standardising(data_folder):
    from scipy.io import loadmat

    path = f"{data_folder}/office_caltech10_surf/dslr_SURF_L10.mat"
    raw = torch.from_numpy(loadmat(path)["fts"].astype(float))
    shares = raw / raw.sum(1, keepdim=True)
    word = int(shares.std(0).argmax())
    column = (shares[:, word] - shares[:, word].mean()) / shares[:, word].std(correction=0)
    found = OfficeCaltech("dslr", "webcam").dataset("dslr", "train").x[:, word]
    torch.testing.assert_close(found, column.float())


def test_all_of_the_target_trains_and_is_tested(data_folder):
    pair = OfficeCaltech("webcam", "dslr")
    pair.setup()
    train, test = pair.view("target", "train"), pair.view("target", "test")
    assert len(train) == len(test) == 157
    assert not train.visible.any()
    assert len(pair.view("source", "train")) == len(pair.view("source", "test")) == 295
    assert len(pair.view("source", "val")) == 0


def test_twelve_tasks_and_a_checksum_without_files(monkeypatch):
    assert len(set(layers.tasks("office_caltech_surf"))) == 12
    monkeypatch.setenv("DA_BENCH_DATA", "/nowhere")
    first = OfficeCaltech("dslr", "webcam").checksum()
    assert first != OfficeCaltech("dslr", "amazon").checksum()
    assert set(REGISTRY["office_caltech"].files) == {
        f"office_caltech10_surf/{f}_SURF_L10.mat" for f in FILES.values()
    }


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match="unknown domain 'film'"):
        OfficeCaltech("film", "dslr").dataset("film", "train")
    with pytest.raises(ValueError, match="transductive"):
        OfficeCaltech(target_test="held_out")
