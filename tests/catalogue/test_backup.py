"""A whole shop in one file, and back."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from catalogue import postgres_server
from catalogue.sample_products import KETTLE, many
from tonggan.catalogue.backup import MANIFEST, backup, restore
from tonggan.catalogue.keys import Keys
from tonggan.catalogue.store import SqlStore
from tonggan.errors import ConflictError, InputError


@pytest.fixture
def shop(store: SqlStore, tmp_path: Path) -> Path:
    """The folder of a shop with products, media, settings, an index and a second database."""
    folder = tmp_path
    for name, content in {"shop.toml": "[shop]\n", "media/ab/cd.jpg": "picture", "index/big": "index"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    with closing(sqlite3.connect(folder / "events.db")) as events:
        events.execute("CREATE TABLE event (name TEXT)")
        events.commit()
    store.put([KETTLE, *many(50)])
    store.delete(["p00003"])
    store.put_vectors("pack", {"kettle-1": np.ones((2, 3), np.float32)})
    Keys(store).create(["search"], name="site")
    return folder


def contents(store: SqlStore) -> tuple[object, ...]:
    products = [product for batch in store.scan() for product in batch]
    vectors = store.get_vectors("pack", ["kettle-1"])["kettle-1"].tolist()
    return products, store.changes(after=0, limit=10_000), store.shop_id, Keys(store).list(), vectors


def test_a_restored_shop_is_the_same_shop(
    store: SqlStore, shop: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    size = backup(store, shop, elsewhere / "shop.tar")
    assert size == (elsewhere / "shop.tar").stat().st_size
    assert restore(elsewhere / "shop.tar", elsewhere / "shop") == 50
    with closing(SqlStore(elsewhere / "shop")) as restored:
        assert contents(restored) == contents(store)
        assert len(restored.put([*many(4)]).accepted) == 1
    kept = {
        path.relative_to(elsewhere / "shop").as_posix() for path in (elsewhere / "shop").rglob("*") if path.is_file()
    }
    assert kept >= {"store.db", "shop.toml", "media/ab/cd.jpg", "events.db"}
    assert not any(name.startswith("index") for name in kept)


def test_a_backup_goes_into_a_database_too(
    store: SqlStore, shop: Path, postgres: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    backup(store, shop, elsewhere / "shop.tar")
    url = postgres_server.new_database(postgres, f"restored-{'p' if store.file is None else 's'}")
    assert restore(elsewhere / "shop.tar", elsewhere / "shop", store_url=url) == 50
    with closing(SqlStore(url)) as restored:
        assert contents(restored) == contents(store)
        assert restored.verify(is_thorough=True) == []
    assert not (elsewhere / "shop" / "store.db").exists()
    with pytest.raises(ConflictError, match="holds a shop already"):
        restore(elsewhere / "shop.tar", elsewhere / "again", store_url=url)


def test_a_backup_sees_only_what_was_committed(store: SqlStore, shop: Path) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM products")
        backup(store, shop, shop / "backups" / "shop.tar")
    assert store.count() == 0
    assert restore(shop / "backups" / "shop.tar", shop / "restored") == 50


def test_a_backup_inside_the_shop_does_not_hold_itself(store: SqlStore, shop: Path) -> None:
    backup(store, shop, shop / "shop.tar")
    with tarfile.open(shop / "shop.tar") as tar:
        names = tar.getnames()
    assert "shop.tar" not in names
    assert "writer.lock" not in names
    assert names[0] == "store.db"
    assert names[-1] == MANIFEST


def test_nothing_is_overwritten(store: SqlStore, shop: Path) -> None:
    backup(store, shop, shop / "shop.tar")
    with pytest.raises(ConflictError, match="exists already"):
        backup(store, shop, shop / "shop.tar")
    with pytest.raises(ConflictError, match=r"is not empty"):
        restore(shop / "shop.tar", shop)


def test_an_empty_folder_may_be_restored_into(store: SqlStore, shop: Path) -> None:
    backup(store, shop, shop / "shop.tar")
    (shop / "empty").mkdir()
    assert restore(shop / "shop.tar", shop / "empty") == 50


def write_tar(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "/etc/passwd"
    return entry


@pytest.mark.parametrize(
    "entry",
    [
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo("/outside"),
        tarfile.TarInfo("media/../../outside"),
        link("media/link", tarfile.SYMTYPE),
        link("media/link", tarfile.LNKTYPE),
        link("device", tarfile.CHRTYPE),
    ],
)
def test_an_entry_that_leaves_the_folder_is_refused(tmp_path: Path, entry: tarfile.TarInfo) -> None:
    file = write_tar(tmp_path / "bad.tar", [(entry, b"" if entry.linkname else b"x")])
    with pytest.raises(InputError, match="has no place in a backup"):
        restore(file, tmp_path / "shop")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tar"]


def entries_of(path: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(path) as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]


def test_a_changed_or_missing_file_is_noticed(store: SqlStore, shop: Path) -> None:
    backup(store, shop, shop / "shop.tar")
    entries = entries_of(shop / "shop.tar")
    changed = [(entry, b"PICTURE" if entry.name.endswith(".jpg") else content) for entry, content in entries]
    missing = [(entry, content) for entry, content in entries if entry.name != "shop.toml"]
    for name, bad in {"changed": changed, "missing": missing}.items():
        with pytest.raises(InputError, match="1 files differ from its manifest"):
            restore(write_tar(shop / f"{name}.tar", bad), shop / "restored")
        assert not (shop / "restored").exists()


def test_a_store_that_disagrees_with_itself_is_not_restored(store: SqlStore, shop: Path) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM products WHERE id = 'p00001'")
    backup(store, shop, shop / "shop.tar")
    with pytest.raises(InputError, match="store in the backup is damaged"):
        restore(shop / "shop.tar", shop / "restored")


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_cut_backup_is_refused(store: SqlStore, shop: Path, share: float) -> None:
    backup(store, shop, shop / "shop.tar")
    whole = (shop / "shop.tar").read_bytes()
    (shop / "cut.tar").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"is no backup|no manifest"):
        restore(shop / "cut.tar", shop / "restored")


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=r"is no backup|no manifest"):
        restore(tmp_path / "file", tmp_path / "shop")


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    manifest = json.dumps({"version": 99, "files": {}}).encode()
    file = write_tar(tmp_path / "new.tar", [(tarfile.TarInfo(MANIFEST), manifest)])
    with pytest.raises(InputError, match="version 99"):
        restore(file, tmp_path / "shop")
