"""Support vector machines, and logistic regression, fitted to their optimum in one go."""

from collections.abc import Callable
from itertools import product
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.config.objects import bind_options
from da_bench.data import Batch
from da_bench.data.batch import Tree, flat
from da_bench.data.pair import Role
from da_bench.data.sparse import SparseRows
from da_bench.data.vectors import vectors
from da_bench.functional import effective_sample_size, logistic_regression
from da_bench.methods.base import DomainAdapter

CHUNK = 2**24
"""Kernel values, or products, held at once: 128 MiB in float64."""


class SVM(DomainAdapter):
    r"""A kernel machine on the inputs, or on a frozen encoder's features; two classes.

    .. math:: \min_{f}\ \tfrac12\|f\|^2 + C \sum_i w_i\,\ell(y_i (f(x_i) + b)), \quad y_i = \pm1

    with the hinge loss (Cortes and Vapnik, Machine Learning 1995), solved by libsvm, or the
    logistic one. Without ``ratio`` all :math:`w_i = 1`: the source-only baseline of most papers.
    With one it is the importance-weighted machine, which a kernel narrow enough needs least (Byrd
    and Lipton, ICML 2019; Shimodaira, 2000, for the misspecified one). Nothing is trained by
    steps: the fit is at the start of the first epoch and its coefficients are buffers, so one epoch
    of one step does. Logits are :math:`\mp f/2`.

    Args:
        C: Weight of the loss against the norm, above 0.
        kernel: ``linear``, or ``rbf``: :math:`\exp(-\gamma\|x - x'\|^2)`.
        gamma: :math:`\gamma`, above 0; None is scikit-learn's ``scale``, one over the number of
            features times their variance.
        loss: ``hinge``, or ``logistic`` where the kernel is linear; the bias is not penalised.
        ratio: Maps samples ``(n, d), (m, d)`` to weights of the first ``(n,)``, mean one.
        options: Keyword arguments of the ratio.
        search: Values to try of each of some options, every combination: the best over five splits
            of the training sets, first of equals, by :func:`~da_bench.methods.inner_search.best`.
        search_by: ``oracle``, accuracy on the target's labels, which the data must grant; or, of no
            target label, ``circular`` or ``importance_weighted``.
        on: What the machine and the ratio see: ``inputs`` (flattened) or ``features``.
        learns_from: ``source``, or ``target``: those of its labels that the data grants, an oracle.

    Raises:
        ValueError: More than two classes, a number out of range, or a combination that is none.
    """

    trained_encoders = ()
    source_only = True
    support: Tensor
    dual: Tensor
    plane: Tensor
    bias: Tensor
    width: Tensor
    fitted: Tensor
    size: Tensor
    needs_classes = True
    needs_whole_sets = True

    def __init__(
        self,
        *args: Any,
        C: float = 1.0,
        kernel: Literal["linear", "rbf"] = "linear",
        gamma: float | None = None,
        loss: Literal["hinge", "logistic"] = "hinge",
        ratio: Callable[..., Tensor] | None = None,
        options: dict[str, Any] | None = None,
        search: dict[str, list[Any]] | None = None,
        search_by: Literal["oracle", "circular", "importance_weighted"] = "oracle",
        on: Literal["inputs", "features"] = "inputs",
        learns_from: Role = "source",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if C <= 0 or (gamma is not None and gamma <= 0):
            raise ValueError(f"C={C}, gamma={gamma}: both are above 0")
        if self.task.outputs != 2:
            raise ValueError(f"SVM tells two classes apart; this task has {self.task.outputs}")
        if loss == "logistic" and kernel != "linear":
            raise ValueError(f"loss='logistic' goes with kernel='linear', not {kernel!r}")
        if ratio is not None and learns_from == "target":
            raise ValueError("a ratio weighs the source: it says nothing where learns_from=target")
        self.C, self.kernel, self.gamma, self.loss = C, kernel, gamma, loss
        if search and not ratio:
            raise ValueError(f"search={search} tries options of a ratio: name one")
        self.ratio, self.options = ratio, options
        self.search, self.search_by = search, search_by
        self.on, self.learns_from, self.encodes = on, learns_from, on == "features"
        self.needs_target_labels = learns_from == "target" or bool(search and search_by == "oracle")
        grid = (
            [dict(zip(search, values, strict=True)) for values in product(*search.values())]
            if search
            else [{}]
        )
        self._ratios = (
            [bind_options(ratio, {**(options or {}), **combination}) for combination in grid]
            if ratio
            else []
        )
        self.encoder.requires_grad_(False)
        self.head.requires_grad_(False)
        for name in ("support", "dual", "plane"):  # as wide as the fit makes them
            self.register_buffer(name, torch.empty(0, dtype=torch.float64))
        for name in ("bias", "width"):
            self.register_buffer(name, torch.zeros((), dtype=torch.float64))
        self.register_buffer("fitted", torch.tensor(False))
        self.register_buffer("size", torch.zeros(()))

    def configure_optimizers(self) -> None:
        """None: there is nothing to step."""

    @torch.no_grad()
    def on_train_epoch_start(self) -> None:
        """Fits once, before the first step."""
        if not self.fitted:
            x, y = self.samples(self.learns_from)
            weights = torch.ones(len(y), dtype=torch.float64)
            if self._ratios:
                target, labels = self.samples("target")
                number = self.best(x, y, target, labels) if self.search else 0
                weights = self._ratios[number](x, target).double().cpu()
            self.fit_to(x, y, weights)
            self.fitted.fill_(True)
            self.size.fill_(effective_sample_size(weights))
        if self._ratios:
            self.log("health/effective_sample_size", self.size)

    def best(self, x: Tensor, y: Tensor, target: Tensor, labels: Tensor) -> int:
        """The number of the ratio whose machine does best on inner splits."""
        from da_bench.methods.inner_search import best

        def fit(number: int, *data: Any) -> Any:
            source_part, y, target_part = (torch.from_numpy(part).to(self.device) for part in data)
            self.fit_to(
                source_part, y, self._ratios[number](source_part, target_part).double().cpu()
            )
            self.fitted.fill_(True)
            return predict

        def predict(z: Any, role: Role) -> Any:
            return (self.decision(torch.from_numpy(z).to(self.device)) > 0).long().cpu().numpy()

        has_label = y >= 0
        source_samples, classes, target_samples, target_labels = (
            part.cpu().numpy() for part in (x[has_label], y[has_label], target, labels)
        )
        number = best(
            fit,
            len(self._ratios),
            source_samples,
            classes,
            target_samples,
            target_labels,
            self.search_by,
        )
        self.fitted.fill_(False)
        return number

    def samples(self, role: Role) -> tuple[Any, Tensor]:
        """Vectors ``(n, d)`` and labels ``(n,)`` of a training set; hidden labels are -1."""
        data: Any = self.pair
        if not self.encodes:  # a linear kernel is a product of sparse inputs
            takes_sparse = self.kernel == "linear" and self.loss == "hinge" and not self._ratios
            return vectors(data, role, each=8, sparse=takes_sparse)
        loader = data.sweep(role)
        parts = [(self.vectors(batch.x, role), batch.y) for batch in loader]
        return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])

    def vectors(self, x: Tree, role: Role) -> Tensor:
        """What the machine sees of inputs: ``(n, d)``."""
        if self.encodes:
            return self.encoder_of(role).eval()(x)
        return flat(x)

    def fit_to(self, x: Any, y: Tensor, weights: Tensor) -> None:
        """Sets the coefficients from samples ``(n, d)``, classes 0 and 1, and weights ``(n,)``.

        A linear hinge machine takes :class:`~da_bench.data.sparse.SparseRows`, too. Leaves out
        those of hidden class, -1, or of weight zero.
        """
        is_used = (weights > 0) & (y >= 0).cpu()
        if not is_used.all():  # libsvm drops weight zero, and with a kernel matrix loses count
            x, y, weights = x[is_used.to(y.device)], y[is_used.to(y.device)], weights[is_used]
        if isinstance(x, SparseRows):
            x = x.csr.astype("float64")
            machine = self._machine((x @ x.T).toarray(), y, weights)
            plane = torch.from_numpy(machine.dual_coef_[0] @ x[machine.support_])
            self.plane = plane.to(self.device)
            return
        x = x.cpu().double() if x.numel() <= CHUNK else x.cpu()
        variance = float(x.var(correction=0))
        self.width.fill_(self.gamma or 1 / (x.shape[1] * variance if variance else 1))
        if self.loss == "logistic":
            l2 = 1 / (2 * self.C * float(weights.sum()))
            model = logistic_regression(x, y.cpu(), l2, weights.to(x.dtype))
            self.plane, self.bias = model.weight.double(), model.bias.double()
            return
        machine = self._machine(self.kernel_of(x, x).double().numpy(), y, weights)
        support_indices = torch.from_numpy(machine.support_).long()
        dual = torch.from_numpy(machine.dual_coef_[0].copy())
        if self.kernel == "linear":  # one plane says what thousands of support vectors do
            self.plane = (dual.to(x.dtype) @ x[support_indices]).double().to(self.device)
        else:
            self.support, self.dual = (
                x[support_indices].double().to(self.device),
                dual.to(self.device),
            )

    def _machine(self, kernel: Any, y: Tensor, weights: Tensor) -> Any:
        """The machine fitted to kernel values ``(n, n)``; keeps its bias."""
        from sklearn.svm import SVC

        machine = SVC(C=self.C, kernel="precomputed")
        machine.fit(kernel, y.cpu().numpy(), weights.numpy())
        self.bias.fill_(float(machine.intercept_[0]))
        return machine

    def kernel_of(self, x: Tensor, y: Tensor) -> Tensor:
        """Kernel values ``(n, m)`` of ``(n, d), (m, d)``."""
        if self.kernel == "linear":
            return x @ y.T
        return torch.exp(-self.width.to(x) * torch.cdist(x, y).square())

    def decision(self, x: Tensor) -> Tensor:
        """:math:`f(x) + b` of vectors ``(n, d)``, shape ``(n,)``; zero before the fit."""
        if not self.fitted:
            return x.new_zeros(len(x))
        if len(self.plane):
            return (x @ self.plane.to(x) + self.bias).to(x)
        parts = x.double().split(max(1, CHUNK // len(self.dual)))
        kernels = (self.kernel_of(part, self.support) @ self.dual for part in parts)
        return (torch.cat(list(kernels)) + self.bias).to(x)

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """What the machine sees, ``(n, d)``, and its logits ``(n, 2)``."""
        inputs = self.vectors(x, domain)
        half_margin = self.decision(inputs) / 2
        return inputs, torch.stack((-half_margin, half_margin), 1), {}

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Logits ``(n, 2)`` of inputs from one domain."""
        return self.features(x, domain)[1]

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The hinge (or logistic) loss of the batch, for the account alone."""
        batch_of_role = batch[self.learns_from]
        logits = self.forward(batch_of_role.x, self.learns_from)[batch_of_role.y >= 0]
        signs = 2.0 * batch_of_role.y[batch_of_role.y >= 0] - 1
        margin = signs * (logits[:, 1] - logits[:, 0])
        loss = F.softplus(-margin) if self.loss == "logistic" else F.relu(1 - margin)
        return {"source_risk" if self.learns_from == "source" else "target_risk": loss.mean()}

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> None:  # type: ignore[override]
        """Nothing to train: keeps the loss for the logger."""
        self.record(self.losses(batch, self.progress))
