"""VADA: the paper's terms; its perturbation, and DIRT-T's, in half precision."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F

from da_bench import methods
from da_bench.functional import virtual_adversarial as module
from da_bench.networks import MLP
from tests.conftest import build, small, trainer
from tests.methods.first_step import (
    LR,
    down,
    first_step,
    half,
    log_chance,
    log_not,
    rough,
    same,
    uncertainty,
)


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


@pytest.mark.parametrize("cls", [methods.VADA, methods.DIRTT])
def test_a_training_under_autocast_perturbs_as_in_double(cls, monkeypatch):
    """The direction that a step in bf16 takes, beside that of the same network in double."""
    cosines, perturb = [], module.virtual_adversarial_perturbation

    def watched(network, x, logits, radius, *rest):
        start = torch.randn_like(x)
        found = perturb(network, x, logits, radius, start=start)
        exact = deepcopy(model).double()
        with torch.autocast("cpu", enabled=False):
            forward = lambda z: exact.features(z, "target")[1]  # noqa: E731
            expected = perturb(
                forward, x.double(), forward(x.double()), radius, start=start.double()
            )
        moved = expected.norm(dim=1) > 0
        cosines.append(torch.cosine_similarity(found[moved].double(), expected[moved]).min())
        return found

    monkeypatch.setattr(module, "virtual_adversarial_perturbation", watched)
    data = small(epoch_length=3)
    model = build(cls, data)
    trainer(1, precision="bf16-mixed").fit(model, data)
    assert len(cosines) >= 3
    assert min(cosines) > 0.99
