"""A convolutional encoder for time series."""

from torch import Tensor, nn


class CNN1D(nn.Module):
    """Three convolutions along time, averaged: ``(n, channels, length) -> (n, out_features)``.

    The CNN of AdaTime (Ragab et al., ACM TKDD 2023), as in its code: each convolution without
    bias, then batch norm, ReLU and pooling by two; dropout after the first; kernels of 8 in the
    second and third; the mean over time at the end.

    Args:
        channels: Number of channels of the series.
        middle: Channels of the first convolution; the second has twice as many.
        out_features: Channels of the third, the width of the features.
        kernel: Steps that the first convolution sees.
        stride: Steps between its positions.
        dropout: Share of its outputs dropped, in ``[0, 1)``.
    """

    out_features: int

    def __init__(
        self,
        channels: int = 9,
        middle: int = 64,
        out_features: int = 128,
        kernel: int = 5,
        stride: int = 1,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.channels, self.middle, self.out_features = channels, middle, out_features
        self.kernel, self.stride, self.dropout = kernel, stride, dropout
        self.layers = nn.Sequential(
            nn.Conv1d(channels, middle, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm1d(middle), nn.ReLU(), nn.MaxPool1d(2, 2, 1), nn.Dropout(dropout),
            nn.Conv1d(middle, 2 * middle, 8, 1, 4, bias=False),
            nn.BatchNorm1d(2 * middle), nn.ReLU(), nn.MaxPool1d(2, 2, 1),
            nn.Conv1d(2 * middle, out_features, 8, 1, 4, bias=False),
            nn.BatchNorm1d(out_features), nn.ReLU(), nn.MaxPool1d(2, 2, 1),
            nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Features ``(n, out_features)``."""
        return self.layers(x)
