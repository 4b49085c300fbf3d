from __future__ import annotations

from tonggan.understand.names.catalogue_names import NamedValue
from tonggan.understand.names.gazetteer import Gazetteer
from tonggan.understand.retail_words import retail_words


def values_of(gazetteer: Gazetteer, key: str) -> set[str]:
    return {meaning.value for meaning in gazetteer.lookup(key)}


def test_a_word_of_the_lexicon_means_the_catalogue_s_value_of_its_row() -> None:
    shop = Gazetteer.of([NamedValue("category", "category", "Audio > Headphones", 9, ("headphones",))], retail_words())
    assert values_of(shop, "耳机") == {"Audio > Headphones"}


def test_what_one_catalogue_means_by_a_word_is_not_known_to_another() -> None:
    Gazetteer.of([NamedValue("category", "category", "Audio > Headphones", 9, ("headphones",))], retail_words())
    assert values_of(Gazetteer.of([], retail_words()), "耳机") == {""}


def test_words_that_mean_nothing_in_the_catalogue_stay_as_the_lexicon_has_them() -> None:
    alone = Gazetteer.of([], retail_words())
    shop = Gazetteer.of([NamedValue("category", "category", "Audio > Headphones", 9, ("headphones",))], retail_words())
    same = [key for key in alone.names if shop.names.get(key) == alone.names[key]]
    assert 0.99 * len(alone.names) < len(same) < len(alone.names)
