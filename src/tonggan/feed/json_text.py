"""JSON as merchants send it: numbers stay text, NaN and bottomless nesting are refused."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class BadJsonError(Exception):
    """A text is not JSON that is taken; the message says why."""


def _refuse_constant(name: str) -> NoReturn:
    raise BadJsonError(f"{name} is not a number in JSON")


DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)
"""Keeps numbers as the merchant wrote them."""


def parse_json(text: str) -> Any:
    """Return the value of a whole JSON text; BadJsonError says why there is none."""
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadJsonError(f"{error.msg} at character {error.pos + 1}") from error
    except RecursionError:
        raise BadJsonError("nested too deep") from None


def write_json(value: Any) -> str:
    """Return a nested value as compact text, for metadata."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
