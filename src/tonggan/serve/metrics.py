"""What the server counts, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds; dense around the goals for a search (6 ms in process, 80 ms over HTTP)."""


class Metrics:
    """Counters of one server, in a registry of their own so that two servers in a process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("tonggan_requests", "Requests answered.", ["method", "route", "status"])
        self.latency = self._histogram("tonggan_request_seconds", "Time to answer.", ["method", "route"])
        self.stages = self._histogram("tonggan_search_stage_seconds", "Time in a stage of search.", ["stage"])
        self.degraded = self._counter("tonggan_degraded_answers", "Answers that lacked a part.", ["part"])
        self.refused = self._counter("tonggan_refused_requests", "Requests turned away, by problem code.", ["code"])
        self._held = self._gauge("tonggan_requests_held", "Requests that run or wait.", ["gate"])
        self._products = self._gauge("tonggan_products", "Products in the catalogue.", [])
        self._position = self._gauge("tonggan_change_position", "Last change of the catalogue.", [])
        self._writable = self._gauge("tonggan_writable", "1 when writes are taken.", [])
        self._lacking = self._gauge("tonggan_degraded", "Parts of the shop that do not work now.", [])

    def saw_search(self, timings_ms: Mapping[str, float], *, degraded: tuple[str, ...]) -> None:
        """Count one answered search."""
        for stage, milliseconds in timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)
        for part in degraded:
            self.degraded.labels(part.partition(":")[0]).inc()

    def text(self, health: Mapping[str, Any], *, held: Mapping[str, int]) -> bytes:
        """Everything counted so far and the state of the shop, as Prometheus text."""
        self._products.set(health.get("products", 0))
        self._position.set(health.get("position", 0))
        self._writable.set(1 if health.get("writable") else 0)
        self._lacking.set(len(health.get("degraded", ())))
        for gate, count in held.items():
            self._held.labels(gate).set(count)
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, labels: list[str]) -> Counter:
        return Counter(name, about, labels, registry=self._registry)

    def _gauge(self, name: str, about: str, labels: list[str]) -> Gauge:
        return Gauge(name, about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, labels: list[str]) -> Histogram:
        return Histogram(name, about, labels, registry=self._registry, buckets=LATENCY_BUCKETS)
