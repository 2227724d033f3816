"""Habits of people who know Lightning: each test is written as they would write it."""

import lightning as L
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities import CombinedLoader
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import da_bench
from da_bench.methods import ATDOC, CAN, CDAN, DANN, MCD

K, D = 3, 5
g = torch.Generator().manual_seed(0)
Y = torch.arange(48) % K
X = torch.randn(48, D, generator=g) + 2 * torch.eye(K, D)[Y]
Z = torch.randn(40, D, generator=g) + 2 * torch.eye(K, D)[torch.arange(40) % K] + 1


def net():
    return nn.Sequential(nn.Linear(D, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())


def loader(*tensors, **kwargs):
    return DataLoader(TensorDataset(*tensors), batch_size=8, **kwargs)


def trainer(tmp_path, **kwargs):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    return L.Trainer(default_root_dir=tmp_path, **{"max_epochs": 2, **quiet, **kwargs})


def loaders():
    return {"source": loader(X, Y, shuffle=True), "target": loader(Z, shuffle=True)}


def test_two_loaders(tmp_path):
    model = DANN(net(), num_classes=K, optimizer=torch.optim.Adam, lr=1e-3)
    fit = trainer(tmp_path)
    fit.fit(model, loaders(), {"source": loader(X, Y)})
    assert {"source_risk", "adaptation_loss", "val/source"} <= set(fit.callback_metrics)
    assert fit.global_step == 12


def test_a_combined_loader(tmp_path):
    both = CombinedLoader(loaders(), mode="min_size")
    fit = trainer(tmp_path, logger=False)
    fit.fit(CDAN(net(), num_classes=K), both)
    assert fit.global_step == 10


class Both(L.LightningDataModule):
    def train_dataloader(self):
        return loaders()

    def val_dataloader(self):
        return {"source": loader(X, Y), "target": loader(Z, torch.arange(40) % K)}

    def test_dataloader(self):
        return loader(X, Y)


def test_a_data_module_of_ones_own(tmp_path):
    fit, model = trainer(tmp_path), MCD(net(), num_classes=K)
    fit.fit(model, datamodule=Both())
    assert {"val/source", "oracle/val_target"} <= set(fit.callback_metrics)
    (scores,) = fit.test(model, datamodule=Both())
    assert set(scores) == {"test/loader", "test/loader_risk"}


def test_test_and_predict_on_any_loader(tmp_path):
    model = DANN(net(), num_classes=K)
    fit = trainer(tmp_path)
    (scores,) = fit.test(model, loader(X, Y))
    expected = float((model.eval()(X).argmax(1) == Y).float().mean())
    assert scores["test/loader"] == pytest.approx(expected)
    for data in (loader(X), loader(X, Y), DataLoader(X, 8)):
        logits = torch.cat(fit.predict(model, data))
        torch.testing.assert_close(logits, model(X))


def test_hparams_and_load_from_checkpoint(tmp_path):
    model = DANN(da_bench.networks.MLP(D, [8]), num_classes=K, weight=0.3, lr=0.05)
    assert model.hparams.weight == 0.3
    assert model.hparams.optimizer["init_args"]["lr"] == 0.05
    fit = trainer(tmp_path)
    fit.fit(model, loaders())
    loaded = DANN.load_from_checkpoint(fit.checkpoint_callback.best_model_path, map_location="cpu")
    torch.testing.assert_close(loaded(X), model.eval()(X))
    assert loaded.hparams == model.hparams


def test_callbacks_and_a_logger(tmp_path):
    best = ModelCheckpoint(monitor="val/source", mode="max")
    stop = EarlyStopping(monitor="val/source_risk", patience=1)
    rate = LearningRateMonitor()
    fit = trainer(tmp_path, callbacks=[best, stop, rate], logger=CSVLogger(tmp_path), max_epochs=50,
                  log_every_n_steps=2)  # fmt: skip
    fit.fit(DANN(net(), num_classes=K, lr=0.5), loaders(), {"source": loader(X, Y)})
    assert fit.current_epoch < 50
    assert 0 < best.best_model_score <= 1
    metrics = (tmp_path / "lightning_logs/version_0/metrics.csv").read_text()
    assert "train/adaptation_loss" in metrics


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "bf16-mixed"},
        {"accumulate_grad_batches": 3},
        {"gradient_clip_val": 0.1},
        {"max_epochs": -1, "max_steps": 7},
        {"fast_dev_run": True},
        {"overfit_batches": 2},
        {"limit_train_batches": 0.5, "val_check_interval": 2},
    ],
)
def test_options_of_the_trainer(tmp_path, options):
    model, fit = DANN(net(), num_classes=K), trainer(tmp_path, **options)
    before = model.head.weight.clone()
    fit.fit(model, loaders(), loader(X, Y))
    assert not torch.equal(before, model.head.weight)
    assert model.head.weight.isfinite().all()


def test_ckpt_path(tmp_path):
    first = trainer(tmp_path, max_epochs=1)
    first.fit(DANN(net(), num_classes=K), loaders())
    fit, model = trainer(tmp_path, max_epochs=3), DANN(net(), num_classes=K)
    fit.fit(model, loaders(), ckpt_path=first.checkpoint_callback.best_model_path)
    assert fit.current_epoch == 3
    assert fit.global_step == 18


class Words(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, i):
        return {"ids": (torch.arange(6) * i) % 11, "mask": torch.ones(6)}, int(Y[i])


class Bag(nn.Module):
    out_features = 4

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 4)

    def forward(self, x):
        return (self.embed(x["ids"]) * x["mask"][..., None]).mean(1)


def test_samples_that_are_dictionaries(tmp_path):
    words = DataLoader(Words(), 8)
    model, fit = DANN(Bag(), num_classes=K), trainer(tmp_path, logger=False)
    fit.fit(model, {"source": words, "target": words})
    assert len(fit.predict(model, words)) == 3


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y, strict=True))


def test_an_iterable_data_set(tmp_path):
    model, fit = DANN(net(), num_classes=K), trainer(tmp_path, max_epochs=-1, max_steps=9)
    fit.fit(model, {"source": DataLoader(Stream(), 8), "target": loader(Z)})
    assert fit.global_step == 9
    streams = {"source": DataLoader(Stream(), 8), "target": DataLoader(Stream(), 8)}
    with pytest.raises(ValueError, match="length of training is unknown"):
        trainer(tmp_path).fit(model, streams)


def test_target_labels_in_a_loader_are_not_used(tmp_path):
    def weights(*target):
        torch.manual_seed(0)
        model = DANN(net(), num_classes=K)
        batches = {"source": loader(X, Y), "target": loader(Z, *target)}
        trainer(tmp_path, logger=False).fit(model, batches)
        return model.head.weight

    torch.testing.assert_close(weights(torch.arange(40) % K), weights(), rtol=0, atol=0)


def test_a_compiled_encoder(tmp_path):
    model, fit = DANN(torch.compile(net(), backend="eager"), num_classes=K), trainer(tmp_path)
    fit.fit(model, loaders())
    assert torch.cat(fit.predict(model, loader(X))).shape == (48, K)


def test_export():
    model = DANN(net(), num_classes=K).eval()
    program = torch.export.export(model, (X,)).module()
    torch.testing.assert_close(program(X), model(X))
    traced = model.to_torchscript(method="trace", example_inputs=X)
    torch.testing.assert_close(traced(X), model(X))


def test_export_to_onnx(tmp_path):
    pytest.importorskip("onnxscript")
    DANN(net(), num_classes=K).eval().to_onnx(tmp_path / "model.onnx", X)
    assert (tmp_path / "model.onnx").stat().st_size > 0


@pytest.mark.parametrize("method", [CAN, ATDOC])
def test_a_method_of_whole_training_sets_says_what_it_needs(tmp_path, method):
    with pytest.raises(ValueError, match="reads whole training sets, in a fixed order, and load"):
        trainer(tmp_path).fit(method(net(), num_classes=K), loaders())
