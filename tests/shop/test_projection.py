"""The index is a projection: it can be lost, damaged or behind, and the answers stay the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tonggan import Shop
from tonggan.errors import ConflictError
from tonggan.records import Answer, Money
from toy_shop import toy_records

QUESTIONS: list[dict[str, Any]] = [
    {},
    {"words": "red dress"},
    {"words": "蓝色", "filter_by": "price:<100", "facet_by": "brand,color"},
    {"like": "mug-red"},
    {"rating": 4.5},
    {"image": "mug-blue.png"},
]


def answers(shop: Shop, feed: Path) -> list[Any]:
    """What the shop says to each question, to four digits."""
    told = []
    for question in QUESTIONS:
        pictured = {"image": feed.parent / question["image"]} if "image" in question else {}
        answer = shop.search(**(question | pictured), per_page=50)
        told.append((answer.found, dict(answer.facets), [(hit.product.id, round(hit.score, 4)) for hit in answer.hits]))
    return told


def truncate(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size > 64:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(text: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(text, encoding="latin-1")


DAMAGES: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "index lost": ("index", shutil.rmtree),
    "index truncated": ("index", truncate),
    "generation lost": ("index", lambda folder: [shutil.rmtree(path) for path in folder.glob("generation-*")]),
    "pointer to nowhere": ("index/CURRENT", overwrite("generation-99")),
    "pointer of garbage": ("index/CURRENT", overwrite("\0\xff{")),
    "packs lost": ("packs", shutil.rmtree),
    "packs truncated": ("packs", truncate),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, toy_feed: Path) -> tuple[Path, list[Any]]:
    """A closed shop, and what it answers."""
    folder = tmp_path_factory.mktemp("whole") / "shop"
    with Shop.open(folder) as shop:
        shop.ingest(toy_feed)
        return folder, answers(shop, toy_feed)


@pytest.fixture
def copied(whole: tuple[Path, list[Any]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole[0], tmp_path / "shop"))


@pytest.mark.parametrize("name", DAMAGES)
def test_a_lost_or_damaged_projection_is_rebuilt_and_says_why(
    copied: Path, whole: tuple[Path, list[Any]], toy_feed: Path, name: str
) -> None:
    place, damage = DAMAGES[name]
    damage(copied / place)
    with Shop.open(copied) as shop:
        assert answers(shop, toy_feed) == whole[1]
        assert shop.health()["index"]["rebuilt_because"]
        assert shop.health()["degraded"] == []
    with Shop.open(copied) as shop:
        assert "rebuilt_because" not in shop.health()["index"]
        assert answers(shop, toy_feed) == whole[1]


@pytest.mark.parametrize("text", ["no-such-pack", "\0\xff", ""])
def test_a_lost_note_of_the_pack_in_use_is_mended_by_what_the_index_serves(
    copied: Path, whole: tuple[Path, list[Any]], toy_feed: Path, text: str
) -> None:
    note = copied / "packs" / "CURRENT"
    told = note.read_text()
    overwrite(text)(note)
    with Shop.open(copied) as shop:
        assert answers(shop, toy_feed) == whole[1]
        assert "rebuilt_because" not in shop.health()["index"]
    assert note.read_text() == told


def test_an_undamaged_shop_opens_without_a_rebuild(copied: Path, whole: tuple[Path, list[Any]], toy_feed: Path) -> None:
    with Shop.open(copied) as shop:
        assert "rebuilt_because" not in shop.health()["index"]
        assert answers(shop, toy_feed) == whole[1]


def test_lost_pictures_cost_nothing_but_themselves(copied: Path, toy_feed: Path) -> None:
    shutil.rmtree(copied / "media")
    shutil.rmtree(copied / "index")
    with Shop.open(copied) as shop:
        assert shop.search("red dress").hits[0].product.id == "dress-red"
        assert shop.ingest(toy_feed).refused == 0


def test_what_the_store_took_before_a_crash_is_found_after_it(copied: Path) -> None:
    with Shop.open(copied) as shop:
        product = shop.get("mug-red")
        shop.store.put([replace(product, price=Money(777, "USD")), replace(product, id="mug-new", title="New mug")])
        shop.store.delete(["mug-blue"])
        assert shop.search(filter_by="price:=7.77").found == 0
        shutil.copytree(copied, copied.with_name("crashed"), ignore=shutil.ignore_patterns("writer.lock"))
    with Shop.open(copied.with_name("crashed")) as shop:
        assert "rebuilt_because" not in shop.health()["index"]
        assert shop.search(filter_by="price:=7.77").found == 1
        assert shop.search("new mug").hits[0].product.id == "mug-new"
        assert {hit.product.id for hit in shop.search(per_page=50).hits} == {
            product.id for batch in shop.store.scan() for product in batch
        }


def test_a_second_opener_is_told_which_process_has_the_shop(copied: Path) -> None:
    code = "import sys; from tonggan import Shop; s = Shop.open(sys.argv[1]); print('open', flush=True); input()"
    command = [sys.executable, "-c", code, str(copied)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(ConflictError, match=rf"process {process.pid}\b"):
            Shop.open(copied)
        process.stdin.write("\n")
    Shop.open(copied).close()


def test_the_encoders_are_fitted_anew_when_the_catalogue_has_outgrown_them(shop: Shop) -> None:
    records = toy_records()
    shop.put(records[:4])
    first = shop.projection.standing.senses
    shop.put(records[:7])
    assert shop.projection.standing.senses is first
    shop.put(records)
    second = shop.projection.standing.senses
    assert first is not None
    assert second is not None
    assert second.fingerprint != first.fingerprint
    assert second.fitted_products == 12


@pytest.fixture
def living(copied: Path) -> Iterator[Shop]:
    with Shop.open(copied) as shop:
        yield shop


def test_a_rebuild_disturbs_neither_searches_nor_writes(living: Shop) -> None:
    failures: list[BaseException] = []
    is_done = threading.Event()

    def guarded(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def search() -> None:
        while not is_done.is_set():
            check_consistent(living.search("mug", facet_by="brand", per_page=250))
            check_consistent(living.search(filter_by="brand:=Kite", facet_by="color", per_page=250))

    def write() -> None:
        for number in range(20):
            living.put([{"id": f"mug-{number}", "title": f"Mug number {number}", "brand": "Kite", "color": "grey"}])
            if number % 4 == 3:
                living.delete([f"mug-{number}"])

    def rebuild() -> None:
        for at in range(2):
            living.projection.rebuild(is_refitting=at % 2 == 1)

    searchers = [guarded(search) for _ in range(4)]
    workers = [guarded(write), guarded(rebuild)]
    for thread in workers:
        thread.join()
    is_done.set()
    for thread in searchers:
        thread.join()
    assert failures == []
    assert living.search("mug", filter_by="color:=grey").found == 15
    assert living.search().found == living.health()["products"] == 12 + 15
    assert living.health()["index"]["position"] == living.health()["position"]


def check_consistent(answer: Answer) -> None:
    """Hits may be fewer than found only by what was erased between index and store; counts are of one moment."""
    assert len(answer.hits) <= answer.found
    for counts in answer.facets.values():
        assert all(0 < count <= max(answer.found, 12 + 20) for count in counts.values())
    brands = answer.facets.get("brand")
    if brands is not None:
        assert sum(brands.values()) == answer.found


def test_useful_facets_are_asked_of_the_index_once_a_change(living: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    import tonggan.shop as module

    count = module.useful_facets
    monkeypatch.setattr(
        module, "useful_facets", lambda view, most: asked.append(view.position) or count(view, most=most)
    )
    fields = living.facet_fields()
    fields.append("spoilt by the caller")
    assert living.facet_fields() == fields[:-1]
    living.put([{"id": "new", "title": "New", "brand": "Nova", "finish": "matt"}])
    assert "brand" in living.facet_fields()
    assert len(asked) == 2
