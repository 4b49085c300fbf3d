from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tonggan.errors import InputError
from tonggan.packs.fetching import ACCEPTED_SUFFIXES
from tonggan.packs.manifest import LARGEST_BYTES
from tonggan.packs.published import FREE_LICENCES, UNKNOWN_LICENCE, PublishedPack, published, published_pack

LAYOUTS = {"siglip", "clip", "chinese-clip", "open-clip", "bert-sentence", "model2vec"}


@pytest.mark.parametrize("row", published().values(), ids=lambda row: row.name)
def test_every_row_can_be_fetched_and_never_changes(row: PublishedPack) -> None:
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", row.source)
    assert re.fullmatch(r"[0-9a-f]{40}", row.revision)
    assert all(name.endswith(ACCEPTED_SUFFIXES) and "/" not in name for name in row.files)
    assert sum(name.endswith(".safetensors") for name in row.files) == 1
    assert 1_000_000 < row.size_bytes_approximate < LARGEST_BYTES


@pytest.mark.parametrize("row", published().values(), ids=lambda row: row.name)
def test_every_row_says_what_it_is(row: PublishedPack) -> None:
    assert row.layout in LAYOUTS
    assert row.what
    assert row.languages
    assert row.dim > 0
    assert set(row.modalities) <= {"text", "image"}
    assert row.licence in FREE_LICENCES | {UNKNOWN_LICENCE}


@pytest.mark.parametrize("row", published().values(), ids=lambda row: row.name)
def test_checksums_are_sha256_of_files_of_the_row(row: PublishedPack) -> None:
    assert set(row.checksums) <= set(row.files)
    assert all(re.fullmatch(r"[0-9a-f]{64}", sha256) for sha256 in row.checksums.values())


def test_a_licence_is_free_only_when_it_is_known_to_be() -> None:
    row = published_pack("siglip2-base")
    assert row.has_free_licence
    assert not replace(row, licence="CC-BY-NC-4.0").has_free_licence
    assert not replace(row, licence=UNKNOWN_LICENCE).has_free_licence


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"Unknown published pack 'siglip2'; .* Did you mean 'siglip2-base'\?"):
        published_pack("siglip2")
