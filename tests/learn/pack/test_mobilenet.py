"""MobileNet v2 from a TFLite file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed; it trains")

from torch import nn  # noqa: E402

from tonggan.errors import InputError, MissingExtraError  # noqa: E402
from tonggan.learn.pack import mobilenet  # noqa: E402
from tonggan.learn.pack.augment import scaled, squares  # noqa: E402
from tonggan.learn.pack.mobilenet import FEATURES, MobileNet, read_tflite  # noqa: E402
from tonggan.learn.pack.sources import LABELS, NETWORK  # noqa: E402

SHOWN = 12
"""Kinds of things that both ImageNet and the set of pictures have, one picture each."""

Layers = list[tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def network() -> MobileNet:
    torch.manual_seed(0)
    return MobileNet().eval()


def tflite_layers(network: MobileNet) -> Layers:
    """The weights of a network in the order and layout of a TFLite file."""
    layers = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            order = (1, 2, 3, 0) if module.groups > 1 else (0, 2, 3, 1)
            layers.append((module.weight.detach().numpy().transpose(order), module.bias.detach().numpy()))
    logits = network.logits
    return [*layers, (logits.weight.detach().numpy()[:, None, None, :], logits.bias.detach().numpy())]


def given(monkeypatch: pytest.MonkeyPatch, layers: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
    monkeypatch.setattr(mobilenet, "_weights", lambda path: iter(layers))


def test_weights_in_the_layout_of_tflite_give_the_same_network(
    monkeypatch: pytest.MonkeyPatch, network: MobileNet
) -> None:
    given(monkeypatch, tflite_layers(network))
    copied = read_tflite(Path("net.tflite")).eval()
    pictures = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        features = network(pictures)
        torch.testing.assert_close(copied(pictures), features)
        torch.testing.assert_close(copied.logits(features), network.logits(features))
    assert tuple(features.shape) == (2, FEATURES)


def test_padding_is_that_of_tensorflow(network: MobileNet) -> None:
    margins = [module.padding for module in network.modules() if isinstance(module, nn.ZeroPad2d)]
    assert margins.count((0, 1, 0, 1)) == 5
    assert set(margins) == {(0, 1, 0, 1), (1, 1, 1, 1)}


def test_a_network_of_another_depth_is_refused(monkeypatch: pytest.MonkeyPatch, network: MobileNet) -> None:
    layers = tflite_layers(network)
    for other in ([], layers[:-1], [*layers, layers[-1]]):
        given(monkeypatch, other)
        with pytest.raises(InputError, match=f"net.tflite has {len(other)} layers with weights, not 53") as refusal:
            read_tflite(Path("net.tflite"))
        assert "MobileNet v2 1.0" in str(refusal.value.remedy)


def test_a_network_of_another_width_is_refused(monkeypatch: pytest.MonkeyPatch, network: MobileNet) -> None:
    layers = tflite_layers(network)
    for place in (0, 10, -1):
        other = list(layers)
        other[place] = (layers[place][0][..., :1], layers[place][1])
        given(monkeypatch, other)
        with pytest.raises(InputError, match=r"net\.tflite: a layer is"):
            read_tflite(Path("net.tflite"))


def test_without_the_library_of_tflite_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "tflite", None)
    (tmp_path / "net.tflite").write_bytes(b"")
    with pytest.raises(MissingExtraError, match="tflite is not installed") as refusal:
        read_tflite(tmp_path / "net.tflite")
    assert "tonggan[train]" in str(refusal.value.remedy)


@pytest.mark.parametrize("content", [b"", b"abc", b"\x00" * 64, b"\xff" * 999])
def test_a_file_that_is_no_network_is_refused(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("tflite", reason="tflite is not installed; it reads the network")
    (tmp_path / "net.tflite").write_bytes(content)
    with pytest.raises(InputError, match=r"net\.tflite"):
        read_tflite(tmp_path / "net.tflite")


@pytest.mark.shared_data
def test_a_file_of_another_network_is_refused(shared_data: Path) -> None:
    pytest.importorskip("tflite", reason="tflite is not installed; it reads the network")
    for path in sorted((shared_data / "models").glob("*.tflite")):
        if path.name != Path(NETWORK).name:
            with pytest.raises(InputError, match=r"tflite.*(layers|layer is)"):
                read_tflite(path)


@pytest.mark.shared_data
def test_the_network_knows_what_is_on_pictures(shared_data: Path) -> None:
    pytest.importorskip("tflite", reason="tflite is not installed; it reads the network")
    names = [name.lower() for name in (shared_data / LABELS).read_text(encoding="utf-8").split("\n")]
    with (shared_data / "pictures" / "pictures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    first = {row["text_en"]: row["image"] for row in reversed(rows) if row["text_en"] in names}
    told = sorted(first)[:SHOWN]
    network: Any = read_tflite(shared_data / NETWORK).eval()
    with torch.inference_mode():
        pictures = scaled(squares([shared_data / "pictures" / first[name] for name in told], 224))
        best = network.logits(network(pictures)).topk(5).indices.tolist()
    right = [name in {names[at] for at in five} for name, five in zip(told, best, strict=True)]
    assert len(told) == SHOWN
    assert sum(right) >= 0.8 * SHOWN
