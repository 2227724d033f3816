"""Penalties added to a method: each term counts, is logged by name, and is checked beforehand."""

import pytest
import torch
from lightning.pytorch.loggers import CSVLogger

from da_bench import functional as F
from da_bench import methods
from da_bench.config.layers import compose
from da_bench.methods import Penalty
from da_bench.methods.encoded import Encoded
from da_bench.networks import MLP
from da_bench.runs.train import Command
from tests.conftest import build, equal, fit, small
from tests.methods.test_contract import BOTH, CLASSES, VARIANTS, net

MCC = {"mcc": Penalty(F.mcc)}


def batch_of(data):
    data.setup()
    return next(iter(data.train_dataloader()))


@pytest.mark.parametrize(
    "cls",
    [
        methods.SourceOnly,
        methods.DANN,
        methods.CDAN,
        methods.Alignment,
        methods.Reweighted,
        methods.AdaBN,
    ],
)
def test_any_method_with_the_common_step_takes_them(cls):
    normed = {"encoder": lambda: MLP(2, [16, 8], batch_norm=True)} if cls is methods.AdaBN else {}
    off = fit(cls, penalties={"mcc": Penalty(F.mcc, weight=0.0)}, **normed)[0]
    on = fit(cls, penalties=MCC, **normed)[0]
    assert not torch.equal(off.encoder.layers[0].weight, on.encoder.layers[0].weight)
    plain = fit(cls, **normed)[0]
    for layer in (*off._apart, *plain._apart):  # counts passes, and decides nothing
        layer.target.num_batches_tracked.zero_()
    assert equal(off, plain)  # a weight of 0 changes nothing, not even the last bit


def test_an_option_may_be_named_by_its_path():
    """As YAML does; the function is called with what the path names."""
    given = {"kernel": "da_bench.functional.linear_kernel"}
    penalty = Penalty(F.mmd2, ["source_z", "target_z"], given)
    x, y = torch.randn(6, 3), torch.randn(5, 3)
    source, target = (Encoded(None, None, None, None, None, z, None, {}) for z in (x, y))
    expected = F.mmd2(x, y, kernel=F.linear_kernel)
    torch.testing.assert_close(penalty(source, target), expected)
    assert penalty.options == given  # as it was written: a run's folder says the same


def test_terms_stand_among_the_losses_and_count_by_weight_and_schedule(monkeypatch):
    def half(progress):
        return 0.5

    data = small()
    batch = batch_of(data)
    added = {
        "mcc": Penalty(F.mcc, options={"temperature": 1.5}, weight=3.0, schedule=half),
        "bsp": Penalty(F.bsp, BOTH, weight=0.01),
        "labels": Penalty(torch.nn.functional.cross_entropy, ["source_logits", "source_y"]),
    }
    model = build(methods.DANN, data, weight=0.7, penalties=added)
    monkeypatch.setattr(methods.DANN, "progress", 0.25)
    monkeypatch.setattr(methods.DANN, "record", lambda self, terms: None)
    total, terms = model.training_step(batch, 0), model.losses(batch, 0.25)
    source, target = model.encode(batch)
    torch.testing.assert_close(terms["mcc"], F.mcc(target.logits, 1.5))
    torch.testing.assert_close(terms["bsp"], F.bsp(source.z, target.z))
    torch.testing.assert_close(terms["labels"], terms["source_risk"])
    torch.testing.assert_close(
        total,
        2 * terms["source_risk"]
        + 0.7 * terms["adaptation_loss"]
        + 1.5 * terms["mcc"]
        + 0.01 * terms["bsp"],
    )


def test_terms_are_logged_by_name(tmp_path):
    options = {"logger": CSVLogger(tmp_path), "log_every_n_steps": 2}
    fit(methods.DANN, penalties=MCC, trainer_options=options)
    (written,) = tmp_path.rglob("metrics.csv")
    header = written.read_text().splitlines()[0].split(",")
    assert {"train/source_risk", "train/adaptation_loss", "train/mcc"} <= set(header)


@pytest.mark.parametrize("name", [c.__name__ for c in CLASSES])
def test_a_method_takes_penalties_or_refuses_them(name):
    """None may pass them by in silence."""
    seen = set()
    cls, options = VARIANTS[name]

    class Spy(cls):
        def record(self, terms):
            seen.update(terms)
            super().record(terms)

    try:
        fit(Spy, encoder=net("AdaBN"), penalties=MCC, **options)
    except ValueError as error:
        assert "takes no penalties" in str(error)  # noqa: PT017 - the others must not raise
    else:
        assert "mcc" in seen


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Penalty(F.mcc, options={"temprature": 1}), "did you mean 'temperature'"),
        (lambda: Penalty(F.mcc, ["target_logit"]), "did you mean 'target_logits'"),
        (lambda: Penalty(F.mcc, ["target_y"]), "can't be of that"),
        (lambda: Penalty(F.mcc, BOTH, {"temperature": 2}), "mcc can't be of"),
        (lambda: Penalty(F.bsp), "missing a required argument: 'y'"),
        (
            lambda: build(methods.DANN, small(), penalties={"source_risk": MCC["mcc"]}),
            "no term yet",
        ),
        (lambda: build(methods.Penalised, small(), penalty=F.bsp), "'y'"),
        (lambda: build(methods.TargetOnly, small(), penalties=MCC), "takes no penalties"),
    ],
)
def test_faults_are_named_when_it_is_built(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def configured(tmp_path, **penalty):
    given = {"function": "da_bench.functional.mcc", **penalty}
    added = {"model": {"init_args": {"penalties": {"mcc": given}}}}
    config = compose("moons", "dann", ("0", "40"), overrides=added)
    config["trainer"]["default_root_dir"] = str(tmp_path)
    return config


def test_from_yaml(tmp_path):
    command = Command(configured(tmp_path, weight=0.3, schedule="da_bench.functional.ramp"))
    expected = Penalty(F.mcc, weight=0.3, schedule=F.ramp)
    assert command.model.penalties == {"mcc": expected}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"wieght": 0.3}, "wieght"),
        ({"weight": "much"}, "much"),
        ({"options": {"temprature": 2}}, "did you mean 'temperature'"),
        ({"of": ["target_x"]}, "target_x"),
    ],
)
def test_faults_in_yaml_are_named_before_data_is_read(tmp_path, monkeypatch, fault, says):
    from da_bench.data.benchmarks.toy import Moons

    def read(*args):
        pytest.fail("data was read")

    monkeypatch.setattr(Moons, "dataset", read)
    with pytest.raises(Exception, match=says):
        Command(configured(tmp_path, **fault))


def test_no_penalty_costs_nothing_in_a_step():
    """Without penalties there is nothing to loop over and a source-only step encodes one domain."""
    model = build(methods.SourceOnly, small())
    assert model.penalties == {}
    seen = []
    model.encoder.register_forward_pre_hook(lambda module, args: seen.append(len(args[0])))
    model.losses(batch_of(small()), 0.5)
    assert seen == [16]
