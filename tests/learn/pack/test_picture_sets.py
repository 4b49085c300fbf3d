"""Sets of pictures: tables, folders, splits, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from learn.pack.toy_pictures import save_square, write_set, write_table
from tonggan.errors import InputError, NotFoundError
from tonggan.learn.pack.picture_sets import HELD_OUT_SHARE, PictureSet, Sample, read_samples, read_sets

TABLE = PictureSet("set/set.csv", "CC0-1.0", label="name", words=["name"], group="person")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_set(tmp_path / "set")
    return tmp_path


def samples(root: Path, **changed: object) -> list[Sample]:
    return read_samples(root, {"toy": replace(TABLE, **changed)})


def test_a_row_of_a_table_is_a_sample_with_spoken_words(root: Path) -> None:
    first = samples(root)[0]
    path = root / "set" / "red-0.png"
    assert first == Sample(path, "toy", "red-square", "red square", "person 0", 1)
    assert path.exists()


def test_sets_may_share_labels_and_be_seen_more_often(root: Path) -> None:
    first = samples(root, label_set="shapes", repeat=8)[0]
    assert (first.label_set, first.repeat) == ("shapes", 8)


def test_words_of_many_columns_are_joined_and_sentences_stay_as_they_are(tmp_path: Path) -> None:
    rows = [{"image": "a.png", "fine": "Golden-Delicious", "coarse": "", "said": "A Yellow Apple, 1-A"}]
    write_table(tmp_path / "set.csv", rows)
    toy = PictureSet("set.csv", "MIT", words=["fine", "coarse", "said"])
    (sample,) = read_samples(tmp_path, {"toy": toy})
    assert sample.words == "golden delicious. A Yellow Apple, 1-A"
    assert (sample.label, sample.group) == ("", "")


def test_nothing_is_held_out_unless_the_set_says_so(root: Path) -> None:
    assert not any(sample.is_held_out for sample in samples(root))


def test_the_tail_of_each_label_is_held_out(root: Path) -> None:
    held = [sample for sample in samples(root, held_out="tail") if sample.is_held_out]
    assert Counter(sample.label for sample in held) == {
        f"{colour}-square": round(8 * HELD_OUT_SHARE) for colour in ("red", "green", "blue")
    }
    assert {sample.path.stem[-1] for sample in held} == {"6", "7"}


def test_a_group_is_held_out_whole_or_not_at_all(tmp_path: Path) -> None:
    write_set(tmp_path / "set", each=120, people=40)
    by_group: dict[str, set[bool]] = {}
    for sample in samples(tmp_path, held_out="groups"):
        by_group.setdefault(sample.group, set()).add(sample.is_held_out)
    assert all(len(sides) == 1 for sides in by_group.values())
    held = sum(sides == {True} for sides in by_group.values())
    assert 40 * HELD_OUT_SHARE / 2 <= held <= 40 * HELD_OUT_SHARE * 2


def test_who_is_held_out_does_not_depend_on_who_else_is_there(tmp_path: Path) -> None:
    write_set(tmp_path / "few" / "set", people=4)
    write_set(tmp_path / "many" / "set", people=8)
    few, many = (samples(tmp_path / name, held_out="groups") for name in ("few", "many"))
    sides = {sample.group: sample.is_held_out for sample in many}
    assert all(sides[sample.group] == sample.is_held_out for sample in few)


def test_a_folder_without_a_table_takes_labels_from_its_subfolders(tmp_path: Path) -> None:
    for name in ("red/a.png", "red/b.JPG", "blue/c.webp", "d.jpeg"):
        save_square(tmp_path / "photos" / name, "red")
    (tmp_path / "photos" / "notes.txt").write_text("not a picture", encoding="utf-8")
    toy = PictureSet("photos", "MIT", label="label", words=["label"])
    found = read_samples(tmp_path, {"toy": toy})
    assert {(str(sample.path.relative_to(tmp_path / "photos")), sample.label, sample.words) for sample in found} == {
        ("blue/c.webp", "blue", "blue"),
        ("d.jpeg", "", ""),
        ("red/a.png", "red", "red"),
        ("red/b.JPG", "red", "red"),
    }


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"set/set\.csv is not there"):
        samples(tmp_path)


@pytest.mark.parametrize("changed", [{"label": "nom"}, {"words": ["name", "nom"]}, {"image": "nom"}, {"group": "nom"}])
def test_a_column_that_the_table_has_not_is_refused_with_those_it_has(root: Path, changed: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"set\.csv: Unknown column 'nom'; known: image, name, person"):
        samples(root, **changed)


def test_the_sets_of_the_default_pack_name_licence_and_attribution() -> None:
    sets = read_sets()
    assert len(sets) >= 4
    for name, row in sets.items():
        assert row.licence, name
        assert row.attribution, name
        assert row.licence.lower() not in ("none", "unknown"), name


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            '[toy]\ntable = "a.csv"\nlicence = "MIT"\nheld_out = "half"',
            "Unknown split 'half'; known: groups, none, tail",
        ),
        ('[toy]\ntable = "a.csv"\nlicence = "MIT"\ncolour = "red"', "set 'toy': .*colour"),
        ('[toy]\ntable = "a.csv"', "set 'toy': .*licence"),
        ("[toy", "is not TOML"),
        ("toy = 1", "set 'toy'"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    table = tmp_path / "sets.toml"
    table.write_text(row, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read_sets(table)
