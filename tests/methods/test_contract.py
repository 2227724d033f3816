"""Every method: the contract of the design's section 5, one parametrised test each."""

import inspect
import json
import subprocess
import sys

import pytest
import torch
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.func import functional_call, vmap

import da_bench
from da_bench import functional as F
from da_bench import methods
from da_bench.callbacks import Divergences, GradualUnfreezing
from da_bench.config.objects import describe
from da_bench.data import Batch
from da_bench.networks import MLP
from da_bench.shallow import JDA, Plain
from tests.conftest import build, equal, fit, small, trainer

CLASSES = [
    c
    for c in vars(methods).values()
    if inspect.isclass(c)
    and issubclass(c, methods.DomainAdapter)
    and c is not methods.DomainAdapter
]
BOTH = ["source_z", "target_z"]
ADDED = {
    "mcc": methods.Penalty(F.mcc, schedule=F.ramp),
    "bsp": methods.Penalty(F.bsp, BOTH, weight=0.01),
}
VARIANTS = {
    **{
        c.__name__: (c, {"estimator": Plain()} if c is methods.Transductive else {})
        for c in CLASSES
    },
    "Alignment(coral)": (methods.Alignment, {"discrepancy": F.coral}),
    "Alignment(cmd)": (methods.Alignment, {"discrepancy": F.cmd}),
    "Alignment(layers)": (methods.Alignment, {"on": ["layers.0", "z", "probabilities"]}),
    "Alignment(jan)": (
        methods.Alignment,
        {"discrepancy": F.jmmd2, "on": ["z", "probabilities"], "joint": True},
    ),
    "Alignment(homm)": (methods.Alignment, {"discrepancy": F.homm}),
    "Alignment(homm sampled)": (
        methods.Alignment,
        {"discrepancy": F.homm, "options": {"entries": 50}},
    ),
    "Alignment(sinkhorn)": (
        methods.Alignment,
        # A tolerance that single precision never meets: all iterations are taken, as under vmap.
        {
            "discrepancy": F.sinkhorn_divergence,
            "options": {"iterations": 30, "tolerance": 1e-12},
        },
    ),
    "Alignment(sliced)": (
        methods.Alignment,
        {"discrepancy": F.sliced_wasserstein, "options": {"projections": 16}},
    ),
    "Alignment(kernel by path)": (
        methods.Alignment,
        {"options": {"kernel": "da_bench.functional.linear_kernel"}},
    ),
    "CDAN+E": (methods.CDAN, {"entropy": True}),
    "CDAN(randomised)": (methods.CDAN, {"max_width": 8}),
    "WDGRL(Adam)": (
        methods.WDGRL,
        {
            "optimizer": methods.OptimizerFactory(
                torch.optim.Adam, 0.001, {}, {"critic": 2.0}, F.inverse_decay
            )
        },
    ),
    "Reweighted(features)": (
        methods.Reweighted,
        {"ratio": F.logistic, "on": "features", "refit_every": 1},
    ),
    "Reweighted(clipped)": (
        methods.Reweighted,
        {"ratio": F.gaussian, "clip": 2.0, "normalised": True},
    ),
    "LabelShift(rlls)": (methods.LabelShift, {"estimator": F.rlls}),
    "PseudoLabel(threshold)": (methods.PseudoLabel, {"threshold": 0.55}),
    "FixMatch(every)": (methods.FixMatch, {"threshold": 0.0}),  # no untrained model is sure
    "MeanTeacher(every)": (methods.MeanTeacher, {"threshold": 0.0, "decay": 0.5}),
    "Transductive(jda)": (
        methods.Transductive,
        {"estimator": JDA(2, kernel="rbf", unit=False, head=LogisticRegression())},
    ),
    "ClosedForm(sa)": (methods.ClosedForm, {"align": F.subspace_alignment, "dim": 3}),
    "Penalised(entropy)": (methods.Penalised, {"penalty": F.mean_entropy}),
    "Penalised(im)": (methods.Penalised, {"penalty": F.information_maximisation}),
    "Penalised(bnm)": (methods.Penalised, {"penalty": F.bnm}),
    "Penalised(afn)": (methods.Penalised, {"penalty": F.afn, "of": BOTH}),
    "Penalised(hard_afn)": (methods.Penalised, {"penalty": F.hard_afn, "of": BOTH}),
    "DANN+MCC+BSP": (methods.DANN, {"penalties": ADDED}),
    "DANN(own)": (methods.DANN, {"batch_norm": "own"}),
}
NORMED = ("AdaBN", "DANN(own)")  # those whose encoder must have batch norm
NEED_LABELS = (methods.TargetOnly, methods.FineTune)
UNSURE = ("FixMatch", "MeanTeacher", "PseudoLabel(threshold)")
"""Those that count no target sample before the model is sure of one."""
ALIGNING = [
    name
    for name, (cls, _) in VARIANTS.items()
    if "target" in cls.trained_encoders and cls not in NEED_LABELS and name not in UNSURE
]

every = pytest.mark.parametrize("name", VARIANTS)


def one_a_class(names):
    """For tests whose subject lies around a method: the other variants of a class are slow."""
    seen, cases = set(), []
    for name in names:
        cls = VARIANTS[name][0]
        cases.append(pytest.param(name, marks=[pytest.mark.slow] if cls in seen else []))
        seen.add(cls)
    return pytest.mark.parametrize("name", cases)


def variant(name):
    """Class and options, encoder included."""
    cls, options = VARIANTS[name]
    return cls, {"encoder": net(name)} | options


def grants(name):
    needs = VARIANTS[name][0] in NEED_LABELS
    return {"target_labels": 24, "target_sampling": "labelled", "target_dev": 0.25} if needs else {}


def net(name, **kwargs):
    """Makes the small encoder that a variant can use."""
    return lambda: MLP(2, [16, 8], batch_norm=name in NORMED, **kwargs)


def run(name, data=None, **kwargs):
    cls, options = variant(name)
    return fit(cls, data or small(**grants(name)), **options, **kwargs)


def test_variants_cover_every_method():
    assert {c for c, _ in VARIANTS.values()} == set(CLASSES)


@every
def test_fits_and_scores_both_domains(name):
    model, t, data = run(name)
    scores = {k: v for loader in t.test(model, data, verbose=False) for k, v in loader.items()}
    assert {"test/source", "oracle/target"} <= scores.keys()
    assert all(0 <= scores[k] <= 1 for k in ("test/source", "oracle/target"))
    assert all(p.isfinite().all() for p in model.parameters())


@every
def test_a_second_encoder_is_trained_or_refused_before_training(name):
    """As the class declares; where only sure pseudo-labels count, of a model that is sure."""
    cls, options = variant(name)
    sure = cls in (methods.FixMatch, methods.MeanTeacher, methods.PseudoLabel)
    options |= {"threshold": 0.0} if sure else {}
    torch.manual_seed(1)
    second = net(name)()
    before = {k: v.clone() for k, v in second.state_dict().items()}
    options |= {"target_encoder": second, "data": small(**grants(name))}
    both = {"source", "target"} == set(cls.trained_encoders)
    if both or cls is methods.ADDA:  # its start brings the source's
        model, _, _ = fit(cls, **options)
        moved = model.target_encoder.named_parameters()
        assert any(not torch.equal(before[k], p) for k, p in moved)
    else:
        with pytest.raises(ValueError, match=f"{cls.__name__}.*encoder"):
            fit(cls, **options)
        assert all(torch.equal(before[k], v) for k, v in second.state_dict().items())


class Poisoned(type(small())):
    """Target training labels turned round at the loader, below all masking."""

    def dataset(self, name, split):
        data = super().dataset(name, split)
        if name == self.target and split != "test":
            data.y = 1 - data.y
        return data


@pytest.mark.parametrize("name", [n for n in VARIANTS if VARIANTS[n][0] not in NEED_LABELS])
def test_never_sees_a_target_label(name):
    sizes = {"size": 96, "batch_size": 16}
    assert equal(run(name, small())[0], run(name, Poisoned(**sizes))[0])


@pytest.mark.parametrize("name", ["TargetOnly", "FineTune"])
def test_sees_the_granted_target_labels_and_no_other(name):
    sizes = {"size": 96, "batch_size": 16, **grants(name)}
    assert not equal(run(name)[0], run(name, Poisoned(**sizes))[0])

    class OnlyHidden(type(small())):
        def dataset(self, domain, split):
            data = super().dataset(domain, split)
            if domain == self.target and split == "train":
                hidden = ~small(**grants(name)).view("target", "train").visible[: len(data)]
                dev = torch.zeros_like(hidden)
                data.y = torch.where(hidden & ~dev, 1 - data.y, data.y)
            return data

    assert equal(run(name)[0], run(name, OnlyHidden(**sizes))[0])


@pytest.mark.parametrize("name", ["TargetOnly", "FineTune"])
def test_says_so_where_labels_are_needed_and_none_granted(name):
    with pytest.raises(ValueError, match="target_labels"):
        run(name, small())


@pytest.mark.parametrize("name", ALIGNING)
def test_alignment_is_alive(name):
    cls, options = variant(name)
    off, on, more = (fit(cls, small(), weight=w, **options)[0] for w in (0.0, 1.0, 2.0))
    weights = [m.encoder.layers[0].weight for m in (off, on, more)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])
    model, data = on, small()  # trained: some fit a part of themselves to the data first
    model.zero_grad()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    model.losses(batch, 0.5)["adaptation_loss"].backward()
    assert model.encoder.layers[0].weight.grad.abs().sum() > 0


def test_whole_domains_are_collected_without_their_inputs():
    """Of photographs, they would fill a device's memory; features and labels are what is asked."""
    model, _, data = fit(methods.Alignment, on=["layers.0", "z"])
    held = model.collect("target")
    assert (held.x, held.layers) == ((), {})
    assert held.z.shape == (len(data.view("target", "train")), 8)
    assert model.training


@one_a_class(VARIANTS)
@pytest.mark.parametrize(
    "options", [{}, {"accumulate_grad_batches": 2}], ids=["plain", "accumulate"]
)
def test_progress_goes_from_zero_to_one(name, options):
    seen = []
    cls, own = variant(name)
    if options and not build(cls, small(), **own).automatic_optimization:
        with pytest.raises(MisconfigurationException, match="accumulation is not supported"):
            fit(cls, small(), trainer_options=options, **own)
        return

    class Spy(cls):
        def on_train_batch_start(self, *args):
            seen.append(self.progress)

        def on_train_end(self):
            seen.append(self.progress)

    fit(Spy, small(**grants(name)), epochs=2, trainer_options=options, **own)
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] == 1


@pytest.mark.parametrize("cls", [c for c in CLASSES if c.needs_start])
def test_what_goes_on_from_a_trained_model_says_so_before_training(cls):
    data = small()
    model = cls(MLP(2, [16, 8]), data.task)
    with pytest.raises(ValueError, match=rf"--method {cls.needs_start} --out.*init_from"):
        trainer().fit(model, data)


def test_progress_of_a_single_step():
    seen = []

    class Spy(methods.DANN):
        def on_train_batch_start(self, *args):
            seen.append(self.progress)

        def on_train_end(self):
            seen.append(self.progress)

    fit(Spy, small(epoch_length=1))
    assert seen == [0, 1]


def test_progress_without_an_end_says_so():
    with pytest.raises(ValueError, match="max_epochs"):
        fit(methods.DANN, epochs=-1)


READER = """
import sys, torch, da_bench
torch.set_num_threads(1)
torch.set_grad_enabled(False)
for folder in map(str.strip, sys.stdin):
    x, logits = (torch.load(f"{folder}/{n}.pt") for n in ("x", "logits"))
    print(torch.equal(da_bench.load(folder)(x), logits), flush=True)
"""


@pytest.fixture(scope="module")
def reader():
    """A process that knows nothing of this one; its imports are paid once."""
    with subprocess.Popen(
        [sys.executable, "-c", READER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        yield process


@one_a_class(VARIANTS)
def test_a_folder_rebuilds_it_in_a_new_process(name, tmp_path, reader):
    if reader.poll() is not None:
        pytest.fail("the reading process has died on an earlier method")
    model, t, _ = run(name)
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    x = torch.randn(5, 2)
    torch.save(x, tmp_path / "x.pt")
    with torch.no_grad():
        torch.save(model.eval()(x), tmp_path / "logits.pt")
    reader.stdin.write(f"{tmp_path}\n")
    reader.stdin.flush()
    answer = reader.stdout.readline()
    assert answer == "True\n", answer + (reader.stdout.read() if answer[:4] == "Trac" else "")


@every
def test_the_description_is_plain_json(name):
    cls, options = variant(name)
    spec = describe(build(cls, small(), **options))
    assert json.loads(json.dumps(spec)) == spec


@every
def test_starts_from_a_source_only_run(name, tmp_path):
    model, t, _ = fit(methods.SourceOnly, encoder=net(name))
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    cls, options = variant(name)
    started = build(cls, small(), seed=9, init_from=str(tmp_path), **options)
    assert torch.equal(started.encoder.layers[0].weight, model.encoder.layers[0].weight)
    options["encoder"] = lambda: MLP(2, [7, 8], batch_norm=True)
    with pytest.raises(ValueError, match="does not fit"):
        build(cls, small(), init_from=str(tmp_path), **options)


@one_a_class(VARIANTS)
def test_freezing_and_measuring(name):
    if name.startswith(("ClosedForm", "SVM", "Transductive")):
        pytest.skip("its encoder never trains")
    seen = []
    cls, options = variant(name)

    class Watch(cls):
        def on_train_epoch_end(self):
            super().on_train_epoch_end()
            seen.append(self.encoder.layers[0].weight.detach().clone())

    callbacks = [Divergences(), GradualUnfreezing({"encoder": 2})]
    _, t, _ = fit(Watch, small(**grants(name)), epochs=3, callbacks=callbacks, **options)
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(seen[1], seen[2])
    assert {"divergence/proxy_a_distance", "divergence/mmd2"} <= t.callback_metrics.keys()


def test_method_and_twin_share_initialisation_batches_and_noise():
    seen = {}
    for cls in (methods.SourceOnly, methods.DANN):

        class Spy(cls):
            def on_train_batch_start(self, batch, batch_idx):
                seen.setdefault(self.kind, []).append(
                    (batch["source"].index, torch.get_rng_state())
                )

        Spy.kind = cls.__name__
        data = small()
        model = build(Spy, data)
        seen[f"{Spy.kind} start"] = model.head.weight.detach().clone()
        trainer().fit(model, data)
    assert torch.equal(seen["SourceOnly start"], seen["DANN start"])
    for one, other in zip(seen["SourceOnly"], seen["DANN"], strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


class Losses(nn.Module):
    """``losses`` as a forward, which is what ``functional_call`` calls."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, batch, progress):
        return self.model.losses(batch, progress)


@pytest.mark.parametrize(
    "name",
    [
        "SourceOnly",
        "DANN",
        "Alignment",
        "Alignment(coral)",
        "Alignment(cmd)",
        "Alignment(jan)",
        "Alignment(homm)",
        "Alignment(sinkhorn)",
        "DSAN",
        "Penalised",
        "DANN+MCC+BSP",
        "MDD",
        "SymNet",
    ],
)
def test_losses_under_functional_call_and_vmap(name):
    cls, options = variant(name)
    data = small()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    replicas = [build(cls, data, seed=s, **options) for s in (1, 2, 3)]
    shell = Losses(replicas[0])
    stacked = {
        f"model.{k}": torch.stack([dict(r.named_parameters())[k] for r in replicas])
        .detach()
        .requires_grad_()
        for k, _ in replicas[0].named_parameters()
    }

    def total(parameters):
        return sum(functional_call(shell, parameters, (batch, 0.5)).values())

    together = vmap(total)(stacked)
    together.sum().backward()
    for i, replica in enumerate(replicas):
        alone = sum(replica.losses(batch, 0.5).values())
        alone.backward()
        torch.testing.assert_close(together[i], alone)
        own = replica.encoder.layers[0].weight.grad
        torch.testing.assert_close(stacked["model.encoder.layers.0.weight"].grad[i], own)


def test_losses_are_pure():
    data = small()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    model = build(methods.DANN, data)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    one, other = model.losses(batch, 0.3), model.losses(batch, 0.3)
    assert all(torch.equal(one[k], other[k]) for k in one)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_load_refuses_what_it_does_not_trust(tmp_path):
    _, t, _ = fit(methods.SourceOnly)
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    stored = torch.load(tmp_path / "model.ckpt", weights_only=True)
    stored["model"]["init_args"]["weight_schedule"] = "os.system"
    torch.save(stored, tmp_path / "model.ckpt")
    with pytest.raises(ValueError, match=r"os\.system.*trusted"):
        da_bench.load(tmp_path)


def test_batch_is_what_the_design_says():
    assert Batch._fields == ("x", "y", "labelled", "domain", "index")
