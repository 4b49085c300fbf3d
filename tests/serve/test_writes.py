"""Products and imports over HTTP, and writes that may be repeated safely."""

from __future__ import annotations

import io
import threading
import time

import pytest

from serve.conftest import Client, Connect
from serve.pretend_shop import ToyShop

MUG = {"id": "mug-gold", "title": "gold mug"}
FEED = b"title\ngold mug\ngold dress\n"


def upload(content: bytes = FEED, name: str = "products.csv") -> dict[str, tuple[str, io.BytesIO]]:
    return {"file": (name, io.BytesIO(content))}


def finished(http: Client, job: str) -> dict[str, object]:
    for _ in range(200):
        shown = http("GET", f"/import/{job}").json()
        if shown["state"] in ("finished", "failed"):
            return shown
        time.sleep(0.02)
    raise AssertionError(shown)


def test_a_product_is_read_as_it_is_kept(http: Client) -> None:
    product = http("GET", "/products/mug-red").json()
    assert (product["title"], product["price"]) == ("red mug", {"amount": 1000, "currency": "EUR"})


def test_an_id_may_hold_slashes_and_han(http: Client, shop: ToyShop) -> None:
    http("PUT", "/products", json=[{"id": "gid://shop/杯子", "title": "cup"}])
    assert http("GET", "/products/gid://shop/杯子").json()["title"] == "cup"


def test_an_unknown_product_is_not_found(http: Client) -> None:
    assert http("GET", "/products/nothing").status_code == 404
    assert http("DELETE", "/products/nothing").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("body", [[MUG], {"products": [MUG]}])
def test_products_are_put_and_counted(http: Client, method: str, body: object) -> None:
    report = http(method, "/products", json=body).json()
    assert report == {"accepted": 1, "updated": 0, "unchanged": 0, "refused": 0, "seconds": 0.0, "refusals": []}
    assert http("GET", "/products/mug-gold").json()["title"] == "gold mug"


@pytest.mark.parametrize("body", [[], {}, {"product": []}, [1], "a", [{"id": "a"}] * 10_001])
def test_what_is_no_list_of_products_is_refused(http: Client, shop: ToyShop, body: object) -> None:
    response = http("PUT", "/products", json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert shop.puts == 0


def test_a_batch_that_is_too_large_is_refused(connect: Connect, shop: ToyShop) -> None:
    response = connect(json_bytes=100)("PUT", "/products", json=[{**MUG, "description": "x" * 200}])
    assert (response.status_code, shop.puts) == (413, 0)


def test_a_deleted_product_is_gone(http: Client) -> None:
    assert http("DELETE", "/products/mug-red").json() == {"deleted": ["mug-red"]}
    assert http("GET", "/products/mug-red").status_code == 404


def test_the_same_key_and_body_write_once(http: Client, shop: ToyShop) -> None:
    first, second = (http("PUT", "/products", json=[MUG], headers={"Idempotency-Key": "a"}) for _ in range(2))
    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert shop.puts == 1


def test_the_same_key_with_another_body_conflicts(http: Client, shop: ToyShop) -> None:
    http("PUT", "/products", json=[MUG], headers={"Idempotency-Key": "a"})
    response = http("PUT", "/products", json=[{**MUG, "title": "other"}], headers={"Idempotency-Key": "a"})
    assert (response.status_code, response.json()["code"], shop.puts) == (409, "conflict", 1)


def test_a_failed_write_may_be_tried_again_under_its_key(http: Client, shop: ToyShop) -> None:
    missing = http("DELETE", "/products/mug-gold", headers={"Idempotency-Key": "d"})
    http("PUT", "/products", json=[MUG])
    again = http("DELETE", "/products/mug-gold", headers={"Idempotency-Key": "d"})
    assert (missing.status_code, again.status_code) == (404, 200)


def test_a_key_is_one_for_each_address(http: Client, shop: ToyShop) -> None:
    for colour in ("red", "blue"):
        assert http("DELETE", f"/products/mug-{colour}", headers={"Idempotency-Key": "d"}).status_code == 200


def test_a_key_of_great_length_is_refused(http: Client) -> None:
    assert http("PUT", "/products", json=[MUG], headers={"Idempotency-Key": "a" * 256}).status_code == 400


def test_a_short_import_is_answered_with_its_report(http: Client, shop: ToyShop) -> None:
    response = http("POST", "/import", files=upload())
    assert (response.status_code, response.json()["accepted"], response.json()["state"]) == (200, 2, "finished")
    assert http("GET", "/products/gold mug").status_code == 200
    refused = http("GET", response.json()["refused_csv"])
    assert (refused.text, refused.headers["content-type"]) == (
        "line,column,value,reason,remedy\n",
        "text/csv; charset=utf-8",
    )


def test_a_file_may_be_the_body(http: Client) -> None:
    assert http("POST", "/import?filename=a.csv", content=FEED).json()["accepted"] == 2


def test_a_dry_run_keeps_nothing(http: Client, shop: ToyShop) -> None:
    assert http("POST", "/import?dry_run=true", files=upload()).json()["accepted"] == 2
    assert shop.puts == 0


def test_uploads_are_removed_after_the_import_and_after_a_refusal(http: Client, shop: ToyShop) -> None:
    http("POST", "/import", files=upload())
    http("POST", "/import", files=upload(b""))
    assert list((shop.folder / "uploads").glob("upload-*")) == []


def test_a_long_import_is_a_job(connect: Connect, shop: ToyShop) -> None:
    shop.pause = threading.Event()
    http = connect(import_wait_ms=20)
    started = http("POST", "/import", files=upload())
    assert (started.status_code, started.headers["location"]) == (202, f"/import/{started.json()['job']}")
    assert started.json()["state"] == "running"
    assert http("GET", f"/import/{started.json()['job']}/refused.csv").status_code == 404
    shop.pause.set()
    assert finished(http, started.json()["job"])["accepted"] == 2


def test_an_import_that_breaks_is_a_problem_without_the_inside(http: Client) -> None:
    response = http("POST", "/import", files=upload(b"\xff\xfe\x00"))
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "codec" not in response.text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"files": upload(b"")}, "is empty"),
        ({"files": upload(name="feed")}, "has no ending"),
        ({"files": {"feed": ("a.csv", io.BytesIO(FEED))}}, "Unknown parameter 'feed'; known: file"),
        ({"data": {"filename": "a.csv"}, "files": {}}, "has no ending"),
        ({"files": upload(), "params": {"dry_run": "perhaps"}}, "neither true nor false"),
        ({"files": upload(), "params": {"dryrun": "1"}}, "Did you mean 'dry_run'?"),
    ],
)
def test_a_wrong_upload_is_explained(http: Client, options: dict[str, object], said: str) -> None:
    response = http("POST", "/import", **options)
    assert response.status_code == 400
    assert said in response.json()["detail"]


def test_an_upload_that_is_too_large_is_refused(connect: Connect, shop: ToyShop) -> None:
    response = connect(import_bytes=1000)("POST", "/import", files=upload(FEED + b"x" * 2000))
    assert (response.status_code, shop.puts) == (413, 0)
    assert list((shop.folder / "uploads").iterdir()) == []


def test_a_name_leads_nowhere_else(http: Client, shop: ToyShop) -> None:
    assert http("POST", "/import", params={"filename": "../../evil.csv"}, content=FEED).status_code == 200
    assert not list(shop.folder.parent.glob("**/evil.csv"))


def test_a_file_of_this_machine_is_for_its_owner(connect: Connect, shop: ToyShop) -> None:
    http = connect(token="owner")
    (shop.folder / "mine.csv").write_bytes(FEED)
    body = {"path": str(shop.folder / "mine.csv")}
    assert http("POST", "/import", json=body).status_code == 403
    response = http("POST", "/import", json=body, headers={"Authorization": "Bearer owner"})
    assert (response.status_code, response.json()["accepted"]) == (200, 2)
    assert (shop.folder / "mine.csv").exists()


def test_an_unknown_job_is_not_found(http: Client) -> None:
    assert http("GET", "/import/nothing").status_code == 404
