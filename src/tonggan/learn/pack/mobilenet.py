"""MobileNet v2 [Sandler 2018, https://arxiv.org/abs/1801.04381] with batch norms folded in, from a TFLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tonggan.errors import InputError
from tonggan.learn.pack.extra import library

STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
"""Expansion, channels, blocks and stride of each stage."""

FEATURES, CLASSES = 1280, 1001
"""Channels before pooling, and ImageNet classes with one for the background."""

REMEDY = "Give MobileNet v2 1.0 with its classifier, quantised to eight bits."

IDENTIFIER = b"TFL3"
"""The four bytes of a TFLite file that follow its first four."""

_UINT8 = 3


class MobileNet(nn.Module):
    """Pictures [n, 3, side, side] scaled to -1..1, to features [n, 1280]; `logits` are those of ImageNet."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_convolution(3, 32, kernel=3, stride=2)]
        channels = 32
        for expansion, width, blocks, stride in STAGES:
            for block in range(blocks):
                layers.append(_Block(channels, width, expansion=expansion, stride=1 if block else stride))
                channels = width
        self.features = nn.Sequential(*layers, _convolution(channels, FEATURES))
        self.logits = nn.Linear(FEATURES, CLASSES)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.features(pictures).mean(dim=(2, 3))


def read_tflite(path: Path) -> MobileNet:
    """Return the network with the de-quantised weights of a TFLite file; InputError where it is another network."""
    network = MobileNet()
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    pairs = list(_weights(path))
    if len(pairs) != len(convolutions) + 1:
        raise InputError(
            f"{path} has {len(pairs)} layers with weights, not {len(convolutions) + 1}.",
            remedy=REMEDY,
        )
    for convolution, (weight, bias) in zip(convolutions, pairs[:-1], strict=True):
        order = (3, 0, 1, 2) if convolution.groups > 1 else (0, 3, 1, 2)
        _place(convolution, weight.transpose(order), bias, path=path)
    weight, bias = pairs[-1]
    _place(network.logits, weight.reshape(len(weight), -1), bias, path=path)
    return network


class _Block(nn.Module):
    """Inverted residual block."""

    def __init__(self, channels: int, width: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = channels * expansion
        widened = [_convolution(channels, hidden)] if expansion > 1 else []
        depthwise = _convolution(hidden, hidden, kernel=3, stride=stride, groups=hidden)
        self.body = nn.Sequential(*widened, depthwise, _convolution(hidden, width, is_activated=False))
        self.is_residual = stride == 1 and channels == width

    def forward(self, pictures: Tensor) -> Tensor:
        changed = self.body(pictures)
        return pictures + changed if self.is_residual else changed


def _convolution(
    channels: int, width: int, *, kernel: int = 1, stride: int = 1, groups: int = 1, is_activated: bool = True
) -> nn.Sequential:
    """A convolution padded as TensorFlow pads even sizes: only right and below where the stride is 2."""
    margin = () if kernel == 1 else (nn.ZeroPad2d((1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1)),)
    activation = (nn.ReLU6(),) if is_activated else ()
    return nn.Sequential(*margin, nn.Conv2d(channels, width, kernel, stride, groups=groups), *activation)


def _place(layer: Any, weight: np.ndarray, bias: np.ndarray, *, path: Path) -> None:
    if tuple(layer.weight.shape) != weight.shape:
        raise InputError(
            f"{path}: a layer is {weight.shape}, not {tuple(layer.weight.shape)}.",
            remedy=REMEDY,
        )
    layer.weight.data = torch.from_numpy(np.ascontiguousarray(weight))
    layer.bias.data = torch.from_numpy(bias)


def _weights(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Weight and bias of each layer that has them, in order, as float32."""
    tflite, content = library("tflite"), path.read_bytes()
    if content[4:8] != IDENTIFIER:
        raise InputError(f"{path} is not a TFLite file.", remedy=REMEDY)
    model = tflite.Model.GetRootAsModel(content, 0)
    graph = model.Subgraphs(0)
    for at in range(graph.OperatorsLength()):
        operator = graph.Operators(at)
        if operator.InputsLength() == 3:
            weight, bias = (_tensor(model, graph.Tensors(operator.Inputs(place))) for place in (1, 2))
            yield weight, bias


def _tensor(model: Any, tensor: Any) -> np.ndarray:
    quantization = tensor.Quantization()
    stored = model.Buffers(tensor.Buffer()).DataAsNumpy().view(np.uint8 if tensor.Type() == _UINT8 else np.int32)
    centred = stored.reshape(tensor.ShapeAsNumpy()).astype(np.float64) - quantization.ZeroPointAsNumpy()[0]
    return (centred * quantization.ScaleAsNumpy()[0]).astype(np.float32)
