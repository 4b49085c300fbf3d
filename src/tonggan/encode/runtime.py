"""ONNX models of a pack, run by ONNX Runtime: verified, on a chosen device, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tonggan.encode import EncodeSettings
from tonggan.encode.onnx_file import require_harmless
from tonggan.errors import InputError, MissingExtraError, NotReadyError
from tonggan.packs.folder import PartFiles
from tonggan.packs.manifest import REMEDY

if TYPE_CHECKING:
    import onnxruntime

PROVIDERS: Final[Mapping[str, str]] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
}
"""What ONNX Runtime calls each device."""

ERRORS_ONLY = 3
"""Severity from which ONNX Runtime speaks up; its warnings are about its own optimisations."""

MODEL = "model"
"""The role of the ONNX file in a part; weights that it keeps outside are further files of the same part."""


class OnnxModel:
    """A session on the ONNX file of a part; any number of threads may run it at once."""

    def __init__(self, session: onnxruntime.InferenceSession, *, name: str) -> None:
        self.name = name
        self.inputs: Mapping[str, np.dtype[Any]] = {
            item.name: _element_type(item.type) for item in session.get_inputs()
        }
        self.output_shape: Sequence[int | str | None] = session.get_outputs()[0].shape
        self._session = session

    @classmethod
    def open(cls, files: PartFiles, *, settings: EncodeSettings, role: str = MODEL) -> OnnxModel:
        """Open the ONNX file in a role of a part.

        Raises NotReadyError, with file and reason, where it is damaged, no ONNX, or asks for code or for files that
        the manifest does not list; MissingExtraError for a device that is not installed.
        """
        provider = _provider(settings.device)
        content, path = files.content(role), files.path(role)
        outside = _outside(files, sorted(require_harmless(content, path)))
        session = _session(content, outside, provider=provider, threads=settings.threads, name=str(path))
        return cls(session, name=str(path))

    def run(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the first output for inputs by name; each is cast to the element type that the model takes."""
        if inputs.keys() != self.inputs.keys():
            given, wanted = ", ".join(inputs), ", ".join(self.inputs)
            raise InputError(f"{self.name} takes the inputs {wanted}; given: {given}.")
        cast = {name: np.ascontiguousarray(inputs[name], kind) for name, kind in self.inputs.items()}
        return np.asarray(self._session.run(None, cast)[0])


def in_batches(lengths: Sequence[int], batch: int, run: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return one row for each length, in order; `run` gets the positions of items of like length, so padding is small.

    Ties keep the given order. At least one length is needed.

    >>> in_batches([3, 1, 2], 2, lambda positions: positions[:, None])[:, 0].tolist()
    [0, 1, 2]
    """
    order = np.argsort(np.asarray(lengths), kind="stable")
    rows = np.concatenate([run(order[at : at + batch]) for at in range(0, len(order), batch)])
    given = np.empty_like(rows)
    given[order] = rows
    return given


def output_dimension(model: OnnxModel, *, axes: int = 2) -> int:
    """Return the length of the model's rows; NotReadyError where the file leaves it open, or the axes are others."""
    dimension = model.output_shape[-1] if len(model.output_shape) == axes else None
    if not isinstance(dimension, int):
        shape = list(model.output_shape)
        raise NotReadyError(f"{model.name}: output {shape} has not {axes} axes, the last fixed.", remedy=REMEDY)
    return dimension


def _provider(device: str) -> str:
    """Return the execution provider of a device that the installed ONNX Runtime has."""
    import onnxruntime

    installed = onnxruntime.get_available_providers()
    available = [name for name, provider in PROVIDERS.items() if provider in installed]
    if device not in available:
        reason = f"The installed ONNX Runtime has no '{device}'; it has: {', '.join(available)}."
        raise MissingExtraError(reason, remedy="Install the ONNX Runtime for it, such as onnxruntime-gpu for cuda.")
    return PROVIDERS[device]


def _outside(files: PartFiles, names: Sequence[str]) -> Mapping[str, bytes]:
    """Return the verified content of the files in which a model keeps its weights."""
    roles = {name: role for role, name in files.part.files.items()}
    for name in names:
        if name not in roles:
            reason = f"{files.path(MODEL)}: its weights in {name!r} are not among the files of part '{files.name}'"
            raise NotReadyError(f"{reason}.", remedy=REMEDY)
    return {name: files.content(roles[name]) for name in names}


def _session(
    content: bytes, outside: Mapping[str, bytes], *, provider: str, threads: int, name: str
) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY
    if outside:
        sizes = [len(weights) for weights in outside.values()]
        options.add_external_initializers_from_files_in_memory([*outside], [*outside.values()], sizes)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=[provider])
    except _refusals() as error:
        raise NotReadyError(f"{name}: ONNX Runtime cannot open it ({error}).", remedy=REMEDY) from error
    if provider not in session.get_providers():
        raise MissingExtraError(
            f"ONNX Runtime cannot start {provider} here.", remedy="Install its driver, or choose the device cpu."
        )
    return session


def _refusals() -> tuple[type[Exception], ...]:
    """Return the exceptions with which ONNX Runtime refuses a file; they share no class of its own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # pyright: ignore[reportAttributeAccessIssue]

    kinds = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf)
    return (*kinds, state.NotImplemented, state.RuntimeException, state.NoSuchFile)


def _element_type(name: str) -> np.dtype[Any]:
    """Return the numpy type of what ONNX Runtime calls `tensor(float)` and the like."""
    inner = name.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(inner, inner))
