"""Requests a second over HTTP, beside the same searches in process: `python benchmarks/over_http.py --shop DIR`.

Prints one JSON object per row. The server is a process of its own; clients are threads with connections kept open.
`ratio_to_in_process` is the p50 of one client over HTTP to the p50 of the same searches in process, in this run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode, urlsplit

import numpy as np

from tonggan import Shop

SERVER = """
import sys
from tonggan import Shop
from tonggan.serve.server import run
with Shop.open(sys.argv[1]) as shop:
    run(shop, "127.0.0.1", 0, on_ready=lambda url: print(url, flush=True))
"""

QUERIES = 500
"""Different questions, so that a cache of answers would not flatter; asked over and over."""


def main() -> None:
    """Measure in process, then over HTTP with one client and with many."""
    options = _options()
    with Shop.open(options.shop) as shop:
        queries = drawn_queries(shop, seed=options.seed)
        in_process = timed_loop(
            lambda query: shop.search(query[0], facet_by=query[1]), queries, seconds=options.seconds
        )
    server = subprocess.Popen([sys.executable, "-c", SERVER, options.shop], stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip() if server.stdout else ""
        alone = over_http(url, queries, clients=1, seconds=options.seconds)
        together = over_http(url, queries, clients=options.clients, seconds=options.seconds)
    finally:
        server.terminate()
        server.wait(30)
    base = float(np.median(in_process))
    for name, times in (
        ("in process", in_process),
        ("http, 1 client", alone),
        (f"http, {options.clients} clients", together),
    ):
        print(json.dumps(row(name, times, seconds=options.seconds, base=base)))


def drawn_queries(shop: Shop, *, seed: int) -> list[tuple[str, list[str]]]:
    """Two neighbouring words of a title each, with the facets that the page would ask for."""
    generator = random.Random(seed)
    titles = [product.title.split() for batch in shop.store.scan() for product in batch]
    facets = shop.facet_fields()[:3]
    drawn = [generator.choice(titles) for _ in range(QUERIES)]
    starts = [generator.randrange(max(len(words) - 1, 1)) for words in drawn]
    return [(" ".join(words[start : start + 2]), facets) for words, start in zip(drawn, starts, strict=True)]


def over_http(url: str, queries: Sequence[tuple[str, list[str]]], *, clients: int, seconds: float) -> list[float]:
    """Seconds of every request that was answered, of all clients."""
    times: list[list[float]] = [[] for _ in range(clients)]

    def client(place: int) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        turned = [*queries[place * 7 :], *queries[: place * 7]]
        times[place] = timed_loop(lambda query: _ask(connection, query), turned, seconds=seconds)
        connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [each for one in times for each in one]


def timed_loop(
    ask: Callable[[tuple[str, list[str]]], object], queries: Sequence[tuple[str, list[str]]], *, seconds: float
) -> list[float]:
    """Ask for some seconds after a warm-up of 20 questions; the time of each."""
    for query in queries[:20]:
        ask(query)
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        ask(queries[len(times) % len(queries)])
        times.append(time.perf_counter() - started)
    return times


def row(name: str, times: Sequence[float], *, seconds: float, base: float) -> dict[str, object]:
    """One line of the table."""
    p50, p95, p99 = (round(float(value) * 1000, 2) for value in np.percentile(times, [50, 95, 99]))
    ratio = round(float(np.median(times)) / base, 2)
    per_second = round(len(times) / seconds, 1)
    return {
        "name": name,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "per_second": per_second,
        "ratio_to_in_process": ratio,
    }


def _ask(connection: http.client.HTTPConnection, query: tuple[str, list[str]]) -> None:
    connection.request("GET", "/search?" + urlencode({"q": query[0], "facet_by": ",".join(query[1])}))
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {body[:200]!r}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shop", required=True)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
