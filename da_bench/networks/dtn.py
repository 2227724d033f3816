"""DTN, the encoder of the benchmarks of coloured digits."""

from torch import Tensor, nn


class DTN(nn.Module):
    """Three strided convolutions with batch norm: ``(n, channels, height, width) -> (n, d)``.

    The digit network that CDAN and the Transfer Learning Library take for SVHN, named after
    the "domain transfer network" of Taigman, Polyak and Wolf, ICLR 2017.

    Args:
        channels: Number of channels of the image.
        size: Side of a square image in pixels, or height and width, each at least 8.
        out_features: Width of the features.
        dropout: Shares dropped after each convolution and after the features, each in ``[0, 1)``.

    Raises:
        ValueError: The image is smaller than 8 pixels.
    """

    out_features: int

    def __init__(
        self,
        channels: int = 3,
        size: int | tuple[int, int] = 32,
        out_features: int = 512,
        dropout: tuple[float, float, float, float] = (0.1, 0.3, 0.5, 0.5),
    ) -> None:
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        if min(height, width) < 8:
            raise ValueError(f"size={size}: DTN halves the image three times, so take 8 or more")
        self.channels, self.size, self.out_features = channels, size, out_features
        self.dropout = tuple(dropout)
        layers: list[nn.Module] = []
        for in_channels, out_channels, drop in zip(
            (channels, 64, 128), (64, 128, 256), dropout, strict=False
        ):
            layers += [nn.Conv2d(in_channels, out_channels, 5, stride=2, padding=2),
                       nn.BatchNorm2d(out_channels), nn.Dropout2d(drop), nn.ReLU()]  # fmt: skip
        rows, columns = -(-height // 8), -(-width // 8)
        layers += [nn.Flatten(), nn.Linear(256 * rows * columns, out_features),
                   nn.BatchNorm1d(out_features), nn.ReLU(), nn.Dropout(dropout[-1])]  # fmt: skip
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, out_features)``."""
        return self.layers(x)
