"""The feature table says what is true of each candidate, and NaN where it is not known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rank.ranking_shop import make_request, make_view
from tonggan.index import View
from tonggan.index.entries import WORD_FIELDS
from tonggan.index.scoring import K1, inverse_document_frequency
from tonggan.rank.features import FEATURES, NAMES, PLACES, RankingRequest, feature_table, fingerprint
from tonggan.records import Entity


@pytest.fixture
def view(tmp_path: Path) -> View:
    return make_view(tmp_path / "index")


def column(request: RankingRequest, name: str) -> dict[str, float]:
    return dict(zip(request.view.ids(request.rows), feature_table(request)[:, PLACES[name]].tolist(), strict=True))


def test_names_are_unique_and_told_in_both_languages() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert all(feature.english and feature.chinese and feature.group for feature in FEATURES)


def test_the_table_has_a_row_per_candidate_and_a_column_per_feature(view: View) -> None:
    table = feature_table(make_request(view))
    assert (table.shape, table.dtype) == ((3, len(FEATURES)), np.float32)


def test_no_candidate_makes_an_empty_table(view: View) -> None:
    assert feature_table(RankingRequest(view=view, rows=view.rows([]))).shape == (0, len(FEATURES))


def test_words_of_a_field_are_a_share_of_the_most_that_is_possible(view: View) -> None:
    found = column(make_request(view, "lamp"), "words_title")
    weight = WORD_FIELDS["title"] / (1 - 0.5 + 0.5 * 2 / ((4 + 2 + 2) / 3))
    assert found == pytest.approx({"case": 0.0, "phone": 0.0, "lamp": weight / (K1 + weight)}, rel=1e-4)


def test_coverage_counts_terms_by_how_rare_they_are(view: View) -> None:
    common, rare = inverse_document_frequency(2, 3), inverse_document_frequency(1, 3)
    found = column(make_request(view, "red lamp"), "title_coverage")
    total = common + rare
    assert found == pytest.approx({"case": common / total, "phone": common / total, "lamp": rare / total}, rel=1e-5)


def test_an_accessory_is_not_the_thing_itself(view: View) -> None:
    assert column(make_request(view, "phone"), "core_share") == {"case": 0.0, "phone": 1.0, "lamp": 0.0}
    assert column(make_request(view, "case"), "core_end")["case"] == 1.0


def test_words_that_stand_together_are_a_phrase(view: View) -> None:
    found = column(make_request(view, "red phone"), "title_phrase")
    assert found == pytest.approx({"case": 1 / 2, "phone": 2 / 2, "lamp": 0.0})


def test_the_title_share_is_that_of_its_own_words(view: View) -> None:
    assert column(make_request(view, "red phone"), "title_share") == pytest.approx(
        {"case": 2 / 4, "phone": 2 / 2, "lamp": 0.0}
    )


def test_merged_places_count_from_one(view: View) -> None:
    assert column(make_request(view), "merged_rank") == pytest.approx(
        {"phone": np.log2(1 + 1), "case": np.log2(1 + 2), "lamp": np.log2(1 + 3)}
    )


def test_candidates_are_compared_with_the_best_in_meaning(view: View) -> None:
    assert column(make_request(view), "like_best_text") == pytest.approx(
        dict.fromkeys(("case", "phone", "lamp"), 3**-0.5)
    )


def test_ratings_are_drawn_to_the_usual_where_few_rated(view: View) -> None:
    found = column(make_request(view), "rating_bayes")
    assert found["case"] == pytest.approx((4.7 * 312 + 4.0 * 5) / 317, rel=1e-5)
    assert np.isnan(found["lamp"])


def test_prices_stand_beside_the_middle_one(view: View) -> None:
    assert column(make_request(view), "price_relative") == pytest.approx(
        {"case": np.log1p(10) - np.log1p(40), "phone": np.log1p(200) - np.log1p(40), "lamp": 0.0}, abs=1e-6
    )


def test_stock_is_known_or_not(view: View) -> None:
    found = column(make_request(view), "in_stock")
    assert (found["case"], found["phone"]) == (1.0, 0.0)
    assert np.isnan(found["lamp"])


def test_a_brand_that_was_named_matches_or_does_not(view: View) -> None:
    brand = Entity("brand", "acme", 0, 4, value="Acme", field="brand")
    assert column(make_request(view, entities=(brand,)), "brand_match") == {"case": 1.0, "phone": 1.0, "lamp": 0.0}


def test_without_a_brand_in_the_query_its_match_is_not_known(view: View) -> None:
    assert np.isnan(list(column(make_request(view), "brand_match").values())).all()


def test_a_query_of_other_channels_leaves_words_unknown(view: View) -> None:
    rows = view.rows(["phone"])
    table = feature_table(RankingRequest(view=view, rows=rows, merged=np.ones(1, np.float32)))
    assert np.isnan(table[0, PLACES["words_title"]])
    assert table[0, PLACES["title_length"]] == pytest.approx(np.log1p(2))


def test_every_candidate_is_ranked_as_if_it_stood_first(view: View) -> None:
    assert set(column(make_request(view), "position").values()) == {1.0}


def test_a_fingerprint_is_that_of_names_in_order() -> None:
    assert fingerprint(("a", "b")) == fingerprint(["a", "b"])
    assert len({fingerprint(names) for names in (("a", "b"), ("b", "a"), ("ab",), ("a\nb", "c"))}) == 4
