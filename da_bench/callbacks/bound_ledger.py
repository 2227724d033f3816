"""The terms of Ben-David's bound, kept over a training."""

from collections.abc import Callable
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor

from da_bench.data.task import known
from da_bench.functional import h_delta_h_divergence
from da_bench.methods import DomainAdapter
from da_bench.metrics import joint_error
from da_bench.selection.outputs import Undefined, check_defined

MOST = 2000
"""Samples of a domain that are looked at, evenly spaced."""


class BoundLedger(Callback):
    r"""Logs what bounds the target's error, after each validation.

    .. math:: \epsilon_t(h) \le \epsilon_s(h) + \tfrac12 d_{H \Delta H}(s, t) + \lambda

    Ben-David et al., Machine Learning 2010, theorem 2: ``bound/source_error`` of held-out source
    samples, ``bound/half_divergence`` of the features, their sum ``bound/visible``, and
    ``oracle/joint_error``, an estimate of :math:`\lambda` on the features, only where the data
    says ``oracle_validation: true``. Estimates by classifiers one can fit: a low sum promises
    nothing where the joint error has risen, which is what the oracle is for. Of a method without
    features (JDOT, EasyTL) there is the source's error alone, with a warning.

    ``ledger`` keeps a row each time, for ``da_bench.figures.bound_ledger``, over a resume too.

    Args:
        divergence: Maps features ``(n, d), (m, d)`` to a record whose ``value`` is in ``[0, 2]``.
        every_n_validations: How often.

    Raises:
        ValueError: ``every_n_validations`` is below 1, or the task is not a classification.
    """

    def __init__(
        self,
        divergence: Callable[[Tensor, Tensor], Any] = h_delta_h_divergence,
        every_n_validations: int = 1,
    ) -> None:
        if every_n_validations < 1:
            raise ValueError(f"every_n_validations must be at least 1, got {every_n_validations}")
        self.divergence, self.every_n_validations, self._seen = divergence, every_n_validations, 0
        self.ledger: list[dict[str, float]] = []

    def on_fit_start(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Refuses tasks that have no error rate."""
        if not hasattr(pl_module.task, "names"):
            raise ValueError("BoundLedger counts errors of classes; leave it out of a regression")

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Measures the terms, logs them and adds a row."""
        if trainer.sanity_checking:
            return
        self._seen += 1
        if self._seen % self.every_n_validations:
            return
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        source, target = pl_module.collect("source", "val"), pl_module.collect("target")
        is_labelled = known(source.y)
        error = float((source.logits.argmax(1) != source.y)[is_labelled].double().mean())
        terms = {"bound/source_error": error}
        try:
            z, u = check_defined(source.z), check_defined(target.z)
        except Undefined as undefined:
            rank_zero_warn(f"BoundLedger of {type(pl_module).__name__}: {undefined}")
        else:
            with torch.inference_mode(False):
                half_divergence = float(self.divergence(thin(z).clone(), thin(u).clone()).value) / 2
            terms |= {
                "bound/half_divergence": half_divergence,
                "bound/visible": error + half_divergence,
            }
            if data.oracle_validation:
                test, y = labelled_test(pl_module, data)
                with torch.inference_mode(False):
                    training = thin(z[is_labelled]).clone(), thin(source.y[is_labelled]).clone()
                    joint = joint_error(*training, thin(test).clone(), thin(y).clone())
                terms["oracle/joint_error"] = joint
        for name, value in terms.items():
            pl_module.log(name, value)
        position = {"epoch": float(trainer.current_epoch), "step": float(trainer.global_step)}
        self.ledger.append(position | terms)

    def on_validation_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Adds the scores to the row: the model logs them after the callbacks had their turn."""
        if trainer.sanity_checking or self._seen % self.every_n_validations:
            return
        for name in ("val/source", "oracle/val_target"):
            if name in trainer.callback_metrics:
                self.ledger[-1][name] = float(trainer.callback_metrics[name])

    def state_dict(self) -> dict[str, Any]:
        """Rows of the ledger so far, for a checkpoint."""
        return {"ledger": self.ledger, "seen": self._seen}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the rows of a checkpoint."""
        self.ledger, self._seen = list(state_dict["ledger"]), state_dict["seen"]


def thin(x: Tensor) -> Tensor:
    """At most ``MOST`` rows, evenly spaced."""
    count = min(MOST, len(x))
    return x[torch.arange(count, device=x.device) * len(x) // count]


@torch.no_grad()
def labelled_test(model: DomainAdapter, data: Any) -> tuple[Tensor, Tensor]:
    """Features and labels of the target's test samples, where known: for an oracle only."""
    view = data.view("target", "test")
    modes = {module: module.training for module in model.modules()}
    model.eval()
    parts = []
    for chunk in torch.arange(len(view)).split(512):
        batch = model.transfer_batch_to_device(view.__getitems__(chunk.tolist()), model.device, 0)
        parts.append((model.features(batch.x, "target")[0], batch.y))
    for module, training in modes.items():
        module.training = training
    z, y = (torch.cat(part) for part in zip(*parts, strict=True))
    return z[known(y)], y[known(y)]
