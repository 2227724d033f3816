"""The recipe every method shares: an encoder, a head, a source risk, an adaptation loss."""

from typing import Any, Literal, Self, cast

import torch
from torch import Tensor, nn

from da_bench.data import Batch, Task
from da_bench.data.batch import Tree, join
from da_bench.data.pair import Role
from da_bench.functional import constant
from da_bench.networks.domain_norm import DomainNorm, own_norms
from da_bench.networks.hooks import batch_norms, captured, held
from da_bench.networks.width import feature_width

from .encoded import Encoded
from .feature_names import keep, restore, start
from .optimizer import OptimizerFactory, Schedule
from .penalty import Penalty
from .preconditions import check_options, check_start
from .scoring import Evaluated
from .short_forms import expand

BatchNorm = Literal["joint", "separate", "source", "frozen", "own"]


class DomainAdapter(Evaluated):
    r"""Minimises :math:`R_{source} + w\,s(p)\,L_{adaptation} + \sum_i w_i\,s_i(p)\,L_i`.

    On one optimizer; a configuration may add penalties :math:`L_i` to any method. A method
    overrides :meth:`adaptation_loss` or :meth:`source_risk`; where one optimizer step will not do,
    :meth:`training_step`.

    Args:
        encoder: Maps ``x`` to features ``(n, d)``; says ``out_features = d``, or is tried once.
        task: What is predicted; the data declares it. ``num_classes=3`` in its place stands for
            ``Classification(3)``.
        optimizer: Algorithm, learning rates and schedule; or a class of ``torch.optim``, whose
            learning rate ``lr=...`` sets beside it. ``lr`` alone is that of the default algorithm.
        weight: :math:`w`, of the adaptation loss.
        weight_schedule: :math:`s`, a factor of the weight by progress :math:`p` in ``[0, 1]``.
        batch_norm: Statistics in training: of both domains ``joint`` in one pass; of each domain's
            own pass (``separate``); of the ``source`` alone, whose running averages the target's
            pass uses; ``frozen`` as the encoder brought them; or each domain its ``own`` layers,
            affine part included (``DomainNorm``). Evaluation uses the running averages.
        target_encoder: A second encoder for the target, where widths or weights differ.
        init_from: Checkpoint or run folder whose encoder and head to start from.
        penalties: Further terms of the loss, by the name under which they are logged.
        **short_forms: ``num_classes`` or ``lr``, as above.

    Raises:
        TypeError: An argument that the method does not have, a short form beside what it stands
            for, or no task.
        ValueError: The width of the encoder's features is not known, or it has no batch norm where
            each domain is to have its own; ``init_from`` does not fit it; the method takes no
            penalties, or tells classes apart and the task has none.
    """

    columns: dict[str, Any] | None = None  # the features that it was trained on
    layers: tuple[str, ...] = ()
    source_only = False  # True where a step need not encode the target
    needs_classes = False  # True where it reads probabilities of classes off the logits
    needs_target_labels = False
    needs_whole_sets = False  # True where it reads whole training sets, which loaders do not have
    needs_start = ""  # where it goes on from a trained model: the method that makes one
    trained_encoders: tuple[Role, ...] = ("source",)  # where each domain has one: which it trains
    encodes = True  # False where it sees inputs as they are, and no encoder is used
    rehearsed = False  # True where the adaptation loss is a pure function of features and logits

    def __init__(
        self,
        encoder: nn.Module,
        task: Task | None = None,
        optimizer: OptimizerFactory = OptimizerFactory(),
        weight: float = 1.0,
        weight_schedule: Schedule = constant,
        batch_norm: BatchNorm = "joint",
        target_encoder: nn.Module | None = None,
        init_from: str | None = None,
        penalties: dict[str, Penalty] | None = None,
        **short_forms: Any,
    ) -> None:
        task, optimizer = expand(type(self), task, optimizer, short_forms)
        super().__init__(task)
        self.encoder = own_norms(encoder) if batch_norm == "own" else encoder
        self.target_encoder, self.penalties = target_encoder, penalties or {}
        check_options(self, DomainAdapter, weight)
        self.head = nn.Linear(feature_width(encoder), task.outputs)
        self.optimizer, self.weight, self.weight_schedule = optimizer, weight, weight_schedule
        self.batch_norm, self.init_from = batch_norm, None  # a rebuilt run has its own weights
        self._norms = batch_norms(self)
        self._apart = [layer for layer in self.modules() if isinstance(layer, DomainNorm)]
        self.started: tuple[str, ...] = ()  # parts that came trained
        if init_from:
            self.load_start(init_from)
        self.train()  # Lightning takes the modes as it finds them

    # What a method may say otherwise.

    def source_risk(self, source: Encoded) -> Tensor:
        """What the labelled source costs: the task's loss, a scalar."""
        return self.task.loss(source.logits, source.y)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """What the shift costs, a scalar: zero, unless a method says otherwise."""
        return source.z.new_zeros(())

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor] | None:
        """Log odds ``(n,), (m,)`` of the source, as the method's critic sees; None: it has none."""
        return None

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The terms by name: pure, without logging or state, for replicas and compilers to call."""
        if self.source_only and not self.penalties:
            return {"source_risk": self.source_risk(self.encode_one(batch["source"], "source"))}
        source, target = self.encode(batch)
        return {
            "source_risk": self.source_risk(source),
            "adaptation_loss": self.adaptation_loss(source, target, progress),
            **{name: penalty(source, target) for name, penalty in self.penalties.items()},
        }

    def target_risk(self, batch: dict[Role, Batch]) -> dict[str, Tensor]:
        """The one term of a method that learns from granted target labels."""
        target = self.encode_one(batch["target"], "target")
        return {"target_risk": self.task.loss(target.logits, target.y)}

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> Tensor:
        """Weighs and sums the terms; keeps them for the logger."""
        progress = self.progress
        terms = self.losses(batch, progress)
        total = next(iter(terms.values()))
        if "adaptation_loss" in terms:
            total = total + self.weight * self.weight_schedule(progress) * terms["adaptation_loss"]
        for name, penalty in self.penalties.items():
            total = total + penalty.weight * penalty.schedule(progress) * terms[name]
        self.record(terms)
        return total

    def configure_optimizers(self) -> Any:
        """One optimizer over every parameter."""
        return self.optimizer(self.named_parameters(), lambda: self.optimizer_steps)

    def on_fit_start(self) -> None:
        """Raises ValueError where this method and this data can't train together."""
        check_start(self)

    # The network.

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """Logits ``(n, k)`` of inputs from one domain."""
        return self.head(self.encoder_of(domain)(x))

    def encoder_of(self, domain: Role) -> nn.Module:
        """The encoder of one domain; most methods have one for both."""
        for layer in self._apart:
            layer.domain = domain
        is_separate = domain == "target" and self.target_encoder is not None
        return cast(nn.Module, self.target_encoder) if is_separate else self.encoder

    def features(self, x: Tree, domain: Role) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Features, logits, and the inner layers asked for, of inputs from one domain."""
        encoder = self.encoder_of(domain)
        if not self.layers:
            z = encoder(x)
            return z, self.head(z), {}
        with captured(encoder, self.layers) as layers:
            z = encoder(x)
        return z, self.head(z), layers

    def encode_one(self, batch: Batch, domain: Role) -> Encoded:
        """One domain's batch through its encoder and the head."""
        return Encoded(*batch, *self.features(batch.x, domain))

    def predict_one(self, batch: Batch, domain: Role) -> Encoded:
        """One domain's batch through the network that predicts, perhaps not the trained one."""
        return self.encode_one(batch, domain)

    def encode(self, batch: dict[Role, Batch]) -> tuple[Encoded, Encoded]:
        """Both domains, with the batch-norm statistics that the policy asks for."""
        source, target = batch["source"], batch["target"]
        is_shared = self.encoder_of("source") is self.encoder_of("target")
        if is_shared and not self._apart and self.batch_norm in ("joint", "frozen"):
            z, logits, layers = self.features(join(source.x, target.x), "source")
            sizes = (len(source.y), len(target.y))
            (z1, z2), (logits1, logits2) = z.split(sizes), logits.split(sizes)
            inner1, inner2 = (
                {name: values.split(sizes)[side] for name, values in layers.items()}
                for side in (0, 1)
            )
            return Encoded(*source, z1, logits1, inner1), Encoded(*target, z2, logits2, inner2)
        encoded = self.encode_one(source, "source")
        with held(self._norms if self.batch_norm == "source" else ()):
            return encoded, self.encode_one(target, "target")

    def train(self, mode: bool = True) -> Self:
        """Training mode; frozen batch norm stays as it is."""
        super().train(mode)
        if self.batch_norm == "frozen":
            for layer in self._norms:
                layer.eval()
        return self

    @torch.no_grad()
    def collect(self, domain: Role, split: Literal["train", "val"] = "train") -> Encoded:
        """A training set (or held-out source) as the network sees it, in index order.

        In evaluation mode, and without inputs and inner layers, which of photographs fill memory.
        """
        sweep = self.pair.sweep(domain, split)
        convert, parts = self.trainer.precision_plugin.convert_input, []
        with held(list(self.modules())):
            for batch in sweep:
                batch = convert(self.transfer_batch_to_device(batch, self.device, 0))
                parts.append(self.encode_one(batch, domain)._replace(x=(), layers={}))
        return join(*parts)

    # Checkpoints.

    def load_start(self, path: str) -> None:
        """Takes encoder and head from a checkpoint or a run's folder; a target's too, if any."""
        state = start(self, path)
        has_target_encoder = self.target_encoder and any(
            name.startswith("target_encoder.") for name in state
        )
        self.started = (
            ("encoder", "head", "target_encoder") if has_target_encoder else ("encoder", "head")
        )
        for part in self.started:
            prefix = f"{part}."
            weights = {
                name[len(prefix) :]: value
                for name, value in state.items()
                if name.startswith(prefix)
            }
            try:
                self.get_submodule(part).load_state_dict(weights)
            except RuntimeError as error:
                raise ValueError(f"init_from={path!r} does not fit this {part}: {error}") from error

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what rebuilds this model from its folder alone, as plain JSON."""
        keep(self, checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Makes room for buffers that were fitted to the data, whose features are held to."""
        self.started = ("encoder", "head", "target_encoder")
        restore(self, checkpoint)
        for name, buffer in self.named_buffers():
            stored_buffer = checkpoint["state_dict"].get(name)
            if stored_buffer is not None and stored_buffer.shape != buffer.shape:
                buffer.resize_(stored_buffer.shape)
