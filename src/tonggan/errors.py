"""Every failure a caller can act on, named by what the caller can do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TongganError(Exception):
    """A failure with a sentence on what is wrong and one on the next step."""

    code = "internal"
    status = 500
    exit_code = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InputError(TongganError):
    """The request or file is wrong; correct it and try again."""

    code = "invalid_input"
    status = 400
    exit_code = 2


class AccessError(TongganError):
    """No key, or a key without the scope that this call needs."""

    code = "access_denied"
    status = 403
    exit_code = 3


class NotFoundError(TongganError):
    """What was named does not exist."""

    code = "not_found"
    status = 404
    exit_code = 4


class ConflictError(TongganError):
    """Somebody else holds it, or it exists already."""

    code = "conflict"
    status = 409
    exit_code = 5


class BusyError(TongganError):
    """Too much at once; try again a little later."""

    code = "busy"
    status = 429
    exit_code = 6


class MissingExtraError(TongganError):
    """An optional part is not installed."""

    code = "missing_extra"
    status = 501
    exit_code = 7


class NotReadyError(TongganError):
    """Something has to be built, trained, repaired or waited for first."""

    code = "not_ready"
    status = 503
    exit_code = 8


class DiskFullError(TongganError):
    """Too little disk is left to write safely."""

    code = "disk_full"
    status = 507
    exit_code = 9


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that a name is unknown, list those that are known, and suggest the nearest.

    >>> unknown_name("encoder", "txt", ["image", "text"])
    "Unknown encoder 'txt'; known: image, text. Did you mean 'text'?"
    """
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return f"Unknown {kind} '{name}'; known: {', '.join(names) or 'none'}.{hint}"
