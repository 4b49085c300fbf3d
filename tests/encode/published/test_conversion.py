"""What a conversion refuses, and what it measures."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from tonggan.encode import open_encoder
from tonggan.encode.published import convert
from tonggan.encode.published.precision import Trial
from tonggan.errors import ConflictError, InputError, MissingExtraError, NotReadyError
from tonggan.packs import CARD, Pack

Converted: TypeAlias = Callable[[str], tuple[Any, Pack]]


@pytest.fixture
def copied(converted: Converted, tmp_path: Path) -> tuple[Path, Any]:
    """A published CLIP to damage, and its row."""
    reference, _ = converted("clip")
    return shutil.copytree(reference.folder, tmp_path / "published"), reference.row


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    table = json.loads(path.read_text(encoding="utf-8"))
    change(table)
    path.write_text(json.dumps(table), encoding="utf-8")


def test_a_pickle_is_refused_with_the_reason(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    with pytest.raises(InputError, match=r"pytorch_model\.bin is a pickle, which runs whatever code it holds"):
        convert(folder, replace(row, files=("config.json", "pytorch_model.bin")), tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_a_missing_file_is_named(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(NotReadyError, match=r"preprocessor_config\.json is missing"):
        convert(folder, row, tmp_path / "pack")


def test_weights_that_are_no_safetensors_are_refused(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    (folder / "model.safetensors").write_bytes(b"\x80\x04not safetensors")
    with pytest.raises(NotReadyError, match=r"model\.safetensors is not safetensors"):
        convert(folder, row, tmp_path / "pack")


def test_weights_that_nobody_reads_stop_the_conversion(copied: tuple[Path, Any], tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder, row = copied
    path = folder / "model.safetensors"
    save_file({**load_file(path), "text_model.adapter.weight": np.zeros((2, 2), np.float32)}, path)
    with pytest.raises(NotReadyError, match=r"1 weights are not understood, such as text_model\.adapter\.weight"):
        convert(folder, row, tmp_path / "pack")


def test_another_number_of_layers_than_the_weights_have_is_noticed(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    edit(folder / "config.json", lambda table: table["text_config"].update(num_hidden_layers=1))
    with pytest.raises(NotReadyError, match="weights are not understood"):
        convert(folder, row, tmp_path / "one")
    edit(folder / "config.json", lambda table: table["text_config"].update(num_hidden_layers=3))
    with pytest.raises(NotReadyError, match=r"has no weight 'text_model\.encoder\.layers\.2"):
        convert(folder, row, tmp_path / "three")


def test_a_configuration_without_its_tables_is_told_as_another_layout(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    edit(folder / "config.json", lambda table: table.pop("text_config"))
    with pytest.raises(NotReadyError, match="files are not of the layout 'clip'"):
        convert(folder, row, tmp_path / "pack")


def test_an_unknown_activation_is_refused_with_the_known_ones(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    edit(folder / "config.json", lambda table: table["vision_config"].update(hidden_act="swish"))
    with pytest.raises(NotReadyError, match="Unknown activation 'swish'; known: gelu"):
        convert(folder, row, tmp_path / "pack")


def test_pictures_without_a_fixed_size_are_refused(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    edit(folder / "preprocessor_config.json", lambda table: table.update(do_center_crop=False))
    with pytest.raises(NotReadyError, match="not known"):
        convert(folder, row, tmp_path / "pack")


def test_other_dimensions_than_the_row_promises_are_refused(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    with pytest.raises(NotReadyError, match="text has 24 dimensions, not 512"):
        convert(folder, replace(row, dim=512), tmp_path / "pack")


def test_unknown_layouts_precisions_and_preprocessing_are_refused(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    with pytest.raises(InputError, match=r"Unknown layout 'klip'; known: .*Did you mean 'clip'"):
        convert(folder, replace(row, layout="klip"), tmp_path / "pack")
    with pytest.raises(InputError, match="Unknown precision 'int4'; known: auto, float32, int8"):
        convert(folder, row, tmp_path / "pack", precision="int4")
    with pytest.raises(InputError, match="preprocessing sise is not known"):
        convert(folder, replace(row, preprocessing={"sise": 3}), tmp_path / "pack")


def test_a_row_may_override_what_the_files_say(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    changed = {"resampling": "bilinear", "lower_case": True}
    pack = convert(folder, replace(row, preprocessing=changed), tmp_path / "pack", precision="float32")
    assert pack.parts["image"].parameters["resampling"] == "bilinear"
    assert pack.parts["text"].parameters["lower_case"] is True


def test_a_folder_that_is_not_empty_is_left_alone(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    with pytest.raises(ConflictError, match="is not empty"):
        convert(folder, row, folder)


def test_int8_is_measured_told_in_the_card_and_near_to_float32(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    pack = convert(folder, row, tmp_path / "pack", precision="int8")
    assert 0 < pack.measures["text_drift"] < 0.01
    assert pack.measures["image_int8_milliseconds"] > 0
    card = (pack.folder / CARD).read_text(encoding="utf-8")
    assert "text: onnx-text, int8" in card
    assert f"| text | {pack.measures['text_drift']:.4f} |" in card
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pack", "published"]


def test_rows_of_an_int8_model_do_not_depend_on_their_batch(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    encoder = open_encoder(convert(folder, row, tmp_path / "pack", precision="int8"), "text")
    texts = ["red shoes", "a", "red running shoes for men and women"]
    alone = np.concatenate([encoder.encode_document([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_document(texts), alone, atol=1e-5)


def test_int8_wins_only_where_it_is_clearly_faster_and_close() -> None:
    assert Trial(0.005, float32_milliseconds=10, int8_milliseconds=5).is_won
    assert not Trial(0.02, float32_milliseconds=10, int8_milliseconds=5).is_won
    assert not Trial(0.005, float32_milliseconds=10, int8_milliseconds=9.5).is_won


def test_auto_tries_int8_and_says_what_it_took(copied: tuple[Path, Any], tmp_path: Path) -> None:
    folder, row = copied
    pack = convert(folder, row, tmp_path / "pack")
    card = (pack.folder / CARD).read_text(encoding="utf-8")
    for name, part in pack.parts.items():
        is_won = pack.measures[f"{name}_drift"] < 0.01 and part.parameters.get("alone", False)
        assert f"- {name}: {part.implementation}, {'int8' if is_won else 'as published'}" in card
        assert open_encoder(pack, name).dim == row.dim


def test_without_onnx_the_extra_is_named(
    copied: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, row = copied
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"needs onnx\. Run `pip install 'tonggan\[packs\]'`"):
        convert(folder, row, tmp_path / "pack")
