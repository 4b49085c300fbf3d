"""A private PostgreSQL server for the tests, from whatever binaries this machine has installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

USER = "tonggan"
SERVER_USER = "postgres"


def find_binary(name: str) -> str:
    """Return the path of a PostgreSQL program, or nothing where it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name) or next((str(folder / name) for folder in folders if (folder / name).exists()), "")


def why_not() -> str:
    """Return why no server can be started here, or nothing."""
    if not find_binary("initdb") or not find_binary("postgres"):
        return "PostgreSQL is not installed (initdb and postgres in PATH or /usr/lib/postgresql/*/bin)"
    if os.geteuid() == 0 and SERVER_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        return "PostgreSQL does not run as root, and there is no user 'postgres'"
    return ""


@contextmanager
def running_server() -> Iterator[str]:
    """Run a server on a socket in a folder of its own, and give that folder."""
    folder = tempfile.mkdtemp(prefix="tonggan-pg-")
    identity: dict[str, Any] = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        shutil.chown(folder, SERVER_USER)
        identity |= {"user": SERVER_USER, "group": pwd.getpwnam(SERVER_USER).pw_gid, "extra_groups": []}
    try:
        options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([find_binary("initdb"), "-D", f"{folder}/data", *options], check=True, **identity)
        command = [find_binary("postgres"), "-D", f"{folder}/data", "-k", folder, "-c", "listen_addresses=", "-F"]
        with subprocess.Popen(command, **identity) as server:
            try:
                _wait_until_ready(folder)
                yield folder
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(folder: str, name: str) -> str:
    """Create an empty database and return its URL."""
    with psycopg.connect(host=folder, user=USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return f"postgresql+psycopg://{USER}@/{name}?host={folder}"


def _wait_until_ready(folder: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(host=folder, user=USER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
