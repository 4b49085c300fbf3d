"""The store keeps its promises, whichever database holds it."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update

from catalogue.sample_products import KETTLE, many, without_stamp
from tonggan.catalogue import Change, Written
from tonggan.catalogue.store import SqlStore
from tonggan.catalogue.tables import changes, products, settings
from tonggan.errors import DiskFullError, InputError, NotReadyError
from tonggan.records import Media, Money, Product


def test_a_product_comes_back_as_it_was_put(store: SqlStore) -> None:
    assert store.put([KETTLE]) == Written(accepted=("kettle-1",), updated=(), unchanged=())
    assert [without_stamp(product) for product in store.get(["kettle-1"])] == [KETTLE]


def test_the_same_products_again_write_nothing(store: SqlStore) -> None:
    store.put(many(3))
    before = store.get(["p00001"])
    assert store.put(many(3)) == Written((), (), ("p00000", "p00001", "p00002"))
    assert store.last_change() == 3
    assert store.get(["p00001"]) == before


def test_only_what_differs_is_updated_and_stamped(store: SqlStore) -> None:
    store.put(many(2))
    old = store.get(["p00000", "p00001"])
    changed = replace(many(2)[1], price=Money(1, "USD"))
    written = store.put([many(2)[0], changed, KETTLE])
    assert written == Written(("kettle-1",), ("p00001",), ("p00000",))
    new = store.get(["p00000", "p00001"])
    assert new[0] == old[0]
    assert new[1].price == Money(1, "USD")
    assert new[1].updated_at > old[1].updated_at


def test_a_merchants_date_alone_is_no_change(store: SqlStore) -> None:
    store.put([KETTLE])
    assert store.put([replace(KETTLE, updated_at="2020-01-01")]).unchanged == ("kettle-1",)


def test_every_write_stands_in_the_change_log(store: SqlStore) -> None:
    store.put(many(2))
    store.put([replace(many(1)[0], title="Cup")])
    store.delete(["p00001", "nobody"])
    assert store.changes(after=0) == [
        Change(1, "p00000", False),
        Change(2, "p00001", False),
        Change(3, "p00000", False),
        Change(4, "p00001", True),
    ]
    assert store.changes(after=2, limit=1) == [Change(3, "p00000", False)]
    assert store.last_change() == 4


def test_a_product_that_returns_is_new_and_its_sequence_is_not_used_twice(store: SqlStore) -> None:
    store.put([KETTLE])
    store.delete(["kettle-1"])
    assert store.put([KETTLE]).accepted == ("kettle-1",)
    assert store.last_change() == 3


def test_get_keeps_the_order_and_skips_what_nobody_has(store: SqlStore) -> None:
    store.put(many(3))
    ids = ["p00002", "nobody", "p00000", "p00002"]
    assert [product.id for product in store.get(ids)] == ["p00002", "p00000", "p00002"]


def test_more_ids_than_one_statement_takes_are_got(store: SqlStore) -> None:
    store.put(many(1_200))
    assert len(store.get([product.id for product in many(1_200)])) == 1_200
    assert len(store.delete([product.id for product in many(1_200)])) == 1_200
    assert store.count() == 0


def test_scan_goes_in_byte_order_of_ids_through_every_batch_size(store: SqlStore) -> None:
    ids = ["B", "a", "Z-1", "é", "红", "10", "9"]
    store.put([Product(name, "Mug") for name in ids])
    for batch in (1, 3, 1_000):
        assert [product.id for part in store.scan(batch=batch) for product in part] == sorted(ids, key=str.encode)


def test_products_are_found_by_the_codes_of_themselves_and_their_variants(store: SqlStore) -> None:
    store.put([KETTLE, replace(KETTLE, id="copy", variants=())])
    assert [product.id for product in store.get_by_code("0012345678905")] == ["copy", "kettle-1"]
    assert [product.id for product in store.get_by_code("K-1-blue")] == ["kettle-1"]
    assert store.get_by_code("k' OR 1=1 --") == []
    store.put([replace(KETTLE, codes={}, variants=())])
    assert store.get_by_code("K-1-blue") == []


def test_checksums_that_come_later_are_kept_and_not_forgotten(store: SqlStore) -> None:
    store.put([KETTLE])
    fetched = replace(KETTLE, media=tuple(replace(item, checksum="ab" * 32) for item in KETTLE.media))
    assert store.put([fetched]).updated == ("kettle-1",)
    assert store.put([KETTLE]).unchanged == ("kettle-1",)
    assert store.put([replace(KETTLE, title="Other")]).updated == ("kettle-1",)
    assert [item.checksum for item in store.get(["kettle-1"])[0].media] == ["ab" * 32] * 2
    assert store.uses_media("ab" * 32)
    store.put([replace(KETTLE, media=(Media("image", "other.jpg"),))])
    assert not store.uses_media("ab" * 32)


@pytest.mark.parametrize("product_id", ["", "a\nb", "x" * 257, "\x00"])
def test_an_id_that_cannot_be_kept_is_refused(store: SqlStore, product_id: str) -> None:
    with pytest.raises(InputError, match="is no product id"):
        store.put([KETTLE, replace(KETTLE, id=product_id)])
    assert store.count() == 0


def test_a_batch_that_cannot_be_written_as_a_whole_is_not_written_at_all(store: SqlStore) -> None:
    with pytest.raises(InputError, match="comes twice"):
        store.put([KETTLE, KETTLE])
    with pytest.raises(InputError, match="cannot be written as JSON"):
        store.put([KETTLE, Product("bad", "half \ud800 character")])
    assert (store.count(), store.last_change(), store.is_writable) == (0, 0, True)


@pytest.mark.parametrize("text", ["'; DROP TABLE products; --", '"%_\\', "\x00\x1f", "𠮷野家 🍜", "${jndi}"])
def test_any_text_is_kept_as_it_is(store: SqlStore, text: str) -> None:
    odd = Product("odd", text, description=text, metadata={text: text})
    store.put([odd])
    assert [without_stamp(product) for product in store.get(["odd"])] == [odd]


def test_vectors_come_back_bit_for_bit(store: SqlStore) -> None:
    rows = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)
    store.put_vectors("pack-1", {"a": rows, "b": rows[0], "none": rows[:0]})
    found = store.get_vectors("pack-1", ["b", "a", "none", "nobody"])
    assert set(found) == {"a", "b", "none"}
    assert all(found[key].dtype == np.float32 for key in found)
    np.testing.assert_array_equal(found["a"], rows)
    np.testing.assert_array_equal(found["b"], rows[0])
    assert found["none"].shape == (0, 8)


def test_vectors_are_replaced_and_other_packs_have_their_own(store: SqlStore) -> None:
    ones, twos = np.ones((1, 4), np.float32), np.full((1, 4), 2, np.float32)
    store.put_vectors("old", {"a": ones})
    store.put_vectors("new", {"a": ones})
    store.put_vectors("new", {"a": twos})
    np.testing.assert_array_equal(store.get_vectors("new", ["a"])["a"], twos)
    store.delete_vectors(keeping=["new"])
    assert store.get_vectors("old", ["a"]) == {}
    assert list(store.get_vectors("new", ["a"])) == ["a"]


def test_deleting_a_product_erases_its_vectors(store: SqlStore) -> None:
    store.put([KETTLE])
    store.put_vectors("pack", {"kettle-1": np.ones((1, 4), np.float32)})
    assert store.delete(["kettle-1", "nobody"]) == ("kettle-1",)
    assert store.get(["kettle-1"]) == []
    assert store.get_vectors("pack", ["kettle-1"]) == {}


def test_what_was_written_is_there_after_a_reopen(location: str) -> None:
    with closing(SqlStore(location)) as store:
        store.put(many(5))
        name = store.shop_id
    with closing(SqlStore(location)) as store:
        assert (store.count(), store.last_change(), store.shop_id) == (5, 5, name)
        assert store.verify(is_thorough=True) == []


def test_a_store_of_another_version_is_refused(location: str) -> None:
    with closing(SqlStore(location)) as store, store.writing() as connection:
        connection.execute(update(settings).where(settings.c.name == "schema_version").values(value="99"))
    with pytest.raises(NotReadyError, match="version 99"):
        SqlStore(location)


def test_readers_see_the_last_commit_and_never_wait(store: SqlStore) -> None:
    store.put(many(2))
    with store.writing() as connection:
        connection.execute(delete(products))
        counts: list[int] = []
        reader = threading.Thread(target=lambda: counts.append(store.count()))
        reader.start()
        reader.join(timeout=10)
        assert counts == [2]
    assert store.count() == 0


def test_reading_needs_no_lock(location: str) -> None:
    with closing(SqlStore(location)) as writer, closing(SqlStore(location)) as reader:
        writer.put(many(2))
        assert reader.count() == 2


def test_a_nearly_full_disk_is_noticed_before_anything_is_written(location: str) -> None:
    free = [10**12]
    with closing(SqlStore(location, free_bytes=lambda: free[0])) as store:
        store.put(many(2))
        free[0] = 1_000_000
        with pytest.raises(DiskFullError, match=r"1,000,000 bytes of disk are free.*nothing was written"):
            store.put(many(4))
        assert (store.count(), store.is_writable) == (2, True)
        free[0] = 10**12
        assert len(store.put(many(4)).accepted) == 2


def fail_halfway(store: SqlStore) -> None:
    with store.writing() as connection:
        connection.execute(delete(products))
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")


def test_after_a_failed_write_the_store_is_read_only_until_it_is_reopened(store: SqlStore) -> None:
    store.put(many(2))
    with pytest.raises(NotReadyError, match="nothing of it was kept"):
        fail_halfway(store)
    assert not store.is_writable
    assert "no_such_table" in store.unwritable_reason
    with pytest.raises(NotReadyError, match="read-only since a write failed"):
        store.put(many(3))
    assert store.count() == 2
    store.reopen()
    assert (store.is_writable, store.unwritable_reason) == (True, "")
    assert len(store.put(many(3)).accepted) == 1


def test_a_store_that_is_damaged_stays_read_only(store: SqlStore) -> None:
    store.put(many(2))
    with store.writing() as connection:
        connection.execute(delete(products).where(products.c.id == "p00000"))
    with pytest.raises(NotReadyError, match=r"damaged.*p00000"):
        store.reopen()


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (delete(products).where(products.c.id == "p00001"), "the log says that products are there which are not"),
        (delete(changes).where(changes.c.sequence == 2), "the log knows nothing"),
        (update(settings).where(settings.c.name == "last_change").values(value="1"), "the log counts 1 changes"),
        (update(products).where(products.c.id == "p00001").values(json='{"id":"p00001","title":"x"}'), "hash"),
        (update(products).where(products.c.id == "p00001").values(json="{"), "hash"),
    ],
)
def test_damage_is_found(store: SqlStore, damage: object, finding: str) -> None:
    store.put(many(3))
    assert store.verify(is_thorough=True) == []
    with store.writing() as connection:
        connection.execute(damage)  # type: ignore[arg-type]
    assert any(finding in sentence for sentence in store.verify(is_thorough=True))


def test_an_empty_batch_is_no_change(store: SqlStore) -> None:
    assert store.put([]) == Written((), (), ())
    assert store.delete([]) == ()
    assert store.last_change() == 0


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_text("not a database, " * 100)
    with pytest.raises(NotReadyError, match="cannot be read"):
        SqlStore(file)
    assert file.read_text().startswith("not a database")


@pytest.mark.parametrize("url", ["mysql://host/shop", "oops://", "postgresql+nodriver://host/shop"])
def test_an_unknown_database_is_refused(url: str) -> None:
    with pytest.raises(InputError):
        SqlStore(url)


def test_deleted_text_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    with closing(SqlStore(tmp_path)) as store:
        store.put([replace(KETTLE, description="a secret " * 50), *many(200)])
        store.delete(["kettle-1"])
        assert all(b"a secret" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_write_is_synced_and_journaled(tmp_path: Path) -> None:
    with closing(SqlStore(tmp_path)) as store, store.writing() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
