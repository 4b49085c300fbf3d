"""8-bit weights where they pay: half the time or a quarter of the memory, if the vectors stay what they were."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tonggan.encode import Encoder
from tonggan.encode.drawings import drawings
from tonggan.errors import InputError, unknown_name

if TYPE_CHECKING:
    import onnx

PRECISIONS = ("auto", "float32", "int8")
"""`auto` takes int8 where it is faster here and drifts less than `MOST_DRIFT`."""

MOST_DRIFT = 0.01
"""Largest 1 - cosine, on any probe, between the vectors of both precisions that `auto` accepts."""

MOST_TIME = 0.9
"""Share of float32's time that int8 may take: what is nearer to it is noise of the clock."""

ROUNDS = 3
"""Times each probe is encoded for the clock; the median of all counts."""

QUANTIZED = ("MatMul", "Gather")
"""Operators whose weights become 8-bit: nearly all of a transformer, and its table of tokens. Convolutions lose."""

PROBE_TEXTS: Final = (
    "red running shoes",
    "wireless bluetooth headphones with noise cancelling",
    "蓝牙耳机 无线 降噪",
    "女士 夏季 碎花 连衣裙",
    "stainless steel water bottle 750 ml",
    "儿童 木制 积木 玩具",
    "Men's waterproof hiking jacket, navy, size L",
    "USB-C charger 65 W",
    "手工 陶瓷 咖啡杯",
    "cat",
)
"""Short and long, in both languages, as shops write them."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What 8-bit weights did to a tower: largest 1 - cosine, and median milliseconds of an item before and after."""

    drift: float
    float32_milliseconds: float
    int8_milliseconds: float

    @property
    def is_won(self) -> bool:
        """Tell whether int8 is faster and close enough."""
        return self.drift < MOST_DRIFT and self.int8_milliseconds < MOST_TIME * self.float32_milliseconds


def require_precision(precision: str) -> None:
    """Raise InputError for a precision that there is not."""
    if precision not in PRECISIONS:
        raise InputError(unknown_name("precision", precision, PRECISIONS))


def quantized(model: onnx.ModelProto) -> bytes:
    """Return the model with weights of 8 bits; the range of what flows between them is measured at each run."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    # There is nothing to prepare in a graph of our own making, and the advice to do so is given as a warning.
    add_pre_process_metadata(model)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "int8.onnx")
        quantize_dynamic(
            model, target, op_types_to_quantize=list(QUANTIZED), per_channel=True, weight_type=QuantType.QInt8
        )
        return target.read_bytes()


def tried(before: Encoder, after: Encoder, probes: Sequence[Any]) -> Trial:
    """Return what became of the probes' vectors and of the time they take."""
    reference, changed = before.encode_document(probes), after.encode_document(probes)
    drift = float(np.max(1 - np.sum(reference * changed, axis=1)))
    times = [(_milliseconds(before, probe), _milliseconds(after, probe)) for probe in [*probes] * ROUNDS]
    float32, int8 = np.median(times, axis=0)
    return Trial(max(0.0, drift), float32_milliseconds=float(float32), int8_milliseconds=float(int8))


def probes(modality: str) -> Sequence[Any]:
    """Return the texts or pictures on which precisions are compared."""
    return PROBE_TEXTS if modality == "text" else drawings(len(PROBE_TEXTS), side=224)


def measures(trials: Mapping[str, Trial]) -> dict[str, float]:
    """Return the figures of trials by part, as a manifest keeps them."""
    return {
        f"{part}_{name}": round(getattr(trial, name), 6)
        for part, trial in trials.items()
        for name in ("drift", "float32_milliseconds", "int8_milliseconds")
    }


def _milliseconds(encoder: Encoder, probe: Any) -> float:
    start = time.perf_counter()
    encoder.encode_document([probe])
    return 1000 * (time.perf_counter() - start)
