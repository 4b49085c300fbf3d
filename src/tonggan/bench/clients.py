"""The clients of a load measurement, as a process: a plan as JSON comes in, times as JSON go out."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import httpx


async def ask_all(plan: dict[str, Any]) -> dict[str, Any]:
    """Ask the planned requests from as many connections as planned; times in milliseconds."""
    remaining = iter(range(plan["requests"]))
    milliseconds: list[float] = []
    limits = httpx.Limits(max_connections=plan["clients"])
    async with httpx.AsyncClient(base_url=plan["url"], limits=limits, timeout=30) as client:
        await client.get("/search", params={"q": plan["asked"][0]})
        started = time.perf_counter()
        await asyncio.gather(*(_ask(client, plan, remaining, milliseconds) for _ in range(plan["clients"])))
        seconds = time.perf_counter() - started
    return {"milliseconds": milliseconds, "per_second": plan["requests"] / seconds}


async def _ask(client: httpx.AsyncClient, plan: dict[str, Any], remaining: Any, milliseconds: list[float]) -> None:
    asked = plan["asked"]
    for at in remaining:
        started = time.perf_counter()
        answer = await client.get("/search", params=plan["options"] | {"q": asked[at % len(asked)]})
        answer.raise_for_status()
        milliseconds.append(1e3 * (time.perf_counter() - started))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(ask_all(json.load(sys.stdin)))))
