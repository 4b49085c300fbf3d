"""Networks written down as ONNX."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")
onnx = pytest.importorskip("onnx", reason="onnx is not installed; it writes networks down")

import onnxruntime  # noqa: E402
from torch import nn  # noqa: E402

from tonggan.learn.pack.mobilenet import MobileNet  # noqa: E402
from tonggan.learn.pack.picture_export import OnnxNetwork, half_weights, onnx_of  # noqa: E402
from tonggan.learn.pack.picture_training import tower_of  # noqa: E402


def rows(written: bytes, pictures: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"pictures": pictures})[0])


@pytest.fixture(scope="module")
def tower() -> nn.Module:
    torch.manual_seed(0)
    return tower_of(MobileNet()).eval()


@pytest.fixture(scope="module")
def written(tower: nn.Module) -> bytes:
    return onnx_of(tower, torch.zeros(2, 3, 64, 64))


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (5, 3, 64, 64)).astype(np.float32)


def test_the_network_written_down_gives_the_rows_of_the_network(
    tower: nn.Module, written: bytes, pictures: np.ndarray
) -> None:
    with torch.inference_mode():
        expected = tower(torch.from_numpy(pictures)).numpy()
    np.testing.assert_allclose(rows(written, pictures), expected, atol=1e-4)


def test_half_weights_change_no_row_by_more_than_two_thousandths(written: bytes, pictures: np.ndarray) -> None:
    whole, halved = rows(written, pictures), rows(half_weights(written), pictures)
    np.testing.assert_allclose(halved, whole, atol=2e-3)
    assert np.abs(halved - whole).max() > 0


def test_half_weights_take_little_more_than_half_the_bytes(written: bytes) -> None:
    assert len(half_weights(written)) < 0.52 * len(written)


def test_small_weights_stay_as_they_are() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1))
    written = onnx_of(network, torch.zeros(1, 3, 2, 2))
    kept = onnx.load_from_string(half_weights(written)).graph
    assert {tensor.data_type for tensor in kept.initializer} == {onnx.TensorProto.FLOAT}
    assert "Cast" not in {node.op_type for node in kept.node}


def test_any_number_of_pictures_goes_through(written: bytes, pictures: np.ndarray) -> None:
    for count in (1, 3):
        np.testing.assert_allclose(rows(written, pictures[:count]), rows(written, pictures)[:count], atol=1e-5)


def test_an_onnx_network_is_called_as_the_network_is() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten())
    pictures = torch.rand(3, 3, 8, 8)
    with torch.inference_mode():
        expected = network.eval()(pictures)
        torch.testing.assert_close(OnnxNetwork(network, pictures[:1])(pictures), expected, atol=1e-5, rtol=1e-5)
