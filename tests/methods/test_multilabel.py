"""Several labels a sample, over data, methods and predictions: loss and metrics by references."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score, f1_score

from da_bench import methods
from da_bench.data import Arrays, MultiLabel
from da_bench.runs.predictions import write_predictions
from da_bench.selection.outputs import Undefined, held_out, target_logits
from tests.conftest import fit
from tests.selection.made import made

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 2))
Y = (X @ np.array([[1, 0, 1], [0, 1, 1]]) > 0).astype(int)
NAN = float("nan")


def pair(**kwargs):
    held = {"source_x": X, "source_y": Y, "target_x": X + 0.3, "target_y": Y}
    return Arrays(**held, kind="multilabel", batch_size=32, **kwargs)


def scored(task, logits, y, batches=3):
    scorer = task.scorer()
    for part in torch.arange(len(y)).chunk(batches):
        scorer.update(logits[part], y[part])
    return float(scorer.compute())


def test_the_loss_is_binary_cross_entropy_of_what_is_known():
    task = MultiLabel(3)
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    y = torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, NAN, 0], [NAN, NAN, 1], [NAN, NAN, NAN]])
    one = F.binary_cross_entropy_with_logits(logits[:2], y[:2], reduction="none").mean(1)
    two = (F.softplus(-logits[2, 0]) + F.softplus(logits[2, 2])) / 2
    expected = torch.stack([*one, two, F.softplus(-logits[3, 2]), torch.tensor(0.0)])
    torch.testing.assert_close(task.loss(logits, y, "none"), expected)
    torch.testing.assert_close(task.loss(logits, y), expected.sum() / 4)
    task.loss(logits, y).backward()
    assert (logits.grad[y.isnan()] == 0).all()
    assert task.loss(logits, torch.full((5, 3), NAN)) == 0


@pytest.mark.parametrize("scale", [0.01, 1.0, 40.0])
def test_metrics_are_scikit_learns(scale):
    """Of logits that all lie in [0, 1] a metric may take them for probabilities."""
    y = (RNG.random((200, 4)) < [0.1, 0.3, 0.5, 0.9]).astype(int)
    logits = scale * (RNG.random((200, 4)) + 0.2 * y - 0.5)
    held = torch.from_numpy(logits).float(), torch.from_numpy(y).float()
    told = (logits > 0).astype(int)
    expected = f1_score(y, told, average="macro")
    assert scored(MultiLabel(4), *held) == pytest.approx(expected, abs=1e-6)
    expected = average_precision_score(y, held[0].numpy())
    found = scored(MultiLabel(4, "average_precision"), *held)
    assert found == pytest.approx(expected, abs=1e-5)
    shifted = held[0] - held[0].min() if scale < 0.1 else held[0]  # all in [0, 1]
    assert scored(MultiLabel(4), shifted, held[1]) == pytest.approx(
        f1_score(y, (shifted > 0).int(), average="macro"), abs=1e-6
    )


@pytest.mark.parametrize("metric", ["macro_f1", "average_precision"])
def test_hidden_labels_score_nothing(metric):
    task = MultiLabel(2, metric)
    logits = torch.tensor([[1.0, 2.0], [-1.0, -0.5], [0.5, 3.0], [-2.0, 1.0]])
    y = torch.tensor([[1.0, 1.0], [0.0, 0.0], [1.0, NAN], [NAN, 0.0]])
    known = [(~y[:, k].isnan()).nonzero()[:, 0] for k in range(2)]
    score = {
        "macro_f1": lambda t, p: f1_score(t, p > 0),
        "average_precision": average_precision_score,
    }[metric]
    expected = np.mean([score(y[i, k].numpy(), logits[i, k].numpy()) for k, i in enumerate(known)])
    assert scored(task, logits, y, 2) == pytest.approx(float(expected), abs=1e-6)


def test_a_label_that_never_occurs_is_left_out():
    y = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    logits = torch.tensor([[2.0, -1.0], [-2.0, -1.0]])
    assert scored(MultiLabel(2), logits, y, 1) == 1
    assert scored(MultiLabel(2), -logits.abs(), torch.zeros(2, 2), 1) == 0


@pytest.mark.parametrize(
    "cls",
    [methods.SourceOnly, methods.DANN, methods.Alignment, methods.Reweighted, methods.DeepJDOT,
     methods.ClosedForm],
)  # fmt: skip
def test_methods_of_features_train_on_several_labels(cls):
    model, t, data = fit(cls, pair(), epochs=30, weight=0.01)
    scores = {k: v for loader in t.test(model, data, verbose=False) for k, v in loader.items()}
    assert 0.5 < scores["test/source"] <= 1
    assert 0.5 < scores["oracle/target"] <= 1
    assert scores["test/source_risk"] < 0.68  # a coin's is 0.69
    assert model.task.metric == "macro_f1"


def test_granted_labels_and_hidden_rows():
    y = Y.astype(float)
    y[::2] = NAN
    data = Arrays(source_x=X, source_y=Y, target_x=X, target_y=y, kind="multilabel",
                  target_labels=20, batch_size=32)  # fmt: skip
    data.setup()
    assert int(data.view("target", "train").visible.sum()) == 20
    shown = torch.cat([b["target"].y[b["target"].labelled] for b in data.train_dataloader()])
    assert not shown.isnan().any()
    model, t, _ = fit(methods.TargetOnly, data, epochs=2)
    tested = [v for loader in t.test(model, data, verbose=False) for v in loader]
    assert "oracle/target" in tested


def test_predictions_are_a_probability_a_label(tmp_path):
    task = MultiLabel(["sun", "rain"])
    write_predictions(tmp_path / "p.csv", torch.tensor([[0.0, 100.0]]), task)
    assert (tmp_path / "p.csv").read_text().split() == ["index,sun,rain", "0,0.5,1.0"]


def test_validators_of_classes_say_that_they_are_undefined():
    """They took a softmax over labels that do not exclude each other."""
    outputs = made()
    labels = torch.zeros(40, 4).double()
    several = outputs._replace(source_y=labels, held_y=labels[:25])
    for read in (held_out, target_logits):
        read(outputs)
        with pytest.raises(Undefined, match="classes that exclude each other"):
            read(several)


def test_a_multi_label_task_is_checked():
    with pytest.raises(ValueError, match="metric='accuracy': expected macro_f1"):
        MultiLabel(3, "accuracy")
    with pytest.raises(ValueError, match="one or more"):
        MultiLabel(0)
    for y in (torch.zeros(4), torch.zeros(4, 2), torch.zeros(4, 3).long()):
        with pytest.raises(ValueError, match=r"floats of shape \(n, 3\)"):
            MultiLabel(3).check(y, "here")
    with pytest.raises(ValueError, match="are not 0, 1 or NaN"):
        MultiLabel(3).check(torch.full((4, 3), 0.5), "here")
