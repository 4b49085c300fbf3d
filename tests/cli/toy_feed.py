"""A feed of four rows, one of them wrong, and how tests run the command line on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tonggan.cli import main

FEED = """id,title,price,brand,rating,rating_count,color
mug-red,Red mug 红色马克杯,10.00 USD,Lumo,4.5,20,red
mug-blue,Blue mug 蓝色马克杯,12.00 USD,Kite,3.5,10,blue
dress-red,Red dress 红色连衣裙,50.00 USD,Lumo,4.9,100,red
dress-bad,Bad dress,-5,Lumo,4.9,100,red
"""

PATIENCE_SECONDS = 120
"""A busy machine may take long to start a process; these tests are not about time."""


def write_feed(folder: Path) -> Path:
    """Write the feed and return its path."""
    path = folder / "products.csv"
    path.write_text(FEED, encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> Any:
        """The JSON that it printed, which is all that it printed."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The failure that it told with --json."""
        return json.loads(self.err)["error"]


class Tonggan:
    """Runs commands in this process, on one shop unless told otherwise."""

    def __init__(self, capsys: pytest.CaptureFixture[str], shop: Path) -> None:
        self._capsys = capsys
        self.shop = shop

    def __call__(self, *arguments: object, is_on_shop: bool = True) -> Ran:
        shop = ["--shop", str(self.shop)] if is_on_shop else []
        self._capsys.readouterr()
        code = main([*map(str, arguments), *shop])
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)


def in_process(*arguments: object, folder: Path, **environ: str) -> Ran:
    """Run a command as a program of its own."""
    done = subprocess.run(
        _command(arguments), cwd=folder, env={**os.environ, **environ}, timeout=PATIENCE_SECONDS,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@dataclass(slots=True)
class Server:
    """`tonggan serve` as a program of its own; `code` is there once it has stopped."""

    process: subprocess.Popen[str]
    url: str
    pid: int
    code: int | None = None

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send it a signal and return its exit code."""
        self.process.send_signal(number)
        self.code = self.process.wait(PATIENCE_SECONDS)
        return self.code


@contextmanager
def serving(shop: Path, *arguments: object) -> Iterator[Server]:
    """A server of a shop on a free port, killed when the block ends before it has stopped."""
    command = _command(("serve", "--shop", shop, "--port", 0, "--json", *arguments))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            told = json.loads(line)
            yield Server(process, told["url"], told["pid"])
        finally:
            process.kill()


def _command(arguments: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", "tonggan", *map(str, arguments)]
