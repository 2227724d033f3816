"""AdaBN: the target is normalised by its own moments, the source by those it trained with."""

import pytest
import torch

from da_bench import methods
from tests.conftest import fit, small
from tests.methods.test_contract import net


@pytest.mark.parametrize("validated", [0, 1.0])
def test_equals_the_papers_algorithm(validated):
    """Trained as source-only; then, layer by layer, all target responses give mean and variance."""
    data = small()
    options = {"trainer_options": {"limit_val_batches": validated}, "encoder": net("AdaBN")}
    model, _, _ = fit(methods.AdaBN, data, epochs=2, **options)
    plain, _, _ = fit(methods.SourceOnly, small(), epochs=2, encoder=net("AdaBN"))
    z = torch.cat([batch.x for batch in data.sweep("target")])
    with torch.no_grad():
        for layer in plain.encoder.layers:
            if isinstance(layer, torch.nn.BatchNorm1d):
                mean = z.mean(0)
                var = (z - mean).square().mean(0)
                z = (z - mean) / (var + layer.eps).sqrt() * layer.weight + layer.bias
            else:
                z = layer(z)
    target, source = model.collect("target"), model.collect("source")
    torch.testing.assert_close(target.z, z)
    assert torch.equal(source.logits, plain.collect("source").logits)
    assert not torch.allclose(target.z, plain.collect("target").z)


def test_the_scores_of_a_validation_have_the_statistics_of_its_weights():
    seen = []

    class Spy(methods.AdaBN):
        def on_validation_epoch_end(self):
            super().on_validation_epoch_end()
            now = self._apart[0].target.running_mean.clone()
            self.estimate()
            seen.append((now, self._apart[0].target.running_mean.clone()))

    fit(Spy, epochs=2, encoder=net("AdaBN"))
    assert all(torch.equal(*pair) for pair in seen)
    assert not torch.equal(seen[0][0], seen[1][0])
