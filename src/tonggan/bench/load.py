"""Load over HTTP: a real server in this process, clients in another, so that they do not share an interpreter."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence

import numpy as np

from tonggan.bench.measuring import Latency
from tonggan.shop import Shop

CLIENTS = 8
"""Connections that ask at once."""

REQUESTS = 1_600
"""Requests in all; bounded, and to the loopback address only."""


OPTIONS = {"facet_by": "category,brand,price"}
"""What each request asks for beside its words."""

START_SECONDS = 60
"""How long the server may take to be ready."""


def measure_http(shop: Shop, asked: Sequence[str]) -> tuple[Latency, float]:
    """Return the latency of requests and how many a second were answered, eight clients asking at once."""
    from tonggan.serve.server import build_server

    urls: queue.Queue[str] = queue.Queue()
    server = build_server(shop, "127.0.0.1", 0, on_ready=urls.put)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        url = urls.get(timeout=START_SECONDS)
        plan = {"url": url, "asked": list(asked), "options": OPTIONS, "clients": CLIENTS, "requests": REQUESTS}
        command = [sys.executable, "-m", "tonggan.bench.clients"]
        result = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True)
    finally:
        server.should_exit = True
        thread.join()
    measured = json.loads(result.stdout)
    return Latency(np.array(measured["milliseconds"])), measured["per_second"]
