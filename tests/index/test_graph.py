"""The neighbour graph: near enough, never trusted further than it is checked, and never a reason to wait."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tonggan.index import Entry, IndexSchema, View, neighbours, zvec_index
from tonggan.index.graph import COLLECTION, MARKER, Graph
from tonggan.index.zvec_index import ZvecIndex
from tonggan.records import Condition

DIM = 32
SCHEMA = IndexSchema({"text": DIM}, {"title": 1.0}, "graph")


def clustered(count: int, *, seed: int = 0) -> np.ndarray:
    """Vectors of norm 1 in groups of about thirty, as products of one kind are."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((max(count // 30, 1), DIM))
    vectors = centres[draw.integers(0, len(centres), count)] + 0.6 * draw.standard_normal((count, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def entries(count: int, *, seed: int = 0, start: int = 0) -> list[Entry]:
    return [
        Entry(f"p{number:05}", texts={"share": shares(number)}, vectors={"text": vector})
        for number, vector in enumerate(clustered(count, seed=seed), start=start)
    ]


def shares(number: int) -> tuple[str, ...]:
    return tuple(f"1/{share}" for share in (2, 100, 1000) if number % share == 0)


@pytest.fixture
def always_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the graph for small shops too, whatever a scan would cost."""
    monkeypatch.setattr(zvec_index, "GRAPH_FROM", 100)
    monkeypatch.setattr(zvec_index, "PENDING_AT_MOST", 1_000_000)
    monkeypatch.setattr(neighbours, "GRAPH_COST", 0)
    monkeypatch.setattr(neighbours, "GRAPH_START_COST", -1_000_000)


@pytest.fixture
def index(always_graph: None, tmp_path: Path) -> Iterator[ZvecIndex]:
    made = ZvecIndex.create(str(tmp_path / "index"), SCHEMA)
    made.apply(entries(6000), position=1)
    made.optimize(wait=True)
    yield made
    made.close()


def recall(view: View, within: np.ndarray | None) -> float:
    """Share of the ten truly nearest that are found, over forty queries."""
    among = view.select() if within is None else within
    found = []
    for query in clustered(40, seed=7):
        nearest = among[np.argsort(-view.similarity("text", query, among), kind="stable")[:10]]
        rows, _ = view.nearest("text", query, k=10, within=within)
        found.append(len(set(nearest.tolist()) & set(rows.tolist())) / len(nearest))
    return float(np.mean(found))


def test_recall_is_high_without_and_with_filters(index: ZvecIndex) -> None:
    view = index.view()
    assert index._graphs["text"].covered == 6000
    assert recall(view, None) >= 0.95
    for share in ("1/2", "1/100", "1/1000"):
        assert recall(view, view.select(Condition("share", "=", (share,)))) >= 0.95


def test_selective_filters_are_exact_at_their_true_costs(index: ZvecIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    view = index.view()
    for share in ("1/100", "1/1000"):
        assert recall(view, view.select(Condition("share", "=", (share,)))) == 1.0


def test_rows_beyond_the_graph_are_found(index: ZvecIndex) -> None:
    fresh = entries(300, seed=5, start=6000)
    index.apply(fresh, position=2)
    assert index._graphs["text"].covered == 6000
    for entry in fresh[:20]:
        rows, scores = index.view().nearest("text", entry.vectors["text"], k=3)
        assert index.view().ids(rows)[0] == entry.product_id
        assert scores[0] == pytest.approx(1.0)


def test_dead_rows_do_not_take_the_places_of_live_ones(index: ZvecIndex) -> None:
    view = index.view()
    query = clustered(1, seed=3)[0]
    nearest = view.ids(view.nearest("text", query, k=60)[0])
    index.apply([], nearest[:50], position=2)
    rows, _ = index.view().nearest("text", query, k=10)
    assert index.view().ids(rows) == nearest[50:60]


def test_a_product_whose_vector_stays_keeps_its_place_in_the_graph(index: ZvecIndex) -> None:
    before = entries(6000)[17]
    index.apply([Entry(before.product_id, numbers={"price": 1.0}, vectors=before.vectors)], position=2)
    assert len(index._contents.matrices["text"]) == 6000
    rows, _ = index.view().nearest("text", before.vectors["text"], k=1)
    assert index.view().numbers("price", rows).tolist() == [1.0]


def test_a_reopened_graph_is_used(index: ZvecIndex, tmp_path: Path) -> None:
    query = clustered(1, seed=3)[0]
    expected = index.view().ids(index.view().nearest("text", query, k=10)[0])
    index.checkpoint()
    index.close()
    again = ZvecIndex.open(str(tmp_path / "index"), SCHEMA)
    assert again._graphs["text"].covered == 6000
    assert again.view().ids(again.view().nearest("text", query, k=10)[0]) == expected
    again.close()


@pytest.mark.parametrize("damage", ["no marker", "half-written", "ahead of the checkpoint", "no collection"])
def test_a_graph_in_doubt_is_dropped_and_answers_stay_exact(index: ZvecIndex, tmp_path: Path, damage: str) -> None:
    index.checkpoint()
    if damage == "ahead of the checkpoint":
        index.apply(entries(200, seed=5, start=6000), position=2)
        index.optimize(wait=True)
    index.close()
    folder = tmp_path / "index" / "graph-0-0"
    if damage == "no marker":
        (folder / MARKER).unlink()
    elif damage == "half-written":
        (folder / MARKER).write_text("0000")
    elif damage == "no collection":
        next(folder.glob(f"{COLLECTION}*")).rename(folder / "elsewhere")
    again = ZvecIndex.open(str(tmp_path / "index"), SCHEMA)
    assert again._graphs["text"].covered == 0
    assert recall(again.view(), None) == 1.0
    again.optimize(wait=True)
    assert again._graphs["text"].covered == 6000
    again.close()


def test_searching_goes_on_while_the_graph_is_built_dropped_and_closed(tmp_path: Path) -> None:
    graph, vectors = Graph(tmp_path / "graph", DIM), clustered(2000)
    is_done = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not is_done.is_set():
                found = graph.search(vectors[0], k=5)
                assert len(found) in (0, 5)
        except BaseException as error:
            failures.append(error)

    searcher = threading.Thread(target=search)
    searcher.start()
    for _ in range(3):
        graph.cover(vectors[:1000], threads=1)
        graph.cover(vectors, threads=1)
        graph.drop()
    is_done.set()
    searcher.join()
    assert failures == []


def test_a_stop_ends_the_linking_process_and_leaves_the_graph_as_it_was(tmp_path: Path) -> None:
    graph, vectors = Graph(tmp_path / "graph", DIM), clustered(60_000)
    graph.cover(vectors[:500], threads=1)
    linking = threading.Thread(target=graph.cover, args=(vectors,), kwargs={"threads": 1})
    linking.start()
    while graph._linking is None:
        linking.join(0.01)
    graph.stop()
    linking.join()
    assert graph.covered == 500
    assert len(graph.search(vectors[0], k=5)) == 5
    graph.close()


def test_a_linking_process_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="ended with 1"):
        Graph(tmp_path / "graph", DIM).cover(clustered(300), threads=1)


def test_a_graph_that_cannot_be_built_is_done_without(index: ZvecIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no room")

    index.apply(entries(200, seed=5, start=6000), position=2)
    monkeypatch.setattr(Graph, "cover", fail)
    index.optimize(wait=True)
    assert "no room" in index.graph_failure
    assert recall(index.view(), None) == 1.0
