from __future__ import annotations

import hashlib
import shutil
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from packs.hub_server import HubServer, hub_server
from tonggan.errors import DiskFullError, InputError, NotFoundError, NotReadyError
from tonggan.packs import fetching
from tonggan.packs.fetching import download
from tonggan.packs.published import PublishedPack

WEIGHTS = bytes(range(256)) * 20_000
"""Several pieces of transfer."""

SETTINGS = b'{"hidden_size": 4}'

ROW = PublishedPack(
    name="toy",
    what="a test",
    source="someone/toy",
    revision="refs/pr/1",
    licence="MIT",
    size_bytes_approximate=len(WEIGHTS) + len(SETTINGS),
    languages=("en",),
    dim=4,
    modalities=("text",),
    layout="model2vec",
    files=("config.json", "model.safetensors"),
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PAUSES_SECONDS", (0.0, 0.0))
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as server:
        server.files = {"config.json": SETTINGS, "model.safetensors": WEIGHTS}
        server.redirected = {"model.safetensors"}
        yield server


def environ(hub: HubServer, **more: str) -> dict[str, str]:
    return {"HF_ENDPOINT": f"{hub.url}/", **more}


def sent(hub: HubServer) -> list[tuple[str, str]]:
    """Path and range of each request that asked for content."""
    return [(path, asked) for method, path, asked in hub.asked if method == "GET"]


def test_the_files_of_the_row_are_fetched_at_its_revision_and_nothing_else(hub: HubServer, tmp_path: Path) -> None:
    folder = download(ROW, tmp_path / "files", environ=environ(hub))
    assert folder == tmp_path / "files"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == hub.files
    assert hub.asked[0] == ("HEAD", "/someone/toy/resolve/refs%2Fpr%2F1/config.json", "")


def test_the_listener_is_told_every_byte_of_all_files(hub: HubServer, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    download(ROW, tmp_path, environ=environ(hub), listener=lambda done, total: told.append((done, total)))
    total = len(WEIGHTS) + len(SETTINGS)
    assert told == sorted(told)
    assert told[-1] == (total, total)


def test_a_broken_transfer_goes_on_where_it_stopped(hub: HubServer, tmp_path: Path) -> None:
    hub.break_after = [len(SETTINGS), 1_000_000, 2_000_000]
    download(ROW, tmp_path, environ=environ(hub))
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    assert [asked for path, asked in sent(hub) if path.startswith("/storage/")] == [
        "", "bytes=1000000-", "bytes=3000000-"
    ]  # fmt: skip


def test_a_transfer_that_keeps_breaking_is_left_for_the_next_call(hub: HubServer, tmp_path: Path) -> None:
    hub.break_after = [len(SETTINGS), 700, 0, 0, 0]
    with pytest.raises(NotReadyError, match=r"700 of 5,120,000 bytes of model.safetensors are here. Run the same"):
        download(ROW, tmp_path, environ=environ(hub))
    assert not (tmp_path / "model.safetensors").exists()
    hub.asked.clear()
    hub.break_after = []
    download(ROW, tmp_path, environ=environ(hub))
    assert sent(hub) == [
        ("/someone/toy/resolve/refs%2Fpr%2F1/model.safetensors", "bytes=700-"),
        ("/storage/model.safetensors", "bytes=700-"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_a_hub_that_sends_the_whole_again_is_understood(hub: HubServer, tmp_path: Path) -> None:
    hub.break_after = [len(SETTINGS), 700]
    hub.ignores_ranges = True
    told: list[int] = []
    download(ROW, tmp_path, environ=environ(hub), listener=lambda done, total: told.append(done))
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    assert told[-1] == len(WEIGHTS) + len(SETTINGS)


def test_what_is_there_already_is_not_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    download(ROW, tmp_path, environ=environ(hub))
    hub.asked.clear()
    download(ROW, tmp_path, environ=environ(hub))
    assert sent(hub) == []


def test_what_was_begun_of_another_version_is_not_gone_on_with(hub: HubServer, tmp_path: Path) -> None:
    hub.break_after = [len(SETTINGS), 700, 0, 0, 0]
    with pytest.raises(NotReadyError):
        download(ROW, tmp_path, environ=environ(hub))
    hub.files["model.safetensors"] = WEIGHTS[::-1]
    hub.break_after = []
    download(ROW, tmp_path, environ=environ(hub))
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS[::-1]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_wrong_checksum_is_refused_and_nothing_of_the_file_is_kept(hub: HubServer, tmp_path: Path, name: str) -> None:
    hub.etags[name] = "0" * (64 if name == "model.safetensors" else 40)
    with pytest.raises(NotReadyError, match=rf"{name} arrived damaged"):
        download(ROW, tmp_path, environ=environ(hub))
    assert not list(tmp_path.glob(f"{name}*"))


def test_small_files_are_checked_by_the_hash_of_git(hub: HubServer, tmp_path: Path) -> None:
    hub.etags["config.json"] = hashlib.sha1(b"blob %d\0" % len(SETTINGS) + SETTINGS).hexdigest()
    assert (download(ROW, tmp_path, environ=environ(hub)) / "config.json").read_bytes() == SETTINGS


def test_a_checksum_of_the_table_is_believed_before_the_hub(hub: HubServer, tmp_path: Path) -> None:
    known = hashlib.sha256(WEIGHTS).hexdigest()
    row = replace(ROW, checksums={"model.safetensors": known})
    hub.files["model.safetensors"] = WEIGHTS[::-1]
    with pytest.raises(NotReadyError, match=r"The hub has another model.safetensors"):
        download(row, tmp_path, environ=environ(hub))
    assert sent(hub) == []
    hub.etags["model.safetensors"] = ""
    with pytest.raises(NotReadyError, match="arrived damaged"):
        download(row, tmp_path, environ=environ(hub))


def test_a_missing_file_is_named_with_repository_and_revision(hub: HubServer, tmp_path: Path) -> None:
    del hub.files["model.safetensors"]
    with pytest.raises(NotFoundError, match=r"answers 404 for model.safetensors of someone/toy at refs/pr/1"):
        download(ROW, tmp_path, environ=environ(hub))
    assert not list(tmp_path.iterdir())


def test_a_busy_hub_is_asked_again(hub: HubServer, tmp_path: Path) -> None:
    hub.statuses = [503, 429]
    assert download(ROW, tmp_path, environ=environ(hub)) == tmp_path
    hub.statuses = [503] * 3
    with pytest.raises(NotReadyError, match=r"answers 503. Try again later"):
        download(ROW, tmp_path / "again", environ=environ(hub))


def test_a_circle_of_redirects_ends(hub: HubServer, tmp_path: Path) -> None:
    hub.location = f"{hub.url}/someone/toy/resolve/x/config.json"
    with pytest.raises(NotReadyError, match="redirects in a circle"):
        download(ROW, tmp_path, environ=environ(hub))
    assert len(hub.asked) == 5


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_no_web_address_is_not_followed(hub: HubServer, tmp_path: Path, location: str) -> None:
    hub.location = location
    with pytest.raises(NotReadyError, match="redirects to what is not http"):
        download(ROW, tmp_path, environ=environ(hub))


def test_a_file_larger_than_promised_is_not_kept(hub: HubServer, tmp_path: Path) -> None:
    hub.extra["model.safetensors"] = b"more"
    with pytest.raises(NotReadyError, match=r"goes on after the 5,120,000 bytes"):
        download(ROW, tmp_path, environ=environ(hub))
    assert not (tmp_path / "model.safetensors").exists()


def test_more_than_the_table_announces_is_not_fetched(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"offers 5,120,018 bytes for toy, where about 1,000,000 were expected"):
        download(replace(ROW, size_bytes_approximate=1_000_000), tmp_path, environ=environ(hub))
    assert sent(hub) == []


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_fetched(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(DiskFullError, match=r"needs 10,240,036 bytes"):
        download(ROW, tmp_path, environ=environ(hub))
    assert sent(hub) == []


@pytest.mark.parametrize("name", ["../config.json", "a/b.json", ".netrc", "C:\\x.json", "model.bin", "model.pt", ""])
def test_an_unsafe_file_name_is_refused_before_anything_is_asked(hub: HubServer, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not fetched"):
        download(replace(ROW, files=(name,)), tmp_path, environ=environ(hub))
    assert hub.asked == []


def test_offline_asks_nobody_and_says_what_works(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match=r"HF_HUB_OFFLINE is set.* default pack works .* --from"):
        download(ROW, tmp_path, environ=environ(hub, HF_HUB_OFFLINE="1"))
    assert hub.asked == []


def test_without_a_network_one_line_says_so_and_another_what_works(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError) as refusal:
        download(ROW, tmp_path, environ={"HF_ENDPOINT": "http://127.0.0.1:9"})
    assert refusal.value.message == "127.0.0.1:9 cannot be reached."
    assert refusal.value.remedy.startswith("The default pack works without")


@pytest.mark.parametrize("endpoint", ["file:///models", "huggingface.co", "https://user:secret@hub.example"])
def test_an_endpoint_that_is_no_hub_is_refused(tmp_path: Path, endpoint: str) -> None:
    with pytest.raises(InputError, match="HF_ENDPOINT"):
        download(ROW, tmp_path, environ={"HF_ENDPOINT": endpoint})


def test_a_folder_stands_in_for_the_network(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(SETTINGS)
    with pytest.raises(NotFoundError, match=r"lacks model.safetensors of someone/toy"):
        download(ROW, tmp_path / "target", from_folder=tmp_path)
    (tmp_path / "model.safetensors").write_bytes(WEIGHTS)
    assert download(ROW, tmp_path / "target", from_folder=tmp_path) == tmp_path
    assert not (tmp_path / "target").exists()


def test_a_folder_with_other_weights_is_refused(tmp_path: Path) -> None:
    for name, content in (("config.json", SETTINGS), ("model.safetensors", b"other")):
        (tmp_path / name).write_bytes(content)
    row = replace(ROW, checksums={"model.safetensors": hashlib.sha256(WEIGHTS).hexdigest()})
    with pytest.raises(NotReadyError, match=r"model.safetensors is not that of someone/toy"):
        download(row, tmp_path / "target", from_folder=tmp_path)
