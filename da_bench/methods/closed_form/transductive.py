"""Closed-form methods written as scikit-learn estimators, run like any other."""

from typing import Any, Literal

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import ParameterGrid
from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.batch import Tree, flat
from da_bench.data.pair import Role
from da_bench.data.vectors import vectors
from da_bench.methods.base import DomainAdapter
from da_bench.methods.inner_search import By, Predict, best

CERTAIN = 1e-6
"""Probability below which a class counts as this much, so that logits stay finite."""


class Transductive(DomainAdapter):
    r"""Fits an estimator of :mod:`da_bench.shallow` to both training sets, in one go.

    Transductive: the estimator sees every target training sample at once, unlabelled, and with
    ``data.target_test: transductive`` those are the samples that are tested. Nothing is trained by
    steps: the fit is at the start of the first epoch, so one epoch of one step does. The fitted
    arrays are buffers; with the estimator's own arguments they rebuild it from the run's folder,
    and it predicts samples that it never saw. Logits are :math:`\log p`, of the head's
    probabilities where it tells some that are largest at its choice, otherwise of that choice.

    Args:
        estimator: ``fit(x, y, target=...)``, ``predict(x, domain)``, ``state()``, ``restore()``.
        on: What it sees: ``inputs`` (flattened) or ``features`` of the frozen encoder.
        search: Values to try of some of its arguments, every combination: the best over five splits
            of the training sets, first of equals, by :func:`~da_bench.methods.inner_search.best`.
        search_by: ``oracle``, accuracy on the target's labels, which the data must grant; or, of no
            target label, ``circular`` or ``importance_weighted``.

    Raises:
        ValueError: The task is no classification, ``search`` names no argument, or ``search_by``
            no score.
    """

    trained_encoders = ()
    chosen: Tensor
    needs_classes = True
    needs_whole_sets = True

    def __init__(
        self,
        *args: Any,
        estimator: BaseEstimator,
        on: Literal["inputs", "features"] = "inputs",
        search: dict[str, list[Any]] | None = None,
        search_by: By = "oracle",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.estimator, self.on, self.search = estimator, on, search
        self.encodes = on == "features"
        self.search_by = search_by
        self.needs_target_labels = bool(search) and search_by == "oracle"
        self.candidate(0)  # refuses an argument that is none
        self.register_buffer("chosen", torch.tensor(0))
        self.encoder.requires_grad_(False)
        self.head.requires_grad_(False)
        self.fitted = nn.Module()  # of buffers, whose names are the estimator's
        self._model: Any = None

    def configure_optimizers(self) -> None:
        """None: there is nothing to step."""

    @torch.no_grad()
    def on_train_epoch_start(self) -> None:
        """Fits once, before the first step; holds the encoder still."""
        self.encoder.eval()
        if self.model is not None:
            return
        (x, y), (target, labels) = self.samples("source"), self.samples("target")
        x, y = x[y >= 0], y[y >= 0]
        if self.search:
            count = len(ParameterGrid(self.search))
            self.chosen.fill_(best(self.fitted_to, count, x, y, target, labels, self.search_by))
        self._model = self.candidate(int(self.chosen)).fit(x, y, target=target)
        for name, array in self._model.state().items():
            self.fitted.register_buffer(name, torch.from_numpy(array.copy()).to(self.device))

    def samples(self, role: Role) -> tuple[np.ndarray, np.ndarray]:
        """Vectors ``(n, d)`` and labels ``(n,)`` of a training set; hidden labels are -1."""
        if self.encodes:
            encoded = self.collect(
                role
            )  # of a model that is not fitted yet: the encoder's features
            x, y = encoded.z, encoded.y
        else:
            x, y = vectors(self.pair, role, each=8)
        return x.cpu().double().numpy(), y.cpu().numpy()

    @property
    def model(self) -> Any:
        """The fitted estimator, rebuilt from the buffers where need be; None before the fit."""
        if self._model is None and dict(self.fitted.named_buffers()):
            state = {name: buffer.cpu().numpy() for name, buffer in self.fitted.named_buffers()}
            self._model = self.candidate(int(self.chosen)).restore(state)
        return self._model

    def candidate(self, number: int) -> Any:
        """The estimator, not fitted, with one of the combinations of ``search``."""
        settings = ParameterGrid(self.search or {})
        # As clone makes it, but for a clone's care that its target may be a fold's.
        arguments = {
            name: clone(value, safe=False)
            for name, value in self.estimator.get_params(deep=False).items()
        }
        return type(self.estimator)(**arguments).set_params(**settings[number])

    def fitted_to(self, number: int, x: np.ndarray, y: np.ndarray, other: np.ndarray) -> Predict:
        """What predicts by one of the combinations, fitted to source samples and the target's."""
        return self.candidate(number).fit(x, y, target=other).predict

    def load_state_dict(self, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        """Makes room for the fitted arrays, and rebuilds the estimator from them when asked."""
        for name, value in state_dict.items():
            if name.startswith("fitted."):
                self.fitted.register_buffer(name.removeprefix("fitted."), torch.empty_like(value))
        self._model = None
        return super().load_state_dict(state_dict, *args, **kwargs)

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Both domains' common space ``(n, d)``, and the estimator's logits ``(n, k)``.

        Of width 0 where there is none; before the fit what the estimator sees, and zero logits.
        """
        inputs = self.encoder_of(domain)(x) if self.encodes else flat(x)
        logits = inputs.new_zeros(len(inputs), self.task.outputs)
        z = inputs
        if self.model is not None:
            common_samples = self.model.placed(inputs.detach().cpu().double().numpy(), domain)
            z = torch.from_numpy(common_samples).to(inputs) if self.model.common else inputs[:, :0]
            is_predicted = self.model.classify(common_samples)[:, None] == self.model.classes_
            shares = torch.from_numpy(is_predicted).double()
            if hasattr(self.model, "probabilities"):
                probabilities = torch.from_numpy(self.model.probabilities(common_samples))
                # NearestCentroid's scale features where its choice does not, SVC's are Platt's fit.
                is_agreed = probabilities.argmax(1) == shares.argmax(1)
                shares = torch.where(is_agreed[:, None], probabilities, shares)
            logits[:, torch.from_numpy(self.model.classes_)] = shares.to(logits)
            logits = logits.clamp_min(CERTAIN).log()
        return z, logits, {}

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Logits ``(n, k)`` of inputs from one domain."""
        return self.features(x, domain)[1]

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The risk of the source's batch, for the account alone."""
        source = batch["source"]
        return {"source_risk": self.task.loss(self.forward(source.x, "source"), source.y)}

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> None:  # type: ignore[override]
        """Nothing to train: keeps the risk for the logger."""
        self.record(self.losses(batch, self.progress))
