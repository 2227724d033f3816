"""``da-bench predict --run FOLDER --input X``: a finished run on samples of one's own."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

HELP = "logits of a benchmark's target, or of your own samples by --run and --input"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Predictions of a finished run: da-bench predict --run FOLDER --input new.npy"
    )
    made.add_argument("--run", type=Path, help="folder of a finished run")
    made.add_argument("--input", type=Path, help="samples: .npy .npz .csv .svmlight .pt, "
                      "or a folder of images")  # fmt: skip
    made.add_argument("--output", type=Path, default=Path("predictions.csv"), help="where to write")
    return made


def run(args: Namespace) -> int:
    """Predicts."""
    from da_bench.run import predict_input

    return predict_input(args.run, args.input, args.output)
