"""Wrong combinations are refused before the first step, with what would serve."""

import pytest
import torch

from da_bench import functional as F
from da_bench import methods
from da_bench.data import MultiLabel, Regression
from da_bench.methods import Penalty
from da_bench.shallow import PCA
from tests.conftest import build, fit, small, trainer
from tests.methods.test_contract import BOTH, net
from tests.methods.test_provisions import Pair, made


def refused(says, cls, data=None, **kwargs):
    """Fits, and holds that it raised before any step."""
    data = data or small()
    model = build(cls, data, **kwargs)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    t = trainer()
    with pytest.raises(ValueError, match=says):
        t.fit(model, data)
    assert t.global_step == 0
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


class Starts(methods.SourceOnly):
    """Stands for a method that begins from a trained source model."""

    needs_start = "source_only"


def test_a_missing_source_checkpoint(tmp_path):
    refused(
        "Starts goes on from a trained model.*--method source_only.*init_from",
        Starts,
        init_from=None,
    )
    with pytest.raises(FileNotFoundError, match="holds no checkpoint"):
        build(Starts, small(), init_from=str(tmp_path))
    _, t, _ = fit(methods.SourceOnly)
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    fit(Starts, init_from=str(tmp_path))


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (methods.Alignment, {"discrepancy": F.coral}),
        (methods.Alignment, {"discrepancy": F.mmd2, "options": {"estimator": "unbiased"}}),
        (methods.DANN, {"penalties": {"coral": Penalty(F.coral, BOTH)}}),
        (methods.Penalised, {"penalty": F.bsp, "of": BOTH, "options": {"count": 2}}),
    ],
)
@pytest.mark.parametrize(
    "sizes", [{"batch_size": 1}, {"batch_size": 19, "drop_last": False}], ids=["one", "remainder"]
)
def test_a_batch_of_one_for_a_covariance(cls, options, sizes):
    """96 source samples leave a remainder of 1 in batches of 19."""
    refused("smallest batches, 1 source.*batch_size", cls, small(**sizes), **options)


def test_a_batch_of_one_is_no_matter_where_nothing_needs_two():
    fit(methods.DANN, small(batch_size=1, epoch_length=2))
    fit(methods.Alignment, small(batch_size=19, drop_last=True), discrepancy=F.coral)


def test_rehearsal_draws_no_random_number():
    data = small()
    model = build(methods.Alignment, data, discrepancy=F.coral)
    model.trainer = trainer()
    data.setup()
    state = torch.get_rng_state()
    methods.preconditions.rehearse(model, 4, 4)
    assert torch.equal(torch.get_rng_state(), state)
    regression = Pair(lambda name, seed: made(seed), Regression(2))
    methods.preconditions.rehearse(build(methods.Alignment, regression, on=["layers.0"]), 4, 4)


@pytest.mark.parametrize("cls", [methods.AdaBN, methods.DANN])
def test_a_network_without_batch_norm(cls):
    options = {} if cls is methods.AdaBN else {"batch_norm": "own"}
    with pytest.raises(ValueError, match=r"MLP has no batch norm.*batch_norm: true"):
        build(cls, small(), **options)


def test_own_batch_norm_that_the_target_would_never_reach():
    refused("AdaBN", methods.SourceOnly, encoder=net("AdaBN"), batch_norm="own")


def labelled(source, target, **kwargs):
    """Domains whose labels are given functions of 0, 1, 0, 1, ..."""

    def make(name, seed):
        x, _ = made(seed)
        return x, (source if name == "1" else target)(torch.arange(len(x)) % 2)

    return Pair(make, **kwargs)


def same(y):
    return y


@pytest.mark.parametrize("allowed", [False, "partial", True])
def test_one_class_in_the_source(allowed):
    data = labelled(torch.zeros_like, same, allow_class_mismatch=allowed)
    refused("source '1' holds one class, 0, .*two classes or more", methods.SourceOnly, data)
    unlabelled = labelled(torch.zeros_like, lambda y: y - y - 1, allow_class_mismatch=allowed)
    refused("one class", methods.DANN, unlabelled)


def test_more_target_classes_than_allowed():
    from da_bench.data import Classification

    three = Classification(3)
    more = {"source": same, "target": lambda y: y * 2, "task": three}
    refused("only in target '2': \\[2\\].*partial", methods.DANN, labelled(**more))
    partial = labelled(**more, allow_class_mismatch="partial")
    refused("only in target '2': \\[2\\], where partial.*open-set", methods.DANN, partial)
    labelled(**more, allow_class_mismatch=True).setup()
    labelled(same, torch.zeros_like, allow_class_mismatch="partial").setup()
    refused(
        r"label 2 lies outside the classes 0\.\.1.*declare more classes",
        methods.DANN,
        labelled(same, lambda y: y * 2, allow_class_mismatch=True),
    )


def test_smallest_batch_of_an_order():
    from da_bench.data.order import Order

    for size, batch, drop, world in ((96, 19, False, 1), (96, 19, True, 1), (10, 16, False, 1)):
        order = Order(size, batch, drop_last=drop, world=world)
        taken = {len(order.batch(step).index) for step in range(order.per_pass)}
        assert order.smallest == min(taken)
    ranks = [Order(9, 3, drop_last=False, rank=r, world=2) for r in (0, 1)]
    taken = {len(order.batch(step).index) for order in ranks for step in range(order.per_pass)}
    assert ranks[0].smallest == min(taken) == 1


OF_CLASSES = sorted(
    name
    for name, cls in vars(methods).items()
    if isinstance(cls, type) and getattr(cls, "needs_classes", False)
)


@pytest.mark.parametrize("name", OF_CLASSES)
def test_a_regression_for_a_method_of_classes(name):
    options = {"estimator": PCA()} if name == "Transductive" else {}
    for task in (Regression(2), MultiLabel(2)):
        data = Pair(lambda name, seed: made(seed), task)
        says = f"{name} works on probabilities.*{type(task).__name__}.*DANN"
        with pytest.raises(ValueError, match=says):
            build(getattr(methods, name), data, **options)


@pytest.mark.parametrize("task", [Regression(1), Regression(3), MultiLabel(3)])
@pytest.mark.parametrize(
    ("cls", "options", "who"),
    [
        (methods.DANN, {"penalties": {"mcc": Penalty(F.mcc, ["target_logits"])}}, "penalty mcc"),
        (methods.Penalised, {"penalty": F.mean_entropy}, "Penalised"),
        (methods.Alignment, {"on": ["z", "probabilities"], "joint": True}, "Alignment"),
    ],
)
def test_what_reads_classes_by_its_settings_refuses_other_tasks(cls, options, who, task):
    """A softmax over the outputs of a regression trained, and said nothing."""
    with pytest.raises(ValueError, match=f"{who}.* works on probabilities of classes"):
        build(cls, Pair(lambda name, seed: made(seed), task), **options)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("DANN", {"weight": -1.0}, "weight=-1.0"),
        ("Alignment", {"weight": float("nan")}, "weight=nan"),
        ("VADA", {"radius": 0.0}, "radius=0.0: without a perturbation"),
        ("DIRTT", {"radius": -1.0}, "radius=-1.0: without a perturbation"),
        ("PseudoLabel", {"threshold": 1.5}, "threshold=1.5: a probability"),
        ("FixMatch", {"threshold": 2.0}, "threshold=2.0: a probability"),
        ("MeanTeacher", {"threshold": -0.1}, "threshold=-0.1: a probability"),
        ("ATDOC", {"neighbours": 0}, "neighbours=0: at least one"),
    ],
)
def test_a_number_out_of_range(name, options, says):
    cls = getattr(methods, name)
    with pytest.raises(ValueError, match=says):
        build(cls, small(), **options)


def test_more_neighbours_than_the_target_has():
    refused("neighbours=100000: the target has", methods.ATDOC, neighbours=100_000)
