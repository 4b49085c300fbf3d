"""Tiny published models, each written by its reference library and converted once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tonggan.packs import Pack


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Any, Pack]]:
    """Give a layout's reference model and the pack made of it; a skip that says what is missing."""
    for library in ("torch", "transformers", "onnx", "model2vec"):
        pytest.importorskip(library, reason=f"{library} is not installed; it writes or reads the reference models")
    from encode.published.reference_models import LAYOUTS
    from tonggan.encode.published import convert

    @cache
    def made(layout: str) -> tuple[Any, Pack]:
        folder = tmp_path_factory.mktemp(layout)
        reference = LAYOUTS[layout](folder / "published")
        return reference, convert(reference.folder, reference.row, folder / "pack", precision="float32")

    return made
