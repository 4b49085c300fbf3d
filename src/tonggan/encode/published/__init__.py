"""Models as others publish them, made into packs: `convert`. Only this folder needs `onnx` (the extra `convert`).

In: a downloaded folder (safetensors, JSON, tokenizer) and its row of `published.toml`. Out: a pack of ONNX files.
A layout is data: names of weights (`names.py`), shape and preparation from its configuration (`layouts.py`).
"""

from __future__ import annotations

from tonggan.encode.published.conversion import convert

__all__ = ["convert"]
