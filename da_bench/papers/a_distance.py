"""Proxy A-distance as the DANN paper's code measures it, for its Figure 3 and for nothing else."""

import json
import warnings
from contextlib import suppress
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from da_bench.io.files import Damaged, json_of, write_whole
from da_bench.runs.plan import Job

PENALTIES = tuple(float(c) for c in np.logspace(-5, 4, 10))
MAX_STEPS = 200_000
"""Most steps of the solver: an error that has not converged by then is seldom the smallest."""
DOUBLE_BELOW = 2**25
"""Values of one half up to which kernels are computed in float64, as libsvm would."""


def paper_distance(source: Tensor, target: Tensor) -> float:
    r""":math:`2(1 - 2\epsilon)` of the best linear SVM, in ``[0, 2]``.

    Ganin et al., JMLR 2016, section 5.1.5, as in their code: of each domain the first half trains
    and the second tests, in the order given; an error above one half is turned round;
    :math:`\epsilon` is the smallest test error over ``PENALTIES``, which makes the value a little
    too large. ``da_bench.functional.proxy_a_distance`` does without that.

    Args:
        source: Samples ``(n, d)``, at least two.
        target: Samples ``(m, d)``, at least two.

    Raises:
        ValueError: Widths differ, or a side has fewer than two samples.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import SVC

    if source.shape[1:] != target.shape[1:] or min(len(source), len(target)) < 2:
        raise ValueError(f"expected (n, d) and (m, d) with two samples or more, got "
                         f"{tuple(source.shape)} and {tuple(target.shape)}")  # fmt: skip
    halves = [x.split([len(x) // 2, len(x) - len(x) // 2]) for x in (source, target)]
    train, test = (torch.cat([half_samples[i] for half_samples in halves]) for i in (0, 1))
    if train.numel() <= DOUBLE_BELOW:
        train, test = train.double(), test.double()
    labels, truth = (
        np.repeat([0, 1], [len(half_samples[i]) for half_samples in halves]) for i in (0, 1)
    )
    kernel, test_kernel = (train @ train.T).double().numpy(), (test @ train.T).double().numpy()
    errors = []
    for c in PENALTIES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            svm = SVC(C=c, kernel="precomputed", max_iter=MAX_STEPS).fit(kernel, labels)
        error = float(np.mean(svm.predict(test_kernel) != truth))
        errors.append(min(error, 1 - error))
    return 2 * (1 - 2 * min(errors))


@torch.no_grad()
def distance_of_run(job: Job, out: Path, features: bool) -> float:
    """The distance of a finished run's training sets, by its features or by its inputs.

    The source's 2,000 are its training and validation samples, as in the paper. The number is
    stored beside the run.

    Args:
        job: The run.
        out: Folder of the results.
        features: Whether to compare features, not inputs.
    """
    cache = out / job.folder / f"paper-distance-{'features' if features else 'inputs'}.json"
    with suppress(FileNotFoundError, Damaged):
        if isinstance(value := json_of(cache), int | float):
            return float(value)
    from da_bench.config.objects import paths
    from da_bench.data import DomainPair
    from da_bench.data.align import align_to_run
    from da_bench.methods.lightning_shortcuts import quiet
    from da_bench.methods.stored_run import load
    from da_bench.runs.train import Command
    from da_bench.shift.samples import encode

    quiet()
    data = cast(DomainPair, Command(job.config).datamodule)
    model = load(out / job.folder, paths(job.config)) if features else None
    align_to_run(data, model.columns if model else None)
    features_by_domain = []
    for role, splits in (("source", ("train", "val")), ("target", ("train",))):
        parts = []
        for split in splits:
            view = data.view(role, split)  # type: ignore[arg-type]
            for chunk in torch.arange(len(view)).split(512) if len(view) else ():
                x = view.__getitems__(chunk.tolist()).x.flatten(1)
                parts.append(x if model is None else encode(model, x, role, "z"))
        features_by_domain.append(torch.cat(parts))
    value = paper_distance(*features_by_domain)
    write_whole(cache, json.dumps(value))
    return value
