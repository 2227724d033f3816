"""Which code a run's identity follows: what its method uses, and nothing that stands beside it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import da_bench
from da_bench.config import layers
from da_bench.config.objects import paths
from da_bench.config.used_code import digest
from da_bench.runs.plan import EXECUTES

PACKAGE = Path(da_bench.__file__).parent
METHODS = ("source_only", "dann", "cdan", "mcd", "reweighted_kmm", "coral", "mean_teacher")
SCRIPT = """
import json, sys
from da_bench.config.used_code import digest
named = json.loads(sys.argv[1])
print(json.dumps({name: digest(tuple(paths)) for name, paths in named.items()}))
"""


def named(method):
    """What a run of a method on digits names."""
    config = layers.compose("digits", method, ("original", "rotated"), 0)
    return [EXECUTES, *paths(config)]


@pytest.fixture
def edited(tmp_path):
    """Edits a copy of the package; returns which of the methods' digests change by it."""
    import json

    shutil.copytree(PACKAGE, tmp_path / "da_bench", ignore=shutil.ignore_patterns("__pycache__"))
    of = json.dumps({method: named(method) for method in METHODS})

    def digests():
        # -P: the copy, whatever folder the tests run in
        call = [sys.executable, "-P", "-c", SCRIPT, of]
        env = {"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin"}
        done = subprocess.run(call, env=env, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    before = digests()

    def edit(file, old, new):
        path = tmp_path / "da_bench" / file
        text = path.read_text() if path.exists() else ""
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1) if old else text + new)
        after = digests()
        return {method for method in METHODS if after[method] != before[method]}

    return edit


def test_words_change_nothing(edited):
    file = "methods/adversarial/mcd.py"
    assert edited(file, '"""', '"""Another word. ') == set()
    assert edited(file, "\n\n\n", "\n\n\n# A comment.\n") == set()
    base = "methods/base.py"
    assert edited(base, '"""', '"""Another word. ') == set()


def test_a_new_method_changes_nothing(edited):
    assert edited("methods/features/anew.py", "", "class Anew:\n    pass\n") == set()
    export = "from .features.anew import Anew\n"
    assert edited("methods/__init__.py", "from .base", f"{export}from .base") == set()


def test_a_changed_loss_changes_its_method_alone(edited):
    text = (PACKAGE / "methods/adversarial/mcd.py").read_text()
    line = re.search(r"^        return (?!super).+$", text, re.M)[0]
    assert edited("methods/adversarial/mcd.py", line, f"{line} * 1") == {"mcd"}


def test_the_reversal_changes_what_reverses(edited):
    text = (PACKAGE / "functional/adversarial.py").read_text()
    body = text[text.index("class _GradReverse") :]
    line = re.search(r"^ +return .+$", body[body.index("def backward") :], re.M)[0]
    changed = edited("functional/adversarial.py", line, f"{line}  # in words")
    assert changed == set(), "a comment"
    changed = edited("functional/adversarial.py", "class _GradReverse(", "class _GradReverse(*(), ")
    assert {"dann", "cdan"} <= changed
    assert not changed & {"source_only", "reweighted_kmm", "coral", "mcd"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("runs/execute.py", "verbose=False", "verbose=bool(0)"),
        ("methods/base.py", "class DomainAdapter(", "class DomainAdapter(*(), "),
        ("data/order.py", "def ", "def _x(): pass\n\n\nX = _x()\n\n\ndef "),
        ("callbacks/streams.py", "class RandomStreams(", "class RandomStreams(*(), "),
    ],
)
def test_what_every_run_uses_changes_every_run(edited, file, old, new):
    changed = edited(file, old, new)
    assert changed == (set() if file == "data/order.py" else set(METHODS))  # unused: no part


def test_what_only_looks_changes_nothing(edited):
    assert edited("callbacks/health.py", "class Health(", "class Health(*(), ") == set()
    assert edited("callbacks/curves.py", "class KeepCurves(", "class KeepCurves(*(), ") == set()
    assert edited("cli/main.py", "def main(", "def main2(") == set()


def test_a_changed_sampler_and_encoder_count(edited):
    assert edited("networks/mlp.py", "class MLP(", "class MLP(*(), ") == set(METHODS)


def test_a_class_outside_of_the_package_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "of_the_user.py"
    found = []
    for body in ("1", "2", "2  # a comment"):
        file.write_text(f"def helper():\n    return {body}\n\n\nclass Net:\n    width = helper()\n")
        code = "from da_bench.config.used_code import digest; print(digest(('of_the_user.Net',)))"
        call = [sys.executable, "-c", code]
        path = f"{tmp_path}:{PACKAGE.parent}"
        done = subprocess.run(
            call, env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
        )
        found.append(done.stdout)
    assert found[0] != found[1] == found[2]


def test_a_moved_definition_is_the_same(tmp_path):
    """Where it stands is no part of it."""
    assert digest(("da_bench.methods.DANN",)) == digest(("da_bench.methods.adversarial.dann.DANN",))


SAMPLE = """
def first(x: list, *rest, key=None, **more):
    return [f"{y!r:>{len(rest)}} {key}" for y in x if y not in (None, ..., 1.5, b"z")]


class Net:
    @property
    def width(self):
        with open("x") as file, self as other:
            value: int = lambda: (yield first(file, *other, **{}))
        try:
            del value[1:2, ::3]
        except* ValueError as error:
            raise error from None
        match self:
            case {"a": [1, *_], **rest} | Net(x=2):
                return (n := -1) if rest else n
"""


def test_every_python_writes_the_same_digest(tmp_path):
    """``.ci/run`` holds it on each version of Python that is supported."""
    (tmp_path / "sample_of_syntax.py").write_text(SAMPLE)
    code = "from da_bench.config.used_code import digest; print(digest(('sample_of_syntax.Net',)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == (
        "adaaa0990250304bb064ff8913104dafb56b80436dc46cd40a7bd4a934650b5b"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"net.py": "from helper import *\nclass Net:\n    x = f()\n"},
        {"net.py": "try:\n    import helper\nexcept ImportError:\n    helper = None\n"
                   "class Net:\n    x = helper.f()\n"},
        {"net/__init__.py": "from .part import *\n",
         "net/part.py": "import helper\nclass Net:\n    x = helper.f()\n"},
        {"net/__init__.py": "from . import part\nfrom .part import Net\n",
         "net/part.py": "from helper import f\nclass Net:\n    x = f()\n"},
        {"net.py": "import helper\nclass Net:\n    x = getattr(helper, 'f')()\n"},
        {"net.py": "import helper\nmodule = helper\nclass Net:\n    x = module.f()\n"},
        {"net.py": "from contextlib import suppress\nwith suppress(ImportError):\n"
                   "    from helper import f\nclass Net:\n    x = f()\n"},
        {"net.py": "import space.part\nclass Net:\n    x = space.part.f()\n",
         "space/part.py": "from helper import f\n"},
        {"net.py": "from other import *\ng = 1\nclass Net:\n    x = f()\n",
         "other.py": "from net import *\nfrom helper import *\n"},
        {"net.py": "import models\nfrom registry import KNOWN\nclass Net:\n    x = KNOWN['g']()\n",
         "registry.py": "KNOWN = {}\ndef register(f):\n    KNOWN[f.__name__] = f\n    return f\n",
         "models.py": "from helper import f\nfrom registry import register\n"
                      "@register\ndef g():\n    return f()\n"},
        {"net.py": "import helper\ndef __getattr__(name):\n    return helper.f()\n"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["net.Net", "net.Net.x"])
def test_what_code_of_ones_own_uses_counts_however_it_is_imported(tmp_path, files, path):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def now(value):
        (tmp_path / "helper.py").write_text(f"def f():\n    return {value}\n")
        code = f"from da_bench.config.used_code import digest; print(digest(({path!r},)))"
        env = {"PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}"}
        call = [sys.executable, "-c", code]
        done = subprocess.run(call, env=env, capture_output=True, text=True, check=True)
        return done.stdout

    assert now(1) == now("1  # a comment") != now(2)


def test_code_in_the_working_directory_counts_where_it_is_not_on_the_path(tmp_path, monkeypatch):
    """As for ``da-bench table``, which imports nothing from there."""
    (tmp_path / "in_the_working_directory.py").write_text("class Net:\n    pass\n")
    monkeypatch.chdir(tmp_path)
    assert digest(("in_the_working_directory.Net",)) != digest(())
    assert "in_the_working_directory" not in sys.modules


def test_a_decorator_of_python_registers_nothing(tmp_path):
    """What nothing uses is no part, though ``dataclass`` stands above it."""

    def now(width):
        (tmp_path / "decorated.py").write_text(
            "from dataclasses import dataclass\nclass Net:\n    pass\n"
            f"@dataclass\nclass Unused:\n    width: int = {width}\n"
        )
        code = "from da_bench.config.used_code import digest; print(digest(('decorated.Net',)))"
        env = {"PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}"}
        call = [sys.executable, "-c", code]
        return subprocess.run(call, env=env, capture_output=True, text=True, check=True).stdout

    assert now(1) == now(2)


def test_a_folder_of_installed_packages_is_not_read(tmp_path, monkeypatch):
    """Wherever it lies: a user's own, the system's, or one that pip was given."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "installed_anywhere.py").write_text("class Net:\n    pass\n")
    monkeypatch.syspath_prepend(folder)
    assert digest(("installed_anywhere.Net",)) == digest(())
