"""The weights of a published model: safetensors only, float32, and every one of them accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tonggan.errors import InputError, NotReadyError

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
"""Endings of files that run code when they are opened."""


@dataclass(frozen=True, slots=True)
class Dense:
    """A matrix [out, in] or a scale [width], and what is added after it where there is something."""

    weight: np.ndarray
    bias: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class TowerNames:
    """What a layout calls the weights of one tower: `outer` once, `inner` per block, after `block` with `{layer}`.

    A name stands for `name.weight` and `name.bias`, one that ends in `_` for `name_weight` and `name_bias`.
    """

    block: str
    inner: Mapping[str, str]
    outer: Mapping[str, str]


class Weights:
    """Arrays by their published names; `unread` are those that nothing has asked for."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._arrays = arrays
        self._read: set[str] = set()

    @classmethod
    def open(cls, path: Path) -> Weights:
        """Read a safetensors file; InputError for a pickle, NotReadyError where there is nothing to read."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        require_no_pickle(path)
        try:
            return cls(load_file(path))
        except FileNotFoundError as error:
            raise NotReadyError(f"{path} is missing.", remedy="Fetch the model again.") from error
        except SafetensorError as error:
            raise NotReadyError(f"{path} is not safetensors: {error}.", remedy="Fetch the model again.") from error

    @property
    def names(self) -> frozenset[str]:
        """Return the published names of all weights."""
        return frozenset(self._arrays)

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._arrays:
            raise NotReadyError(f"The model has no weight '{name}'.", remedy="Is it of the layout that its row names?")
        self._read.add(name)
        return np.asarray(self._arrays[name], np.float32)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array that may be asked for later, or not at all."""
        return self._arrays[name].shape

    def get(self, name: str) -> np.ndarray | None:
        """Return an array, or None where the model has none of that name."""
        if name not in self:
            return None
        return self[name]

    def unread(self, ignored: Sequence[str]) -> list[str]:
        """Return the names that nothing has asked for, but those that end in one of `ignored`."""
        return sorted(name for name in self._arrays.keys() - self._read if not name.endswith(tuple(ignored)))


@dataclass(frozen=True, slots=True)
class Tower:
    """The weights of one tower by our names for them."""

    weights: Weights
    names: TowerNames
    prefix: str = ""

    def has(self, name: str) -> bool:
        """Tell whether the tower has something of that name."""
        return name in self.names.outer and any(
            option in self.weights for option in (self._full(name), *_dense_names(self._full(name)))
        )

    def array(self, name: str) -> np.ndarray:
        """Return a single array."""
        return self.weights[self._full(name)]

    def dense(self, name: str, layer: int | None = None) -> Dense:
        """Return weight and bias of something that stands once, or in each block."""
        weight, bias = _dense_names(self._full(name, layer))
        return Dense(self.weights[weight], self.weights.get(bias))

    def joined(self, names: Sequence[str], layer: int | None = None) -> Dense:
        """Return several of the same kind as one, stacked along the first axis."""
        parts = [self.dense(name, layer) for name in names]
        biases = [part.bias for part in parts if part.bias is not None]
        bias = np.concatenate(biases) if len(biases) == len(parts) else None
        return Dense(np.concatenate([part.weight for part in parts]), bias)

    def _full(self, name: str, layer: int | None = None) -> str:
        if layer is None:
            return self.prefix + self.names.outer[name]
        return self.prefix + self.names.block.format(layer=layer) + self.names.inner[name]


def require_no_pickle(path: Path) -> None:
    """Raise InputError where a file of weights is a pickle."""
    if path.suffix in PICKLES:
        raise InputError(
            f"{path.name} is a pickle, which runs whatever code it holds when it is opened; safetensors are accepted.",
            remedy="Ask its publisher for safetensors, or choose another revision.",
        )


def _dense_names(name: str) -> tuple[str, str]:
    separator = "" if name.endswith("_") else "."
    return f"{name}{separator}weight", f"{name}{separator}bias"
