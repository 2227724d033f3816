"""DRCN: the target's reconstruction error, by loops; which decoders there are."""

import pytest
import torch
from torch import nn

import da_bench
from da_bench import methods
from da_bench.methods.encoded import Encoded
from da_bench.networks import MLP, LeNet
from tests.conftest import build, fit, small
from tests.methods.recipes import batch, recipe, same_gradients, stepped


def batch_of(data):
    data.setup()
    return next(iter(data.train_dataloader()))


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_equals_the_papers_formula(noise):
    """Its trade-off l R + (1 - l) L, over l: the weight is (1 - l) / l, at l = 0.7."""
    model, source, target = recipe("drcn", noise=noise), batch(7, 0), batch(9, 1)
    logits = model.head(model.encoder(source.x))
    risk = -logits.log_softmax(1)[torch.arange(7), source.y].mean()
    total = 0.0
    torch.manual_seed(3)
    seen = target.x * (torch.rand_like(target.x) >= noise)
    for row, part in zip(target.x, seen, strict=True):
        rebuilt = model.mirror(model.encoder(part[None]))[0]
        total = total + sum((a - b) ** 2 for a, b in zip(row, rebuilt, strict=True))
    expected = risk + 0.43 * total / target.x.numel()
    torch.manual_seed(3)
    found = stepped(model, {"source": source, "target": target})
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))


def test_the_decoder_mirrors_the_encoder():
    widths = [m.out_features for m in build(methods.DRCN, small()).mirror if hasattr(m, "weight")]
    assert widths == [16, 2]


def test_noise_hides_numbers_from_the_encoder_alone():
    data = small()
    batch = batch_of(data)
    model = build(methods.DRCN, data, noise=0.5)
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    loss = model.losses(batch, 0.5)["adaptation_loss"]
    x, hidden = batch["target"].x, seen[-1]
    assert ((hidden == 0) | (hidden == x)).all()
    assert 0.2 < (hidden == 0).float().mean() < 0.8
    torch.testing.assert_close(loss, (model.mirror(model.encoder(hidden)) - x).square().mean())


@pytest.mark.parametrize("policy", ["source", "joint"])
def test_the_corrupted_pass_leaves_running_averages_alone(policy):
    data, averages = small(), []
    for noise in (0.0, 0.5):
        model = build(
            methods.DRCN,
            data,
            noise=noise,
            batch_norm=policy,
            encoder=lambda: MLP(2, [16, 8], batch_norm=True),
        )
        batch = batch_of(data)
        model.losses(batch | {"target": batch["target"]._replace(x=batch["target"].x + 50)}, 0.5)
        averages.append([v.clone() for v in model.buffers()])
    assert all(torch.equal(one, other) for one, other in zip(*averages, strict=True))


def test_a_decoder_of_ones_own(tmp_path):
    own = MLP(8, [5, 2], activation="tanh")
    model, t, _ = fit(methods.DRCN, decoder=own)
    assert model.mirror is None
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    rebuilt = da_bench.load(tmp_path)
    assert torch.equal(rebuilt.decoder.layers[0].weight, own.layers[0].weight)


def test_an_encoder_that_can_not_be_mirrored():
    with pytest.raises(ValueError, match=r"LeNet tells no in_features.*give a decoder"):
        build(methods.DRCN, small(), encoder=LeNet)
    build(methods.DRCN, small(), encoder=LeNet, decoder=nn.Linear(500, 784))


@pytest.mark.parametrize("width", [1, 3])
def test_the_decoder_rebuilds_what_the_target_s_encoder_takes(width):
    options = {"target_encoder": MLP(width, [16, 4]), "encoder": lambda: MLP(2, [16, 4])}
    model = build(methods.DRCN, small(), **options)
    assert [m.out_features for m in model.mirror if hasattr(m, "weight")] == [16, width]
    z, x = torch.randn(5, 4), torch.randn(5, width)
    other = Encoded(x, *[torch.zeros(5)] * 4, z, torch.randn(5, 2), {})
    model.adaptation_loss(other, other, 0.5)
    with pytest.raises(ValueError, match=f"rebuilds {width} numbers, and a target sample has 2"):
        model.adaptation_loss(other, other._replace(x=torch.randn(5, 2)), 0.5)
