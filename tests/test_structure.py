"""The shape that the house style asks for, as far as a machine can tell."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tonggan"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
"""Only signatures of many keywords reach it; nine in ten functions stay under 30."""

UNTELLING = {"utils", "common", "helpers", "misc", "manager", "base", "data", "info"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES_OF_A_FILE
    assert ast.get_docstring(ast.parse(text))
    assert path.stem not in UNTELLING


def test_functions_are_short() -> None:
    lengths = {f"{path.name}:{node.name}": length(node) for path in FILES for node in functions(path)}
    ordered = sorted(lengths.values())
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}
    assert statistics.median(ordered) <= 8
    assert ordered[int(0.9 * len(ordered))] <= 30


def test_arguments_after_the_second_are_keyword_only() -> None:
    crowded = [
        f"{path.name}:{node.name}"
        for path in FILES
        for node in functions(path)
        if len([arg for arg in node.args.args if arg.arg not in ("self", "cls")]) > 4
    ]
    assert crowded == []


def test_stages_import_only_the_kernel_and_the_stages_before_them() -> None:
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ["numpy", "PIL", "sqlalchemy", "fastapi", "zvec", "rjieba", "onnxruntime"]
    code = f"import sys, tonggan; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_the_repository_names_no_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    marks = ("/wo" + "rk/", "/ro" + "ot/")
    texts = [ROOT / name for name in tracked if name.endswith((".py", ".md", ".toml", ".txt", "run", "Makefile"))]
    named = [str(path) for path in texts if path.exists() and any(m in path.read_text(encoding="utf-8") for m in marks)]
    assert named == []
