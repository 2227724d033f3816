"""The wheel: the package and the YAML, nothing else, and that is enough to work with."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not installed")
ROOT = Path(__file__).parent.parent
CODE = {".py", ".css", ".js"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Builds it from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Unpacked where no checkout lies, as an installation is; returns a function that runs it."""
    site, work = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("work")
    zipfile.ZipFile(wheel).extractall(site)

    def run(*words):
        environment = os.environ | {"PYTHONPATH": str(site), "WANDB_MODE": "offline"}
        command = [sys.executable, "-m", "da_bench", *words]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import da_bench; print(da_bench.__file__)"
    environment = os.environ | {"PYTHONPATH": str(site)}
    found = subprocess.check_output([sys.executable, "-c", where], cwd=work, env=environment)
    assert str(site) in found.decode()
    return run, work


def test_it_holds_the_package_and_the_yaml_alone(wheel):
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "da_bench").rglob("*")
        if path.suffix in CODE
    }
    experiments = ROOT / "experiments"
    yaml = {
        f"da_bench/experiments_yaml/{path.relative_to(experiments).as_posix()}"
        for path in experiments.rglob("*.yaml")
    }
    names = set(zipfile.ZipFile(wheel).namelist())
    about = {name for name in names if ".dist-info/" in name}
    assert names - about == package | yaml
    assert {Path(name).name for name in about} == {
        "LICENSE", "METADATA", "RECORD", "WHEEL", "entry_points.txt"
    }  # fmt: skip


def test_every_folder_of_the_package_is_a_package():
    """An `__init__.py` that git ignores is missing here, and in the wheel."""
    folders = {path.parent for path in (ROOT / "da_bench").rglob("*.py")}
    missing = [folder for folder in folders if not (folder / "__init__.py").is_file()]
    assert not missing


def test_it_names_every_method_and_benchmark(installed):
    run, _ = installed
    listed = run("list")
    assert "dann" in listed
    assert "moons" in listed


def test_it_explains_a_published_table(installed):
    run, _ = installed
    assert "dann" in run("reproduce", "dann_jmlr", "--table", "1", "--explain").lower()


@pytest.mark.slow
def test_it_compares_and_reports(installed):
    run, work = installed
    words = ["--tasks", "0:20", "--methods", "source_only", "dann", "--seeds", "1"]
    small = ["--set", "trainer.max_epochs=1", "--out", "out"]
    run("compare", "--benchmark", "moons", *words, *small)
    run("report", "out")
    assert "dann" in (work / "out" / "report.html").read_text()
