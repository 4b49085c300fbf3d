"""Libraries of the extra `train`, loaded where they are needed."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from tonggan.errors import MissingExtraError


def library(name: str) -> ModuleType:
    """Return a library of the extra `train`; MissingExtraError where it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{name} is not installed.", remedy="pip install 'tonggan[train]'") from error
