"""`init`, `inspect` and `import`."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
import tomllib
from functools import partial
from pathlib import Path

import pytest

from cli.toy_feed import PATIENCE_SECONDS, Tonggan, write_feed
from tonggan.catalogue.store import SqlStore


def test_import_counts_what_became_of_each_row(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "new"
    first = tonggan("import", write_feed(tmp_path), "--json")
    assert first.code == 0
    assert list(first.record) == ["accepted", "updated", "unchanged", "refused", "seconds"]
    assert [first.record[name] for name in ("accepted", "updated", "unchanged", "refused")] == [3, 0, 0, 1]
    assert isinstance(first.record["seconds"], float)
    assert first.err == ""


def test_a_second_import_changes_nothing(tonggan: Tonggan, tmp_path: Path) -> None:
    report = tonggan("import", write_feed(tmp_path), "--json").record
    assert [report[name] for name in ("accepted", "updated", "unchanged", "refused")] == [0, 0, 3, 1]


def test_import_says_where_the_refused_rows_are_and_why(tonggan: Tonggan, tmp_path: Path) -> None:
    said = tonggan("import", write_feed(tmp_path)).out
    assert "Took in 4 rows: 0 new, 0 updated, 3 unchanged, 1 refused" in said
    assert "Refused by column: price 1" in said
    path = tonggan.shop / "refused.csv"
    assert str(path) in said
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [(row["line"], row["column"]) for row in csv.DictReader(file)] == [("5", "price")]


def test_a_dry_run_keeps_nothing(tonggan: Tonggan, tmp_path: Path) -> None:
    feed = write_feed(tmp_path)
    feed.write_text(feed.read_text(encoding="utf-8") + "mug-gold,Gold mug,9 USD,Lumo,,,gold\n", encoding="utf-8")
    assert tonggan("import", feed, "--dry-run").out.startswith("Would take in 5 rows: 1 new")
    assert tonggan("search", "gold", "--json").record["found"] == 0


def test_a_dry_run_needs_no_shop_and_makes_none(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "new"
    ran = tonggan("import", write_feed(tmp_path), "--dry-run")
    assert ran.code == 0
    assert ran.out.startswith("Would take in 4 rows: 3 new")
    assert not tonggan.shop.exists()


def test_quiet_says_nothing_of_a_success(tonggan: Tonggan, tmp_path: Path) -> None:
    ran = tonggan("import", write_feed(tmp_path), "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_mapping_that_was_written_and_edited_is_followed(tonggan: Tonggan, tmp_path: Path) -> None:
    feed, mapping = write_feed(tmp_path), tmp_path / "mapping.toml"
    assert f"--mapping {mapping}" in tonggan("inspect", feed, "--write", mapping, is_on_shop=False).out
    edited = mapping.read_text(encoding="utf-8").replace('"brand" = "brand"', '"brand" = "attribute:maker"')
    mapping.write_text(edited, encoding="utf-8")
    assert tonggan("import", feed, "--mapping", mapping, "--json").record["updated"] == 3
    assert tonggan("search", "--facet", "maker", "--json").record["facets"] == {"maker": {"Lumo": 2, "Kite": 1}}


def test_a_mapping_file_is_never_overwritten(tonggan: Tonggan, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text("mine", encoding="utf-8")
    assert tonggan("inspect", write_feed(tmp_path), "--write", mapping, is_on_shop=False).code == 5
    assert mapping.read_text(encoding="utf-8") == "mine"


def test_inspect_shows_fields_samples_and_what_is_unfilled(tonggan: Tonggan, tmp_path: Path) -> None:
    found = tonggan("inspect", write_feed(tmp_path), "--json", is_on_shop=False).record
    assert list(found) == ["source", "format", "encoding", "vendor", "rows", "columns", "unfilled", "refusals"]
    assert found["rows"] == 4
    brand = next(column for column in found["columns"] if column["name"] == "brand")
    assert brand == {"name": "brand", "field": "brand", "suggestion": "", "samples": ["Lumo", "Kite"]}
    assert "gtin" in found["unfilled"]


def test_inspect_prints_no_escape_codes_of_a_feed(tonggan: Tonggan, tmp_path: Path) -> None:
    feed = tmp_path / "odd.csv"
    feed.write_text("id,title\n1,red\x1b[31m[bold]mug\n", encoding="utf-8")
    said = tonggan("inspect", feed, is_on_shop=False).out
    assert "\x1b" not in said
    assert "[bold]mug" in said


@pytest.mark.parametrize("command", ["import", "inspect"])
def test_a_file_that_is_not_there_is_named(tonggan: Tonggan, command: str) -> None:
    ran = tonggan(command, "no.csv", is_on_shop=command == "import")
    assert (ran.code, ran.err) == (4, "error: There is no file no.csv.\nCheck the path.\n")


def test_init_writes_settings_to_edit(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "new"
    assert tonggan("init", "--currency", "eur", "--json").record == {
        "shop": str(tonggan.shop), "is_new": True, "products": 0,
    }  # fmt: skip
    settings = tomllib.loads((tonggan.shop / "shop.toml").read_text(encoding="utf-8"))
    assert settings == {"shop": {"currency": "EUR"}, "encode": {}, "retrieval": {}, "serve": {}}


def test_every_setting_that_init_names_is_known(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "new"
    tonggan("init")
    path = tonggan.shop / "shop.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("\n# ", "\n"), encoding="utf-8")
    assert tonggan("search", "--json").record["found"] == 0
    assert tonggan("serve", "--port", 70_000).err.startswith("error: There is no port 70000.")


def test_init_leaves_a_shop_as_it_is(tonggan: Tonggan) -> None:
    assert tonggan("init").out == f"{tonggan.shop} is a shop of 3 products.\n"
    assert tonggan("init", "--currency", "EUR").code == 5


def test_a_currency_that_nobody_knows_makes_no_shop(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path / "new"
    assert tonggan("init", "--currency", "QQQ").code == 2
    assert not tonggan.shop.exists()


def test_a_folder_of_other_things_becomes_no_shop(tonggan: Tonggan, tmp_path: Path) -> None:
    tonggan.shop = tmp_path
    ran = tonggan("import", write_feed(tmp_path))
    assert ran.code == 2
    assert "holds other things than a shop" in ran.err


def test_an_import_that_is_stopped_keeps_what_it_took_and_goes_on_later(tonggan: Tonggan, tmp_path: Path) -> None:
    """As Ctrl-C does it: the signal reaches the command and all its helpers."""
    feed, tonggan.shop = tmp_path / "many.csv", tmp_path / "new"
    rows = [f"p{number},Red mug number {number},{number % 90 + 1}.00 USD\n" for number in range(20_000)]
    feed.write_text("id,title,price\n" + "".join(rows), encoding="utf-8")
    command = [sys.executable, "-m", "tonggan", "import", str(feed), "--shop", str(tonggan.shop)]
    heeds = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # A test run in the background ignores it.
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heeds
    ) as process:
        taken = _wait_for_products(tonggan.shop)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
        assert process.stderr is not None
        assert process.stderr.read() == "Stopped.\n"
    report = tonggan("import", feed, "--json").record
    assert report["unchanged"] >= taken
    assert report["accepted"] + report["unchanged"] == 20_000
    assert tonggan("search", "--json").record["found"] == 20_000


def _wait_for_products(shop: Path) -> int:
    """Wait until the import has some products on disk and return how many."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if (shop / "store.db").exists() and (shop / "index").is_dir():
            store = SqlStore(shop)
            count = store.count()
            store.close()
            if count:
                return count
        time.sleep(0.02)
    raise AssertionError("the import took nothing in")
