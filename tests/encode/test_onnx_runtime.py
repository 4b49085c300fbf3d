from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encode import tiny_packs
from encode.tiny_packs import WIDTH, onnx_model, picture_model, picture_pack, text_model, text_pack
from tonggan.encode import EncodeSettings, open_encoder
from tonggan.encode.onnx_file import demands
from tonggan.encode.runtime import OnnxModel, in_batches
from tonggan.errors import InputError, MissingExtraError, NotReadyError
from tonggan.packs import CARD, Pack
from tonggan.packs.folder import PartFiles, seal

onnx = pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")

SETTINGS = EncodeSettings()


def opened(pack: Pack, name: str = "image", *, settings: EncodeSettings = SETTINGS) -> OnnxModel:
    return OnnxModel.open(PartFiles(pack, name), settings=settings)


def with_outside_weights(folder: Path, *, location: str = "weights.bin", is_listed: bool = True) -> Pack:
    """Seal a pack whose model keeps its weights in another file."""
    folder.mkdir()
    onnx.save_model(
        picture_model(16), folder / "image.onnx", save_as_external_data=True, location="weights.bin", size_threshold=8
    )
    path = folder / "image.onnx"
    path.write_bytes(path.read_bytes().replace(b"weights.bin", location.encode().ljust(11, b"/")))
    (folder / CARD).write_text("# Tiny", encoding="utf-8")
    part = picture_pack(folder.parent / "other").parts["image"]
    files = {"model": "image.onnx"} | ({"model_weights": "weights.bin"} if is_listed else {})
    return seal(folder, tiny_packs.ORIGIN, parts={"image": replace(part, files=files)}, measures={})


def test_a_model_gives_its_first_output_whatever_the_element_type_of_the_input(tmp_path: Path) -> None:
    model = opened(text_pack(tmp_path), "text")
    rows = model.run({"input_ids": np.array([[2, 3], [4, 5]], np.int32)})
    assert rows.shape == (2, 2, WIDTH)
    assert rows.dtype == np.float32


def test_other_inputs_than_the_model_takes_are_refused_with_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"takes the inputs pixels; given: picture\."):
        opened(picture_pack(tmp_path)).run({"picture": np.zeros((1, 3, 16, 16))})


def test_threads_do_not_change_what_comes_out(tmp_path: Path) -> None:
    pack, pixels = picture_pack(tmp_path), np.random.default_rng(0).normal(size=(3, 3, 16, 16))
    one, two = (opened(pack, settings=EncodeSettings(threads=threads)) for threads in (1, 2))
    np.testing.assert_allclose(one.run({"pixels": pixels}), two.run({"pixels": pixels}), atol=1e-6)


def test_an_unknown_device_is_refused_with_the_available_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Unknown device 'gpu'; known: .*cpu"):
        opened(picture_pack(tmp_path), settings=EncodeSettings(device="gpu"))


def test_a_device_that_the_installed_runtime_lacks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(MissingExtraError, match="has no 'cuda'; it has: cpu"):
        opened(picture_pack(tmp_path), settings=EncodeSettings(device="cuda"))


def test_bytes_that_are_no_onnx_are_refused_with_the_file(tmp_path: Path) -> None:
    for number, content in enumerate((b"\x07not onnx at all", b"\x08", b"\xff" * 40, b"PK\x03\x04 a zip")):
        with pytest.raises(NotReadyError, match=r"image\.onnx"):
            opened(picture_pack(tmp_path / str(number), model=content))


def test_a_model_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = picture_model(16).SerializeToString()
    for kept in range(10, len(whole), 97):
        with pytest.raises(NotReadyError, match=r"image\.onnx"):
            open_encoder(picture_pack(tmp_path / str(kept), model=whole[:kept]), "image")


def test_operators_that_need_a_library_are_refused(tmp_path: Path) -> None:
    nodes = [("Shout", ["pixels"], ["rows"], {"domain": "shop.custom"})]
    model = onnx_model(nodes, {}, inputs={"pixels": (1, ["b", 3, 16, 16])}, output=("rows", ["b", WIDTH]))
    with pytest.raises(NotReadyError, match=r"image\.onnx: operators of domain 'shop\.custom' are code"):
        opened(picture_pack(tmp_path, model=model.SerializeToString()))


def test_operators_hidden_in_a_branch_are_found() -> None:
    branch = onnx.helper.make_graph(
        [onnx.helper.make_node("Shout", [], ["out"], domain="shop.custom")],
        "branch",
        [],
        [onnx.helper.make_tensor_value_info("out", 1, [1])],
    )
    nodes = [("If", ["when"], ["rows"], {"then_branch": branch, "else_branch": branch})]
    model = onnx_model(nodes, {}, inputs={"when": (9, [])}, output=("rows", [1]))
    assert demands(model.SerializeToString()).domains == {"shop.custom"}


def test_weights_in_another_file_of_the_part_are_read(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).normal(size=(2, 3, 16, 16))
    outside = opened(with_outside_weights(tmp_path / "outside"))
    inside = opened(picture_pack(tmp_path / "inside"))
    np.testing.assert_array_equal(outside.run({"pixels": pixels}), inside.run({"pixels": pixels}))


def test_weights_in_a_file_that_the_part_does_not_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"'weights\.bin' are not among the files of part 'image'"):
        opened(with_outside_weights(tmp_path / "pack", is_listed=False))


@pytest.mark.parametrize("location", ["/etc/passwd", "../../other", "..", "a\\b", "C:weights"])
def test_weights_outside_the_folder_of_the_pack_are_refused(tmp_path: Path, location: str) -> None:
    with pytest.raises(NotReadyError, match="are outside the folder of the pack"):
        opened(with_outside_weights(tmp_path / "pack", location=location))


def test_damaged_outside_weights_are_refused(tmp_path: Path) -> None:
    pack = with_outside_weights(tmp_path / "pack")
    path = pack.folder / "weights.bin"
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    with pytest.raises(NotReadyError, match=r"weights\.bin is damaged"):
        opened(pack)


def test_the_fields_that_are_looked_at_are_those_of_onnx() -> None:
    from onnx import onnx_ml_pb2

    from tonggan.encode.onnx_file import _MESSAGES

    kinds = {"graph": "GraphProto", "node": "NodeProto", "tensor": "TensorProto", "sparse": "SparseTensorProto"}
    kinds |= {"attribute": "AttributeProto", "function": "FunctionProto", "training": "TrainingInfoProto"}
    messages: dict[str, Any] = {"model": "ModelProto", **kinds}
    for message, fields in _MESSAGES.items():
        descriptor = getattr(onnx_ml_pb2, messages[message]).DESCRIPTOR
        followed = {f.number for f in descriptor.fields if f.message_type and f.message_type.name in kinds.values()}
        assert followed == {number for number, kind in fields.items() if kind in kinds}


def test_a_text_model_with_an_unknown_input_is_refused(tmp_path: Path) -> None:
    model = text_model()
    model.graph.input[0].name = model.graph.node[0].input[1] = "words"
    with pytest.raises(InputError, match="Unknown input 'words'; known: attention_mask, input_ids"):
        open_encoder(text_pack(tmp_path, model=model.SerializeToString()), "text")


def test_a_model_of_other_axes_than_its_pooling_needs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="has not 2 axes"):
        open_encoder(text_pack(tmp_path, pooling="none"), "text")


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_rows_come_back_in_the_given_order(batch: int) -> None:
    lengths = [5, 1, 4, 1, 3]
    rows = in_batches(lengths, batch, lambda positions: np.array([[lengths[at], at] for at in positions]))
    assert rows.tolist() == [[5, 0], [1, 1], [4, 2], [1, 3], [3, 4]]


def test_items_of_like_length_go_together() -> None:
    seen: list[list[int]] = []

    def run(positions: np.ndarray) -> np.ndarray:
        seen.append(positions.tolist())
        return positions[:, None]

    in_batches([9, 1, 8, 2], 2, run)
    assert seen == [[1, 3], [2, 0]]


POOLED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda rows: rows.mean(axis=0),
    "cls": lambda rows: rows[0],
    "last": lambda rows: rows[-1],
    "eos": lambda rows: rows[-1],
}


@pytest.mark.parametrize("pooling", sorted(POOLED))
@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_changes_no_pooling(tmp_path: Path, pooling: str, side: str) -> None:
    pack = text_pack(tmp_path, pooling=pooling, padding_side=side, eos_token=1, maximum_tokens=12)
    table = opened(pack, "text").run({"input_ids": np.arange(30)[None]})[0]
    numbers = [2 + "abcdefghijklmnopqrstuvwxyz".index(letter) for letter in "red"] + [1]
    expected = POOLED[pooling](table[numbers])
    for texts in (["red"], ["red", "abcdefghij"]):
        row = open_encoder(pack, "text").encode_document(texts)[0]
        np.testing.assert_allclose(row, expected / np.linalg.norm(expected), atol=1e-6)
