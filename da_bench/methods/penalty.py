"""A further term of the loss, named in YAML: any function of what the network makes of a batch."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

from torch import Tensor

from da_bench.config.objects import bind_options, nearest
from da_bench.functional import constant

from .optimizer import Schedule

if TYPE_CHECKING:
    from .encoded import Encoded

FIELDS = ("source_z", "source_logits", "source_y", "target_z", "target_logits")
"""What a penalty may be of: features ``(n, d)``, logits ``(n, k)``, labels ``(n,)``."""


@dataclass(frozen=True)
class Penalty:
    """A function, what it is of, and how much it counts.

    Attributes:
        function: Maps the tensors that ``of`` names to a scalar, differentiably.
        of: Its positional arguments, each one of :data:`FIELDS`.
        options: Its keyword arguments.
        weight: Of the term in the loss.
        schedule: Factor of the weight, by training progress.

    Raises:
        ValueError: An unknown field, an option that the function does not take, or more or fewer
            fields than it wants.
    """

    function: Callable[..., Tensor]
    of: list[str] = field(default_factory=lambda: ["target_logits"])
    options: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    schedule: Schedule = constant
    _called: Callable[..., Tensor] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Checks it here, where no data has been read yet."""
        for name in self.of:
            if name not in FIELDS:
                raise ValueError(f"of={name!r}: a penalty can't be of that{nearest(name, FIELDS)}")
        function = bind_options(self.function, self.options)
        object.__setattr__(self, "_called", function)  # frozen; options stay as they were written
        try:
            signature(function).bind(*self.of)
        except TypeError as error:
            name = getattr(self.function, "__name__", "the function")
            raise ValueError(f"{name} can't be of {self.of}: {error}") from error

    @property
    def of_classes(self) -> bool:
        """Whether it reads probabilities of classes, as ours of ``logits`` do."""
        first_name = next(iter(signature(self.function).parameters), "")
        is_functional = getattr(self.function, "__module__", "").startswith("da_bench.functional")
        return is_functional and first_name == "logits"

    def __call__(self, source: "Encoded", target: "Encoded") -> Tensor:
        """The term, a scalar, before weight and schedule."""
        domains = {"source": source, "target": target}
        parts = (name.split("_") for name in self.of)
        return self._called(*(getattr(domains[domain], part) for domain, part in parts))
