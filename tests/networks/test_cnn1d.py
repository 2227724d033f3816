"""CNN1D has the layers and lengths of AdaTime's network."""

import torch

from da_bench.networks import CNN1D


def test_cnn1d_is_adatimes():
    net = CNN1D().eval()
    assert net(torch.randn(2, 9, 128)).shape == (2, 128)
    convolutions = [layer for layer in net.layers if isinstance(layer, torch.nn.Conv1d)]
    assert [tuple(layer.weight.shape) for layer in convolutions] == [(64, 9, 5), (128, 64, 8),
                                                                     (128, 128, 8)]  # fmt: skip
    assert all(layer.bias is None for layer in convolutions)
    with torch.no_grad():  # 128 steps: 65, then 33 + 1 halved, as the kernels of 8 add one
        lengths = []
        x = torch.randn(1, 9, 128)
        for layer in net.layers[:-2]:
            x = layer(x)
            if isinstance(layer, torch.nn.MaxPool1d):
                lengths.append(x.shape[-1])
    assert lengths == [65, 34, 18]
