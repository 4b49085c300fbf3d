"""The pack of a live shop changes behind its back, at once, and back again."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shop.tiny_base import base_pack, library_with, records, write_feed
from tonggan import Shop
from tonggan.encode.onnx_image import OnnxImageEncoder
from tonggan.encode.onnx_text import OnnxTextEncoder
from tonggan.errors import ConflictError, DiskFullError, InputError, NotFoundError, NotReadyError
from tonggan.packs.library import PackLibrary
from tonggan.shop import encoding, pack_change
from tonggan.shop.pack_notes import WANTED

pytest.importorskip("onnx", reason="onnx is not installed; it writes the tiny models")

COUNT = 30


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_feed(tmp_path_factory.mktemp("feed"), count=COUNT)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory, feed: Path) -> Path:
    """A closed shop that has learnt from itself alone."""
    folder = tmp_path_factory.mktemp("imported") / "shop"
    with Shop.open(folder, pack="catalogue") as shop:
        shop.ingest(feed)
    return folder


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackLibrary:
    """A library of `tiny` and `other`."""
    monkeypatch.setenv("TONGGAN_PACKS", str(tmp_path / "library"))
    packs = [base_pack(tmp_path / "made"), base_pack(tmp_path / "made", name="other")]
    return library_with(tmp_path / "library", *packs)


@pytest.fixture
def folder(imported: Path, tmp_path: Path, library: PackLibrary) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "shop"))


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open(folder) as opened:
        yield opened


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding.ThisProcess, "items_at_once", 4)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many pictures and texts the tiny models were shown as documents."""
    counts = {"image": 0, "text": 0}
    for kind, space in ((OnnxImageEncoder, "image"), (OnnxTextEncoder, "text")):
        encode = kind.encode_document

        def counted(self: Any, items: Any, *, own: Any = encode, of: str = space) -> Any:
            counts[of] += len(items)
            return own(self, items)

        monkeypatch.setattr(kind, "encode_document", counted)
    return counts


def found(shop: Shop) -> set[str]:
    return {hit.product.id for hit in shop.search(per_page=250).hits}


def nearest(shop: Shop, number: int) -> str:
    """The product that is found by the title of one."""
    return shop.search(records(COUNT)[number]["title"], channels="text").hits[0].product.id


def check_moved(shop: Shop, base: str) -> None:
    senses, view = shop.projection.standing.senses, shop.projection.standing.index.view()
    assert senses is not None
    assert senses.base == base
    assert shop.health()["degraded"] == []
    assert "change" not in shop.health()["pack"]
    assert found(shop) == {product.id for batch in shop.store.scan() for product in batch}
    names = sorted(found(shop))
    for space, dim in senses.spaces.items():
        assert {len(row) for row in view.vectors(space, names).values()} <= {dim}
    assert not (shop.folder / "packs" / WANTED).exists()


def kept_rows(shop: Shop, fingerprint: str) -> int:
    with shop.store.reading() as connection:
        query = "SELECT count(*) FROM vectors WHERE fingerprint = ?"
        return connection.exec_driver_sql(query, (fingerprint,)).scalar_one()


@contextmanager
def halted(monkeypatch: pytest.MonkeyPatch, *, after: int) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Let a change wait before a batch: give what is set when it waits, and what lets it go on."""
    waits, goes_on = threading.Event(), threading.Event()
    encode, batches = encoding.ThisProcess.rows, iter(range(10_000))

    def slow(self: Any, maker: Any, items: Any) -> Any:
        if next(batches) == after:
            waits.set()
            assert goes_on.wait(60)
        return encode(self, maker, items)

    monkeypatch.setattr(encoding.ThisProcess, "rows", slow)
    try:
        yield waits, goes_on
    finally:
        goes_on.set()


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def resumed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Open a shop, and wait until what it goes on with in the background is over."""
    monkeypatch.setattr(pack_change, "RESUME_AFTER_SECONDS", 0.0)
    shop = Shop.open(folder)
    timer = shop._change._timer
    if timer.ident is not None:
        timer.join(60)
    return shop


def test_a_shop_moves_to_another_pack_and_keeps_it(folder: Path, library: PackLibrary, feed: Path) -> None:
    base = library.find("tiny").fingerprint
    with Shop.open(folder) as shop:
        before = shop.projection.standing.senses
        assert before is not None
        fingerprint = shop.use_pack("tiny")
        senses = shop.projection.standing.senses
        assert senses is not None
        assert senses.fingerprint == fingerprint
        check_moved(shop, base)
        assert [nearest(shop, number) for number in (0, 7, 29)] == ["p000", "p007", "p029"]
        assert kept_rows(shop, senses.row_fingerprints["image"]) == COUNT
        assert kept_rows(shop, senses.row_fingerprints["text"]) == COUNT
        assert kept_rows(shop, before.row_fingerprints["image"]) == 0
    with Shop.open(folder) as shop:
        assert "rebuilt_because" not in shop.health()["index"]
        assert shop.health()["pack"] == {"fingerprint": fingerprint, "base": base}
    with Shop.open(folder.parent / "twin", pack="tiny") as twin:
        twin.ingest(feed)
        assert twin.health()["pack"] == {"fingerprint": fingerprint, "base": base}


def test_a_pack_that_is_in_use_already_costs_nothing(shop: Shop, seen: dict[str, int]) -> None:
    first = shop.use_pack("tiny")
    seen.update(image=0, text=0)
    assert shop.use_pack("tiny") == first
    assert seen == {"image": 0, "text": 0}


def test_a_shop_goes_back_to_what_it_learns_alone(shop: Shop) -> None:
    before = shop.health()["pack"]["fingerprint"]
    shop.use_pack("tiny")
    assert shop.use_pack("catalogue") == before
    check_moved(shop, "")


def test_every_item_is_encoded_once(shop: Shop, seen: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.projection.packs, "fit", fit_without_texts(shop.projection.packs.fit, seen))
    shop.use_pack("tiny")
    assert seen == {"image": COUNT, "text": COUNT}


def fit_without_texts(fit: Callable[..., Any], seen: dict[str, int]) -> Callable[..., Any]:
    """A fit whose look at a sample of texts is not counted."""

    def uncounted(*given: Any, **named: Any) -> Any:
        before = dict(seen)
        senses = fit(*given, **named)
        assert seen["image"] == before["image"]
        seen.update(before)
        return senses

    return uncounted


def test_a_pack_outside_the_library_is_added_to_it(shop: Shop, library: PackLibrary, tmp_path: Path) -> None:
    pack = base_pack(tmp_path / "made", name="mine")
    shop.use_pack(str(pack.folder))
    check_moved(shop, pack.fingerprint)
    assert library.find("mine").fingerprint == pack.fingerprint


def damaged(library: PackLibrary) -> str:
    file = library.folder / "tiny" / "text.onnx"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    return "tiny"


def unlicensed(library: PackLibrary) -> str:
    manifest = library.folder / "tiny" / "pack.toml"
    manifest.write_text(manifest.read_text().replace("Apache-2.0", "unknown"))
    return "tiny"


def wrong_dimension(library: PackLibrary) -> str:
    return str(base_pack_with(library, dim=13).folder)


def without_encoder(library: PackLibrary) -> str:
    return str(base_pack_with(library, is_empty=True).folder)


def base_pack_with(library: PackLibrary, *, dim: int = 12, is_empty: bool = False) -> Any:
    from dataclasses import replace

    from tonggan.packs.folder import write_pack

    pack = library.find("tiny")
    parts = {} if is_empty else {name: replace(part, dim=dim) for name, part in pack.parts.items()}
    files = {name: (pack.folder / name).read_bytes() for name in pack.files if name != "card.md"}
    folder = library.folder.parent / "wrong"
    origin = replace(pack.origin, name="wrong")
    return write_pack(folder, origin, parts=parts, weights={}, measures={}, card="# Wrong", files=files)


@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        (damaged, NotReadyError, "text.onnx is damaged"),
        (unlicensed, NotReadyError, "gives no right"),
        (wrong_dimension, NotReadyError, "12 dimensions, the manifest says 13"),
        (without_encoder, InputError, "has no encoder"),
        (lambda _: "none-such", NotFoundError, "Unknown pack 'none-such'"),
        (lambda _: "https://hub.example/tiny", InputError, "is an address"),
    ],
)
def test_a_pack_that_cannot_be_used_changes_nothing(
    shop: Shop, library: PackLibrary, wrong: Callable[[PackLibrary], str], kind: type[Exception], told: str
) -> None:
    before = shop.projection.standing
    with pytest.raises(kind, match=told):
        shop.use_pack(wrong(library))
    assert shop.projection.standing is before
    assert "change" not in shop.health()["pack"]
    assert not (shop.folder / "packs" / WANTED).exists()
    assert "wrong" not in {kept.name for kept in library.list()}


def test_the_version_of_another_shop_is_refused(shop: Shop) -> None:
    shop.use_pack("tiny")
    senses = shop.projection.standing.senses
    assert senses is not None
    with pytest.raises(InputError, match="a shop's own version of 'tiny'"):
        shop.use_pack(str(senses.folder))


@pytest.mark.usefixtures("small_batches")
def test_meanwhile_the_shop_answers_and_takes_writes(
    shop: Shop, library: PackLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with halted(monkeypatch, after=3) as (waits, goes_on):
        changing, outcome = in_thread(lambda: shop.use_pack("tiny"))
        assert waits.wait(60)
        before = shop.health()["pack"]
        assert (before["base"], before["change"]["name"], before["change"]["stage"]) == ("", "tiny", "encode")
        assert nearest(shop, 7) == "p007"
        shop.put([{"id": "new", "title": "purple umbrella"}, {"id": "p001", "title": "green lantern"}])
        assert shop.delete("p002") == ("p002",)
        assert shop.search("umbrella").hits[0].product.id == "new"
        goes_on.set()
        while changing.is_alive():
            assert shop.search("red shirt").found > 0
    assert outcome == [shop.health()["pack"]["fingerprint"]]
    check_moved(shop, library.find("tiny").fingerprint)
    assert shop.search("umbrella").hits[0].product.id == "new"
    assert shop.search("lantern").hits[0].product.id == "p001"
    assert "p002" not in found(shop)


@pytest.mark.usefixtures("small_batches")
def test_a_picture_erased_while_it_is_encoded_leaves_no_row(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    doomed = {product.id: product.media[0].checksum for batch in shop.store.scan() for product in batch}
    encode = encoding.ThisProcess.rows

    def erase_first(self: Any, maker: Any, items: Any) -> Any:
        made = list(encode(self, maker, items))
        gone = [name for name, checksum in doomed.items() if checksum in items][:1]
        shop.delete(gone)
        return iter(made)

    monkeypatch.setattr(encoding.ThisProcess, "rows", erase_first)
    shop.use_pack("tiny")
    senses = shop.projection.standing.senses
    assert senses is not None
    assert shop.store.count() < COUNT
    assert kept_rows(shop, senses.row_fingerprints["image"]) == shop.store.count()


@pytest.mark.usefixtures("small_batches")
def test_a_change_that_a_close_has_stopped_goes_on_at_the_next_open(
    folder: Path, library: PackLibrary, seen: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop.open(folder)
    with halted(monkeypatch, after=5) as (waits, goes_on):
        changing, outcome = in_thread(lambda: shop.use_pack("tiny"))
        assert waits.wait(60)
        claims = shop._change._claims
        closing, _ = in_thread(shop.close)
        while shop._change._claims == claims:
            pass
        goes_on.set()
        changing.join()
        closing.join()
    assert isinstance(outcome[0], ConflictError)
    assert (folder / "packs" / WANTED).exists()
    assert seen == {"image": 0, "text": 6 * 4}
    with Shop.open(folder) as waiting:
        assert waiting.health()["pack"]["change"]["stage"] == "waiting"
        assert nearest(waiting, 7) == "p007"
    with resumed(folder, monkeypatch) as shop:
        check_moved(shop, library.find("tiny").fingerprint)
    assert seen == {"image": COUNT, "text": 2 * COUNT}, "each once, and the sample of the fit"


def test_a_kill_between_the_swap_and_its_note_is_a_finished_swap(
    folder: Path, library: PackLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(_: str) -> None:
        shutil.copytree(folder, folder.with_name("killed"), ignore=shutil.ignore_patterns("writer.lock"))
        raise Killed

    with Shop.open(folder) as shop:
        monkeypatch.setattr(shop.projection.packs.notes, "use", kill)
        with pytest.raises(Killed):
            shop.use_pack("tiny")
    with resumed(folder.with_name("killed"), monkeypatch) as shop:
        assert "rebuilt_because" not in shop.health()["index"]
        check_moved(shop, library.find("tiny").fingerprint)


@pytest.mark.usefixtures("small_batches")
def test_the_latest_wish_counts(shop: Shop, library: PackLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    with halted(monkeypatch, after=2) as (waits, goes_on):
        changing, outcome = in_thread(lambda: shop.use_pack("tiny"))
        assert waits.wait(60)
        claims = shop._change._claims
        wishing, later = in_thread(lambda: shop.use_pack("other"))
        while shop._change._claims == claims:
            pass
        goes_on.set()
        changing.join()
        wishing.join()
    assert isinstance(outcome[0], ConflictError)
    assert later == [shop.health()["pack"]["fingerprint"]]
    check_moved(shop, library.find("other").fingerprint)


@pytest.mark.usefixtures("small_batches")
def test_what_could_not_be_kept_stops_the_change_and_not_the_shop(
    shop: Shop, library: PackLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, batches = shop.store.put_vectors, iter(range(10_000))

    def full(fingerprint: str, rows: Any) -> None:
        if next(batches) == 3:
            raise DiskFullError("The disk is full.", remedy="Free some space.")
        put(fingerprint, rows)

    monkeypatch.setattr(shop.store, "put_vectors", full)
    with pytest.raises(DiskFullError):
        shop.use_pack("tiny")
    change = shop.health()["pack"]["change"]
    assert (change["stage"], change["reason"]) == ("failed", "The disk is full. Free some space.")
    assert nearest(shop, 7) == "p007"
    shop.use_pack("tiny")
    check_moved(shop, library.find("tiny").fingerprint)


def test_a_base_that_is_gone_leaves_words_and_says_how_to_get_it_back(
    folder: Path, library: PackLibrary, seen: dict[str, int], feed: Path
) -> None:
    with Shop.open(folder) as shop:
        fingerprint = shop.use_pack("tiny")
    (library.folder / "tiny").rename(library.folder.parent / "elsewhere")
    with Shop.open(folder) as shop:
        pack = shop.health()["pack"]
        assert "'tiny', which is not here" in pack["lacking"]
        assert "tonggan packs get tiny" in pack["lacking"]
        assert shop.health()["degraded"] == ["encoders"]
        answer = shop.search("red shirt")
        assert (answer.degraded, answer.hits[0].product.title[:9]) == (("text",), "red shirt")
        shop.put([{"id": "new", "title": "purple umbrella"}])
        assert shop.search("umbrella").hits[0].product.id == "new"
    (library.folder.parent / "elsewhere").rename(library.folder / "tiny")
    seen.update(image=0, text=0)
    with Shop.open(folder) as shop:
        assert shop.health()["pack"] == {"fingerprint": fingerprint, "base": library.find("tiny").fingerprint}
        assert seen == {"image": 0, "text": 1}
        assert len(found(shop)) == COUNT + 1


def test_a_base_whose_model_is_damaged_leaves_words_too(folder: Path, library: PackLibrary) -> None:
    with Shop.open(folder) as shop:
        fingerprint = shop.use_pack("tiny")
    model = library.folder / "tiny" / "text.onnx"
    content = model.read_bytes()
    model.write_bytes(content[:-1])
    with Shop.open(folder) as shop:
        assert "text.onnx has" in shop.health()["pack"]["lacking"]
        assert shop.search("red shirt").degraded == ("text",)
        with pytest.raises(NotReadyError, match=r"text\.onnx"):
            shop.projection.rebuild(is_refitting=True)
    model.write_bytes(content)
    with Shop.open(folder) as shop:
        assert shop.health()["pack"]["fingerprint"] == fingerprint


def test_a_damaged_version_is_fitted_anew_on_the_same_base(folder: Path, library: PackLibrary) -> None:
    with Shop.open(folder) as shop:
        fingerprint = shop.use_pack("tiny")
    weights = folder / "packs" / fingerprint / "rating.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with Shop.open(folder) as shop:
        check_moved(shop, library.find("tiny").fingerprint)
        assert shop.health()["pack"]["fingerprint"] == fingerprint


def test_a_shop_that_starts_with_a_pack_that_is_not_here_answers_by_words(
    tmp_path: Path, library: PackLibrary, feed: Path
) -> None:
    with Shop.open(tmp_path / "new", pack="none-such") as shop:
        assert shop.ingest(feed).accepted == COUNT
        assert shop.search("red shirt").degraded == ("text",)
        assert "Unknown pack 'none-such'" in shop.health()["pack"]["lacking"]
        shop.use_pack("tiny")
        check_moved(shop, library.find("tiny").fingerprint)
        assert "lacking" not in shop.health()["pack"]


def test_a_base_that_was_upgraded_is_moved_to_in_the_background(
    folder: Path, library: PackLibrary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Shop.open(folder) as shop:
        shop.use_pack("tiny")
    library.remove("tiny")
    newer = base_pack(tmp_path / "made", revision="2")
    library.add(newer.folder)
    with Shop.open(folder) as shop:
        assert shop.search("red shirt").degraded == ("text",)
    with resumed(folder, monkeypatch) as shop:
        check_moved(shop, newer.fingerprint)
        assert "lacking" not in shop.health()["pack"]


def test_an_empty_shop_takes_a_pack_before_its_products(tmp_path: Path, library: PackLibrary, feed: Path) -> None:
    with Shop.open(tmp_path / "new") as shop:
        shop.use_pack("tiny")
        shop.ingest(feed)
        check_moved(shop, library.find("tiny").fingerprint)
        assert nearest(shop, 7) == "p007"


def test_rows_made_beforehand_are_not_made_again(shop: Shop, seen: dict[str, int]) -> None:
    report = shop.encode(pack="tiny", modalities="image")
    assert (report.encoded, report.unreadable, report.products) == ({"image": COUNT}, 0, COUNT)
    assert seen == {"image": COUNT, "text": 0}
    shop.projection.rebuild(is_refitting=True)
    assert shop.encode(pack="tiny").encoded == {"image": 0, "text": COUNT}
    shop.use_pack("tiny")
    assert seen["image"] == COUNT
    assert shop.encode().encoded == {"image": 0, "text": 0}


def test_what_cannot_be_encoded_beforehand_is_named(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Unknown modality 'voice'; known: image, text"):
        shop.encode(modalities="voice")
    with pytest.raises(InputError, match="packs use catalogue"):
        shop.encode(pack="catalogue")
    with Shop.open(tmp_path / "empty") as empty, pytest.raises(NotReadyError, match="it has no products"):
        empty.encode()


def test_a_lost_picture_is_counted_and_costs_no_more(shop: Shop) -> None:
    checksum = shop.get("p003").media[0].checksum
    shop.picture_path(checksum).unlink()
    shop.picture_path(shop.get("p004").media[0].checksum).write_bytes(b"no picture")
    report = shop.encode(pack="tiny")
    assert (report.encoded, report.unreadable) == ({"image": COUNT - 2, "text": COUNT}, 2)
    shop.use_pack("tiny")
    assert len(found(shop)) == COUNT


def test_rows_of_a_pack_are_those_of_its_encoder(shop: Shop, library: PackLibrary) -> None:
    shop.use_pack("tiny")
    senses, view = shop.projection.standing.senses, shop.projection.standing.index.view()
    assert senses is not None
    picture = shop.media.open_picture(shop.get("p003").media[0].checksum)
    np.testing.assert_allclose(view.vectors("image", ["p003"])["p003"], senses.encode_pictures([picture])[0], atol=1e-5)
