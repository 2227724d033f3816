"""Values that a setting can't take: an error of one line, with the setting and what it takes."""

import pytest

from da_bench.cli import main as cli


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--trainer.max_epochs=three", "'three': expected a whole number"),
        ("--trainer.limit_val_batches=x", "'x': expected a whole number or a number"),
        ("--trainer.enable_progress_bar=maybe", "'maybe': expected true or false"),
        ("--trainer.precision=17", "'17': expected 64 or 32 or 16 or transformer-engine or "),
        ("--model.init_args.weight=abc", "'abc': expected a number"),
        ("--model.init_args.hidden=[a]", "'a': expected a whole number"),
        ("--model.init_args.batch_norm=both", "'both': expected joint or separate or source"),
        ("--model.init_args.schedule=foo", "'foo': expected an import path, such as "),
        ("--model.init_args.encoder.init_args.hidden=a", "'a': expected a list"),
        ("--data.init_args.batch_size=x", "'x': expected a whole number"),
    ],
)
def test_a_value_of_a_wrong_type_is_named_with_its_setting(option, says, capsys, tmp_path):
    words = ["fit", "--benchmark", "moons", "--method", "dann", "--out", str(tmp_path / "a")]
    assert cli.main([*words, option]) == 2
    assert capsys.readouterr().err.startswith(f"da-bench: {option.partition('=')[0]} {says}")


def test_an_absent_gpu_is_an_error_of_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    words = ["fit", "--benchmark", "moons", "--method", "dann", "--trainer.accelerator=cuda"]
    assert cli.main([*words, "--out", str(tmp_path / "a")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("da-bench: the trainer can't be set up (accelerator: cuda")
    assert message.count("\n") == 1
    assert "--trainer.accelerator=cpu" in message
