from __future__ import annotations

import numpy as np

from tonggan.encode.svd import SparseRows, truncated_svd


def sparse(dense: np.ndarray) -> SparseRows:
    rows = [(np.flatnonzero(row), row[np.flatnonzero(row)].astype(np.float32)) for row in dense]
    return SparseRows.of(rows, width=dense.shape[1])


def random_counts(rows: int, columns: int) -> np.ndarray:
    generator = np.random.default_rng(1)
    return (generator.random((rows, columns)) < 0.05) * generator.random((rows, columns)).astype(np.float32)


def test_the_product_equals_the_dense_one_with_empty_rows_in_between() -> None:
    dense = random_counts(3000, 400)
    dense[[0, 7, 2999]] = 0
    other = np.random.default_rng(2).standard_normal((400, 5)).astype(np.float32)
    np.testing.assert_allclose(sparse(dense).times(other), dense @ other, atol=1e-4)
    np.testing.assert_allclose(sparse(dense).transposed().times(dense), dense.T @ dense, atol=1e-3)


def test_singular_values_and_vectors_equal_those_of_numpy() -> None:
    generator = np.random.default_rng(0)
    dense = (generator.standard_normal((200, 8)) * 2.0 ** -np.arange(8)) @ generator.standard_normal((8, 60))
    singular, vectors = truncated_svd(sparse(dense), 5)
    expected = np.linalg.svd(dense)
    np.testing.assert_allclose(singular, expected.S[:5], rtol=1e-3)
    np.testing.assert_allclose(np.abs(np.sum(vectors * expected.Vh[:5].T, axis=0)), 1, atol=1e-3)


def test_the_rank_is_that_of_the_matrix_at_most() -> None:
    one = np.ones((4, 6), np.float32)
    assert truncated_svd(sparse(one), 5)[1].shape == (6, 1)
    assert truncated_svd(sparse(np.zeros((4, 6), np.float32)), 5)[1].shape == (6, 0)
    assert truncated_svd(sparse(np.zeros((0, 0), np.float32)), 5)[1].shape == (0, 0)
