"""Planted faults in trainings, over all diagnoses: each is named by its own, and by no other."""

import pytest
import torch
from torch import nn

from da_bench import functional as F
from da_bench import methods
from da_bench.callbacks import Health
from da_bench.data import Classification, DomainPair, InMemory
from da_bench.data.benchmarks.toy import Moons
from da_bench.methods import OptimizerFactory, Penalty
from da_bench.methods.scoring import NonFiniteLoss
from tests.conftest import build, small, trainer
from tests.health.test_diagnoses import NOTES

EPOCHS, STEPS = 3, 220


def watched(cls, data=None, epochs=EPOCHS, encoder=None, **options):
    """Trains, and tells the findings; every warning and note."""
    health, data = Health(), data or small(epoch_length=STEPS)
    model = build(cls, data, encoder=encoder, **options)
    t = trainer(epochs, [health], limit_val_batches=0)
    try:
        t.fit(model, data)
    except NonFiniteLoss:
        assert health.columns["diagnosis"] == "loss_not_finite"
    return health


def names(*args, **options):
    return [finding.name for finding in watched(*args, **options).findings]


class Far(DomainPair):
    """Two classes, told by the first two coordinates; the third tells the domains."""

    def __init__(self):
        super().__init__("source", "target", batch_size=16, epoch_length=STEPS)
        self.task = Classification(2)

    def dataset(self, name, split):
        g = torch.Generator().manual_seed(len(name) + 7 * len(split))
        y = torch.arange(96) % 2
        x = torch.randn(96, 2, generator=g) + 3 * y[:, None]
        domain = 4 * (name == "target") + 0.3 * torch.randn(96, 1, generator=g)
        return InMemory(torch.cat((x, domain), 1), y)


class Mislabelled(Far):
    """Labels in an order of their own, as of two files that were sorted differently."""

    def dataset(self, name, split):
        held = super().dataset(name, split)
        order = torch.randperm(96, generator=torch.Generator().manual_seed(3))
        return InMemory(held.x, held.y[order])


class Apart(nn.Module):
    """Four features of the classes and four of the domain, which a head need not look at."""

    out_features = 8

    def __init__(self, norm=False):
        super().__init__()
        self.layer = nn.Linear(3, 8)
        with torch.no_grad():
            self.layer.weight.zero_()
            self.layer.weight[:4, :2] = torch.randn(4, 2)
            self.layer.weight[4:, 2] = 0.25
        self.norm = nn.BatchNorm1d(8) if norm else nn.Identity()
        if norm:
            nn.init.zeros_(self.norm.weight[4:])

    def forward(self, x):
        return self.norm(self.layer(x))


def never(progress):
    return 0.0


def at_once(progress):
    return min(1.0, 10_000 * progress)


def towards_the_first_class(logits):
    return -10 * logits.log_softmax(1)[:, 0].mean()


class Broken(methods.DANN):
    """A term that overflows after some steps."""

    def adaptation_loss(self, source, target, progress):
        value = super().adaptation_loss(source, target, progress)
        return value * (float("inf") if progress > 0.5 else 1.0)


class Detached(methods.DANN):
    """The critic learns, on features cut off from the encoder."""

    def adaptation_loss(self, source, target, progress):
        held = (e._replace(z=e.z.detach()) for e in (source, target))
        return super().adaptation_loss(*held, progress)


class Unreversed(methods.DANN):
    """The critic's own loss, with nothing that turns its gradient round."""

    def adaptation_loss(self, source, target, progress):
        return F.domain_loss(self.critic(source.z), self.critic(target.z))


class OneUnit(methods.DANN):
    """A softmax over one unit, as a published library had it: 1, whatever comes in."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.critic = nn.Sequential(self.critic, nn.Softmax(1))


class Ahead(methods.DANN):
    """AdaTime's progress: above 1 from the first epoch on."""

    @property
    def progress(self):
        done = self.trainer.fit_loop.epoch_loop.batch_progress.total.completed
        return min(1.0, done / EPOCHS + 1)


class Standing(methods.DANN):
    """A counter that never moves."""

    progress = 0.0


class Point(nn.Module):
    """An encoder that has forgotten its input."""

    out_features = 8

    def __init__(self):
        super().__init__()
        self.rest = nn.Linear(2, 8)

    def forward(self, x):
        return 1 + 1e-5 * self.rest(x)


def sgd(lr, **options):
    return OptimizerFactory(lr=lr, options={"momentum": 0.9} | options)


SLOW = OptimizerFactory(torch.optim.Adam, 0.01, {}, {"encoder": 1e-4})
"""The encoder hardly moves, and any critic wins."""

LEFT_OUT = OptimizerFactory(lr=0.001, factors={"critic": 0.0})

PLANTED = {
    "loss_not_finite": (Broken, {}),
    "alignment_dominates": (methods.DANN, {"weight": 1e4, "optimizer": sgd(1e-7)}),
    "feature_norm_collapse": (methods.DANN, {"optimizer": sgd(0.05, weight_decay=1.0)}),
    "feature_rank_collapse": (methods.DANN, {"encoder": Point}),
    "source_not_learned": (methods.DANN, {"data": Mislabelled, "encoder": lambda: Apart()}),
    "predictions_collapse": (
        methods.SourceOnly, {"penalties": {"pull": Penalty(towards_the_first_class)}}),
    "weight_never_rises": (methods.DANN, {"schedule": never}),
    "no_adversarial_gradient": (OneUnit, {}),
    "discriminator_always_right": (
        methods.DANN, {"data": Far, "encoder": Apart, "optimizer": SLOW}),
    "weight_saturated": (methods.DANN, {"schedule": at_once}),
    "discriminator_at_chance": (
        methods.DANN, {"data": Far, "encoder": Apart, "optimizer": LEFT_OUT}),
    "alignment_negligible": (methods.Alignment, {"discrepancy": F.coral, "weight": 1e-9}),
    "batch_norm_apart": (
        methods.SourceOnly, {"data": Far, "encoder": lambda: Apart(norm=True)}),
}  # fmt: skip


def plant(name):
    cls, options = PLANTED[name]
    data = options.get("data")
    rest = {k: v for k, v in options.items() if k != "data"}
    return watched(cls, data() if data else None, **rest)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_named_by_exactly_its_diagnosis(name, capsys):
    health = plant(name)
    assert [finding.name for finding in health.findings] == [name]
    lines = [line for line in capsys.readouterr().err.splitlines() if "da-bench" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"da-bench: {name} (")
    assert health.columns["diagnosis"] == ("" if name in NOTES else name)


def slow(*cases):
    return [pytest.param(*case, marks=pytest.mark.slow) for case in cases]


@pytest.mark.parametrize(
    ("cls", "options", "name"),
    [
        (Detached, {}, "no_adversarial_gradient"),
        (methods.SourceOnly, {"optimizer": sgd(1e-9)}, "source_not_learned"),
        *slow(
            (Unreversed, {}, "no_adversarial_gradient"),
            (Ahead, {}, "weight_saturated"),
            (Standing, {}, "weight_never_rises"),
            (methods.DANN, {"weight": 0.0}, "weight_never_rises"),
            (methods.CDAN, {"schedule": never}, "weight_never_rises"),
            (methods.Alignment, {"weight_schedule": at_once, "weight": 0.1}, "weight_saturated"),
        ),
    ],
)
def test_the_same_fault_by_another_cause(cls, options, name):
    assert names(cls, **options) == [name]


OTHERS = [methods.CDAN, methods.ADDA, methods.MDD, methods.WDGRL, methods.VADA, methods.IWAN,
          methods.SymNet]  # fmt: skip


@pytest.mark.parametrize("cls", [methods.DANN, *slow(*zip(OTHERS, strict=True))])
def test_each_adversary_says_what_its_critic_says(cls):
    """Of domains that are plainly apart, trained on: the source's log odds are the higher ones."""
    # MDD's adverse head must turn the classes round by the domain, which no linear one can.
    hidden = {} if cls is methods.SymNet else {"hidden": [32]}
    health = watched(cls, Far(), epochs=2, encoder=Apart, optimizer=SLOW, **hidden)
    last = health.records[-1]
    assert 0 <= last.accuracy <= 1
    assert 0 <= last.doubt <= 1
    assert last.critic_gradient > 0
    if cls not in (methods.ADDA, methods.IWAN):  # whose source is held
        assert last.against_critic > 0
    assert last.accuracy > 0.9
    assert last.doubt < 0.3


def test_a_method_without_a_critic_has_none():
    assert {r.accuracy for r in watched(methods.Alignment, epochs=1).records} == {None}


@pytest.mark.parametrize(
    "cls", [methods.SourceOnly, methods.DANN, *slow([methods.CDAN], [methods.MCD])]
)
def test_what_is_healthy_is_silent(cls, capsys):
    assert names(cls, Moons(size=96, batch_size=16, epoch_length=STEPS)) == []
    assert "da-bench" not in capsys.readouterr().err
