"""``da-bench wandb``: what it says, and what it refuses."""

import json

import pytest

from da_bench.cli import wandb as command
from da_bench.cli.main import main
from da_bench.runs.tracking.session import NotLoggedIn
from tests.results.stored import row, store


def run(*args):
    return command.run(command.parser().parse_args([str(a) for a in args]))


def test_push_says_what_it_did_and_how_to_go_on(tmp_path, capsys):
    store(tmp_path, [row(m, seed=0) for m in ("source_only", "dann")])
    assert run("push", tmp_path, "--project", "p") == 0
    said = capsys.readouterr().out
    assert "2 runs sent, 0 known already" in said
    assert f"wandb sync {tmp_path / 'wandb'}" in said
    assert f"wandb leet {tmp_path / 'wandb'}" in said
    drawn = {path.name.split("_")[0] for path in tmp_path.rglob("*.plotly.json")}
    assert {"leaderboard", "heatmap"} <= drawn
    assert run("push", tmp_path, "--project", "p") == 0
    assert "0 runs sent, 2 known already" in capsys.readouterr().out


def test_nothing_to_push(tmp_path, capsys):
    assert run("push", tmp_path) == 1
    assert "no finished run" in capsys.readouterr().err
    assert main(["wandb", "push", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert main(["wandb", "push"]) == 2
    assert "needs a folder" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["push", "nowhere"], ["workspace"]])
def test_online_without_a_key(argv, tmp_path, monkeypatch):
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_SILENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    import wandb

    wandb.teardown()
    with pytest.raises(NotLoggedIn, match="no W&B API key"):
        run(*argv, "--online")  # before it looks for the folder


def test_workspace_prints_the_page(capsys):
    pytest.importorskip("wandb_workspaces")
    assert run("workspace", "--project", "p") == 0
    assert json.loads(capsys.readouterr().out)["section"]
    with pytest.raises(ValueError, match="nothing else"):
        run("workspace", "--where", "method=dann")


def test_a_comparison_that_is_to_be_online_needs_a_key_before_anything(
    tmp_path, monkeypatch, capsys
):
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_SILENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    import wandb

    wandb.teardown()
    asked = ["--benchmark", "moons", "--logger", "wandb-online", "--out", str(tmp_path / "out")]
    assert main(["compare", *asked]) == 2
    assert "no W&B API key" in capsys.readouterr().err
    assert main(["fit", "--method", "dann", *asked]) == 2
    assert "no W&B API key" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
