from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tonggan.index import IndexSchema, View, index_adapter
from tonggan.index.entries import WORD_FIELDS, entry_of
from tonggan.records import Money, Product
from tonggan.shop import Shop, knowing
from tonggan.shop.knowing import KnowledgeKeeper
from tonggan.shop.knowledge_file import ARRAYS, RECORD, KnowledgeFile
from tonggan.understand.kept_knowledge import arrays_of

LONG_TITLE = "Ceramic bowl with a wooden lid, hand painted in blue"
"""Longer than any query that is suggested, so that the product is."""


class Catalogue:
    """An index whose products are put and deleted one by one."""

    def __init__(self, folder: Path) -> None:
        self._index = index_adapter("exact").create(str(folder), IndexSchema({}, WORD_FIELDS, "test"))
        self.position = 0

    def put(self, product_id: str, title: str, *, brand: str = "Zentora", price: int = 100) -> View:
        product = Product(id=product_id, title=title, brand=brand, price=Money(price, "USD"))
        self.position += 1
        self._index.apply([entry_of(product, {})], position=self.position)
        return self._index.view()

    def delete(self, product_id: str) -> View:
        self.position += 1
        self._index.apply([], [product_id], position=self.position)
        return self._index.view()

    def close(self) -> None:
        self._index.close()


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    (tmp_path / "index").mkdir()
    catalogue = Catalogue(tmp_path / "index")
    catalogue.put("1", "Zentora ceramic teapot")
    yield catalogue
    catalogue.close()


@pytest.fixture
def file(tmp_path: Path) -> KnowledgeFile:
    return KnowledgeFile(tmp_path / "knowledge", "shop-1")


def count_of(keeper: KnowledgeKeeper, view: View, word: str) -> int:
    vocabulary = keeper.of(view).vocabulary
    assert vocabulary is not None
    return vocabulary.count(word)


def learnings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The positions of the views that are learnt from here on."""
    positions: list[int] = []
    learn = knowing.learn_knowledge

    def noted(view: View, **options: object) -> object:
        positions.append(view.position)
        return learn(view, **options)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(knowing, "learn_knowledge", noted)
    return positions


def test_a_small_shop_knows_a_new_word_at_once(catalogue: Catalogue) -> None:
    keeper = KnowledgeKeeper()
    assert count_of(keeper, catalogue.put("2", "Ceramic bowl"), "bowl") == 1
    assert count_of(keeper, catalogue.put("3", "Glass bowl"), "bowl") == 2


def test_a_changed_price_teaches_nothing(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    positions, keeper = learnings(monkeypatch), KnowledgeKeeper()
    before = keeper.of(catalogue.put("2", "Ceramic bowl", price=100))
    after = keeper.of(catalogue.put("2", "Ceramic bowl", price=90))
    assert positions == [2]
    assert after.vocabulary is before.vocabulary


def test_a_changed_brand_is_learnt(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    positions, keeper = learnings(monkeypatch), KnowledgeKeeper()
    keeper.of(catalogue.put("2", "Ceramic bowl"))
    keeper.of(catalogue.put("2", "Ceramic bowl", brand="Orbix"))
    assert positions == [2, 3]


def test_what_was_kept_is_not_learnt_again(
    catalogue: Catalogue, file: KnowledgeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = catalogue.put("2", "Ceramic bowl")
    first = KnowledgeKeeper(file)
    learnt = first.of(view)
    first.close()
    positions = learnings(monkeypatch)
    known = KnowledgeKeeper(file).of(view)
    assert not positions
    assert {name: array.tobytes() for name, array in arrays_of(known).items()} == {
        name: array.tobytes() for name, array in arrays_of(learnt).items()
    }


@pytest.mark.parametrize("name", [ARRAYS, RECORD])
def test_damaged_files_are_learnt_anew(catalogue: Catalogue, file: KnowledgeFile, name: str) -> None:
    view = catalogue.put("2", "Ceramic bowl")
    keep(file, view)
    damaged = bytearray((file.folder / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (file.folder / name).write_bytes(damaged)
    assert file.read(view) is None
    assert count_of(KnowledgeKeeper(file), view, "bowl") == 1


def test_files_of_another_shop_are_none(catalogue: Catalogue, file: KnowledgeFile) -> None:
    view = catalogue.put("2", "Ceramic bowl")
    keep(file, view)
    assert file.read(view) is not None
    assert KnowledgeFile(file.folder, "shop-2").read(view) is None


def test_files_of_a_later_change_are_none(catalogue: Catalogue, file: KnowledgeFile) -> None:
    earlier = catalogue.put("2", "Ceramic bowl")
    keep(file, catalogue.put("3", "Glass bowl"))
    assert file.read(earlier) is None


def test_a_large_shop_is_known_by_its_fields_until_it_is_learnt(
    catalogue: Catalogue, file: KnowledgeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowing, "SMALL_SHOP", 0)
    keeper, view = KnowledgeKeeper(file), catalogue.put("2", "Ceramic bowl")
    assert keeper.of(view).vocabulary is None
    keeper.wait()
    assert count_of(keeper, view, "bowl") == 1
    assert file.read(view) is not None
    keeper.close()


def test_an_erased_product_leaves_the_file_and_the_suggestions_at_once(
    catalogue: Catalogue, file: KnowledgeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowing, "SMALL_SHOP", 0)
    keeper = KnowledgeKeeper(file)
    catalogue.put("2", LONG_TITLE)
    view = catalogue.put("3", "Zentora ceramic teapot with a wooden lid, painted green")
    keeper.prepare(view)
    keeper.wait()
    assert suggested(keeper, view, "bowl") == ["2"]
    later = catalogue.delete("2")
    keeper.erased(later)
    assert not list(file.folder.iterdir())
    assert suggested(keeper, later, "bowl") == []
    assert suggested(keeper, later, "painted green") == ["3"]
    keeper.close()
    assert not list(file.folder.iterdir())


def test_what_was_learnt_before_an_erasure_is_not_kept(catalogue: Catalogue, file: KnowledgeFile) -> None:
    keeper = KnowledgeKeeper(file)
    view = catalogue.put("2", LONG_TITLE)
    later = catalogue.delete("2")
    keeper.erased(later)
    keeper.of(view)
    keeper.close()
    assert file.read(later) is None


def test_a_product_that_changed_since_is_suggested_where_it_stands_now(
    catalogue: Catalogue, file: KnowledgeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowing, "SMALL_SHOP", 0)
    keep(file, catalogue.put("2", LONG_TITLE))
    positions = learnings(monkeypatch)
    view = catalogue.put("2", LONG_TITLE, price=90)
    keeper = KnowledgeKeeper(file)
    keeper.prepare(view)
    keeper.wait()
    assert not positions
    assert suggested(keeper, view, "bowl") == ["2"]
    keeper.close()


def test_a_closed_keeper_starts_nothing(catalogue: Catalogue, file: KnowledgeFile) -> None:
    keeper = KnowledgeKeeper(file)
    keeper.close()
    keeper.prepare(catalogue.put("2", LONG_TITLE))
    keeper.wait()
    assert not file.folder.exists()


def keep(file: KnowledgeFile, view: View) -> None:
    keeper = KnowledgeKeeper(file)
    keeper.of(view)
    keeper.wait()
    keeper.close()


def suggested(keeper: KnowledgeKeeper, view: View, typed: str) -> list[str]:
    suggestions = keeper.of(view).suggestions
    assert suggestions is not None
    return [found.product_id for found in suggestions.suggest(typed) if found.kind == "product"]


def test_a_deleted_product_leaves_no_word_in_the_shop_s_kept_knowledge(tmp_path: Path) -> None:
    records = [{"id": "1", "title": "Zentora ceramic teapot"}, {"id": "2", "title": "Quibbleflask of tinted glass"}]
    with Shop.open(tmp_path / "shop") as shop:
        shop.put(records)
        shop.search("teapot")
    kept = tmp_path / "shop" / "knowledge"
    assert b"quibbleflask" in (kept / ARRAYS).read_bytes()
    with Shop.open(tmp_path / "shop") as shop:
        shop.delete("2")
        assert not list(kept.iterdir())
        assert shop.search("quibbleflask").found == 0
    assert b"quibbleflask" not in (kept / ARRAYS).read_bytes()
