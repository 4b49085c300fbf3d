"""The page: its shell, its parts, and that they agree with each other."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from serve.conftest import Client
from tonggan.serve.routes.page import ASSETS, WEB

STRINGS = json.loads((WEB / "strings.json").read_text(encoding="utf-8"))
MODULES = "\n".join((WEB / name).read_text(encoding="utf-8") for name in ASSETS if name.endswith(".js"))


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "zh-CN,zh;q=0.9", "zh"),
        ("", "de", "en"),
        ("?lang=zh", "en", "zh"),
        ("?lang=en", "zh", "en"),
        ("", "", "en"),
    ],
)
def test_the_page_speaks_the_language_of_its_reader(http: Client, query: str, accepted: str, language: str) -> None:
    response = http("GET", f"/{query}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in response.text
    assert STRINGS[language]["placeholder"] in response.text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_has_nothing_inline_and_nothing_from_elsewhere(http: Client, path: str) -> None:
    for tag, attributes in Elements(http("GET", path).text).found:
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert not re.match(r"(https?:)?//", attributes.get("src") or attributes.get("href") or "")


def test_every_asset_that_a_page_or_module_names_is_served(http: Client) -> None:
    named = set(re.findall(r"/assets/([\w.]+)", http("GET", "/").text + MODULES)) | set(
        re.findall(r'"\./([\w.]+)"', MODULES)
    )
    assert named == set(ASSETS)
    for name, kind in ASSETS.items():
        response = http("GET", f"/assets/{name}")
        assert (response.status_code, response.headers["content-type"]) == (200, kind)


@pytest.mark.parametrize("name", ["page.html", "..%2fapp.py", "nothing.js"])
def test_nothing_else_of_the_folder_is_served(http: Client, name: str) -> None:
    assert http("GET", f"/assets/{name}").status_code == 404


def test_both_languages_have_the_same_words() -> None:
    def names(table: dict[str, object], above: str = "") -> set[str]:
        return {
            name
            for key, value in table.items()
            for name in (names(value, f"{key}.") if isinstance(value, dict) else {above + key})
        }

    assert names(STRINGS["en"]) == names(STRINGS["zh"])


def test_every_word_that_is_used_exists(http: Client) -> None:
    shell = {
        value for _, each in Elements(http("GET", "/").text).found for name, value in each.items() if _is_word(name)
    }
    used = shell | set(re.findall(r'\btext\("(\w+)"', MODULES))
    assert used <= set(STRINGS["en"])


def test_modules_find_every_element_they_name(http: Client) -> None:
    identifiers = {each["id"] for _, each in Elements(http("GET", "/").text).found if "id" in each}
    assert set(re.findall(r'\bat\("([\w-]+)"\)', MODULES)) <= identifiers


def test_every_control_has_a_name(http: Client) -> None:
    elements = Elements(http("GET", "/").text).found
    inputs = [each for tag, each in elements if tag == "input"]
    assert len(inputs) == 4
    assert [
        each["id"]
        for each in inputs
        if "aria-label" not in each and each["id"] not in ("picture", "price-from", "price-to")
    ] == []


def test_modules_never_make_markup_of_text() -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function", MODULES
    )


def test_enter_that_ends_a_composition_does_not_search() -> None:
    assert "event.isComposing" in MODULES


def _is_word(name: str) -> bool:
    return name in ("data-text", "data-label", "data-placeholder", "data-title", "data-alt")
