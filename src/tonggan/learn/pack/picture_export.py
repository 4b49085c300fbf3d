"""Networks as ONNX, for ONNX Runtime; it runs the small convolutions here four times as fast as torch does."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch
from torch import Tensor, nn

from tonggan.learn.pack.extra import library

LEAST_HALVED = 256
"""Weights of a tensor from which half precision saves anything."""

OPSET = 17
"""ONNX operators of 2022: every ONNX Runtime that Tonggan accepts knows them."""


def onnx_of(network: nn.Module, example: Tensor) -> bytes:
    """Return a network of one input and one output as ONNX; the first axis of both is free."""
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The exporter speaks of its own successor.
        torch.onnx.export(
            network.eval(),
            (example,),
            written,  # type: ignore[arg-type]
            dynamo=False,
            input_names=["pictures"],
            output_names=["rows"],
            dynamic_axes={"pictures": {0: "count"}, "rows": {0: "count"}},
            opset_version=OPSET,
        )
    return written.getvalue()


def half_weights(network: bytes) -> bytes:
    """Return the network with its larger weights kept in half precision, and widened again when it is opened.

    It computes in single precision as before; the file is half as large.
    """
    onnx = library("onnx")
    model = onnx.load_from_string(network)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= LEAST_HALVED:
            name, array = tensor.name, onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    return model.SerializeToString()


class OnnxNetwork:
    """A network run by ONNX Runtime on tensors."""

    def __init__(self, network: nn.Module, example: Tensor) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self._session = onnxruntime.InferenceSession(
            onnx_of(network, example), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, pictures: Tensor) -> Tensor:
        (rows,) = self._session.run(None, {"pictures": np.ascontiguousarray(pictures.numpy())})
        return torch.from_numpy(np.asarray(rows))
