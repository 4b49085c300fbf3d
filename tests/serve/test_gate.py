"""How much runs at once, and deadlines."""

from __future__ import annotations

import threading
import time

import pytest

from serve.conftest import Client, Connect
from serve.pretend_shop import ToyShop


def wait_until(is_so: object) -> None:
    for _ in range(500):
        if is_so():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it never became so")


def test_beyond_the_queue_a_request_is_turned_away_at_once(connect: Connect, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    http = connect(search_threads=1, search_queue=1)
    waiting = [http.begin("GET", "/search") for _ in range(2)]
    wait_until(lambda: http.app.state.service.searches.held == 2)
    refused = http("GET", "/search")
    shop.pause.set()
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, "busy", "1")
    assert [each.result(10).status_code for each in waiting] == [200, 200]
    wait_until(lambda: http.app.state.service.searches.held == 0)
    assert http("GET", "/search").status_code == 200


def test_a_search_that_takes_longer_than_allowed_is_a_problem(http: Client, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    response = http("GET", "/search", headers={"X-Timeout-Ms": "50"})
    shop.pause.set()
    assert (response.status_code, response.json()["code"]) == (504, "too_late")


def test_an_abandoned_search_keeps_its_place_until_its_thread_is_free(connect: Connect, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    http = connect(search_threads=1, search_queue=0)
    assert http("GET", "/search", headers={"X-Timeout-Ms": "20"}).status_code == 504
    assert http("GET", "/search").status_code == 429
    shop.pause.set()
    wait_until(lambda: http.app.state.service.searches.held == 0)


def test_what_waited_past_its_deadline_is_never_begun(connect: Connect, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    http = connect(search_threads=1, search_queue=5)
    first = http.begin("GET", "/search?q=first")
    wait_until(lambda: shop.asked)
    assert http("GET", "/search?q=second", headers={"X-Timeout-Ms": "20"}).status_code == 504
    shop.pause.set()
    assert first.result(10).status_code == 200
    wait_until(lambda: http.app.state.service.searches.held == 0)
    assert [each["words"] for each in shop.asked] == ["first"]


@pytest.mark.parametrize("header", ["0", "-5", "soon", "1.5", "9999999", "²"])
def test_a_deadline_that_is_no_number_of_milliseconds_is_refused(http: Client, header: str) -> None:
    assert http("GET", "/search", headers={"X-Timeout-Ms": header.encode()}).status_code == 400


def test_waiting_searches_do_not_keep_health_waiting(connect: Connect, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    http = connect(search_threads=1, search_queue=0)
    waiting = http.begin("GET", "/search")
    wait_until(lambda: shop.asked)
    assert [http("GET", path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    shop.pause.set()
    waiting.result(10)
