"""Parts of a method are held and set free by epoch; what is held stays held."""

import pytest
from lightning.pytorch import Callback

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing
from da_bench.networks import MLP
from tests.conftest import fit, small


def test_unfreezing_follows_the_deeper_name():
    seen = []

    class Watch(Callback):
        def on_train_batch_end(self, trainer, module, *args):
            seen.append(
                [
                    p.requires_grad
                    for p in (module.encoder.layers[0].weight, module.encoder.layers[3].weight)
                ]
            )

    schedule = {"encoder": None, "encoder.layers.3": 1}
    callbacks = [GradualUnfreezing(schedule), Watch()]
    fit(
        methods.DANN,
        small(epoch_length=1),
        epochs=2,
        callbacks=callbacks,
        encoder=lambda: MLP(2, [4, 4], dropout=0.1),
    )
    assert seen == [[False, False], [False, True]]


def test_unfreezing_names_what_is_missing():
    with pytest.raises(ValueError, match="no part 'encodr'"):
        fit(methods.DANN, callbacks=[GradualUnfreezing({"encodr": 1})])


def test_measuring_leaves_a_held_part_held():
    """`collect` evaluates and must give each module its own mode back."""
    seen = []

    class Watch(methods.Reweighted):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append(self.encoder.training)

    fit(Watch, small(), callbacks=[GradualUnfreezing({"encoder": None})], on="features")
    assert seen
    assert not any(seen)


def test_unfreezing_leaves_frozen_batch_norm_frozen():
    seen = []

    class Watch(methods.DANN):
        def on_train_batch_start(self, batch, batch_idx):
            seen.append(any(layer.training for layer in self._norms))

    fit(
        Watch,
        small(),
        callbacks=[GradualUnfreezing({"encoder": 0})],
        encoder=lambda: MLP(2, [4, 4], batch_norm=True),
        batch_norm="frozen",
    )
    assert seen
    assert not any(seen)
