"""The weights of the best validation come back at the end of a training."""

import pytest
import torch

from da_bench import methods
from da_bench.callbacks import KeepBest
from tests.conftest import fit


def test_keep_best_restores_the_latest_best():
    weights = []

    class Scored(methods.SourceOnly):
        def on_validation_epoch_end(self):
            weights.append(self.head.weight.detach().clone())
            self.log("val/made_up", [0.5, 0.9, 0.9, 0.1][len(weights) - 1])

    model, _, _ = fit(Scored, epochs=4, callbacks=[KeepBest("val/made_up")])
    assert torch.equal(model.head.weight, weights[2])


def test_keep_best_says_where_it_had_nothing_to_choose_from():
    with pytest.warns(UserWarning, match="the weights are those of the last step"):
        fit(methods.SourceOnly, callbacks=[KeepBest()], trainer_options={"max_steps": 2})


def test_keep_best_refuses_an_oracle():
    with pytest.raises(ValueError, match="target labels"):
        KeepBest("oracle/val_target")
    KeepBest("oracle/val_target", allow_oracle=True)
    with pytest.raises(ValueError, match="nothing is logged as 'val/nothing'"):
        fit(methods.SourceOnly, callbacks=[KeepBest("val/nothing")])
