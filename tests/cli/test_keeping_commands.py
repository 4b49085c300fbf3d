"""`export`, `backup`, `restore`, `doctor`, `keys` and `bench`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from cli.toy_feed import Tonggan
from tonggan.bench.measuring import BenchRow


def test_an_export_comes_back_through_import(tonggan: Tonggan, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    assert tonggan("export", path, "--json").record == {"products": 3, "path": str(path)}
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
    assert tonggan("import", path, "--json").record["unchanged"] == 3


def test_an_export_of_an_unknown_kind_is_refused(tonggan: Tonggan, tmp_path: Path) -> None:
    assert tonggan("export", tmp_path / "all.xls").code == 2


def test_a_backup_is_restored_into_a_new_folder(tonggan: Tonggan, tmp_path: Path) -> None:
    file = tmp_path / "shop.tar"
    assert tonggan("backup", file, "--json").record == {"bytes": file.stat().st_size, "path": str(file)}
    assert tonggan("backup", file).code == 5
    before = tonggan("search", "mug", "--json").record
    tonggan.shop = tmp_path / "new"
    assert tonggan("restore", file, "--json").record == {"products": 3, "path": str(tonggan.shop)}
    after = tonggan("search", "mug", "--json").record
    assert [hit["id"] for hit in after["hits"]] == [hit["id"] for hit in before["hits"]]


def test_a_restore_overwrites_nothing(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan("backup", tmp_path / "shop.tar")
    ran = tonggan("restore", tmp_path / "shop.tar")
    assert (ran.code, ran.err.splitlines()[1]) == (5, "Restore into a new folder.")


def test_what_is_no_backup_is_refused(tonggan: Tonggan, tmp_path: Path) -> None:
    (tmp_path / "odd.tar").write_text("odd", encoding="utf-8")
    tonggan.shop = tmp_path / "new"
    assert tonggan("restore", tmp_path / "odd.tar").code == 2
    assert tonggan("restore", tmp_path / "none.tar").code == 4
    assert not tonggan.shop.exists()


def test_doctor_reports_what_the_catalogue_lacks(tonggan: Tonggan) -> None:
    found = tonggan("doctor", "--json").record
    named = ["sound", "problems", "held_by", "index", "spaces", "pack", "pictures", "catalogue", "repaired"]
    assert list(found) == named
    assert (found["sound"], found["problems"], found["repaired"]) == (True, [], [])
    assert found["index"]["products"] == found["catalogue"]["products"] == 3
    assert {"field": "gtin", "count": 3, "examples": ["dress-red", "mug-blue", "mug-red"]} in found["catalogue"][
        "missing"
    ]
    assert "The shop is sound." in tonggan("doctor").out


def test_a_lost_index_comes_back_and_doctor_says_so(tonggan: Tonggan) -> None:
    shutil.rmtree(tonggan.shop / "index")
    (tonggan.shop / "index").mkdir()
    assert "The index was rebuilt just now" in tonggan("doctor").out
    assert tonggan("search", "mug", "--json").record["found"] == 2


def test_a_lost_picture_makes_a_shop_unsound(tonggan: Tonggan, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "photo.png")
    (tmp_path / "one.csv").write_text("id,title,image\nmug-new,New mug,photo.png\n", encoding="utf-8")
    assert "Pictures: 1 kept" in tonggan("import", tmp_path / "one.csv").out
    assert tonggan("doctor", "--json").record["pictures"] == {"kept": 1, "missing": 0, "unused": 0}
    shutil.rmtree(tonggan.shop / "media")
    ran = tonggan("doctor", "--json")
    assert (ran.code, ran.record["sound"], ran.record["pictures"]["missing"]) == (8, False, 1)
    assert "Wrong: pictures: 1 kept before are gone" in tonggan("doctor").out


def test_repair_fits_anew_and_drops_pictures_of_no_product(tonggan: Tonggan) -> None:
    lone = tonggan.shop / "media" / "ab" / f"{'c' * 62}.jpg"
    lone.parent.mkdir(parents=True)
    lone.write_bytes(b"picture")
    assert tonggan("doctor", "--json").record["pictures"]["unused"] == 1
    repaired = tonggan("doctor", "--repair", "--json").record["repaired"]
    assert repaired == ["erased 1 pictures of no product", "fitted the encoders and rebuilt the index"]
    assert not lone.exists()
    assert tonggan("search", "mug", "--json").record["found"] == 2


def test_a_store_that_is_none_is_named_with_the_next_step(tonggan: Tonggan) -> None:
    for path in tonggan.shop.glob("store.db*"):
        path.unlink()
    (tonggan.shop / "store.db").write_bytes(b"no database at all" * 100)
    ran = tonggan("doctor")
    assert ran.code == 8
    assert "tonggan restore" in ran.err


def test_a_key_is_made_listed_and_revoked(tonggan: Tonggan) -> None:
    made = tonggan(
        "keys", "create", "--scope", "search,events", "--scope", "catalogue", "--name", "web", "--json"
    ).record
    assert set(made) == {"id", "name", "scopes", "created_at", "secret"}
    assert (made["name"], made["scopes"]) == ("web", ["search", "events", "catalogue"])
    listed = tonggan("keys", "list", "--json").record["keys"]
    assert listed == [{name: value for name, value in made.items() if name != "secret"}]
    assert made["secret"] not in tonggan("keys", "list").out
    assert tonggan("keys", "revoke", made["id"], "--json").record == {"revoked": made["id"]}
    assert tonggan("keys", "list").out.startswith("There are no keys")
    assert tonggan("keys", "revoke", made["id"]).code == 4


def test_quiet_prints_the_secret_alone(tonggan: Tonggan) -> None:
    assert tonggan("keys", "create", "--scope", "search", "--quiet").out.startswith("tonggan_")


def test_an_unknown_scope_is_named(tonggan: Tonggan) -> None:
    ran = tonggan("keys", "create", "--scope", "serach")
    assert (ran.code, "Did you mean 'search'?" in ran.err) == (2, True)


ROW = BenchRow(
    "text query", 100, p50_ms=1.25, p95_ms=2.5, p99_ms=4.0, per_second=800.0, ratio_to_engine=2.5, budget="p50 6 ms"
)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Stands in for the measuring, which takes minutes; holds the sizes that were asked for."""
    asked: list[tuple[int, ...]] = []

    def run_bench(
        sizes: Sequence[int], folder: Path, *, seed: int, listener: Callable[[str], None]
    ) -> Iterator[BenchRow]:
        assert folder.is_dir()
        asked.append(tuple(sizes))
        listener("measuring")
        yield ROW

    monkeypatch.setattr("tonggan.bench.run_bench", run_bench)
    return asked


def test_bench_prints_one_object_per_row(tonggan: Tonggan, measured: list[tuple[int, ...]]) -> None:
    rows = tonggan("bench", "--size", "1000,2_000", "--json", is_on_shop=False).record
    assert measured == [(1000, 2000)]
    assert rows == [json.loads(json.dumps(ROW.as_json()))]
    assert set(rows[0]) >= {"name", "p50_ms", "p95_ms", "p99_ms", "per_second", "ratio_to_engine"}


def test_bench_shows_people_the_budget(tonggan: Tonggan, measured: list[tuple[int, ...]]) -> None:
    ran = tonggan("bench", is_on_shop=False)
    assert all(part in ran.out for part in ("text query", "1.25", "2.50", "p50 6 ms"))
    assert ran.err == "measuring\n"


@pytest.mark.parametrize("size", ["huge", "0", "-5", "1e4", "", "²"])
def test_what_is_no_size_is_refused(tonggan: Tonggan, measured: list[tuple[int, ...]], size: str) -> None:
    ran = tonggan("bench", "--size", size, is_on_shop=False)
    assert (ran.code, measured) == (2, [])
    assert f"'{size}' is no size." in ran.err
