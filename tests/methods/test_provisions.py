"""What methods/base.py and data provide for later work: each provision with a small run."""

import pytest
import torch
from lightning.pytorch import Callback
from torch import nn

from da_bench import methods
from da_bench.data import Classification, DomainPair, InMemory, Regression
from da_bench.methods.scoring import NonFiniteLoss
from da_bench.networks import MLP
from tests.conftest import build, equal, fit, small, trainer


def made(seed, width=2, n=64):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, width, generator=g)
    return x, (x[:, 0] > 0).long()


class Pair(DomainPair):
    """Whatever a test wants: a domain's name is its seed."""

    def __init__(self, make, task=None, source="1", target="2", **kwargs):
        super().__init__(source, target, **{"batch_size": 16} | kwargs)
        self.make, self.task = make, task or Classification(2)

    def dataset(self, name, split):
        return InMemory(*self.make(name, 10 * int(name) + ("train", "val", "test").index(split)))


def scores(model, t, data):
    return {k: v for loader in t.test(model, data, verbose=False) for k, v in loader.items()}


@pytest.mark.parametrize(
    "cls", [methods.SourceOnly, methods.DANN, methods.Alignment, methods.Reweighted]
)
def test_regression(cls):
    def make(name, seed):
        x, _ = made(seed)
        return x, (x @ torch.tensor([[1.0, 0.0], [2.0, -1.0]])).float()

    data = Pair(make, Regression(2))
    model, t, _ = fit(cls, data, epochs=30)
    found = scores(model, t, data)
    assert found["oracle/target"] == pytest.approx(found["oracle/target_risk"], rel=1e-4)
    assert found["oracle/target"] < 3.5  # the variance of y: better than a constant
    batch = next(iter(data.train_dataloader()))
    assert batch["target"].y.isnan().all()


@pytest.mark.parametrize(
    "cls",
    [
        *(methods.DANN, methods.Alignment, methods.CDAN),
        *(methods.MCD, methods.WDGRL, methods.VADA),
    ],
)
def test_two_encoders_for_two_widths(cls, tmp_path):
    def make(name, seed):
        return made(seed, 2 if name == "1" else 5)

    with pytest.raises(ValueError, match="target_encoder"):
        fit(cls, Pair(make))
    data = Pair(make)
    model, t, _ = fit(cls, data, target_encoder=MLP(5, [16, 8]))
    assert "oracle/target" in scores(model, t, data)
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    import da_bench

    x = torch.randn(3, 5)
    with torch.no_grad():
        assert torch.equal(da_bench.load(tmp_path)(x), model.eval()(x))


@pytest.mark.parametrize(
    ("cls", "options", "words"),
    [
        (methods.SourceOnly, {}, "SourceOnly does not train the target .*Alignment, .*DANN"),
        (methods.Reweighted, {}, "Reweighted does not train the target encoder"),
        (methods.AdaBN, {}, "AdaBN does not train the target encoder"),
        (methods.SVM, {}, "SVM does not train the source and the target encoder"),
        (methods.DANN, {"weight": 0.0}, "DANN with weight=0 does not train the target encoder"),
        (methods.TargetOnly, {}, "TargetOnly does not train the source encoder"),
        (
            methods.SourceOnly,
            {"penalties": {"less": methods.Penalty(torch.norm, ["source_z"])}},
            "SourceOnly does not train the target encoder",
        ),
        (
            methods.SourceOnly,
            {"penalties": {"less": methods.Penalty(torch.norm, ["target_z"], weight=0.0)}},
            "SourceOnly does not train the target encoder",
        ),
    ],
)
def test_an_encoder_that_nobody_trains_is_refused(cls, options, words):
    data = Pair(lambda name, seed: made(seed, 2 if name == "1" else 5), target_labels="all")
    encoder = (lambda: MLP(2, [16, 8], batch_norm=True)) if cls is methods.AdaBN else None
    with pytest.raises(ValueError, match=words):
        fit(cls, data, encoder=encoder, target_encoder=MLP(5, [16, 8], batch_norm=True), **options)


def test_an_encoder_counts_as_trained_by_a_penalty_or_by_the_start(tmp_path):
    data = Pair(lambda name, seed: made(seed, 2 if name == "1" else 5), target_labels="all")
    penalty = {"less": methods.Penalty(torch.norm, ["target_z"], weight=0.1)}
    fit(methods.SourceOnly, data, target_encoder=MLP(5, [16, 8]), penalties=penalty)
    vada, t, _ = fit(methods.VADA, data, target_encoder=MLP(5, [16, 8]))
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    _, t, _ = fit(methods.SourceOnly, Pair(lambda name, seed: made(seed)))
    t.save_checkpoint(tmp_path / "source.ckpt", weights_only=True)
    start = {"init_from": str(tmp_path / "source.ckpt"), "target_encoder": MLP(5, [16, 8])}
    fit(methods.FineTune, data, **start)
    with pytest.raises(ValueError, match="DIRTT goes on from a trained target_encoder"):
        fit(methods.DIRTT, data, **start)
    start = {"init_from": str(tmp_path), "target_encoder": MLP(5, [16, 8])}
    model = build(methods.DIRTT, data, **start)  # the second encoder comes with the first
    assert equal(model.target_encoder, vada.target_encoder)
    fit(methods.DIRTT, data, **start)


def test_two_sources_and_two_targets_at_once():
    seen = []

    class Spy(methods.DANN):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append((batch["source"].domain, batch["target"].domain, batch["source"].index))

    data = Pair(
        lambda name, seed: made(seed), source=["1", "2"], target=["3", "4"], epoch_length="source"
    )
    model, t, _ = fit(Spy, data)
    for side in (0, 1):
        assert torch.cat([s[side] for s in seen]).unique().tolist() == [0, 1]
    assert torch.cat([s[2] for s in seen]).sort().values.tolist() == list(range(128))
    assert {"oracle/target", "oracle/target/3", "oracle/target/4"} <= scores(model, t, data).keys()


class TwoViews(nn.Module):
    """An encoder of a dictionary of tensors."""

    def __init__(self):
        super().__init__()
        self.out_features = 6
        self.a, self.b = nn.Linear(2, 3), nn.Linear(4, 3)

    def forward(self, x):
        return torch.cat((self.a(x["a"]), self.b(x["b"][0])), 1)


@pytest.mark.parametrize("batch_norm", ["joint", "separate"])
@pytest.mark.parametrize(
    "cls", [methods.SourceOnly, methods.DANN, methods.Alignment, methods.Reweighted]
)
def test_a_tree_of_tensors_as_x(cls, batch_norm):
    def make(name, seed):
        x, y = made(seed)
        return {"a": x, "b": [torch.cat((x, x), 1)]}, y

    data = Pair(make)
    model, t, _ = fit(cls, data, encoder=TwoViews, batch_norm=batch_norm)
    assert "oracle/target" in scores(model, t, data)


class Statistics(Callback):
    """Running means of the first batch norm, of a source at 0 and a target at 100."""

    def on_train_end(self, trainer, module):
        self.mean = float(
            next(m for m in module.modules() if isinstance(m, nn.BatchNorm1d)).running_mean.mean()
        )


@pytest.mark.parametrize("policy", ["joint", "separate", "source", "frozen"])
def test_batch_norm_policies(policy):
    def make(name, seed):
        x, y = made(seed)
        return x + (100 if name == "2" else 0), y

    def encoder():
        net = MLP(2, [4, 4], batch_norm=True)
        with torch.no_grad():
            net.layers[0].weight.copy_(torch.eye(4)[:, :2] + torch.eye(4)[:, 2:])
            net.layers[0].bias.zero_()
        return net

    watch = Statistics()
    fit(
        methods.DANN,
        Pair(make),
        epochs=5,
        callbacks=[watch],
        encoder=encoder,
        weight=0.0,
        weight_schedule=zero,
    )
    bounds = {"joint": (5, 100), "separate": (5, 100), "source": (-2, 2), "frozen": (0, 0)}
    fit(
        methods.DANN,
        Pair(make),
        epochs=5,
        callbacks=[watch],
        encoder=encoder,
        weight=0.0,
        batch_norm=policy,
    )
    low, high = bounds[policy]
    assert low <= watch.mean <= high
    fit(methods.SourceOnly, Pair(make), epochs=5, callbacks=[watch], encoder=encoder)
    assert abs(watch.mean) < 2  # the baseline never looks at the target


def zero(progress):
    return 0.0


def test_joint_and_separate_statistics_differ():
    def encoder():
        return MLP(2, [4, 4], batch_norm=True)

    models = [
        fit(methods.DANN, small(), encoder=encoder, batch_norm=p)[0]
        for p in ("joint", "separate", "source", "frozen")
    ]
    for i, one in enumerate(models):
        assert not any(equal(one, other) for other in models[i + 1 :])


def test_a_loss_that_is_not_finite_names_the_step_and_the_term():
    class Breaks(methods.DANN):
        def adaptation_loss(self, source, target, progress):
            loss = super().adaptation_loss(source, target, progress)
            return loss * float("nan") if progress >= 0.5 else loss

    with pytest.raises(
        NonFiniteLoss, match=r"adaptation_loss became nan in training step 7\b.*steps 5 to 8"
    ):
        fit(Breaks, small(epoch_length=12), trainer_options={"log_every_n_steps": 4})


def test_learning_rates_by_name_and_schedule():
    from da_bench.functional import inverse_decay

    rates = []

    class Spy(methods.DANN):
        def on_train_batch_start(self, *args):
            groups = self.trainer.optimizers[0].param_groups
            rates.append(sorted({round(g["lr"], 8) for g in groups}))

    factory = methods.OptimizerFactory(
        lr=0.1, factors={"head": 10.0, "critic": 10.0}, schedule=inverse_decay
    )
    fit(Spy, small(epoch_length=4), epochs=2, optimizer=factory)
    expected = [[round(f * 0.1 * inverse_decay(step / 8), 8) for f in (1, 10)] for step in range(8)]
    assert rates == expected


def test_fit_starts_where_the_source_only_run_ended(tmp_path):
    model, t, _ = fit(methods.SourceOnly, small(), epochs=3)
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    from da_bench.callbacks import GradualUnfreezing

    few = small(target_labels=20, target_sampling="labelled", drop_last=False)
    head, _, _ = fit(
        methods.FineTune,
        few,
        init_from=str(tmp_path),
        callbacks=[GradualUnfreezing({"encoder": None})],
    )
    assert torch.equal(head.encoder.layers[0].weight, model.encoder.layers[0].weight)
    assert not torch.equal(head.head.weight, model.head.weight)


def test_a_batch_larger_than_the_domain_fails_before_training():
    with pytest.raises(ValueError, match="larger than the domain"):
        trainer().fit(build(methods.SourceOnly, small()), small(batch_size=1000))


def test_a_linear_critic_starts_at_zero_and_a_deep_one_does_not():
    """As in Ganin's code: a slow random one would drive the domains apart (seen on Amazon)."""
    linear, deep = (build(methods.DANN, small(), hidden=h).critic for h in ([], [4]))
    assert all((p == 0).all() for p in linear.parameters())
    assert all((p != 0).any() for p in deep.parameters())
