"""Label shift: where the class weights come from, and what they do."""

import pytest
import torch

from da_bench import methods
from da_bench.data import InMemory
from da_bench.data.benchmarks.toy import ShiftedGaussians
from da_bench.functional import bbse, joint_counts, rlls
from tests.conftest import build, fit


def shifted(cls=ShiftedGaussians, **kwargs):
    return cls(shift="label", amount=2.0, **{"size": 512, "batch_size": 64} | kwargs)


@pytest.fixture(scope="module")
def source_run(tmp_path_factory):
    """A source-only model's folder."""
    folder = tmp_path_factory.mktemp("source")
    _, t, _ = fit(methods.SourceOnly, shifted(), epochs=10)
    t.save_checkpoint(folder / "model.ckpt", weights_only=True)
    return str(folder)


@pytest.mark.parametrize("estimator", [bbse, rlls])
def test_weights_from_held_out_source_near_the_true_ones(estimator, source_run):
    data = shifted()
    model, _, _ = fit(methods.LabelShift, data, init_from=source_run, estimator=estimator)
    start = build(methods.SourceOnly, data, init_from=source_run).eval()
    held_out, target = data.dataset("source", "val"), data.view("target", "train").data
    with torch.no_grad():
        joint = joint_counts(start(held_out.x).argmax(1), held_out.y, 2)
        predicted = torch.bincount(start(target.x).argmax(1), minlength=2)
    torch.testing.assert_close(model.class_weights, estimator(joint, predicted))
    truth = torch.tensor([2 * 0.119, 2 * 0.881])
    torch.testing.assert_close(model.class_weights, truth, atol=0.15, rtol=0)


def test_the_risk_is_weighted_by_class():
    data = shifted()
    model = build(methods.LabelShift, data)
    model.class_weights.copy_(torch.tensor([0.5, 3.0]))
    data.setup()
    source = next(iter(data.train_dataloader()))["source"]
    encoded = model.encode_one(source, "source")
    p = encoded.logits.detach().softmax(1)
    expected = sum(
        -(0.5, 3.0)[int(y)] * float(row[int(y)].log()) for row, y in zip(p, source.y, strict=True)
    ) / len(p)
    assert float(model.source_risk(encoded)) == pytest.approx(expected, rel=1e-5)


def test_a_start_that_tells_no_classes_apart_is_told(tmp_path):
    data = {"shift": "label", "size": 64, "batch_size": 16}
    _, t, _ = fit(methods.SourceOnly, Silent(**data))
    t.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    with pytest.warns(UserWarning, match="init_from"):
        fit(methods.LabelShift, Silent(**data), init_from=str(tmp_path))


def test_without_a_start_it_is_refused():
    with pytest.raises(ValueError, match=r"LabelShift goes on from a trained.*source_only"):
        fit(methods.LabelShift, shifted(), init_from=None)


class Silent(ShiftedGaussians):
    """Inputs that say nothing."""

    def dataset(self, name, split):
        data = super().dataset(name, split)
        return InMemory(torch.zeros_like(data.x), data.y)


class NotHeldOut(ShiftedGaussians):
    def dataset(self, name, split):
        data = super().dataset(name, split)
        return InMemory(data.x[:0], data.y[:0]) if split == "val" else data


def test_a_source_without_validation_split_is_refused(source_run):
    with pytest.raises(ValueError, match="no validation split"):
        fit(methods.LabelShift, shifted(NotHeldOut), init_from=source_run)
