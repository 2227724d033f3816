"""What a step is spared is empty, the switch changes no result, and every private is listed."""

import ast
import inspect
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import lightning
import pytest
import torch
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, LambdaCallback
from lightning.pytorch.cli import LightningCLI
from lightning.pytorch.loggers import CSVLogger, WandbLogger
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.profilers import PassThroughProfiler, SimpleProfiler

import da_bench
from da_bench import methods
from da_bench.methods import lightning_shortcuts
from da_bench.runs.train import Command
from tests.conftest import build, equal, fit, small, trainer
from tests.methods.test_contract import variant

FILE = Path(lightning_shortcuts.__file__)
PACKAGE = Path(da_bench.__file__).parent

# The members of Lightning that are used, by where an object of each kind has them.

SHORTCUTS = [
    "module._current_fx_name",
    "module._on_before_batch_transfer",
    "module._apply_batch_transfer_handler",
    "module.configure_gradient_clipping",
    *(f"module.{hook}" for hook in lightning_shortcuts.STEP_HOOKS),
    *(f"callback.{hook}" for hook in lightning_shortcuts.STEP_HOOKS),
    *(f"module.{hook}" for hook in lightning_shortcuts.TRANSFER_HOOKS),
    *(f"data.{hook}" for hook in lightning_shortcuts.TRANSFER_HOOKS),
    "trainer.profiler.profile",
    "trainer.enable_validation",
    "trainer.fit_loop.epoch_loop._build_kwargs",
    "trainer.fit_loop.epoch_loop._should_check_val_epoch",
    "trainer.fit_loop.epoch_loop.automatic_optimization.output_result_cls",
    "lightning.pytorch.loops.optimization.automatic.ClosureResult.from_training_step_output",
]
NEEDS_OF_A_RESUME = [
    "module._trainer",
    "trainer.fit_loop._data_fetcher",
    "trainer.fit_loop.epoch_loop._should_check_val_fx",
    "lightning.pytorch.loops._FitLoop",
    "lightning.pytorch.loops._FitLoop.skip",
    "trainer.fit_loop.is_resuming",
    "trainer.fit_loop.on_run_end",
    "trainer.fit_loop.epoch_progress.total.processed",
    "trainer.fit_loop.epoch_progress.total.completed",
]
PUBLIC_BUT_UNDOCUMENTED = [
    "trainer.fit_loop.load_state_dict",
    "trainer.fit_loop.max_batches",
    "trainer.fit_loop.epoch_loop.batch_progress.is_last_batch",
    "trainer.fit_loop.epoch_loop.batch_progress.current.ready",
    "trainer.fit_loop.epoch_loop.batch_progress.total.ready",
    "trainer.fit_loop.epoch_loop.batch_progress.total.completed",
    "trainer.strategy.checkpoint_io",
    "trainer.strategy.root_device",
    "trainer.precision_plugin.convert_input",
    "trainer.precision_plugin.forward_context",
]
"""Names without an underscore that other files read, which a release may change as well."""


def resolve(path, roots):
    """The object at ``path``; fails with the name of the first part that is not there."""
    first, *names = path.split(".")
    thing = roots[first]
    for name in names:
        if not hasattr(thing, name):
            pytest.fail(
                f"Lightning {version('lightning')} has no {path}: {name!r} is gone. See where "
                "da_bench/methods/lightning_shortcuts.py uses it, and what took its place"
            )
        thing = getattr(thing, name)
    return thing


@pytest.fixture(scope="module")
def plain_lightning():
    """Objects as Lightning makes them, of none of da_bench's classes."""
    return {
        "trainer": Trainer(accelerator="cpu", logger=False, enable_checkpointing=False,
                           enable_progress_bar=False, enable_model_summary=False),
        "module": LightningModule(), "callback": Callback(), "data": LightningDataModule(),
        "lightning": lightning,
    }  # fmt: skip


@pytest.mark.parametrize("path", [*SHORTCUTS, *NEEDS_OF_A_RESUME, *PUBLIC_BUT_UNDOCUMENTED])
def test_lightning_has_each_member_that_is_used(path, plain_lightning):
    resolve(path, plain_lightning)


def test_a_renamed_member_is_named(plain_lightning):
    with pytest.raises(pytest.fail.Exception, match=r"no module\._gone: '_gone' is gone"):
        resolve("module._gone", plain_lightning)


# Privates of Lightning stand in one file.

LIGHTNING = Path(lightning.__file__).parent
INHERITED = (
    LightningModule, LightningDataModule, Callback, Checkpoint, LightningCLI, WandbLogger,
    TorchCheckpointIO,
)  # fmt: skip
"""Classes of Lightning that da_bench's classes inherit from; its fit loop is in the one file."""


def is_private(name):
    return name.startswith("_") and not name.startswith("__") and name != "_"


def defined(tree):
    """Private names that a piece of source gives to methods, classes and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name = node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        else:
            continue
        if is_private(name):
            yield name


def of_classes(classes):
    """Private names of Lightning's classes and of those that they inherit from."""
    bases = {b for c in classes for b in c.__mro__ if b.__module__.startswith("lightning.")}
    sources = (inspect.cleandoc("\n" + inspect.getsource(b)) for b in bases)
    return {name for source in sources for name in defined(ast.parse(source))}


@pytest.fixture(scope="module")
def privates():
    """All private names of Lightning, and those that a subclass of ``INHERITED`` could meet."""
    files = [*(LIGHTNING / "pytorch").rglob("*.py"), *(LIGHTNING / "fabric").rglob("*.py")]
    everywhere = {name for file in files for name in defined(ast.parse(file.read_text()))}
    return everywhere, of_classes(INHERITED)


def touched(source, everywhere, inherited):
    """Privates of Lightning that a piece of source touches, as (line, name).

    ``self._x`` and ``def _x`` count where a class of Lightning that da_bench inherits from has such
    a name, whatever class they stand in: one that hides it by accident would be as bad.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            names = [alias.name for alias in node.names]
            for path in [f"{module}.{name}" if module else name for name in names]:
                parts = path.split(".")
                if parts[0] in ("lightning", "pytorch_lightning", "lightning_fabric") and (
                    any(map(is_private, parts)) or "loops" in parts or "connectors" in parts
                ):
                    yield node.lineno, path
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            above = isinstance(node.value, ast.Call) and ast.unparse(node.value) == "super()"
            if node.attr in (inherited if own or above else everywhere):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.FunctionDef) and node.name in inherited:
            yield node.lineno, node.name
        elif isinstance(node, ast.Constant) and node.value in inherited:
            yield node.lineno, node.value  # as of setattr, or of a dictionary of attributes


def test_no_other_file_touches_a_private_of_lightning(privates):
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path != FILE
        for line, name in touched(path.read_text(), *privates)
    ]
    assert not found, f"move these to {FILE.name}: {found}"


@pytest.mark.parametrize("line", [
    "trainer.fit_loop._data_fetcher", "loop._should_accumulate()", "self._current_fx_name = 1",
    "from lightning.pytorch.loops import _FitLoop", "def _on_before_batch_transfer(self): pass",
    "import lightning.pytorch.loops.progress", "self._experiment", "self._get(config, 'health')",
    "setattr(model, '_current_fx_name', 1)", "from lightning.pytorch.trainer.call import _x",
    "super()._apply_batch_transfer_handler(batch)",
])  # fmt: skip
def test_a_private_of_lightning_would_be_seen(line, privates):
    assert list(touched(line, *privates))


def test_every_private_that_the_file_touches_is_listed(privates):
    """So that the test by name holds for one that is added."""
    listed = {name for path in (*SHORTCUTS, *NEEDS_OF_A_RESUME) for name in path.split(".")}
    everywhere, _ = privates
    seen = {name for _, name in touched(FILE.read_text(), everywhere, everywhere)}
    names = {part for name in seen for part in name.split(".") if is_private(part)}
    assert {"_build_kwargs", "_data_fetcher", "_current_fx_name", "_FitLoop"} <= names
    assert names <= listed


# The switch.

METHODS = ["DANN", "MCD", "ADDA", "ClosedForm"]
"""One with one optimizer, two that step their optimizers themselves, and one that never steps."""


class Logged(CSVLogger):
    """Keeps what is logged."""

    def __init__(self, folder):
        super().__init__(folder)
        self.lines = []

    def log_metrics(self, metrics, step=None):
        self.lines.append((step, dict(metrics)))


class Hides(Callback):
    """What hides members of Lightning in the middle of a training."""

    def on_train_epoch_end(self, trainer, module):
        loop = trainer.fit_loop.epoch_loop
        self.owners = [module, *trainer.callbacks, loop, loop.automatic_optimization]
        self.owners.append(trainer.profiler)
        self.names = hidden(self.owners)


def hidden(owners):
    """Names of the list that stand on objects themselves."""
    names = {path.rpartition(".")[2] for path in SHORTCUTS} - {"_current_fx_name"}
    return {name for owner in owners for name in names & vars(owner).keys()}


def trained(name, folder, switch, **options):
    cls, own = variant(name)
    logger, hides = Logged(folder), Hides()
    data = small(epoch_length=4)
    model = build(cls, data, **own)
    model.lightning_shortcuts = switch
    t = trainer(2, [hides], logger=logger, log_every_n_steps=3, **options)
    t.fit(model, data)
    scores = t.test(model, data, verbose=False)
    metrics = {k: float(v) for k, v in t.callback_metrics.items()}
    return model, scores, logger.lines, metrics, hides


@pytest.mark.parametrize("options", [{}, {"val_check_interval": 2, "gradient_clip_val": 0.1}],
                         ids=["plain", "clipped"])  # fmt: skip
@pytest.mark.parametrize("name", METHODS)
def test_results_are_the_same_to_the_last_bit_on_and_off(name, options, tmp_path):
    if options and name != "DANN":  # Lightning clips no gradients of steps that are not its own
        options = {"val_check_interval": 2}
    on, off = (trained(name, tmp_path / str(s), s, **options) for s in (True, False))
    assert equal(on[0], off[0])
    assert on[1:4] == off[1:4]
    assert on[2]
    assert on[4].names
    assert not off[4].names


def test_off_means_that_every_member_is_lightnings_own(tmp_path, monkeypatch):
    """Each replacement raises: with the switch off none is called."""
    functions = [name for name, value in vars(lightning_shortcuts).items()
                 if inspect.isfunction(value) and value.__module__ == lightning_shortcuts.__name__
                 and name not in ("remove_shortcuts", "quiet", "attached_trainer",
                                  "validation_follows", "use_resumable_fit_loop")]  # fmt: skip
    assert {"take_shortcuts", "unchanged_batch", "step_arguments"} <= set(functions)

    def fail(*args, **kwargs):
        raise AssertionError("a shortcut was taken")

    for name in functions:
        monkeypatch.setattr(lightning_shortcuts, name, fail)
    trained("DANN", tmp_path, False)
    with pytest.raises(AssertionError, match="a shortcut was taken"):
        trained("DANN", tmp_path, True)


def test_each_shortcut_is_taken(tmp_path, monkeypatch):
    """A release of Lightning that no longer asks a member leaves its shortcut without effect."""
    calls = Counter()
    names = ("measure_nothing", "unchanged_batch", "step_arguments", "validates_in_epoch")
    for name in names:
        old = getattr(lightning_shortcuts, name)

        def counted(*args, old=old, name=name, **kwargs):
            calls[f"{name} of a device" if "device" in kwargs else name] += 1
            return old(*args, **kwargs)

        monkeypatch.setattr(lightning_shortcuts, name, counted)

    class Loss(lightning_shortcuts.WholeLoss):
        def __post_init__(self):
            calls["WholeLoss"] += 1
            super().__post_init__()

    class Named(methods.DANN):
        def __setattr__(self, name, value):
            calls[name] += 1
            super().__setattr__(name, value)

    monkeypatch.setattr(lightning_shortcuts, "WholeLoss", Loss)
    fit(Named, small(epoch_length=4))
    names += ("unchanged_batch of a device", "WholeLoss", "_current_fx_name")
    assert not [name for name in names if calls[name] < 4]


@pytest.mark.parametrize("name", ["DANN", "MCD"])
def test_a_training_leaves_nothing_behind_and_the_switch_holds_for_the_next(name, tmp_path):
    on = trained(name, tmp_path, True)
    model, hides = on[0], on[4]
    assert not hidden(hides.owners)
    model.lightning_shortcuts = False
    again = Hides()
    trainer(1, [again]).fit(model, small(epoch_length=4))
    assert not again.names


def test_a_training_that_ended_in_an_error_leaves_nothing_to_the_next():
    class Broken(Callback):
        def on_train_epoch_end(self, trainer, module):
            raise RuntimeError("killed")

    model, hides = build(methods.DANN, small()), Hides()
    with pytest.raises(RuntimeError, match="killed"):
        trainer(1, [hides, Broken()]).fit(model, small(epoch_length=4))
    assert hidden(hides.owners)
    model.lightning_shortcuts = False
    trainer(1, [hides]).fit(model, small(epoch_length=4))
    assert not hides.names


@pytest.mark.parametrize("switch", [True, False])
def test_a_run_s_configuration_sets_the_switch(switch):
    command = Command({
        "lightning_shortcuts": switch,
        "model": {"class_path": "da_bench.methods.DANN", "init_args": {
            "encoder": {"class_path": "da_bench.networks.MLP",
                        "init_args": {"in_features": 2, "hidden": [8]}}}},
        "data": {"class_path": "da_bench.data.benchmarks.toy.Moons"},
        "trainer": {"accelerator": "cpu", "logger": False},
    })  # fmt: skip
    assert command.model.lightning_shortcuts is switch
    assert command.resolved()["lightning_shortcuts"] is switch


@pytest.mark.parametrize(("device", "stays"), [("cpu", True), ("cuda", False)])
def test_batches_move_where_the_strategy_has_a_device(device, stays):
    data = small()
    model = build(methods.DANN, data)  # on the CPU still, as Lightning leaves it at setup
    strategy = SimpleNamespace(root_device=torch.device(device))
    running = SimpleNamespace(strategy=strategy, datamodule=data)
    assert lightning_shortcuts.batches_stay(running, model) is stays


def test_a_profiler_that_measures_goes_on_measuring():
    profiler = SimpleProfiler()
    fit(methods.DANN, small(epoch_length=4), trainer_options={"profiler": profiler})
    assert len(profiler.recorded_durations["run_training_batch"]) == 4
    assert type(trainer().profiler) is PassThroughProfiler


def test_data_without_a_validation_is_trained_on_all_the_same():
    class NoValidation(type(small())):
        val_dataloader = LightningDataModule.val_dataloader

    data = NoValidation(size=96, batch_size=16, epoch_length=2)
    fit(methods.DANN, data)
    assert data.trainer.global_step == 2


def test_hooks_that_someone_wrote_run():
    seen = []

    class Watch(Callback):
        def on_after_backward(self, trainer, pl_module):
            seen.append("callback")

    class Own(methods.DANN):
        def on_before_optimizer_step(self, optimizer):
            seen.append("model")

        def on_after_batch_transfer(self, batch, dataloader_idx):
            seen.append("batch")
            return batch

    fit(Own, small(epoch_length=2), callbacks=[Watch()])
    assert seen.count("callback") == seen.count("model") == 2
    assert seen.count("batch") >= 2


def watched(**options):
    """How often a training of four passes of two steps validated, and its weights."""

    class Watch(Callback):
        validations = 0

        def on_validation_epoch_end(self, trainer, pl_module):
            self.validations += 1

    watch = Watch()
    model, *_ = fit(
        methods.DANN, small(epoch_length=2), epochs=4, callbacks=[watch], trainer_options=options
    )
    return watch.validations, model


def test_validation_comes_when_the_trainer_says():
    assert watched()[0] == 4
    assert watched(check_val_every_n_epoch=2)[0] == 2
    assert watched(check_val_every_n_epoch=None, val_check_interval=4)[0] == 2
    assert watched(limit_val_batches=0)[0] == 0


def test_gradients_are_clipped_where_asked():
    free, bound = watched()[1], watched(gradient_clip_val=1e-3)[1]
    assert not equal(free, bound)
    assert equal(free, watched(gradient_clip_val=1e9)[1])


def test_accumulated_batches_share_one_step(monkeypatch):
    """Plain SGD over two batches' mean gradient, against Lightning left as it is."""
    spared, once = watched(accumulate_grad_batches=2)[1], watched()[1]
    monkeypatch.setattr(methods.DomainAdapter, "lightning_shortcuts", False)
    assert equal(spared, watched(accumulate_grad_batches=2)[1])
    assert equal(once, watched()[1])
    assert not equal(spared, once)


def test_hooks_set_on_a_callback_itself_stay():
    """As Lightning's own LambdaCallback sets them."""
    seen = Counter()
    hooks = (
        "on_train_batch_start",
        "on_after_backward",
        "on_before_zero_grad",
        "on_train_batch_end",
    )
    counting = LambdaCallback(**{h: lambda *_, h=h, **__: seen.update([h]) for h in hooks})
    fit(methods.DANN, small(epoch_length=3), callbacks=[counting])
    assert seen == dict.fromkeys(hooks, 3)


class Steps(Callback):
    """What the model plans, and how far it says that training is."""

    def on_train_start(self, trainer, module):
        self.planned, self.batches = module.optimizer_steps, module.total_batches

    def on_train_end(self, trainer, module):
        self.made, self.progress = trainer.global_step, module.progress


@pytest.mark.parametrize("end", [{}, {"max_steps": 5}, {"max_steps": 4}])
def test_a_schedule_ends_with_the_training_where_batches_are_left_over(end):
    """Lightning steps at an epoch's end whatever is left: 7 batches by threes are 3 steps."""
    steps = Steps()
    fit(methods.DANN, small(epoch_length=7), epochs=2, callbacks=[steps],
        trainer_options={"accumulate_grad_batches": 3} | end)  # fmt: skip
    assert steps.planned == steps.made == end.get("max_steps", 6)
    assert steps.batches == {6: 14, 5: 13, 4: 10}[steps.made]
    assert steps.progress == 1


def test_terms_stand_where_self_log_would_put_them():
    _, trainer, _ = fit(methods.DANN, small(epoch_length=2))
    for shown in (trainer.callback_metrics, trainer.progress_bar_metrics):
        assert {"source_risk", "adaptation_loss"} <= set(shown)
