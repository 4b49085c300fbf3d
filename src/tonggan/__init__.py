"""Tonggan 通感: search for shops that understands words, pictures and stars, alone or mixed, in Chinese and English.

>>> from tonggan import Shop  # doctest: +SKIP
>>> Shop.open("shop").search("红色连衣裙").found  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tonggan.shop import Shop

__version__ = "0.1.0"
__all__ = ["Shop", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Shop":
        return import_module("tonggan.shop").Shop
    raise AttributeError(f"module 'tonggan' has no attribute '{name}'")
