"""The shop over HTTP. In: requests. Out: answers, problems, and a page to search with.

`server.py` binds and runs, `app.py` puts the routes together, `access.py` says who may do what, `gate.py` how much at
once, `problems.py` what a failure looks like. Every route is one line of the table in `access.py`, or it is denied.
"""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """The `[serve]` table of shop.toml; lists are written with commas.

    `search_threads` 0 means one per core. `allowed_hosts` are names a proxy may use for this server, `allowed_origins`
    pages of other sites that may call it, `*` is not accepted. `public_search` lets anyone search without a key.
    """

    host: str = "127.0.0.1"
    port: int = 8400
    search_threads: int = 0
    search_queue: int = 64
    write_queue: int = 16
    timeout_ms: int = 10_000
    import_wait_ms: int = 5_000
    json_bytes: int = 16 * MEBIBYTE
    picture_bytes: int = 20 * MEBIBYTE
    import_bytes: int = 4096 * MEBIBYTE
    allowed_hosts: str = ""
    allowed_origins: str = ""
    public_search: bool = False
