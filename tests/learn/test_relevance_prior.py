"""What small shops teach of relevance: which queries they answer, and the model that ships."""

from __future__ import annotations

import numpy as np
import pytest

from tonggan.learn.relevance_examples import Example, Stocked, examples_of, kind_of
from tonggan.learn.relevance_prior import ANSWERABLE_DOUBTED, Table, held_out, learn_prior, table_of
from tonggan.rank.answer_signals import SIGNAL_NAMES


def stocked(name: str, *titles: str) -> Stocked:
    return Stocked(name, name, [{"id": str(at), "title": title} for at, title in enumerate(titles)])


FURNITURE = stocked("furniture", "Oak Dining Table", "Grey Velvet Sofa", "Tall Floor Lamp")
KITCHEN = stocked("kitchen", "Blue Stoneware Mug", "Carbon Frying Pan", "Grey Velvet Cushion")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Oak Dining Table with Drawers", ("oak", "dining table")),
        ("Romantic Rose Vase Set", ("romantic rose", "vase")),
        ("Quux Blarg", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_kind_ends_the_core_of_a_title(title: str, expected: tuple[str, str]) -> None:
    assert kind_of(title) == expected


def test_a_shop_answers_what_it_sells_and_not_what_its_neighbour_sells() -> None:
    found = {(each.shop, each.kind): each.is_relevant for each in examples_of([FURNITURE, KITCHEN])}
    asked = [("furniture", "sofa"), ("kitchen", "mug"), ("furniture", "mug"), ("kitchen", "sofa")]
    assert [found[each] for each in asked] == [True, True, False, False]


def test_other_names_of_a_kind_are_the_kind() -> None:
    found = list(examples_of([stocked("one", "Grey Sofa"), stocked("two", "Grey Couch")]))
    assert {each.is_relevant for each in found} == {True}


def test_nobody_is_asked_where_names_cannot_say() -> None:
    found = {
        (each.shop, each.kind) for each in examples_of([stocked("one", "Gaming Chair"), stocked("two", "Office Chair")])
    }
    assert ("one", "office chair") not in found


def test_the_same_seed_draws_the_same_queries() -> None:
    first, second = (list(examples_of([FURNITURE, KITCHEN], seed=3)) for _ in range(2))
    assert first == second


def a_table(count: int = 400) -> Table:
    """Three sources of which the first signal tells labels apart."""
    labels = np.arange(count) % 2 > 0
    rows = np.random.default_rng(0).normal(size=(count, len(SIGNAL_NAMES)))
    rows[:, 0] += 2.0 * labels
    examples = [Example(f"shop {at % 3}", f"source {at % 3}", "", "", bool(label)) for at, label in enumerate(labels)]
    return table_of(list(rows), examples)


def test_every_shop_and_label_counts_the_same() -> None:
    table = a_table()
    sums = [table.weights[(table.sources == source) & (table.labels == label)].sum()
            for source in set(table.sources) for label in (True, False)]  # fmt: skip
    assert sums == pytest.approx([len(table.labels) / 6] * 6)


def test_no_more_answerable_queries_are_doubted_than_may_be() -> None:
    table = a_table()
    model = learn_prior(table, penalty=1.0)
    doubted = np.interp(held_out(table, penalty=1.0), model.knots, model.levels) < model.threshold
    assert table.weights[doubted & table.labels].sum() <= ANSWERABLE_DOUBTED * table.weights[table.labels].sum()
    assert doubted[~table.labels].mean() > 0.2
