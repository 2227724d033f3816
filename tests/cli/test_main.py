"""The command: quick where nothing heavy is needed, clear where something is wrong."""

import platform
import re
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
import yaml

import da_bench
from da_bench.cli import main as cli
from da_bench.cli.fit import EXAMPLES
from da_bench.cli.main import RUNS, main
from da_bench.config import layers

LIGHT = [
    ["--help"],
    ["--version"],
    ["list"],
    ["list", "methods"],
    ["list", "methods", "dann"],
    ["list", "benchmarks"],
    ["compare", "--help"],
    ["compare", "--methods", "dannn"],
    ["compare", "--benchmark", "digitz"],
    ["compare", "--benchmark", "amazon_reviews", "--tasks", "books:dvdd"],
    ["fit", "--method", "dannn"],
    ["fit", "--method", "dann", "--benchmark", "nope"],
    ["data", "list"],
    ["divergence", "a.npz", "b.npz", "--measures", "mmdd"],
    ["diagnose", "--help"],
    ["show", "--help"],
]


@pytest.mark.parametrize("argv", LIGHT, ids=" ".join)
def test_answers_without_torch(argv):
    code = (
        "import sys\nfrom da_bench.cli.main import main\n"
        f"try:\n    main({argv!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'lightning', 'torchvision', 'pandas', 'sklearn', 'scipy'}\n"
        "heavy &= sys.modules.keys()\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version_names_what_can_change_a_result(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert not end.value.code
    lines = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["da_bench"] == da_bench.__version__
    assert lines["Python"] == platform.python_version()
    assert lines["numpy"] == np.__version__
    assert set(lines) == {"da_bench", "Python", *cli.VERSIONED}
    assert not any("not installed" in version for version in lines.values())


def test_version_says_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(cli, "VERSIONED", ("no_such_package",))
    assert cli.versions().endswith("no_such_package is not installed")


@pytest.mark.parametrize(
    ("argv", "adds"),
    [
        (["compare", "--methods", "nothing"], True),
        (["sweep", "nothing"], True),
        (["fit", "--method", "nothing"], True),
        (["validate", "--trust", "mine.Net", "--out", "nothing"], True),
        (["validate", "--trust=mine.Net", "--out", "nothing"], True),
        (["table", "nothing"], False),  # a folder may be a stranger's, with an ``optuna.py`` in it
        (["report", "nothing"], False),
        (["predict", "--run", "nothing", "--input", "x.npy"], False),
    ],
)
def test_modules_of_the_working_directory_come_last_and_only_where_one_trains(
    argv, adds, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    before = [path for path in sys.path if path]
    monkeypatch.setattr(sys, "path", [*before])
    assert cli.main(argv) == 2
    assert sys.path == before + [str(tmp_path)] * adds


DAN = ["fit", "--benchmark", "moons", "--method", "dan"]
DANN = ["fit", "--benchmark", "moons", "--method", "dann", "--model.init_args.penalties"]
ORACLE = """[{class_path: lightning.pytorch.callbacks.EarlyStopping,
    init_args: {monitor: oracle/val_target}}]"""


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["compare", "--methods", "dannn"], "did you mean 'dann'"),
        (["compare", "--benchmark", "digitz"], "did you mean 'digits'"),
        (["fit", "--benchmark", "moons"], "--method"),
        (
            ["fit", "--benchmark", "moons", "--method", "dann", "--model.init_args.hiden", "3"],
            "did you mean 'hidden'",
        ),
        (
            ["fit", "--benchmark", "moons", "--method", "dann", "--model.init_args.weight", "abc"],
            "--model.init_args.weight 'abc': expected a number",
        ),
        (
            ["fit", "--benchmark", "moons", "--method", "dann", "--data.init_args.sizze", "3"],
            "did you mean 'size'",
        ),
        (
            ["compare", "--benchmark", "moons", "--set", "trainer.max_epoch=3"],
            "did you mean 'max_epochs'",
        ),
        (
            [
                "compare",
                "--benchmark",
                "moons",
                "--set",
                "model.init_args.optimizer.options={momentun: 1}",
            ],
            "did you mean 'momentum'",
        ),
        ([*DAN, "--model.init_args.options", "{kernl: 1}"], "did you mean 'kernel'"),
        ([*DAN, "--model.init_args.on", "[layers.9]"], "no such part"),
        ([*DAN, "--trainer.callbacks", ORACLE], "reads target labels"),
        (["predict", "--run", "nowhere", "--input", "nothing.npy"], "no such file"),
        (["fit", "--resume", "nowhere"], "config.yaml"),
        (["fit", "--benchmark", "moons", "--method", "coral"], "init_from FOLDER"),
        ([*DANN, "{mcc: {function: da_bench.functional.mcc, wieght: 1}}"], "did you mean 'weight'"),
        ([*DANN, "{mcc: {function: da_bench.functional.mc}}"], "mc"),
    ],
)
def test_errors_say_what_to_do(argv, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    assert says in capsys.readouterr().err


COMMANDS = [*RUNS, "predict", *cli.COMMANDS]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_screen_and_shows_an_example(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    with suppress(SystemExit):
        main([name, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 90
    assert any(f"da-bench {name} " in line for line in lines[1:10])


def test_the_examples_of_a_run_work_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for sub, arguments in EXAMPLES.items():
        assert main([sub, *arguments.split()]) == 0, capsys.readouterr().err
    assert (tmp_path / "dann" / "predictions.csv").is_file()


def test_a_method_shows_its_own_parameters(tmp_path, capsys, monkeypatch):
    """And not every class that an encoder could be, which once took 1,400 lines."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "--method", "cdan", "--benchmark", "moons", "--help"]) == 0
    said = capsys.readouterr().out
    for text in (
        "--model.init_args.entropy",
        "--model.init_args.max_width",
        "--data.init_args.epoch_length",
        "--resume",
        "ENCODER",
    ):
        assert text in said
    assert "torch.nn.Linear" not in said
    assert len(said.splitlines()) < 200
    (where,) = re.findall(r"--model\S+encoder\.help \S+MLP", said)  # where the rest is told
    with suppress(SystemExit):
        main(["fit", "--method", "cdan", "--benchmark", "moons", *where.split()])
    assert "--encoder.dropout" in capsys.readouterr().out


def test_fit_resume_test_predict(tmp_path, capsys):
    import numpy as np
    import torch

    import da_bench

    run = str(tmp_path / "run")
    fit = [
        "fit",
        "--benchmark",
        "moons",
        "--method",
        "dann",
        "--out",
        run,
        "--trainer.max_epochs",
        "2",
        "--data.init_args.size",
        "128",
    ]
    assert main(fit) == 0
    assert main(fit) == 2  # never over a run that lies there
    resolved = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert resolved["trainer"]["max_epochs"] == 2
    assert resolved["model"]["init_args"]["batch_norm"] == "joint"  # defaults are written out
    assert main(["fit", "--resume", run, "--trainer.max_epochs", "3"]) == 0
    assert main(["test", "--out", run]) == 0
    assert "oracle/target" in capsys.readouterr().out
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    assert (
        main(
            [
                "predict",
                "--run",
                run,
                "--input",
                str(tmp_path / "x.npy"),
                "--output",
                str(tmp_path / "p.csv"),
            ]
        )
        == 0
    )
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "index,class,probability"
    with torch.no_grad():
        model = da_bench.load(run)
        expected = [model.task.names[k] for k in model(torch.from_numpy(x)).argmax(1)]
    assert [line.split(",")[1] for line in lines[1:]] == expected


@pytest.mark.parametrize("kind", ["data", "methods"])
def test_every_yaml_says_what_it_is(kind):
    for name in layers.names(kind):
        about = layers.read(kind, name)["about"]
        assert about["title"]
        if kind == "methods":
            assert {"setting", "paper"} <= about.keys()


MANY_CLASSES = ("digits", "ucihar")
EVERY = ("moons", "digits")
NORMED = ("adabn", "dsbn")
"""Refuse a network without batch norm, and an MLP has none unless its benchmark says so."""


@pytest.mark.slow
def test_every_method_composes_with_every_benchmark():
    from da_bench.runs.train import Command

    for benchmark in layers.names("data"):
        layer, methods = layers.read("data", benchmark), layers.names("methods")
        small = {}
        if layer["model"]["init_args"]["encoder"]["class_path"].endswith("TorchVision"):
            # The weights are not to be downloaded here, and the network is only to be quick.
            options = {"name": "squeezenet1_0", "weights": None}
            small = {"model": {"init_args": {"encoder": {"init_args": options}}}}
        if benchmark not in EVERY:  # alike to those but for the methods that they word
            methods = [m for m in ("source_only", *layer["methods"]) if m in methods]
        for method in methods:
            task = layers.tasks(benchmark)[0]
            config = layers.compose(benchmark, method, task, 3, overrides=small)
            if method.startswith("svm") and benchmark in MANY_CLASSES:
                with pytest.raises(ValueError, match="SVM tells two classes apart"):
                    Command(config)
                continue
            encoder = config["model"]["init_args"]["encoder"]["init_args"]
            if method in NORMED and "in_features" in encoder and not encoder.get("batch_norm"):
                with pytest.raises(ValueError, match="no batch norm"):
                    Command(config)
                continue
            made = Command(config)
            assert made.datamodule.seed == 3
            assert made.model.task.outputs == made.datamodule.task.outputs


@pytest.mark.parametrize("logger", ["CSVLogger", "TensorBoardLogger", "WandbLogger"])
def test_loggers_by_configuration_alone(logger, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    options = {"save_dir": str(tmp_path / "logs")} | (
        {"offline": True} if logger == "WandbLogger" else {}
    )
    config = {
        "trainer": {
            "logger": {"class_path": f"lightning.pytorch.loggers.{logger}", "init_args": options},
            "log_every_n_steps": 2,
        }
    }
    (tmp_path / "log.yaml").write_text(yaml.safe_dump(config))
    argv = [
        "fit",
        "--benchmark",
        "moons",
        "--method",
        "dann",
        "--out",
        str(tmp_path / "run"),
        "--trainer.max_epochs",
        "1",
    ]
    assert main([*argv, "--config", str(tmp_path / "log.yaml")]) == 0
    written = [p for p in (tmp_path / "logs").rglob("*") if p.is_file() and p.stat().st_size > 0]
    assert written
    if logger == "CSVLogger":
        text = next(p for p in written if p.name == "metrics.csv").read_text()
        for column in ("train/source_risk", "train/adaptation_loss", "val/source"):
            assert column in text.splitlines()[0]
        assert len(text.splitlines()) > 3


def test_a_reader_that_has_read_enough_is_no_fault(tmp_path):
    argv = ["runs", "list", str(tmp_path)]
    code = f"from da_bench.cli.main import main; raise SystemExit(main({argv!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_options_of_a_paper_need_one(capsys):
    assert main(["reproduce", "--table", "3"]) == 2
    assert "--table of which paper?" in capsys.readouterr().err


def test_an_error_names_the_help_of_its_own_command(capsys):
    with suppress(SystemExit):
        main(["runs", "lst", "."])
    assert "da-bench runs --help" in capsys.readouterr().err
