"""Reverse validation: back from the target's pseudo-labels to the source, by a second training."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from da_bench.data.align import align_to_run
from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.methods.checkpoint import read_config
from da_bench.methods.stored_run import load
from da_bench.results.row import SCORE
from da_bench.selection.outputs import Undefined

from .train import reopen


class Reversed(DomainPair):
    """The pair turned round: the target with a model's predictions, the source without labels.

    Args:
        pair: The pair as it was trained on, held in memory; no label of its target is read.
        predicted: Classes ``(m,)`` of the target's training set.

    Raises:
        ValueError: The pair is not held in memory, or its source has no validation split.
    """

    def __init__(self, pair: DomainPair, predicted: torch.Tensor) -> None:
        shared_names = ("batch_size", "target_batch_size", "drop_last", "eval_batch_size", "seed")
        options: dict[str, Any] = {name: getattr(pair, name) for name in shared_names}
        turned = {"source": "target", "target": "source"}
        options["epoch_length"] = turned.get(str(pair.epoch_length), pair.epoch_length)
        super().__init__("target", "source", allow_class_mismatch=True, **options)
        self.task = pair.task
        target, train = pair.view("target", "train").data, pair.view("source", "train").data
        validation = pair.view("source", "val").data
        if not (
            isinstance(target, InMemory)
            and isinstance(train, InMemory)
            and isinstance(validation, InMemory)
        ):
            raise ValueError("reverse validation takes data held in memory, not files of images")
        if not len(validation):
            raise ValueError("the source has no validation split to score the way back on")
        self.parts = {
            ("target", "train"): InMemory(target.x, predicted),
            ("source", "train"): train,
            ("source", "test"): validation,
        }

    def dataset(self, name: str, split: Split) -> InMemory:
        """A part; empty where there is none."""
        training = self.parts[name, "train"]
        empty_data = InMemory(*training[torch.zeros(0, dtype=torch.long)])
        return self.parts.get((name, split), empty_data)


def reverse_validation(folder: Path) -> float:
    """The task's metric on the source's validation split after the way there and back.

    The trained model labels the target's training set; the run's own method and settings are
    trained anew from that target to the unlabelled source. Higher is better for accuracy. It
    costs a whole training more for each run: twice the time of a sweep.

    Args:
        folder: Folder of a finished run.

    Reference:
        Zhong, Fan, Yang, Verscheure and Ren, "Cross validation framework to choose amongst models
        and datasets for transfer learning", ECML PKDD 2010; Ganin et al., JMLR 2016, section 5.1.2.

    Raises:
        Undefined: The task has no classes: it predicts numbers, or several labels a sample.
        ValueError: The data is not in memory, the source has no validation split, or the run starts
            from another one, which knows the source's labels.
        FileNotFoundError: The folder is of no finished run.
    """
    if read_config(folder)["model"]["init_args"].get("init_from"):
        raise ValueError(f"{folder} starts from a run that saw the source's labels: the way back "
                         "would know them beforehand")  # fmt: skip
    quiet_options = {"enable_progress_bar": False, "enable_checkpointing": False, "logger": False}
    with TemporaryDirectory() as scratch:  # the run keeps what it has stored
        command = reopen(folder, trainer=quiet_options, scratch=Path(scratch))
        model, data = load(folder), command.datamodule
        if not hasattr(data.task, "classes"):
            raise Undefined(
                "reverse validation trains on predicted classes; a "
                f"{type(data.task).__name__} has none"
            )
        align_to_run(data, model.columns)
        data.setup()
        with torch.no_grad():
            parts = [model(batch.x, "target").argmax(1) for batch in data.sweep("target")]
        reversed_data = Reversed(data, torch.cat(parts))
        command.trainer.fit(command.model, reversed_data)
        test_results = command.trainer.test(command.model, reversed_data, verbose=False)
    return next(scores[SCORE] for scores in test_results if SCORE in scores)
