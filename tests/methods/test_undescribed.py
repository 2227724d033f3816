"""Networks and methods that plain values can't describe: said before training, given again."""

import subprocess
import sys

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger
from torch import nn

import da_bench
from da_bench.methods import DANN, SourceOnly

from .test_habits import K, Y, g, loader, loaders, net, trainer


def test_a_network_that_keeps_no_arguments(tmp_path):
    from torchvision.models import resnet18

    def backbone():
        network = resnet18()
        network.fc = nn.Identity()
        return network

    pictures = torch.randn(16, 3, 32, 32, generator=g)
    model, fit = DANN(backbone(), num_classes=2), trainer(tmp_path, max_epochs=1)
    with pytest.warns(UserWarning, match=r"da_bench\.load\(FOLDER, encoder=\.\.\.\)"):
        fit.fit(model, {"source": loader(pictures, Y[:16] % 2), "target": loader(pictures)})
    path = fit.checkpoint_callback.best_model_path
    with pytest.raises(ValueError, match=r"resnet\.ResNet\) and can't build it: give a network"):
        DANN.load_from_checkpoint(path)
    loaded = da_bench.load(path, encoder=backbone())
    torch.testing.assert_close(loaded(pictures), model.eval()(pictures))


def test_save_hyperparameters_in_a_method_of_ones_own(tmp_path):
    class Mine(SourceOnly):
        def __init__(self, *args, margin=1.0, **kwargs):
            super().__init__(*args, **kwargs)
            self.margin = margin
            self.save_hyperparameters(ignore=["encoder"])

    logger = CSVLogger(tmp_path)
    fit = trainer(tmp_path, logger=logger)
    with pytest.warns(UserWarning, match="holds weights alone.*define it at the top level"):
        fit.fit(Mine(net(), num_classes=K, margin=2.0), loaders())
    assert "margin: 2.0" in (tmp_path / "lightning_logs/version_0/hparams.yaml").read_text()


def test_only_a_network_of_the_same_place_can_be_given(tmp_path):
    fit = trainer(tmp_path)
    fit.fit(DANN(da_bench.networks.MLP(5, [8]), num_classes=K), loaders())
    path = fit.checkpoint_callback.best_model_path
    with pytest.raises(TypeError, match=r"'encodr' can't be given .*; did you mean 'encoder'"):
        da_bench.load(path, encodr=net())
    with pytest.raises(TypeError, match=r"expected a torch\.nn.Module, found a str"):
        da_bench.load(path, encoder="net")
    with pytest.raises(ValueError, match="weights that are not of its model"):
        da_bench.load(path, encoder=net())


def test_the_command_refuses_a_method_that_it_could_not_load_again(tmp_path):
    (tmp_path / "forgetful.py").write_text(
        "from da_bench.methods import SourceOnly\n"
        "class Forgetful(SourceOnly):\n"
        "    def __init__(self, *args, margin=1.0, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
    )
    (tmp_path / "mine.yaml").write_text("model: {class_path: forgetful.Forgetful}\n")
    words = ["fit", "--benchmark", "moons", "--method", "mine.yaml", "--out", "run"]
    done = subprocess.run([sys.executable, "-m", "da_bench", *words], cwd=tmp_path,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 2
    assert "Forgetful does not keep its argument 'margin' as an attribute" in done.stderr
    assert not (tmp_path / "run" / "model.ckpt").exists()
