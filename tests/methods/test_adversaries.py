"""The adversaries' first step, parameter by parameter, against the papers' steps written out."""

import math
from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from da_bench import methods
from da_bench.functional import inverse_decay
from da_bench.methods.scoring import NonFiniteLoss
from da_bench.networks import MLP
from tests.conftest import build, fit, small, trainer

LR = 0.1
PLAIN = methods.OptimizerFactory(lr=LR, options={})


def half(progress):
    return 0.5


def first_step(cls, prepare=lambda model: None, **options):
    """The model before and after its first step, and what that saw: batch and random state."""
    seen = {}

    class Spy(cls):
        def on_train_batch_start(self, batch, batch_idx):
            prepare(self)
            seen["start"], seen["batch"] = deepcopy(dict(self.named_children())), batch
            seen["random"] = torch.get_rng_state()

    weight = {"weight": 1.4, "weight_schedule": half}  # 0.7 in all
    after, _, _ = fit(Spy, small(epoch_length=1), optimizer=PLAIN, **weight, **options)
    torch.set_rng_state(seen["random"])
    source, target = seen["batch"]["source"], seen["batch"]["target"]
    return seen["start"], after, source.x, source.y, target.x


def down(loss, *modules):
    """A step of plain gradient descent, by hand."""
    parameters = [p for m in modules for p in m.parameters()]
    grads = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True)
    with torch.no_grad():
        for p, g in zip(parameters, grads, strict=True):
            p -= 0 if g is None else LR * g


def same(parts, model):
    for name, part in parts.items():
        for (k, one), other in zip(
            part.state_dict().items(),
            model.get_submodule(name).state_dict().values(),
            strict=True,
        ):
            torch.testing.assert_close(one, other, msg=f"{name}.{k}", rtol=1e-4, atol=1e-6)


def log_chance(critic, z):
    return torch.log(1 / (1 + torch.exp(-critic(z))))


def log_not(critic, z):
    return torch.log(1 - 1 / (1 + torch.exp(-critic(z))))


def uncertainty(logits):
    p = logits.softmax(1)
    return -(p * p.log()).sum(1).mean()


def test_adda_steps_critic_then_encoder_as_the_paper_writes_it():
    parts, model, x, _, x_target = first_step(methods.ADDA)
    own, encoder, critic = parts["source_encoder"], parts["encoder"], parts["critic"]
    untouched = deepcopy(own)
    told = (
        -0.5 * log_chance(critic, own(x)).mean() - 0.5 * log_not(critic, encoder(x_target)).mean()
    )
    down(told, critic)
    down(-0.7 * log_chance(critic, encoder(x_target)).mean(), encoder)
    same(parts, model)
    same({"source_encoder": untouched}, model)
    assert not torch.equal(model.encoder.layers[0].weight, own[0].layers[0].weight)


def test_mcd_takes_the_papers_three_steps():
    parts, model, x, y, x_target = first_step(methods.MCD, encoder_steps=2)
    encoder, one, other = parts["encoder"], parts["head"], parts["other"]

    def risk():
        return F.cross_entropy(one(encoder(x)), y) + F.cross_entropy(other(encoder(x)), y)

    def gap():
        z = encoder(x_target)
        return (one(z).softmax(1) - other(z).softmax(1)).abs().mean()

    down(risk(), encoder, one, other)
    down(risk() - 0.7 * gap(), one, other)
    for _ in range(2):
        down(0.7 * gap(), encoder)
    same(parts, model)
    z = model.encoder(x)
    torch.testing.assert_close(model(x), (model.head(z) + model.other(z)) / 2)


def test_wdgrl_takes_the_papers_steps():
    parts, model, x, y, x_target = first_step(methods.WDGRL, critic_steps=2, penalty=3.0)
    encoder, head, critic = parts["encoder"], parts["head"], parts["critic"]
    for _ in range(2):
        z, z_target = encoder(x).detach(), encoder(x_target).detach()
        u = torch.rand(len(z), 1)
        points = torch.cat((z, z_target, u * z + (1 - u) * z_target)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        penalty = ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
        down(-(critic(z).mean() - critic(z_target).mean()) + 3 * penalty, critic)
    distance = critic(encoder(x)).mean() - critic(encoder(x_target)).mean()
    down(F.cross_entropy(head(encoder(x)), y) + 0.7 * distance, encoder, head)
    same(parts, model)


def test_mdd_trains_all_in_one_step_with_the_game_reversed_at_the_features():
    parts, model, x, y, x_target = first_step(methods.MDD, schedule=half, reversal=0.6, margin=2.0)
    encoder, head, adverse = parts["encoder"], parts["head"], parts["adverse"]
    z, z_target = encoder(x), encoder(x_target)
    named, named_target = head(z).argmax(1), head(z_target).argmax(1)
    agree = torch.stack([p[k].log() for p, k in zip(adverse(z).softmax(1), named, strict=True)])
    differ = torch.stack(
        [(1 - p[k]).log() for p, k in zip(adverse(z_target).softmax(1), named_target, strict=True)]
    )
    disparity = 2 * agree.mean() + differ.mean()
    risk = F.cross_entropy(head(z), y)
    grown = deepcopy(encoder), deepcopy(head), deepcopy(adverse)
    for fresh, old, loss in (
        (grown[0], encoder, risk + 0.7 * 0.3 * disparity),
        (grown[1], head, risk),
        (grown[2], adverse, -0.7 * disparity),
    ):
        grads = torch.autograd.grad(loss, old.parameters(), retain_graph=True)
        with torch.no_grad():
            for p, g in zip(fresh.parameters(), grads, strict=True):
                p -= LR * g
    same(dict(zip(("encoder", "head", "adverse"), grown, strict=True)), model)


def rough(network, x, logits, radius):
    """The virtual adversarial loss, written out."""
    noise = torch.randn_like(x)
    probe = (1e-2 * noise / noise.norm(dim=1, keepdim=True)).requires_grad_()
    p = logits.detach().softmax(1)
    (g,) = torch.autograd.grad(-(p * network(x + probe).log_softmax(1)).sum(), probe)
    q = network(x + radius * g / g.norm(dim=1, keepdim=True)).log_softmax(1)
    return (p * (p.log() - q)).sum(1).mean()


def test_vada_adds_the_papers_terms():
    weights = {"schedule": half, "domain_weight": 0.6, "source_weight": 0.5, "target_weight": 0.2}
    parts, model, x, y, x_target = first_step(methods.VADA, radius=0.4, **weights)
    encoder, head, critic = parts["encoder"], parts["head"], parts["critic"]
    logits, logits_target = head(encoder(x)), head(encoder(x_target))
    told = -0.5 * log_chance(critic, encoder(x)).mean()
    told = told - 0.5 * log_not(critic, encoder(x_target)).mean()

    def network(x):
        return head(encoder(x))

    smooth = 0.5 * rough(network, x, logits, 0.4)
    clusters = rough(network, x_target, logits_target, 0.4) + uncertainty(logits_target)
    total = F.cross_entropy(logits, y) + 0.7 * (smooth + 0.2 * clusters - 0.3 * told)
    fresh = deepcopy(critic)
    grads = torch.autograd.grad(0.7 * told, critic.parameters(), retain_graph=True)
    with torch.no_grad():
        for p, g in zip(fresh.parameters(), grads, strict=True):
            p -= LR * g
    down(total, encoder, head)
    same({"encoder": encoder, "head": head, "critic": fresh}, model)


@pytest.mark.parametrize("policy", ["joint", "source", "separate", "frozen", "own"])
def test_nothing_is_rough_without_a_perturbation(policy):
    """Whatever the batch-norm policy: both passes by the same statistics."""
    data = small()
    data.setup()
    model = build(methods.VADA, data, batch_norm=policy, radius=1e-6,
                  encoder=lambda: MLP(2, [16, 8], batch_norm=True))  # fmt: skip
    batch = next(iter(data.train_dataloader()))
    far = batch["target"]._replace(x=batch["target"].x + 3)
    for domain, part in zip(
        ("source", "target"), model.encode(batch | {"target": far}), strict=True
    ):
        assert abs(float(model.roughness(part, domain))) < 1e-5


@torch.no_grad()
def shake(model):
    """A teacher that differs from the student, or the tie between them would say nothing."""
    g = torch.Generator().manual_seed(5)
    for p in model.teacher.parameters():
        p += 0.3 * torch.randn(p.shape, generator=g)


def test_dirt_t_adds_the_papers_terms():
    parts, model, _, _, x = first_step(methods.DIRTT, shake, tie=0.6, radius=0.4, decay=0.9)
    encoder, head, teacher = parts["encoder"], parts["head"], parts["teacher"]
    logits, q = head(encoder(x)), teacher(x).softmax(1)
    tie = (q * (q.log() - logits.log_softmax(1))).sum(1).mean()
    violations = rough(lambda x: head(encoder(x)), x, logits, 0.4) + uncertainty(logits)
    down(0.6 * tie + 0.7 * violations, encoder, head)
    with torch.no_grad():
        student = [*encoder.parameters(), *head.parameters()]
        for slow, quick in zip(teacher.parameters(), student, strict=True):
            slow.copy_(0.9 * slow + 0.1 * quick)
    same({"encoder": encoder, "head": head, "teacher": teacher}, model)


def test_symnet_equals_the_papers_two_objectives():
    parts, model, x, y, x_target = first_step(methods.SymNet, schedule=half)
    encoder, own, other = parts["encoder"], parts["head"], parts["other"]
    k = own.out_features

    def joint(x):
        z = encoder(x)
        return torch.cat((own(z), other(z)), 1).softmax(1)

    p, q, rows = joint(x), joint(x_target), torch.arange(len(y))
    domain = -q[:, k:].sum(1).log().mean() - p[:, :k].sum(1).log().mean()
    tasks = F.cross_entropy(own(encoder(x)), y) + F.cross_entropy(other(encoder(x)), y)
    category = -0.5 * (p[rows, y].log() + p[rows, y + k].log()).mean()
    confusion = -0.5 * (q[:, :k].sum(1).log() + q[:, k:].sum(1).log()).mean()
    summed = q[:, :k] + q[:, k:]
    unsure = -(summed * summed.log()).sum(1).mean()
    heads = [*own.parameters(), *other.parameters()]
    encoders = list(encoder.parameters())
    grads = torch.autograd.grad(tasks + 0.7 * domain, heads, retain_graph=True)
    grads += torch.autograd.grad(category + 0.7 * 0.5 * (confusion + unsure), encoders)
    with torch.no_grad():
        for parameter, g in zip(heads + encoders, grads, strict=True):
            parameter -= LR * g
    same(parts, model)
    torch.testing.assert_close(model(x), model.other(model.encoder(x)))
    torch.testing.assert_close(model(x, "source"), model.head(model.encoder(x)))


@torch.no_grad()
def sharpen(model):
    """A first critic that has learnt: a fresh one gives nearly equal weights."""
    for layer in (model.teller[0], model.teller[-1]):
        layer.weight *= 20


def test_iwan_weighs_the_source_as_the_paper_does():
    parts, model, x, _, x_target = first_step(
        methods.IWAN,
        sharpen,
        schedule=half,
        reversal=0.6,
        entropy_weight=0.4,
        hidden=[8],
    )
    own, encoder, head = parts["source_encoder"], parts["encoder"], parts["head"]
    teller, critic = parts["teller"], parts["critic"]
    z, z_target = own(x), encoder(x_target)
    w = 1 - 1 / (1 + torch.exp(-teller(z).detach()))
    assert w.max() > 1.5 * w.min()
    told = -0.5 * log_chance(teller, z).mean() - 0.5 * log_not(teller, z_target.detach()).mean()
    game = (w / w.mean() * log_chance(critic, z)).mean() + log_not(critic, z_target).mean()
    unsure = uncertainty(head(z_target))
    fresh = deepcopy(critic)
    grads = torch.autograd.grad(-0.7 * 0.5 * game, critic.parameters(), retain_graph=True)
    with torch.no_grad():
        for p, g in zip(fresh.parameters(), grads, strict=True):
            p -= LR * g
    down(told, teller)
    down(0.7 * (0.4 * unsure + 0.3 * 0.5 * game), encoder)
    same(parts | {"critic": fresh}, model)


@pytest.mark.parametrize("cls", [methods.MCD, methods.SymNet, methods.ADDA])
def test_what_is_stored_of_a_sample_is_what_is_predicted_for_it(cls):
    model, _, data = fit(cls, small())
    model.eval()
    batch = next(iter(data.train_dataloader()))
    for domain, encoded in zip(("source", "target"), model.encode(batch), strict=True):
        predicted = model(batch[domain].x, domain)
        torch.testing.assert_close(encoded.logits, predicted)
        torch.testing.assert_close(model.encode_one(batch[domain], domain).logits, predicted)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.IWAN])
def test_what_came_from_the_source_run_stays(cls):
    start = build(cls, small())
    model, _, _ = fit(cls, small(), epochs=2)
    same({"head": start.head, "source_encoder": start.source_encoder}, model)
    assert not model.source_encoder.training
    assert model.encoder.training


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_every_optimizer_follows_its_schedule_by_the_batch(cls):
    rates = []

    class Spy(cls):
        def on_train_batch_start(self, batch, batch_idx):
            rates.append([o.param_groups[0]["lr"] for o in self.trainer.optimizers])

    factory = methods.OptimizerFactory(lr=1e-3, schedule=inverse_decay)
    fit(Spy, small(epoch_length=4), epochs=2, optimizer=factory)
    for step, pair in enumerate(rates):
        assert pair == pytest.approx([1e-3 * inverse_decay(step / 8)] * 2)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_several_optimizers_name_a_loss_that_is_not_finite(cls):
    data = small(epoch_length=4)
    model = build(cls, data)
    model.weight = math.nan  # which the constructor refuses
    with pytest.raises(NonFiniteLoss, match=r"became nan in training step [12]\b"):
        trainer(log_every_n_steps=4).fit(model, data)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_several_optimizers_refuse_clipping_that_would_not_happen(cls):
    with pytest.raises(MisconfigurationException, match="clipping is not supported"):
        fit(cls, trainer_options={"gradient_clip_val": 1.0})


@pytest.mark.parametrize("cls", [methods.MDD, methods.IWAN, methods.SymNet])
def test_the_game_begins_at_nothing_and_grows(cls):
    """A schedule that is one from the first step on was seen in a public benchmark."""
    data = small()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    model = build(cls, data, **({"entropy_weight": 0.0} if cls is methods.IWAN else {}))
    norms = []
    for progress in (0.0, 0.1, 1.0):
        model.zero_grad()
        model.losses(batch, progress)["adaptation_loss"].backward()
        norms.append(model.encoder.layers[0].weight.grad.norm().item())
    assert norms[0] == 0
    assert 0 < norms[1] < norms[2]
    assert norms[1] == pytest.approx(norms[2] * math.tanh(0.5), rel=1e-3)  # ramp(0.1)


@pytest.mark.parametrize(
    ("cls", "options", "match"),
    [
        (methods.MCD, {"encoder_steps": 0}, "without step C"),
        (methods.WDGRL, {"critic_steps": 0}, "never learns"),
        (methods.MDD, {"margin": 0.0}, "above 0"),
        (methods.DIRTT, {"decay": 1.0}, "decay in"),
    ],
)
def test_settings_that_make_no_sense_are_refused(cls, options, match):
    with pytest.raises(ValueError, match=match):
        build(cls, small(), **options)
