"""8-bit weights where they pay: half the time or a quarter of the memory, if the vectors stay what they were."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
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
        return self.drift < MOST_DRIFT and self.int8_milliseconds < self.float32_milliseconds


def require_precision(precision: str) -> None:
    """Raise InputError for a precision that there is not."""
    if precision not in PRECISIONS:
        raise InputError(unknown_name("precision", precision, PRECISIONS))


def quantized(model: onnx.ModelProto) -> bytes:
    """Return the model with weights of 8 bits; the range of what flows between them is measured at each run."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

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
    return Trial(
        max(0.0, drift),
        float32_milliseconds=_milliseconds(before.encode_document, probes),
        int8_milliseconds=_milliseconds(after.encode_document, probes),
    )


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


def _milliseconds(encode: Callable[[Sequence[Any]], Any], probes: Sequence[Any]) -> float:
    seconds = []
    for probe in [*probes] * ROUNDS:
        start = time.perf_counter()
        encode([probe])
        seconds.append(time.perf_counter() - start)
    return 1000 * float(np.median(seconds))
