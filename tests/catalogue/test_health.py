"""What a catalogue lacks and what it holds twice."""

from __future__ import annotations

from dataclasses import replace

from catalogue.sample_products import KETTLE
from tonggan.catalogue.health import Duplicates, Missing, report
from tonggan.catalogue.store import SqlStore
from tonggan.records import Media, Product

CHECKSUM = "ab" * 32


def test_an_empty_catalogue_lacks_nothing(store: SqlStore) -> None:
    health = report(store)
    assert (health.products, health.missing, health.duplicates) == (0, (), ())


def test_missing_values_are_counted_with_examples_most_frequent_first(store: SqlStore) -> None:
    complete = replace(KETTLE, media=(Media("image", "a.jpg", CHECKSUM),))
    store.put([complete, Product("bare", "Mug"), Product("branded", "Cup", brand="Acme", inventory=1)])
    missing = {item.field: item for item in report(store).missing}
    assert missing["brand"] == Missing("brand", 1, ("bare",))
    assert missing["price"] == Missing("price", 2, ("bare", "branded"))
    counts = [item.count for item in report(store).missing]
    assert counts == sorted(counts, reverse=True)
    assert "fetched image" not in missing


def test_a_picture_that_could_not_be_kept_is_missing(store: SqlStore) -> None:
    store.put([KETTLE])
    assert Missing("fetched image", 1, ("kettle-1",)) in report(store).missing


def test_variants_and_hidden_products_are_counted(store: SqlStore) -> None:
    store.put([KETTLE, Product("mug", "Mug", metadata={"visibility": "hidden"})])
    health = report(store)
    assert (health.products, health.hidden) == (2, 1)
    assert (health.variants, health.with_variants, health.most_variants) == (2, 1, 2)


def test_duplicates_are_found_by_code_title_and_picture(store: SqlStore) -> None:
    picture = (Media("image", "a.jpg", CHECKSUM),)
    store.put(
        [
            Product("a", "Red Kettle, 1.7 l", codes={"gtin": ("1",), "sku": ("x",)}, media=picture),
            Product("b", "1.7 L kettle RED", codes={"gtin": ("2",), "sku": ("x",)}),
            Product("c", "Blue Kettle", codes={"gtin": ("1",)}, media=picture),
            Product("d", "Green Kettle", codes={"gtin": ("1", "3"), "sku": ("y",)}),
        ]
    )
    assert report(store).duplicates == (
        Duplicates("sku", groups=1, products=2, examples=(("a", "b"),)),
        Duplicates("gtin", groups=1, products=3, examples=(("a", "c", "d"),)),
        Duplicates("title", groups=1, products=2, examples=(("a", "b"),)),
        Duplicates("picture", groups=1, products=2, examples=(("a", "c"),)),
    )


def test_one_product_with_a_code_in_several_places_is_no_duplicate(store: SqlStore) -> None:
    variants = tuple(replace(variant, codes={"sku": "K-1"}) for variant in KETTLE.variants)
    store.put([replace(KETTLE, variants=variants)])
    assert report(store).duplicates == ()
