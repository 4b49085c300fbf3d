"""What a failure looks like: one line on what is wrong, one on what to do, and an exit code by its class.

With `--json` it is `{"error": {"code", "message", "remedy"}}`, on stderr as well, so that stdout holds results alone.
"""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from typing import Any

import typer

from tonggan.errors import InputError, TongganError

STOPPED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of SIGINT."""

UNREAD = 141
"""Exit code when the reader of the output has gone: 128 and the number of SIGPIPE."""

UsageError: Any = typer.BadParameter.__base__
"""What typer raises for arguments that no command takes; its own name for it differs between versions."""


@dataclass(frozen=True, slots=True)
class Reporter:
    """Tells failures on stderr, as text or as JSON, and returns the exit code."""

    is_json: bool = False
    is_debug: bool = False

    def failed(self, error: Exception) -> int:
        """Tell any failure; one that nobody foresaw is shortened to a line unless asked to debug."""
        known = error if isinstance(error, TongganError) else _unexpected(error)
        if self.is_debug:
            traceback.print_exception(error)
        self._tell(known.code, known.message, known.remedy)
        return known.exit_code

    def misused(self, error: Any) -> int:
        """Tell that the arguments are wrong."""
        path = error.ctx.command_path if error.ctx else "tonggan"
        self._tell(InputError.code, _sentence(error.format_message()), f"See {path} --help.")
        return InputError.exit_code

    def stopped(self) -> int:
        """Tell that the user has stopped the command."""
        self._tell("stopped", "Stopped.", "")
        return STOPPED

    def _tell(self, code: str, message: str, remedy: str) -> None:
        if self.is_json:
            record = {"error": {"code": code, "message": message, "remedy": remedy}}
            print(json.dumps(record, ensure_ascii=False), file=sys.stderr)  # noqa: T201
            return
        for line in filter(None, (f"error: {message}" if code != "stopped" else message, remedy)):
            print(_one_line(line), file=sys.stderr)  # noqa: T201


def _unexpected(error: Exception) -> TongganError:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return TongganError(
        f"This should not happen: {what}",
        remedy="Run it again as `tonggan --debug ...` to see where, and report it.",
    )


def _one_line(text: str) -> str:
    """Text of an error as one printable line: what it quotes may hold line breaks or escape codes."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "?", "!")) else f"{text}."
