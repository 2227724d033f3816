"""Networks for vectors."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "identity": nn.Identity,
}


def mlp(
    *widths: int, activation: str = "relu", dropout: float = 0.0, batch_norm: bool = False
) -> nn.Sequential:
    """Linear layers of the given widths, an activation after each but the last."""
    layers: list[nn.Module] = []
    for i, (fan_in, fan_out) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(fan_in, fan_out))
        if i < len(widths) - 2:
            layers += [nn.BatchNorm1d(fan_out)] if batch_norm else []
            layers.append(ACTIVATIONS[activation]())
            layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)


class MLP(nn.Module):
    """Encoder for vectors, or for anything once flattened: ``(n, ...) -> (n, hidden[-1])``.

    Args:
        in_features: Numbers in one sample.
        hidden: Widths of the layers; the last is the width of the features.
        activation: ``relu``, ``sigmoid``, ``tanh`` or ``gelu``, after every layer; ``identity``
            makes the network linear.
        dropout: Share of units dropped after each activation, in ``[0, 1)``.
        batch_norm: Normalise before each activation.

    Raises:
        ValueError: An unknown activation, or no layer.
    """

    out_features: int

    def __init__(
        self,
        in_features: int = 2,
        hidden: Sequence[int] = (64, 32),
        activation: str = "relu",
        dropout: float = 0.0,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation={activation!r}: expected one of {sorted(ACTIVATIONS)}")
        if not hidden:
            raise ValueError("hidden=[]: an MLP needs at least one layer")
        self.in_features, self.hidden, self.activation = in_features, tuple(hidden), activation
        self.dropout, self.batch_norm = dropout, batch_norm
        self.out_features = self.hidden[-1]
        # The trailing 1 makes mlp() end in an activation; the unused last layer is cut off.
        layers = mlp(
            in_features, *hidden, 1, activation=activation, dropout=dropout, batch_norm=batch_norm
        )
        self.layers = layers[:-1]

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, hidden[-1])`` of ``x`` ``(n, ...)``."""
        return self.layers(x.flatten(1))
