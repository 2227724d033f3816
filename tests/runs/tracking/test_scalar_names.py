"""Names under which scalars are logged: all of them stand in the one list."""

import ast
from pathlib import Path

from lightning.pytorch.loggers.logger import Logger

import da_bench
from da_bench.callbacks import BoundLedger, Divergences, Health, Selections
from da_bench.health import DIAGNOSES
from da_bench.runs.tracking.scalar_names import NAMES, SPACES, STEP, is_listed
from tests.conftest import small
from tests.methods.test_contract import VARIANTS, grants, run

PACKAGE = Path(da_bench.__file__).parent
LOGS = ("log", "log_dict", "log_metrics")
BESIDES = {"epoch", STEP}
"""What Lightning adds."""


class Names(Logger):
    """Keeps the names."""

    name, version = "names", "0"

    def __init__(self):
        super().__init__()
        self.seen = set()

    def log_metrics(self, metrics, step=None):
        self.seen |= set(metrics)

    def log_hyperparams(self, params, *args, **kwargs):
        pass


def logged(name, data, callbacks=(), test=False):
    names = Names()
    options = {"logger": names, "log_every_n_steps": 2}
    model, trainer, data = run(name, data, callbacks=callbacks, trainer_options=options)
    if test:
        trainer.test(model, data, verbose=False)
    return names.seen - BESIDES


def test_every_method_logs_listed_names():
    wrong = {}
    for name in VARIANTS:
        seen = logged(name, small(size=64, batch_size=16, **grants(name)), [Health()])
        assert seen, name
        wrong |= {one: name for one in seen if not is_listed(one)}
    assert not wrong


def test_callbacks_and_tests_log_listed_names():
    data = small(size=48, oracle_validation=True)
    callbacks = [Health(), Divergences(), BoundLedger(), Selections(["last", "oracle/val_target"])]
    seen = logged("DANN", data, callbacks, test=True)
    assert {"divergence/mmd2", "bound/visible", "oracle/joint_error", "test/source",
            "oracle/target@oracle/val_target", "val/source_risk"} <= seen  # fmt: skip
    assert not [name for name in seen if not is_listed(name)]


def literals(node):
    """The beginning of a name that is written out, or of its f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield node.values[0].value + "x"
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            yield from literals(key)


def test_every_name_that_is_written_out_is_listed():
    found = []
    for part in ("methods", "callbacks", "health"):
        for path in (PACKAGE / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                if called and node.func.attr in LOGS and node.args:
                    found += [(path.name, name) for name in literals(node.args[0])]
    assert len(found) >= 5
    assert not [one for one in found if not is_listed(one[1])]


def test_the_list():
    assert set(SPACES) == {"train", "val", "test", "oracle", "divergence", "bound", "health"}
    assert all(is_listed(name) for name in NAMES)
    assert all(is_listed(f"health/{one}") for one in DIAGNOSES)
    for name in ("loss", "val/accuracy", "target/accuracy", "oracle/accuracy", "Train/loss"):
        assert not is_listed(name)
