"""LeNet, the encoder of the digit benchmarks."""

from torch import Tensor, nn


class LeNet(nn.Module):
    """Two convolutions and a wide layer: ``(n, channels, height, width) -> (n, out_features)``.

    The shape that CDAN and MCD use on digits, after LeCun et al., Proceedings of the IEEE 1998.

    Args:
        channels: Number of channels of the image.
        size: Side of a square image in pixels, or height and width, each at least 16.
        out_features: Width of the features.
        dropout: Share of features dropped, in ``[0, 1)``.

    Raises:
        ValueError: The image is smaller than 16 pixels.
    """

    out_features: int

    def __init__(
        self,
        channels: int = 1,
        size: int | tuple[int, int] = 28,
        out_features: int = 500,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < 16:
            raise ValueError(
                f"size={size}: LeNet's two 5x5 convolutions need images of 16 pixels or more"
            )
        self.channels, self.size, self.out_features, self.dropout = (
            channels,
            size,
            out_features,
            dropout,
        )
        rows, columns = (((side - 4) // 2 - 4) // 2 for side in (height, width))
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 20, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(20, 50, 5), nn.Dropout2d(dropout), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten(), nn.Linear(50 * rows * columns, out_features), nn.ReLU(),
            nn.Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, out_features)``."""
        return self.layers(x)
