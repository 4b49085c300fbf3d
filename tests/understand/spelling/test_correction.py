"""Spelling by the catalogue's own words: the written cases, and each rule by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tonggan.understand.spelling.correction import MENDED_LIMIT, RARE_RATIO, correct
from tonggan.understand.spelling.vocabulary import Vocabulary
from understand.spelling.small_catalogue import is_known, lexicon, mended, pinyin_index, tokens_of, vocabulary

CASES = Path(__file__).parents[1] / "cases" / "spelling.tsv"
LEAST_RIGHT = 0.95


def corrected(text: str, words: Vocabulary | None = None, **options: int) -> dict[str, str]:
    words = words or vocabulary()
    found = correct(text, tokens_of(text), words, is_known=words.count, **options)
    return {each.text: each.replacement for each in found}


def learnt(*titles: str, names: Sequence[str] = ()) -> Vocabulary:
    return Vocabulary.learn(titles, names=names, lexicon=())


def test_written_cases_are_read_right() -> None:
    header, *lines = CASES.read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["query", "words", "kinds"]
    wrong = []
    for line in lines:
        query, words, kinds = line.split("\t")
        got, found = mended(query)
        if (got, ",".join(each.kind for each in found) or "-") != (words, kinds):
            wrong.append((query, words, got))
    assert len(lines) >= 120
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(lines), wrong


def test_what_was_replaced_is_told_with_its_place() -> None:
    text = "red blutooth speaker"
    (found,) = correct(text, tokens_of(text), vocabulary(), is_known=is_known)
    assert (found.kind, found.key, found.text) == ("spelling", "spelling:blutooth", "blutooth")
    assert text[found.start : found.end] == "blutooth"
    assert found.replacement == "bluetooth"


def test_no_title_of_the_catalogue_is_changed() -> None:
    words = learnt("quiet mixer", "quite a mixer", "sliver tray", "silver tray")
    assert [corrected(text, words) for text in ("quiet mixer", "quite a mixer", "sliver tray", "silver tray")] == [
        {}
    ] * 4


def test_without_typos_allowed_nothing_is_corrected() -> None:
    assert corrected("blutooth", num_typos=0) == {}


def test_with_one_typo_allowed_only_one_edit_is_corrected() -> None:
    words = learnt("quiet refrigerator", *["refrigerator"] * 9)
    assert corrected("refrigeratr", words, num_typos=1) == {"refrigeratr": "refrigerator"}
    assert corrected("refriggeratr", words, num_typos=1) == {}
    assert corrected("refriggeratr", words) == {"refriggeratr": "refrigerator"}


def test_seven_letters_are_only_corrected_by_one_edit() -> None:
    words = learnt(*["mug cushion"] * 20)
    assert [corrected(text, words) for text in ("mgu", "cushoin", "cusoin")] == [{}, {"cushoin": "cushion"}, {}]


def test_the_commoner_of_two_near_words_is_meant() -> None:
    words = learnt("large pot", "large pot", "large port")
    assert corrected("posrt", words) == {"posrt": "port"}
    assert corrected("poot", learnt(*["tin pot"] * 50, "port"), num_typos=1) == {"poot": "pot"}


def test_the_word_that_stands_with_the_others_is_meant() -> None:
    words = learnt("table lamp", "fresh lamb", "warm light")
    beside = {frozenset(("lamp", "table")): 40, frozenset(("lamb", "fresh")): 40}

    def together(asked: Sequence[str]) -> int:
        return beside.get(frozenset(asked), 0)

    def meant(text: str) -> str:
        (found,) = correct(text, tokens_of(text), words, is_known=words.count, together=together)
        return found.replacement

    assert (meant("table lamx"), meant("fresh lamx")) == ("lamp", "lamb")


def test_names_are_never_corrected_word_by_word() -> None:
    words = learnt(*["under armor"] * 3_000, names=("Under Armour",))
    assert corrected("under armour", words) == {}
    assert corrected("under armuor", learnt("boots", names=("Under Armour",))) == {"armuor": "armour"}


def test_a_merchants_own_typo_is_corrected_only_where_the_right_word_is_far_commoner() -> None:
    assert corrected("stainles", learnt("stainles", *["stainless"] * RARE_RATIO)) == {"stainles": "stainless"}
    assert corrected("stainles", learnt("stainles", *["stainless"] * (RARE_RATIO - 1))) == {}
    assert corrected("stainles", learnt("stainles", "stainles", *["stainless"] * RARE_RATIO)) == {}


def test_a_plural_of_one_title_stays() -> None:
    assert corrected("cabinets", learnt("cabinets", *["cabinet"] * RARE_RATIO)) == {}


def test_words_written_together_are_left_to_the_parts() -> None:
    assert corrected("phonecase", learnt(*["phone case"] * 30, "phonecast")) == {}


def test_parts_of_a_known_word_are_left_to_be_joined() -> None:
    assert corrected("blue toothe", learnt("bluetoothe", "tooth brush")) == {}


def test_tokens_that_are_left_out_stay() -> None:
    text = "blutooth speeker"
    found = correct(text, tokens_of(text)[1:], vocabulary(), is_known=is_known)
    assert [each.text for each in found] == ["speeker"]


def test_codes_addresses_and_quoted_text_stay() -> None:
    for text in (
        "botle-7",
        "botle7",
        '"botle"',
        "“botle”",
        "a@botle.com",
        "https://botle",
        "www.botle.net",
        "botle.com",
    ):
        assert corrected(text) == {}, text


def test_unmatched_quotes_protect_nothing() -> None:
    assert corrected('"botle') == {"botle": "bottle"}


def test_a_phrase_of_the_lexicon_is_replaced_in_whole_where_the_catalogue_does_not_write_so() -> None:
    words = Vocabulary.learn(["air fryer"], names=(), lexicon=lexicon())
    text = "air frier"
    (found,) = correct(text, tokens_of(text), words, is_known=words.count)
    assert (found.text, found.replacement) == ("air frier", "air fryer")
    own = Vocabulary.learn(["air frier"], names=(), lexicon=lexicon())
    assert correct(text, tokens_of(text), own, is_known=own.count) == []


def test_a_chinese_misspelling_is_put_right_where_no_title_writes_so() -> None:
    def meant(*titles: str) -> list[str]:
        words = Vocabulary.learn(titles, names=(), lexicon=lexicon())
        found = correct("无线兰牙耳机", tokens_of("无线兰牙耳机"), words, is_known=words.count)
        return [each.replacement for each in found]

    assert meant("蓝牙耳机") == ["蓝牙耳机"]
    assert meant("蓝牙耳机", "兰牙耳机 特价") == []


def test_a_query_in_another_language_is_not_taken_apart() -> None:
    text = " ".join(["botle"] * 30)
    assert len(correct(text, tokens_of(text), vocabulary(), is_known=is_known)) == MENDED_LIMIT


def test_absurd_queries_are_read_without_an_exception() -> None:
    for text in (
        "a" * 10_000,
        '"' * 10_000,
        "a@" * 5_000,
        "na " * 4_000,
        "蓝" * 10_000,
        "\ud800 \x00 \u202e",
        "",
        "ー" * 50,
    ):
        mended(text)


def test_pinyin_of_absurd_length_is_left_alone() -> None:
    assert pinyin_index().starting("zhuang" * 2_000, 5) == []


def test_three_letters_are_a_word_of_four_with_one_left_out_and_nothing_else() -> None:
    def nobody(word: str) -> bool:
        return False

    lamps = Vocabulary.learn(["lamp", "lump", "lap"] * 9, names=(), lexicon=())
    found = correct("lmp lpa", tokens_of("lmp lpa"), lamps, is_known=nobody)
    assert [(each.text, each.replacement) for each in found] == [("lmp", "lamp")]
