"""What `/search` reads, passes on, answers and refuses."""

from __future__ import annotations

import base64
import io

import pytest

from serve.conftest import Client, Connect
from serve.pretend_shop import PICTURE, ToyShop
from tonggan.errors import BusyError, NotReadyError

JPEG = b"\xff\xd8\xff picture"


def test_words_find_products(http: Client) -> None:
    answer = http("GET", "/search", params={"q": "red", "facet_by": "brand"}).json()
    assert [hit["id"] for hit in answer["hits"]] == ["mug-red", "dress-red"]
    assert answer["found"] == 2
    assert answer["facets"] == {"brand": {"Lumen": 1, "Nomad": 1}}
    assert answer["hits"][0]["product"]["price"] == {"amount": 1000, "currency": "EUR"}


def test_every_parameter_reaches_the_shop(http: Client, shop: ToyShop) -> None:
    http(
        "GET",
        "/search",
        params={
            "q": "mug", "query_by": "title,brand", "filter_by": "price:<20", "facet_by": "brand",
            "max_facet_values": "5", "sort_by": "price:asc", "page": "2", "per_page": "3", "group_by": "brand",
            "group_limit": "2", "pinned_hits": "a,b", "hidden_hits": "c", "explain": "true", "locale": "zh",
            "crop": "0,0,.5,.5", "like": "mug-red", "unlike": "mug-blue", "rating": "4.5",
            "weights": "text:0.6,image:0.4", "image_id": PICTURE,
        },
    )  # fmt: skip
    assert shop.asked == [
        {
            "words": "mug", "query_by": ["title", "brand"], "filter_by": "price:<20", "facet_by": ["brand"],
            "max_facet_values": 5, "sort_by": "price:asc", "page": 2, "per_page": 3, "group_by": "brand",
            "group_limit": 2, "pinned_hits": ["a", "b"], "hidden_hits": ["c"], "explain": True, "locale": "zh",
            "crop": (0.0, 0.0, 0.5, 0.5), "like": ["mug-red"], "unlike": ["mug-blue"], "rating": 4.5,
            "weights": {"text": 0.6, "image": 0.4}, "image": shop.picture_path(PICTURE),
        }
    ]  # fmt: skip


def test_a_repeated_parameter_is_a_list_whose_values_may_hold_commas(http: Client, shop: ToyShop) -> None:
    http("GET", "/search?like=a,1&like=b")
    assert shop.asked[0]["like"] == ["a,1", "b"]


def test_json_and_address_ask_the_same(http: Client, shop: ToyShop) -> None:
    http("GET", "/search", params={"q": "red", "facet_by": "brand", "weights": "text:1"})
    http("POST", "/search", json={"q": "red", "facet_by": ["brand"], "weights": {"text": 1}})
    assert shop.asked[0] == shop.asked[1]


def test_a_picture_comes_as_a_file(http: Client, shop: ToyShop) -> None:
    response = http("POST", "/search", data={"q": "red"}, files={"image": ("photo.jpg", io.BytesIO(JPEG))})
    assert response.status_code == 200
    assert (shop.asked[0]["words"], shop.asked[0]["image"]) == ("red", JPEG)


@pytest.mark.parametrize("head", ["", "data:image/jpeg;base64,"])
def test_a_picture_comes_as_base64_in_json(http: Client, shop: ToyShop, head: str) -> None:
    http("POST", "/search", json={"image": head + base64.b64encode(JPEG).decode()})
    assert shop.asked[0]["image"] == JPEG


def test_a_bad_picture_is_a_problem(http: Client) -> None:
    response = http("POST", "/search", files={"image": ("photo.jpg", io.BytesIO(b"MZ nothing"))})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert response.json()["remedy"] == "Send JPEG, PNG, WebP or GIF."


def test_a_picture_that_is_too_large_is_refused(connect: Connect, shop: ToyShop) -> None:
    response = connect(picture_bytes=1000)(
        "POST", "/search", files={"image": ("a.jpg", io.BytesIO(JPEG + bytes(2000)))}
    )
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert shop.asked == []


def test_a_body_of_unknown_length_is_cut_at_the_limit(connect: Connect) -> None:
    client = connect(picture_bytes=1000)

    async def endless():
        while True:
            yield b'{"q": "aaaaaaaaaaaaaaaaaaaaaaaaa'

    response = client("POST", "/search", content=endless(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/a.jpg", "http://169.254.169.254/a.jpg", "file:///etc/passwd", "/etc/passwd", "ftp://x/a"],
)
def test_a_picture_address_inside_the_network_is_refused(http: Client, shop: ToyShop, address: str) -> None:
    response = http("GET", "/search", params={"image_url": address})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert shop.asked == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("filter=brand:x", "Unknown parameter 'filter'; known: q, query_by"),
        ("perpage=3", "Did you mean 'per_page'?"),
        ("page=0", "page: Input should be greater than or equal to 1, not '0'."),
        ("page=one", "page: Input should be a valid integer"),
        ("page=1&page=2", "page: Input should be a valid integer"),
        ("per_page=251", "per_page"),
        ("rating=nan", "rating"),
        ("rating=6", "rating"),
        ("crop=1,2", "crop has 2 numbers; 4 are needed."),
        ("weights=text", "weights"),
        ("image=abc", "A picture does not fit into an address."),
        (f"image_id={PICTURE}&image_url=http://x.y/a.jpg", "One picture at a time, not image_url and image_id."),
        ("num_typos=3", "num_typos"),
    ],
)
def test_a_wrong_parameter_is_named(http: Client, shop: ToyShop, query: str, said: str) -> None:
    response = http("GET", f"/search?{query}")
    assert response.status_code == 400
    assert said in response.json()["detail"]
    assert shop.asked == []


@pytest.mark.parametrize("query", ["voice=a", "clip=a", "shopper=a"])
def test_what_this_build_lacks_is_refused_and_not_ignored(http: Client, shop: ToyShop, query: str) -> None:
    response = http("GET", f"/search?{query}")
    assert (response.status_code, response.json()["code"]) == (501, "missing_extra")
    assert shop.asked == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "The body is not JSON"),
        (b'{"rating": NaN}', "NaN is no JSON number"),
        (b"[1]", "The body is a JSON list."),
        (b"[" * 5000, "The body is not JSON"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "deeper than 40 levels"),
        (b'\xff{"q": "a"}', "The body is not JSON"),
        (b'{"facet_by": 3}', "facet_by"),
        (b'{"image": "not base64!"}', "'image' is no picture in base64."),
    ],
)
def test_a_wrong_body_is_explained(http: Client, body: bytes, said: str) -> None:
    response = http("POST", "/search", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert said in response.json()["detail"]


def test_another_kind_of_body_is_refused(http: Client) -> None:
    response = http("POST", "/search", content=b"<q/>", headers={"Content-Type": "text/xml"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_form_with_another_file_is_refused(http: Client) -> None:
    response = http("POST", "/search", files={"voice": ("a.wav", io.BytesIO(b"RIFF"))})
    assert "Unknown parameter 'voice'; known: image." in response.json()["detail"]


def test_a_broken_form_is_a_problem(http: Client) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    response = http("POST", "/search", content=b"--y\r\nnonsense", headers=kind)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("failure", "status", "seconds"), [(BusyError("Full."), 429, "1"), (NotReadyError("No."), 503, "5")]
)
def test_a_shop_that_cannot_answer_says_when_to_return(
    http: Client, shop: ToyShop, failure: Exception, status: int, seconds: str
) -> None:
    shop.failure = failure
    response = http("GET", "/search")
    assert (response.status_code, response.headers["retry-after"]) == (status, seconds)


def test_a_degraded_answer_is_an_answer_that_says_so(http: Client, shop: ToyShop) -> None:
    shop.degraded = ("image: worker died",)
    response = http("GET", "/search")
    assert (response.status_code, response.json()["degraded"]) == (200, ["image: worker died"])


def test_facet_fields_are_those_of_the_shop(http: Client) -> None:
    assert http("GET", "/facets").json() == {"fields": ["brand"]}
