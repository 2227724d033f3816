import numpy as np
import pytest
import torch
from sklearn.svm import SVC

from da_bench.papers.a_distance import PENALTIES, distance_of_run, paper_distance


def clouds(shift, n=60, d=3, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g), torch.randn(n, d, generator=g) + shift


def by_the_code(source, target):
    """Published code (GRAAL-Research), ``compute_proxy_distance``, in short."""
    n = len(source) // 2
    train, test = torch.cat((source[:n], target[:n])), torch.cat((source[n:], target[n:]))
    labels = np.repeat([0, 1], n)
    best = 1.0
    for c in np.logspace(-5, 4, 10):
        risk = np.mean(SVC(kernel="linear", C=c).fit(train, labels).predict(test) != labels)
        best = min(best, 1 - risk if risk > 0.5 else risk)
    return 2 * (1 - 2 * best)


@pytest.mark.parametrize("shift", [0.8, 1.5, 3.0])
def test_equals_the_published_code(shift):
    source, target = clouds(shift)
    assert paper_distance(source, target) == pytest.approx(by_the_code(source, target), abs=1e-6)
    assert len(PENALTIES) == 10


def test_grows_with_the_shift_and_ends_at_two():
    near, far, apart = (paper_distance(*clouds(s)) for s in (0.3, 1.0, 20.0))
    assert 0 <= near < far < apart == 2


def test_halves_are_in_the_order_given():
    source, target = clouds(1.0)
    moved = torch.cat((source[30:], source[:30]))
    assert paper_distance(moved, target) != paper_distance(source, target)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="two samples"):
        paper_distance(torch.ones(1, 2), torch.ones(5, 2))
    with pytest.raises(ValueError, match=r"\(5, 3\)"):
        paper_distance(torch.ones(4, 2), torch.ones(5, 3))


def test_counts_of_books_and_dvd(data_folder, tmp_path):
    """1.79 by an independent re-run of the published code; no sample is kept for validation."""
    from da_bench.runs.execute import execute
    from da_bench.runs.plan import jobs, plans

    settings = {"data": {"init_args": {"validation": 0}}, "trainer": {"callbacks": []}}
    (job,) = jobs(plans(["amazon_reviews"], ["svm"], ["books:dvd"], 1), settings)
    row = execute(job, tmp_path, [])
    assert row["status"] == "ok"
    assert row["oracle/target"] == pytest.approx(0.798, abs=5e-4)  # as re-run with C = 0.01
    assert distance_of_run(job, tmp_path, False) == pytest.approx(1.79, abs=0.01)


def test_a_run_s_number_is_kept_beside_it(tmp_path, monkeypatch):
    from da_bench.papers import a_distance as module
    from da_bench.runs.execute import execute
    from da_bench.runs.plan import jobs, plans

    (job,) = jobs(plans(["moons"], ["source_only"], ["0:60"], 1), {"trainer": {"max_epochs": 1}})
    assert execute(job, tmp_path, [])["status"] == "ok"
    inputs, features = distance_of_run(job, tmp_path, False), distance_of_run(job, tmp_path, True)
    assert inputs != features
    monkeypatch.setattr(module, "paper_distance", lambda *_: pytest.fail("computed again"))
    assert (distance_of_run(job, tmp_path, False), distance_of_run(job, tmp_path, True)) == (
        inputs,
        features,
    )
