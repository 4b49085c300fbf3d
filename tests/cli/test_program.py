"""What surrounds every command: help, versions, failures, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cli.toy_feed import Tonggan, in_process
from tonggan import __version__, errors
from tonggan.cli.failures import Reporter
from tonggan.cli.program import COMMANDS
from tonggan.errors import TongganError

FAILURES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TongganError)]


def test_the_help_names_every_command(tonggan: Tonggan) -> None:
    ran = tonggan("--help", is_on_shop=False)
    assert ran.code == 0
    assert set(COMMANDS) | {"keys"} <= set(ran.out.split())


@pytest.mark.parametrize("command", [*COMMANDS, "keys create", "keys list", "keys revoke"])
def test_every_command_explains_itself_and_offers_json_and_quiet(tonggan: Tonggan, command: str) -> None:
    ran = tonggan(*command.split(), "--help", is_on_shop=False)
    assert ran.code == 0
    assert {"--json", "--quiet"} <= set(ran.out.split())


def test_the_help_loads_nothing_heavy() -> None:
    heavy = ["numpy", "PIL", "sqlalchemy", "fastapi", "httpx", "uvicorn", "zvec", "tonggan.shop", "tonggan.serve"]
    code = f"""
        import sys
        from tonggan.cli import main
        main(["--help"])
        print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_version_is_that_of_the_package(tonggan: Tonggan) -> None:
    assert tonggan("--version", is_on_shop=False).out == f"tonggan {__version__}\n"


def test_an_unknown_command_is_a_line_of_what_and_a_line_of_what_to_do(tonggan: Tonggan) -> None:
    ran = tonggan("serach", is_on_shop=False)
    lines = ran.err.splitlines()
    assert (ran.code, len(lines), lines[1]) == (2, 2, "See tonggan --help.")
    assert lines[0].startswith("error: No such command 'serach'.")


@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_the_exit_code_is_that_of_the_failure(kind: type[TongganError], capsys: pytest.CaptureFixture[str]) -> None:
    assert Reporter().failed(kind("It is so.", remedy="Do this.")) == kind.exit_code
    assert capsys.readouterr() == ("", "error: It is so.\nDo this.\n")


def test_exit_codes_tell_the_classes_apart() -> None:
    assert len({kind.exit_code for kind in FAILURES}) == len(FAILURES)


def test_json_failures_are_one_object_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter(is_json=True).failed(errors.BusyError("It is so.", remedy="Do this."))
    said = capsys.readouterr()
    assert said.out == ""
    assert json.loads(said.err) == {"error": {"code": "busy", "message": "It is so.", "remedy": "Do this."}}


def test_what_a_failure_quotes_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Reporter().failed(errors.InputError("'a\n\x1b[31mb' is no number."))
    assert capsys.readouterr().err == "error: 'a  [31mb' is no number.\n"


def test_a_bug_is_one_line_and_a_traceback_only_when_asked_for(
    tonggan: Tonggan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("tonggan.cli.opening.require_shop", fail)
    ran = tonggan("search", "mug")
    assert (ran.code, len(ran.err.splitlines())) == (1, 2)
    assert ran.err.startswith("error: This should not happen: ZeroDivisionError: division by zero\n")
    assert "Traceback" in tonggan("--debug", "search", "mug").err


def test_ctrl_c_is_no_failure_to_explain(tonggan: Tonggan, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tonggan.cli.opening.require_shop", stop)
    ran = tonggan("search", "mug")
    assert (ran.code, ran.out, ran.err) == (130, "", "Stopped.\n")


def test_a_reader_that_goes_away_is_no_failure_to_explain(shop: Path) -> None:
    command = [sys.executable, "-m", "tonggan", "search", "--json", "--shop", str(shop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(120), process.stderr.read()) == (141, b"")


def test_the_shop_may_be_named_by_the_environment(shop: Path, tmp_path: Path) -> None:
    ran = in_process("search", "mug", "--json", folder=tmp_path, TONGGAN_SHOP=str(shop))
    assert ran.record["found"] > 0


def test_settings_may_come_from_the_environment(shop: Path, tmp_path: Path) -> None:
    ran = in_process("search", "--json", "--shop", shop, folder=tmp_path, TONGGAN_SHOP__PER_PAGE="1")
    assert (ran.record["found"], len(ran.record["hits"])) == (3, 1)


def test_a_pipe_gets_no_colours(shop: Path, tmp_path: Path) -> None:
    ran = in_process("search", "mug", "--shop", shop, folder=tmp_path, NO_COLOR="1", FORCE_COLOR="")
    assert "Red mug" in ran.out
    assert "\x1b" not in ran.out
    assert ran.err == ""
