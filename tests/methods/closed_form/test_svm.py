import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import da_bench
from da_bench import functional as F
from da_bench.data import Classification
from da_bench.data.benchmarks.skada_shifts import SkadaShifts
from da_bench.methods.closed_form.svm import SVM
from da_bench.networks import MLP
from tests.conftest import fit, small


def samples(data, role, split="train"):
    view = data.view(role, split)
    batch = view.__getitems__(range(len(view)))
    return batch.x, batch.y


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("ratio", [None, F.logistic])
def test_equals_scikit_learn(kernel, ratio):
    model, _, data = fit(SVM, kernel=kernel, C=2.0, ratio=ratio)
    (x, y), (target, _) = samples(data, "source"), samples(data, "target")
    weights = ratio(x, target).double().numpy() if ratio else None
    machine = SVC(C=2.0, kernel=kernel).fit(x.double().numpy(), y.numpy(), weights)
    new = samples(data, "target", "test")[0]
    logits = model(new)
    expected = machine.decision_function(new.double().numpy())
    # libsvm stops within 1e-3 of the optimum, by its own path for each form of kernel.
    np.testing.assert_allclose((logits[:, 1] - logits[:, 0]).numpy(), expected, atol=2e-2)
    assert np.array_equal(logits.argmax(1).numpy(), machine.predict(new.double().numpy()))


def test_logistic_equals_scikit_learn():
    model, _, data = fit(SVM, loss="logistic", C=1.0, ratio=F.nearest_neighbour)
    (x, y), (target, _) = samples(data, "source"), samples(data, "target")
    weights = F.nearest_neighbour(x, target).numpy()
    reference = LogisticRegression(C=1.0, tol=1e-10).fit(x.double().numpy(), y.numpy(), weights)
    new = samples(data, "target", "test")[0]
    logits = model(new)
    expected = reference.decision_function(new.double().numpy())
    np.testing.assert_allclose((logits[:, 1] - logits[:, 0]).numpy(), expected, atol=1e-4)


def test_samples_of_weight_zero_count_nothing():
    model, _, _ = fit(SVM, kernel="rbf", C=5.0)
    g = torch.Generator().manual_seed(0)
    x = torch.randn(60, 2, generator=g)
    y = (x[:, 0] > 0).long()
    wrong = torch.cat((x, x)), torch.cat((1 - y, y))
    weights = torch.cat((torch.zeros(60), torch.ones(60))).double()
    model.fit_to(*wrong, weights)
    found = model.decision(x)
    model.fit_to(x, y, torch.ones(60).double())
    torch.testing.assert_close(found, model.decision(x))


def test_published_accuracy_of_train_source_and_target():
    """SKADA-Bench, covariate shift, split 0: as scikit-learn's SVC on the same points."""
    for role in ("source", "target"):
        granted = {"target_labels": "all"} if role == "target" else {}
        data = SkadaShifts("source-0", "target-0", shift="covariate", seed=0, **granted)
        model, trainer, _ = fit(SVM, data, kernel="rbf", learns_from=role)
        x, y = samples(data, role)
        new, truth = samples(data, "target", "test")
        expected = SVC().fit(x.double().numpy(), y.numpy()).score(new.double().numpy(), truth)
        scores = trainer.test(model, data, verbose=False)
        found = next(s["oracle/target"] for s in scores if "oracle/target" in s)
        assert found == pytest.approx(expected, abs=1e-6)


def test_a_search_takes_the_best_on_granted_labels():
    data = SkadaShifts("source-0", "target-0", shift="target", target_labels="all")
    search = {"bandwidth": [1e-2, 1.0, 1e2]}
    model, _, _ = fit(SVM, data, kernel="rbf", ratio=F.kliep, search=search)
    (x, y), (target, labels) = samples(data, "source"), samples(data, "target")
    best = model.best(x, y, target, labels)
    assert not model.fitted  # nor does the search leave a machine behind
    assert best in range(3)
    assert best != model.best(x, y, target, 1 - labels)  # it does read them


@pytest.mark.parametrize("by", ["circular", "importance_weighted"])
def test_a_search_by_a_score_of_the_source_reads_no_target_label(by):
    options = {"kernel": "rbf", "ratio": F.kliep, "search": {"bandwidth": [1e-2, 1.0, 1e2]}}
    data = SkadaShifts("source-0", "target-0", shift="target")
    model, _, _ = fit(SVM, data, **options, search_by=by)
    assert not model.needs_target_labels
    (x, y), (target, labels) = samples(data, "source"), samples(data, "target")
    assert (labels == -1).all()
    number = model.best(x, y, target, labels)
    assert number == model.best(x, y, target, (x[:, 0][: len(target)] > 0).long())


def test_labels_must_be_granted():
    for options in ({"learns_from": "target"}, {"ratio": F.kliep, "search": {"bandwidth": [1.0]}}):
        with pytest.raises(ValueError, match="target_labels"):
            fit(SVM, small(), **options)


def test_a_folder_rebuilds_it(tmp_path):
    model, trainer, data = fit(SVM, kernel="rbf", ratio=F.kmm)
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    new = samples(data, "target", "test")[0]
    assert torch.equal(da_bench.load(tmp_path)(new), model(new))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"C": 0.0}, "C=0.0"),
        ({"gamma": -1.0}, "gamma"),
        ({"loss": "logistic", "kernel": "rbf"}, "linear"),
        ({"search": {"bandwidth": [1.0]}}, "name one"),
        ({"ratio": F.kmm, "learns_from": "target"}, "source"),
        ({"ratio": F.kliep, "search": {"bandwith": [1.0]}}, "bandwidth"),
    ],
)
def test_bad_settings_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        SVM(MLP(2, [4]), Classification(2), **options)


def test_two_classes():
    with pytest.raises(ValueError, match="two classes"):
        SVM(MLP(2, [4]), Classification(3))
