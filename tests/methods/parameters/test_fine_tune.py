"""Fine-tuning: the encoder stays the source run's as long as the recipe says."""

import pytest
import torch

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing
from da_bench.config.layers import read
from tests.conftest import fit, small


@pytest.mark.parametrize(
    ("name", "first"), [("fine_tune_full", 0), ("fine_tune_staged", 10), ("fine_tune_head", None)]
)
def test_the_encoder_stays_the_source_runs_as_long_as_the_recipe_says(name, first, tmp_path):
    start, run, _ = fit(methods.SourceOnly, small(), epochs=2)
    run.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    held = [
        GradualUnfreezing(**callback["init_args"])
        for callback in read("methods", name)["trainer"]["callbacks"]
        if callback["class_path"].endswith("GradualUnfreezing")
    ]
    moved = []

    class Watch(methods.FineTune):
        def on_train_epoch_end(self):
            super().on_train_epoch_end()
            parts = (self.encoder.layers[0], self.head), (start.encoder.layers[0], start.head)
            moved.append([not torch.equal(a.weight, b.weight) for a, b in zip(*parts, strict=True)])

    few = small(target_labels=20, target_sampling="labelled", drop_last=False)
    fit(Watch, few, epochs=12, callbacks=held, init_from=str(tmp_path))
    still = 12 if first is None else first
    assert moved == [[False, True]] * still + [[True, True]] * (12 - still)
