"""What is live is kept ready; what is drafted is checked before it goes live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tonggan import Shop
from tonggan.catalogue.revisions import Revisions
from tonggan.catalogue.store import SqlStore
from tonggan.errors import ConflictError, InputError, NotFoundError
from tonggan.records import Product
from tonggan.shop import rule_book
from tonggan.shop.rule_book import RuleBook, RuleDesk, desk_of

PIN = {"id": "a", "condition": {"query": "mug", "match": "exact"}, "actions": {"pins": [{"id": "x", "place": 1}]}}
OTHER = {"id": "b", "condition": {"query": "mug", "match": "exact"}, "actions": {"pins": [{"id": "y", "place": 1}]}}
SYNONYM = {"id": "s", "synonyms": ["mug", "cup"]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with closing(SqlStore(tmp_path / "store.db")) as opened:
        opened.put([Product("x", "Red mug"), Product("y", "Blue mug")])
        yield opened


def kinds(record: dict[str, Any]) -> list[str]:
    return [conflict["kind"] for conflict in record["conflicts"]]


def test_a_new_shop_has_no_rules(store: SqlStore) -> None:
    book = RuleBook(store)
    assert (book.rules().rules, book.rules("draft").rules, book.synonyms().synonyms) == ((), (), ())
    assert RuleDesk(store, "rules").draft() == {
        "kind": "rules",
        "published": 0,
        "is_changed": False,
        "rules": [],
        "conflicts": [],
    }
    assert RuleDesk(store, "rules").export() == {"rules": []}


def test_a_draft_is_seen_by_those_who_ask_for_it_and_is_live_once_published(store: SqlStore) -> None:
    book, desk = RuleBook(store), RuleDesk(store, "rules")
    saved = desk.save({"rules": [PIN]})
    assert (saved["is_changed"], saved["rules"], saved["conflicts"]) == (True, [PIN], [])
    assert [rule.id for rule in book.rules("draft").rules] == ["a"]
    assert book.rules().rules == ()
    published = desk.publish(note=" opening ")
    assert (published["number"], published["note"], published["count"]) == (1, "opening", 1)
    assert [rule.id for rule in book.rules().rules] == ["a"]
    assert book.rules("none").rules == ()
    assert desk.draft()["is_changed"] is False


def test_what_is_live_is_read_once_for_each_revision(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    book, desk = RuleBook(store), RuleDesk(store, "synonyms")
    desk.save([SYNONYM])
    desk.publish()
    first = book.synonyms()
    asked: list[str] = []
    monkeypatch.setattr(Revisions, "latest_number", lambda self, kind: asked.append(kind) or 1)
    assert book.synonyms() is first
    assert asked == []
    monkeypatch.setattr(rule_book, "FRESH_SECONDS", 0.0)
    assert book.synonyms() is first
    assert asked == ["synonyms"]


def test_rolling_back_is_seen_at_once_and_loses_nothing(store: SqlStore) -> None:
    book, desk = RuleBook(store), RuleDesk(store, "rules")
    for rules in ([PIN], []):
        desk.save(rules)
        desk.publish()
    assert book.rules().rules == ()
    assert desk.roll_back(1)["number"] == 3
    assert [rule.id for rule in book.rules().rules] == ["a"]
    assert [(each["number"], each["count"]) for each in desk.history()["revisions"]] == [(3, 1), (2, 0), (1, 1)]
    with pytest.raises(NotFoundError, match="no revision 9 of the rules; there are 1 to 3"):
        desk.roll_back(9)


def test_conflicts_are_told_on_save_and_refused_on_publish_unless_forced_with_a_note(store: SqlStore) -> None:
    desk = RuleDesk(store, "rules")
    assert kinds(desk.save({"rules": [PIN, OTHER]})) == kinds(desk.draft()) == ["same_place"]
    with pytest.raises(ConflictError, match="'a' pins 'x' and 'b' pins 'y' to place 1"):
        desk.publish()
    with pytest.raises(InputError, match="needs a note"):
        desk.publish(is_forced=True, note=" ")
    assert kinds(desk.publish(is_forced=True, note="b is for the app")) == ["same_place"]
    assert desk.history()["revisions"][0]["note"] == "b is for the app"


def test_nothing_to_publish_is_said(store: SqlStore) -> None:
    with pytest.raises(ConflictError, match="no rules were changed"):
        RuleDesk(store, "rules").publish()


def test_products_that_the_catalogue_lacks_are_told(store: SqlStore) -> None:
    lacking = PIN | {"actions": {"hides": ["gone"]}}
    assert kinds(RuleDesk(store, "rules").save([lacking])) == ["unknown_product"]


def test_one_rule_is_put_in_replaced_and_taken_out(store: SqlStore) -> None:
    desk = RuleDesk(store, "rules")
    assert desk.add(PIN)["is_new"] is True
    assert desk.add(OTHER | {"priority": 1})["is_new"] is True
    changed = desk.add(PIN | {"name": "Mugs"})
    assert (changed["is_new"], [each.get("name", "") for each in changed["rules"]]) == (False, ["Mugs", ""])
    assert [each["id"] for each in desk.remove("a")["rules"]] == ["b"]
    with pytest.raises(NotFoundError, match="Unknown rule 'a'; known: b"):
        desk.remove("a")
    assert desk.discard() == RuleDesk(store, "rules").draft()


def test_typesense_is_told_by_its_form_and_given_back_in_it(store: SqlStore) -> None:
    desk = RuleDesk(store, "rules")
    override = {"id": "o", "rule": {"query": "mug", "match": "exact"}, "includes": [{"id": "x", "position": 1}]}
    for document in ({"overrides": [override]}, {"items": [override]}, [override]):
        assert desk.save(document)["rules"][0]["is_final"] is True
    exported = desk.export(form="typesense", which="draft")
    assert exported["overrides"] == [override | {"remove_matched_tokens": False, "stop_processing": True}]
    with pytest.raises(InputError, match="known: tonggan, typesense"):
        desk.save([override], form="algolia")
    with pytest.raises(InputError, match="Unknown field 'rule'"):
        desk.save([override], form="tonggan")


def test_an_earlier_revision_is_exported_by_its_number(store: SqlStore) -> None:
    desk = RuleDesk(store, "synonyms")
    for synonyms in ([SYNONYM], []):
        desk.save(synonyms)
        desk.publish()
    assert desk.export(number=1) == {"synonyms": [SYNONYM]}
    assert desk.export() == desk.export(which="draft") == {"synonyms": []}
    with pytest.raises(InputError, match="known: draft, published"):
        desk.export(which="live")


def test_a_shop_checks_the_fields_of_its_rules(toy_shop: Shop) -> None:
    boost = {"id": "a", "actions": {"boosts": [{"filter_by": "brnd:=x", "factor": 2}]}}
    assert kinds(desk_of(toy_shop, "rules").save([boost])) == ["unknown_field"]
    desk_of(toy_shop, "rules").discard()


def test_a_shop_has_a_desk_for_rules_and_one_for_synonyms(tmp_path: Path) -> None:
    with Shop.open(tmp_path / "shop") as shop:
        shop.ingest([{"id": "a", "title": "Couch", "price": "9 USD"}])
        shop.synonyms.add({"id": "sofa", "synonyms": ["sofa", "couch"]})
        assert shop.synonyms.publish()["number"] == 1
        assert (shop.rules.kind, shop.rules.draft()["rules"]) == ("rules", [])
        assert [hit.product.id for hit in shop.search("sofa").hits] == ["a"]
