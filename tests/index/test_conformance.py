"""One suite for every index adapter; `exact` is also the oracle that the others are compared with."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.index_questions import (
    FILTERS,
    HOSTILE,
    WORD_SCORE_TOLERANCE,
    assert_same_answers,
    assert_same_match,
    assert_same_neighbours,
)
from index.index_shop import DIM, SCHEMA, make_entries, make_entry, product_ids
from tonggan.errors import ConflictError, InputError, NotReadyError
from tonggan.index import ADAPTERS, Entry, Index, IndexAdapter, IndexSchema, index_adapter
from tonggan.index.scoring import K1, B, inverse_document_frequency
from tonggan.records import AllOf, Condition, Not, SortKey


@pytest.fixture(params=sorted(ADAPTERS))
def adapter(request: pytest.FixtureRequest) -> IndexAdapter:
    return index_adapter(request.param)


@pytest.fixture
def index(adapter: IndexAdapter, tmp_path: Path) -> Iterator[Index]:
    made = adapter.create(str(tmp_path / "index"), SCHEMA)
    yield made
    made.close()


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[Index]:
    made = index_adapter("exact").create(str(tmp_path / "oracle"), SCHEMA)
    yield made
    made.close()


def fill(*indexes: Index, count: int = 200) -> None:
    for one in indexes:
        one.apply(make_entries(count), position=1)


def test_an_empty_index_has_nothing(index: Index) -> None:
    view = index.view()
    assert (view.position, view.count, len(view.select())) == (0, 0, 0)
    assert len(view.match({"red": 1.0}).rows) == 0
    assert len(view.nearest("text", np.ones(DIM), k=5)[0]) == 0
    assert view.rows(["p0001"]).tolist() == []
    assert view.order(view.select(), np.zeros(0, dtype=np.float32), ()).tolist() == []


def test_all_answers_are_those_of_the_oracle(index: Index, oracle: Index) -> None:
    fill(index, oracle)
    assert_same_answers(index.view(), oracle.view())


def test_answers_stay_right_through_updates_and_deletes(index: Index, oracle: Index) -> None:
    draw = np.random.default_rng(0)
    for position in range(1, 15):
        seed = int(draw.integers(0, 3))
        changed = [make_entry(int(number), seed=seed) for number in draw.integers(0, 120, size=draw.integers(0, 40))]
        deleted = [f"p{number:04}" for number in draw.integers(0, 120, size=6)]
        for one in (index, oracle):
            one.apply(changed, deleted, position=position)
        assert_same_answers(index.view(), oracle.view())


def test_optimized_scores_are_those_of_a_fresh_build(index: Index, oracle: Index) -> None:
    for start in range(0, 200, 10):
        index.apply(make_entries(10, start=start), position=start + 1)
        index.apply(make_entries(3, start=start, seed=1), ["p0005"], position=start + 1)
    final = {f"p{number:04}": make_entry(number) for number in range(200)}
    for start in range(0, 200, 10):
        final |= {f"p{number:04}": make_entry(number, seed=1) for number in range(start, start + 3)}
    del final["p0005"]
    oracle.apply(list(final.values()), position=191)
    index.optimize(wait=True)
    for fields in ((), ("title",), ("description",)):
        terms = {"red": 1.0, "手机": 0.3, "desk": 2.0}
        assert_same_match(index.view(), oracle.view(), terms, fields, tolerance=1e-5)


def test_a_score_is_bm25f(index: Index) -> None:
    first = Entry("a", terms={"title": ["red", "dress"], "description": ["red", "red"]})
    index.apply([first, Entry("b", terms={"title": ["phone", "case"]})], position=1)
    match = index.view().match({"red": 2.0})
    title = 3.0 * 1 / (1 - B + B * 2 / 2)
    description = 1.0 * 2 / (1 - B + B * 2 / 1)
    weighted = title + description
    assert match.scores.tolist() == pytest.approx([2.0 * np.log(1 + 1.5 / 1.5) * weighted / (K1 + weighted)], rel=1e-5)


def test_coverage_is_the_share_of_rarity_that_is_found(index: Index) -> None:
    index.apply([Entry("a", terms={"title": ["red"]}), Entry("b", terms={"title": ["red", "phone"]})], position=1)
    red, phone = (inverse_document_frequency(frequency, 2) for frequency in (2, 1))
    match = index.view().match({"red": 1.0, "phone": 1.0})
    assert match.coverage.tolist() == pytest.approx([red / (red + phone), 1.0], rel=1e-5)


def test_a_term_that_nobody_has_lowers_coverage(index: Index) -> None:
    index.apply([Entry("a", terms={"title": ["red"]})], position=1)
    assert 0 < index.view().match({"red": 1.0, "unheard": 1.0}).coverage[0] < 0.5


def test_more_terms_than_a_byte_has_bits_are_covered_wholly(index: Index) -> None:
    words = [f"word{number}" for number in range(20)]
    index.apply([Entry("a", terms={"title": words}), Entry("b", terms={"title": words[9:10]})], position=1)
    match = index.view().match(dict.fromkeys(words, 1.0))
    assert match.coverage[0] == pytest.approx(1.0)
    assert 0 < match.coverage[1] < 1 / 20


def test_chinese_words_are_found(index: Index) -> None:
    index.apply([Entry("裙", terms={"title": ["红色", "连衣裙"]}), Entry("机", terms={"title": ["手机"]})], position=1)
    view = index.view()
    assert view.ids(view.match({"连衣裙": 1.0}).rows) == ["裙"]
    assert view.document_frequency(["手机", "红色", "无"]) == [1, 1, 0]


def test_the_score_of_a_field_is_that_of_its_words_alone(index: Index) -> None:
    index.apply(
        [
            Entry("a", terms={"title": ["red", "dress"], "description": ["red", "red"]}),
            Entry("b", terms={"title": ["blue", "shirt"], "description": ["red", "lamp"]}),
            Entry("c", terms={"title": ["phone", "case"], "description": ["lamp", "desk"]}),
        ],
        position=1,
    )
    index.optimize(wait=True)
    view = index.view()
    rarity = inverse_document_frequency(2, 3)
    title, once, twice = (weight * rarity / (K1 + weight) for weight in (3.0, 1.0, 2.0))
    wanted = {"a": [title, twice], "b": [0.0, once], "c": [0.0, 0.0]}
    rows = view.rows(["a", "b", "c"])
    scores = view.field_scores({"red": 1.0}, rows)
    assert (scores.shape, scores.dtype) == ((3, 2), np.float32)
    assert scores == pytest.approx(np.array([wanted[name] for name in view.ids(rows)]), rel=1e-5)


def test_field_scores_are_those_of_the_oracle(index: Index, oracle: Index) -> None:
    fill(index, oracle)
    index.apply(make_entries(30, start=200), product_ids(make_entries(20)), position=2)
    oracle.apply(make_entries(30, start=200), product_ids(make_entries(20)), position=2)
    terms = {"red": 1.0, "连衣裙": 0.5, "unheard": 1.0}
    wanted = oracle.view().select()
    expected = dict(zip(oracle.view().ids(wanted), oracle.view().field_scores(terms, wanted), strict=True))
    rows = index.view().select()[::3]
    for name, scores in zip(index.view().ids(rows), index.view().field_scores(terms, rows), strict=True):
        assert scores == pytest.approx(expected[name], rel=WORD_SCORE_TOLERANCE)


def test_field_scores_add_up_to_no_less_than_the_match(index: Index) -> None:
    fill(index)
    index.optimize(wait=True)
    match = index.view().match({"red": 1.0, "phone": 2.0})
    assert (index.view().field_scores({"red": 1.0, "phone": 2.0}, match.rows).sum(axis=1) >= match.scores - 1e-5).all()


def test_field_scores_of_no_row_and_of_no_word_are_empty_and_zero(index: Index) -> None:
    fill(index)
    view = index.view()
    assert view.field_scores({"red": 1.0}, view.rows([])).shape == (0, 2)
    assert not view.field_scores({}, view.select()).any()
    with pytest.raises(InputError, match="weight"):
        view.field_scores({"red": -1.0}, view.select())


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_below_zero_or_no_number_is_refused(index: Index, weight: float) -> None:
    with pytest.raises(InputError, match="weight"):
        index.view().match({"red": weight})


def test_a_deleted_product_is_nowhere(index: Index) -> None:
    fill(index)
    index.apply([], ["p0003"], position=2)
    view = index.view()
    assert view.rows(["p0003"]).tolist() == []
    assert "p0003" not in view.ids(view.match({"red": 1.0, "blue": 1.0, "dress": 1.0}).rows)
    assert "p0003" not in view.ids(view.nearest("text", make_entry(3).vectors["text"], k=200)[0])
    assert view.count == len(view.select()) == 199


def test_an_update_replaces_everything(index: Index) -> None:
    index.apply(
        [Entry("a", {"title": ["old"]}, {"brand": ("Old",)}, {"price": 1.0}, {"text": np.eye(DIM)[0]})], position=1
    )
    index.apply([Entry("a", {"title": ["new"]}, {"tags": ("new",)}, {}, {})], position=2)
    view = index.view()
    assert view.count == 1
    assert len(view.match({"old": 1.0}).rows) == 0
    assert view.values("brand", view.select()) == [()]
    assert np.isnan(view.numbers("price", view.select())).all()
    assert view.vectors("text", ["a"]) == {}
    assert len(view.nearest("text", np.eye(DIM)[0], k=1)[0]) == 0


def test_the_last_entry_of_an_id_in_a_batch_counts(index: Index) -> None:
    index.apply([Entry("a", {"title": ["one"]}), Entry("a", {"title": ["two"]})], position=1)
    assert index.view().document_frequency(["one", "two"]) == [0, 1]


def test_applying_a_batch_again_changes_nothing(index: Index, oracle: Index) -> None:
    fill(index, oracle)
    fill(index)
    assert_same_answers(index.view(), oracle.view())


def test_a_view_stays_as_it_was(index: Index, oracle: Index) -> None:
    fill(index, oracle)
    view = index.view()
    index.apply(make_entries(50, seed=5), product_ids(make_entries(20, start=100)), position=2)
    index.optimize(wait=True)
    index.checkpoint()
    assert_same_answers(view, oracle.view())
    assert view.rows(["p0001"]).tolist() == [1]


def test_values_that_fold_alike_are_one_value(index: Index) -> None:
    brands = ("Apple", "ＡＰＰＬＥ", " apple ", "Sony")
    index.apply([Entry(f"p{place}", texts={"brand": (brand,)}) for place, brand in enumerate(brands)], position=1)
    view = index.view()
    assert view.facet("brand", view.select(), limit=10) == {"Apple": 3, "Sony": 1}
    assert len(view.select(Condition("brand", "=", ("APPLE",)))) == 3


def test_a_facet_count_is_the_number_of_results_it_shows(index: Index) -> None:
    fill(index)
    view = index.view()
    for name in ("brand", "tags", "price"):
        for tree in FILTERS:
            rows = view.select(tree)
            for value, count in view.facet(name, rows, limit=1000).items():
                assert len(view.select(AllOf((tree, Condition(name, "=", (value,)))))) == count


def test_products_without_a_value_pass_only_what_is_negative(index: Index) -> None:
    index.apply([Entry("bare"), Entry("full", texts={"brand": ("A",)}, numbers={"price": 1.0})], position=1)
    view = index.view()
    positive = [
        Condition("brand", "=", ("A",)),
        Condition("brand", "~", ("a",)),
        Condition("price", "<", ("9",)),
        Condition("price", "=", ("1",)),
    ]
    for tree in positive:
        assert view.ids(view.select(tree)) == ["full"]
        assert view.ids(view.select(Not(tree))) == ["bare"]
    for name, value in (("brand", "A"), ("price", "1")):
        assert view.ids(view.select(Condition(name, "!=", (value,)))) == ["bare"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("usb", "a"),
        ("USB 2m", "a"),
        ("us", ""),
        ("数据", "ab"),
        ("线 usb", "a"),
        ("c++", "ac"),
        ("++", "c"),
        ("", "abc"),
    ],
)
def test_words_are_contained_as_words_and_han_anywhere(index: Index, wanted: str, found: str) -> None:
    names = {"a": "USB-C数据线 2m", "b": "大数据", "c": "C ++"}
    index.apply([Entry(name, texts={"name": (value,)}) for name, value in names.items()], position=1)
    view = index.view()
    assert view.ids(view.select(Condition("name", "~", (wanted,)))) == list(found)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_only_values(index: Index, value: str) -> None:
    index.apply([Entry("a", texts={"brand": (value,)}), Entry("b", texts={"brand": ("plain",)})], position=1)
    view = index.view()
    assert view.ids(view.select(Condition("brand", "=", (value,)))) == ["a"]
    assert view.ids(view.select(Condition("brand", "!=", (value,)))) == ["b"]
    assert len(view.select(Condition("brand", "~", (value,)))) >= 1
    assert view.facet("brand", view.select(), limit=9)[value] == 1
    assert view.rows([value]).tolist() == []


def test_a_hostile_id_is_only_an_id(index: Index) -> None:
    index.apply([Entry(value, terms={"title": [value]}) for value in HOSTILE if value], position=1)
    view = index.view()
    for value in filter(None, HOSTILE):
        assert view.ids(view.rows([value])) == [value]
        assert view.ids(view.select(Condition("id", "=", (value,)))) == [value]
        assert view.ids(view.match({value: 1.0}).rows) == [value]


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        (Condition("brnd", "=", ("x",)), "Did you mean 'brand'"),
        (Condition("brand", "<", ("5",)), "holds text"),
        (Condition("price", "<", ("cheap",)), "'cheap'"),
        (Condition("price", "=", ("nan",)), "'nan'"),
        (Condition("price", "..", ("1",)), "takes 2"),
        (Condition("price", "~", ("1",)), "holds numbers"),
        (Condition("id", "~", ("1",)), "= and != only"),
        (Condition("price", "=~", ("1",)), "Unknown operator"),  # type: ignore[arg-type]
        (AllOf((Not(Condition("x" * 10_000, "=", ("1",))),)), "Unknown field"),
    ],
)  # fmt: skip
def test_a_filter_that_means_nothing_is_refused(index: Index, tree: AllOf | Condition, says: str) -> None:
    fill(index)
    with pytest.raises(InputError, match=says) as caught:
        index.view().select(tree)
    assert len(str(caught.value)) < 500


def test_a_filter_nested_without_end_is_refused(index: Index) -> None:
    fill(index)
    tree: Not | Condition = Condition("brand", "=", ("x",))
    for _ in range(900):
        tree = Not(tree)
    with pytest.raises(InputError, match="deeper"):
        index.view().select(tree)


def test_unknown_names_are_refused_with_the_known_ones(index: Index) -> None:
    fill(index)
    view = index.view()
    rows = view.select()
    scores = np.zeros(len(rows), dtype=np.float32)
    asked = [
        lambda: view.facet("brnd", rows, limit=1),
        lambda: view.numbers("prise", rows),
        lambda: view.values("brnd", rows),
        lambda: view.statistics("brand", rows),
        lambda: view.order(rows, scores, (SortKey("prise"),)),
        lambda: view.match({"red": 1.0}, fields=("titel",)),
        lambda: view.nearest("txt", np.ones(DIM), k=1),
        lambda: view.similarity("txt", np.ones(DIM), rows),
        lambda: view.vectors("txt", ["p0001"]),
        lambda: index.apply([Entry("a", terms={"titel": ["x"]})], position=9),
        lambda: index.apply([Entry("a", vectors={"txt": np.ones(DIM)})], position=9),
    ]
    for question in asked:
        with pytest.raises(InputError, match="known:"):
            question()
    assert index.view().position == 1


@pytest.mark.parametrize("vector", [np.ones(DIM + 1), np.full(DIM, np.nan), np.ones((1, DIM))])
def test_a_vector_of_another_shape_or_without_numbers_is_refused(index: Index, vector: np.ndarray) -> None:
    with pytest.raises(InputError, match="vector"):
        index.apply([Entry("good"), Entry("bad", vectors={"text": vector})], position=1)
    with pytest.raises(InputError, match="vector"):
        index.view().nearest("text", vector, k=1)
    assert index.view().count == 0


def test_equal_neighbours_come_in_row_order(index: Index) -> None:
    vector = make_entry(1).vectors["text"]
    index.apply([Entry(f"p{number}", vectors={"text": vector}) for number in range(30)], position=1)
    rows, scores = index.view().nearest("text", vector, k=10)
    assert rows.tolist() == list(range(10))
    assert scores.tolist() == pytest.approx([1.0] * 10)


def test_a_zero_vector_is_no_vector(index: Index) -> None:
    index.apply([Entry("a", vectors={"text": np.zeros(DIM)})], position=1)
    view = index.view()
    assert np.isnan(view.similarity("text", np.ones(DIM), view.select())).all()
    assert len(view.nearest("text", np.ones(DIM), k=3)[0]) == 0


def test_orders_put_missing_values_last_and_break_ties_by_id(index: Index) -> None:
    entries = [
        Entry("c", numbers={"price": 5.0}),
        Entry("b"),
        Entry("a", numbers={"price": 5.0}),
        Entry("d", numbers={"price": 9.0}),
    ]
    index.apply(entries, position=1)
    view = index.view()
    rows, scores = view.select(), np.zeros(4, dtype=np.float32)
    assert view.ids(view.order(rows, scores, (SortKey("price", descending=True),))) == ["d", "a", "c", "b"]
    assert view.ids(view.order(rows, scores, (SortKey("price", descending=False),))) == ["a", "c", "d", "b"]
    assert view.ids(view.order(rows, np.array([-1, 3, -1, 0.5], dtype=np.float32), ())) == ["b", "d", "a", "c"]


def test_a_reopened_index_answers_the_same(adapter: IndexAdapter, oracle: Index, tmp_path: Path) -> None:
    index = adapter.create(str(tmp_path / "index"), SCHEMA)
    fill(index, oracle)
    for one in (index, oracle):
        one.apply(make_entries(30, seed=4), ["p0150"], position=2)
    index.optimize(wait=True)
    index.checkpoint()
    index.close()
    index = adapter.open(str(tmp_path / "index"), SCHEMA)
    assert_same_answers(index.view(), oracle.view(), tolerance=1e-5)
    for one in (index, oracle):
        one.apply(make_entries(60, seed=7, start=40), ["p0001"], position=3)
    assert_same_answers(index.view(), oracle.view())
    index.close()


def test_what_came_after_the_checkpoint_is_replayed(adapter: IndexAdapter, oracle: Index, tmp_path: Path) -> None:
    index = adapter.create(str(tmp_path / "index"), SCHEMA)
    fill(index, oracle)
    index.checkpoint()
    index.apply(make_entries(20, seed=9), position=2)
    index.close()
    index = adapter.open(str(tmp_path / "index"), SCHEMA)
    assert index.view().position == 1
    for one in (index, oracle):
        one.apply(make_entries(30, seed=3), position=2)
    assert_same_answers(index.view(), oracle.view())
    index.close()


def test_an_index_that_is_not_there_is_not_opened(adapter: IndexAdapter, tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="no index"):
        adapter.open(str(tmp_path / "nowhere"), SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        IndexSchema(SCHEMA.spaces, SCHEMA.word_fields, "b"),
        IndexSchema({"text": DIM}, SCHEMA.word_fields, "a"),
        IndexSchema(SCHEMA.spaces, {"title": 1.0}, "a"),
    ],
)
def test_an_index_of_another_schema_is_not_opened(adapter: IndexAdapter, tmp_path: Path, schema: IndexSchema) -> None:
    adapter.create(str(tmp_path), SCHEMA).close()
    with pytest.raises(NotReadyError, match="built"):
        adapter.open(str(tmp_path), schema)
    adapter.open(str(tmp_path), SCHEMA).close()


def test_lost_cut_and_damaged_files_are_noticed(adapter: IndexAdapter, tmp_path: Path) -> None:
    index = adapter.create(str(tmp_path / "whole"), SCHEMA)
    fill(index)
    index.checkpoint()
    index.close()
    names = sorted(path.name for path in (tmp_path / "whole").iterdir() if path.is_file() and path.name != "LOCK")
    assert names
    for name in names:
        content = (tmp_path / "whole" / name).read_bytes()
        place = min(len(content) // 3, 500)
        damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        for kept in (None, content[:place], damaged):
            if kept is None:
                (tmp_path / "whole" / name).unlink()
            else:
                (tmp_path / "whole" / name).write_bytes(kept)
            with pytest.raises(NotReadyError):
                adapter.open(str(tmp_path / "whole"), SCHEMA)
        (tmp_path / "whole" / name).write_bytes(content)
    adapter.open(str(tmp_path / "whole"), SCHEMA).close()


def test_a_second_holder_is_told_the_process_of_the_first(adapter: IndexAdapter, index: Index, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match=r"process \d+"):
        adapter.open(str(tmp_path / "index"), SCHEMA)


def test_a_closed_index_takes_no_changes(index: Index) -> None:
    index.close()
    index.close()
    with pytest.raises(NotReadyError, match="closed"):
        index.apply([], position=2)


def test_readers_never_see_half_a_batch(index: Index) -> None:
    """Every batch gives all fifty products one price; a reader who sees two prices saw half a batch."""
    seen: list[int] = []
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            view = index.view()
            rows = view.select()
            prices = set(view.numbers("price", rows).tolist()) if len(rows) else {0.0}
            words = len(view.match({"red": 1.0}).rows)
            seen.append(len(prices) if len(rows) == words == view.count else -1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for price in range(60):
        entries = [Entry(f"p{number}", {"title": ["red"]}, {}, {"price": float(price)}) for number in range(50)]
        index.apply(entries, position=price)
    is_done.set()
    for reader in readers:
        reader.join()
    assert set(seen) == {1}


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from index.index_shop import SCHEMA, make_entries
from tonggan.index import index_adapter
index = index_adapter({name!r}).open({folder!r}, SCHEMA)
print("ready", flush=True)
for position in range(index.view().position + 1, 10_000):
    changed = make_entries(20, start=position * 7 % 150, seed=position)
    index.apply(changed, ["p%04d" % (position % 200)], position=position)
    if position % 3 == 0:
        index.checkpoint()
"""


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_a_killed_writer_leaves_an_index_that_catches_up(name: str, oracle: Index, tmp_path: Path) -> None:
    folder = str(tmp_path / "index")
    index_adapter(name).create(folder, SCHEMA).close()
    for delay in (0.05, 0.3):
        code = KILLED.format(tests=str(Path(__file__).parents[1]), name=name, folder=folder)
        writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    index = index_adapter(name).open(folder, SCHEMA)
    for position in range(1, index.view().position + 3):
        changes = make_entries(20, start=position * 7 % 150, seed=position), [f"p{position % 200:04}"]
        oracle.apply(*changes, position=position)
        if position > index.view().position:
            index.apply(*changes, position=position)
    index.optimize(wait=True)
    assert_same_answers(index.view(), oracle.view(), tolerance=1e-5)
    index.close()


def test_words_and_neighbours_agree_within_a_filter_of_any_size(index: Index, oracle: Index) -> None:
    fill(index, oracle, count=1000)
    assert_same_match(index.view(), oracle.view(), {"red": 1.0, "lamp": 1.0}, (), tolerance=0.02)
    assert_same_neighbours(index.view(), oracle.view(), "text", make_entry(77).vectors["text"])


def test_alternatives_score_and_cover_the_same_in_every_adapter(index: Index, oracle: Index) -> None:
    for each in (index, oracle):
        each.apply(make_entries(40), position=1)
    terms = {"red": 1.0, "phone": 1.0, "dress": 0.5, "desk": 0.5, "blue": 0.3}
    stands_for = {"dress": "phone", "desk": "phone", "blue": "red"}
    match = index.view().match(terms, stands_for=stands_for)
    wanted = oracle.view().match(terms, stands_for=stands_for)
    assert match.rows.tolist() == wanted.rows.tolist()
    assert match.scores == pytest.approx(wanted.scores, abs=1e-5)
    assert match.coverage == pytest.approx(wanted.coverage, abs=1e-5)
    assert match.coverage.max() <= 1.0


def test_words_that_stand_for_each_other_score_as_the_best_of_them(index: Index) -> None:
    index.apply(make_entries(40), position=1)
    joint = index.view().match({"red": 1.0, "phone": 0.8}, stands_for={"phone": "red"})
    alone = [index.view().match({term: weight}) for term, weight in (("red", 1.0), ("phone", 0.8))]
    red, phone = (dict(zip(each.rows.tolist(), each.scores.tolist(), strict=True)) for each in alone)
    assert red.keys() & phone.keys()
    for row, score in zip(joint.rows.tolist(), joint.scores.tolist(), strict=True):
        assert red.get(row, 0.0) - 1e-5 <= score <= max(red.get(row, 0.0), phone.get(row, 0.0)) + 1e-5
