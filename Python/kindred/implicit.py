"""Alternating least squares with the interface of the package implicit (https://github.com/benfred/implicit).

    from kindred.implicit import AlternatingLeastSquares

Code written for implicit's class runs with this one. The objective is the same; factors are solved for in blocks
(iALS++; Rendle, Krichene, Zhang, Koren 2021, https://doi.org/10.48550/arXiv.2110.14044) instead of by a few steps of
conjugate gradients. SciPy is needed for sparse matrices.
"""

from __future__ import annotations

import time
import warnings
from typing import Any, Callable, Optional, Union

import numpy as np

from ._library import ArgumentError, Training, call
from ._progress import ProgressBar
from .data import sparse_rows

#: The score of an item that a list holds only because nothing else is left.
_LEAST = float(-np.finfo(np.float32).max)


class ParameterWarning(UserWarning):
    """A parameter is of another form than the model works best with."""


class ModelFitError(Exception):
    """The factors are not finite."""


class AlternatingLeastSquares:
    """Matrix factorization of implicit feedback by alternating least squares.

    Args:
        factors: The number of factors; from 1 to 4,096.
        regularization: The penalty on the squared length of each row of factors; 0 or more.
        alpha: The factor by which the values are multiplied to give confidences.
        dtype: The type of the factors; they are computed in 32 bits in any case.
        use_native, use_cg: Accepted for compatibility; without effect.
        use_gpu: False, as the model runs on the processor.
        iterations: The number of passes over both sides.
        calculate_training_loss: Whether the loss is computed after each iteration.
        num_threads: The number of threads; 0 takes one per core.
        random_state: A seed, a ``RandomState`` or a ``Generator`` for the start; None for another start each time.
        block_size: The number of factors that are solved for at once, a multiple of 16; 0 solves exactly, as does a
            regularization of 0.

    Attributes:
        user_factors: Shape [users, factors]; None before ``fit``.
        item_factors: Shape [items, factors]; None before ``fit``.
    """

    def __init__(
        self, factors: int = 100, regularization: float = 0.01, alpha: float = 1.0, dtype: Any = np.float32,
        use_native: bool = True, use_cg: bool = True, iterations: int = 15, calculate_training_loss: bool = False,
        num_threads: int = 0, random_state: Any = None, block_size: int = 32,
        use_gpu: bool = False,
    ) -> None:
        if use_gpu:
            raise ArgumentError("Kindred trains on the processor alone; leave out use_gpu")
        if not isinstance(factors, (int, np.integer)) or not 1 <= factors <= 4096:
            raise ArgumentError(f"The number of factors is {factors!r}, and must be from 1 to 4096")
        self.factors = factors
        self.regularization = regularization
        self.alpha = alpha
        self.dtype = np.dtype(dtype)
        self.use_native = use_native
        self.use_cg = use_cg
        self.cg_steps = 3
        self.iterations = iterations
        self.calculate_training_loss = calculate_training_loss
        self.num_threads = num_threads
        self.random_state = random_state
        self.block_size = block_size
        self.fit_callback: Optional[Callable[..., None]] = None
        self.user_factors: Optional[np.ndarray] = None
        self.item_factors: Optional[np.ndarray] = None

    # MARK: Training

    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., None]] = None) -> None:
        """Factorizes a matrix of confidences.

        Args:
            user_items: A SciPy CSR matrix of shape [users, items]; a value below 0 is a dislike. Its columns and values
                are read in place where they are of 32 bits and ``alpha`` is 1; other matrices are converted.
            show_progress: Whether a progress bar is shown.
            callback: Called after each iteration with its number from 0, its seconds, and its loss or None.

        Raises:
            ArgumentError: If the matrix or a parameter is wrong.
            DataError: If the factors grow beyond what a number holds.
        """
        rows, indptr, indices, values = self._confidences(_checked_csr(user_items))
        users, items = rows.shape
        state = _random_state(self.random_state)
        if self.user_factors is None:
            self.user_factors = _start(state, users, self.factors, self.dtype)
        if self.item_factors is None:
            self.item_factors = _start(state, items, self.factors, self.dtype)
        user_factors = np.array(self.user_factors, np.float32, order="C")
        item_factors = np.array(self.item_factors, np.float32, order="C")
        for name, table, count in (("user", user_factors, users), ("item", item_factors, items)):
            if table.shape != (count, self.factors):
                raise ArgumentError(
                    f"The {name} factors have the shape {list(table.shape)}, and the matrix needs "
                    f"{[count, self.factors]}; set them to None")
        losses = np.full(max(1, self.iterations), np.nan, np.float32)
        report = callback or self.fit_callback
        bar = ProgressBar(None if show_progress else False)
        last = time.monotonic()

        def progress(algorithm: Optional[str], is_validating: bool, epoch: int, epochs: int, loss: float) -> None:
            nonlocal last
            bar(algorithm, is_validating, epoch, epochs, loss)
            if algorithm is not None and report is not None:
                now = time.monotonic()
                report(epoch - 1, now - last, loss if loss == loss else None)
                last = now

        try:
            Training(progress).call(
                "als_fit", users, items, indptr, indices, values, self.factors, self.regularization, self._block,
                self.iterations, self.num_threads, user_factors, item_factors,
                losses if self.calculate_training_loss else None)
        finally:
            bar.close()
        self.user_factors = user_factors.astype(self.dtype, copy=False)
        self.item_factors = item_factors.astype(self.dtype, copy=False)

    @property
    def _block(self) -> int:
        # Without a penalty, blocks of factors that depend on each other have no single solution.
        return 0 if self.block_size >= self.factors or self.regularization <= 0 else self.block_size

    def _confidences(self, matrix: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
        rows, indptr, indices, values = sparse_rows(matrix)
        if self.alpha != 1.0:
            values = values * np.float32(self.alpha)
        return rows, indptr, indices, values

    def _solved(self, matrix: Any, others: np.ndarray) -> np.ndarray:
        """The factors of the rows of a matrix, given those of its columns."""
        rows, indptr, indices, values = self._confidences(matrix)
        out = np.zeros((rows.shape[0], self.factors), np.float32)
        if rows.shape[1] > len(others):
            raise ArgumentError(f"The matrix has {rows.shape[1]} columns, and the model knows {len(others)}")
        call(
            "als_solve", rows.shape[0], len(others), indptr, indices, values, self.factors, self.regularization,
            self.num_threads, np.ascontiguousarray(others, np.float32), out)
        return out.astype(self.dtype, copy=False)

    def recalculate_user(self, userid: Any, user_items: Any) -> np.ndarray:
        """The factors of users with these rows of items, without storing them."""
        return self._recalculated(userid, user_items, self.item_factors, "user_items")

    def recalculate_item(self, itemid: Any, item_users: Any) -> np.ndarray:
        """The factors of items with these rows of users, without storing them."""
        return self._recalculated(itemid, item_users, self.user_factors, "item_users")

    def _recalculated(self, ids: Any, matrix: Any, others: Optional[np.ndarray], name: str) -> np.ndarray:
        matrix = _checked_csr(matrix)
        if matrix.shape[0] != (1 if np.isscalar(ids) else len(ids)):
            raise ValueError(f"{name} must contain 1 row for every id")
        solved = self._solved(matrix, self._fitted(others))
        return solved[0] if np.isscalar(ids) else solved

    def partial_fit_users(self, userids: Any, user_items: Any) -> None:
        """Solves for the factors of some users, new ones included, and stores them.

        Args:
            userids: The users, shape [n].
            user_items: A CSR matrix with a row for each of them.
        """
        self.user_factors = self._updated(self.user_factors, userids, user_items, self.recalculate_user)

    def partial_fit_items(self, itemids: Any, item_users: Any) -> None:
        """Solves for the factors of some items, new ones included, and stores them."""
        self.item_factors = self._updated(self.item_factors, itemids, item_users, self.recalculate_item)

    def _updated(self, table: Optional[np.ndarray], ids: Any, matrix: Any, solve: Callable[..., Any]) -> np.ndarray:
        table = self._fitted(table)
        ids = np.asarray(ids)
        if len(ids) != matrix.shape[0]:
            raise ValueError(f"the matrix must contain 1 row for every id, and has {matrix.shape[0]} for {len(ids)}")
        if len(ids) and ids.min() < 0:
            raise IndexError("An id is below 0")
        rows = solve(ids, matrix)
        if len(ids) and ids.max() >= len(table):
            table = np.concatenate([table, np.zeros((ids.max() + 1 - len(table), self.factors), self.dtype)])
        table[ids] = rows
        return table

    @staticmethod
    def _fitted(table: Optional[np.ndarray]) -> np.ndarray:
        if table is None:
            raise ValueError("the model is not fitted; call fit first")
        return table

    # MARK: Lists

    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Recommends items to a user or to several.

        Args:
            userid: A user, or an array of them.
            user_items: A CSR matrix with a row of items per user.
            N: The number of items.
            filter_already_liked_items: Whether the items of the rows are left out.
            filter_items: Items to leave out.
            recalculate_user: Whether the rows give the users' factors, instead of those that were trained.
            items: The only items to rank.

        Returns:
            Items and their scores, shape [N], or [users, N] for several users. Lists that filters leave short end with
            filtered items at the least score.

        Raises:
            IndexError: If an item of ``items`` is not in the model.
            ValueError: If ``user_items`` is no CSR matrix or has another number of rows.
        """
        count = 1 if np.isscalar(userid) else len(userid)
        if filter_already_liked_items or recalculate_user:
            _require_csr(user_items, "user_items")
            if user_items.shape[0] != count:
                raise ValueError("user_items must contain 1 row for every user in userids")
        if recalculate_user:
            queries = self.recalculate_user(userid, user_items)
        else:
            queries = self._fitted(self.user_factors)[userid]
        liked = user_items if filter_already_liked_items else None
        return self._top(np.atleast_2d(queries), self._fitted(self.item_factors), N, np.isscalar(userid),
                         filter_items, items, "items", liked)

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The items most similar to an item or to several, by the cosine of their factors; the item itself is first."""
        factors = self._fitted(self.item_factors)
        queries = self.recalculate_item(itemid, item_users) if recalculate_item else factors[itemid]
        return self._top(_directions(np.atleast_2d(queries)), _directions(factors), N, np.isscalar(itemid),
                         filter_items, items, "items", None)

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None
                      ) -> tuple[np.ndarray, np.ndarray]:
        """The users most similar to a user or to several, by the cosine of their factors; the user itself is first."""
        factors = self._fitted(self.user_factors)
        return self._top(_directions(np.atleast_2d(factors[userid])), _directions(factors), N, np.isscalar(userid),
                         filter_users, users, "users", None)

    def _top(self, queries: np.ndarray, columns: np.ndarray, limit: int, is_single: bool, filtered: Any, chosen: Any,
             noun: str, liked: Any) -> tuple[np.ndarray, np.ndarray]:
        count = len(columns)
        allowed = None
        wanted = count
        if chosen is not None:
            if filtered is not None and len(filtered):
                raise ValueError(f"Can't set both {noun} and filter_{noun}")
            chosen = np.unique(np.asarray(chosen))
            if len(chosen) and (chosen[-1] >= count or chosen[0] < 0):
                raise IndexError(f"Some {noun[:-1]}ids in the {noun} parameter are not in the model")
            allowed, wanted = np.zeros(count, np.uint8), len(chosen)
            allowed[chosen] = 1
        if filtered is not None and len(filtered):
            filtered = np.unique(np.asarray(filtered))
            filtered = filtered[(filtered >= 0) & (filtered < count)]
            allowed = np.ones(count, np.uint8)
            allowed[filtered] = 0
            wanted = count - len(filtered)
        offsets = excluded = None
        if liked is not None:
            _, offsets, excluded, _ = sparse_rows(liked)
            if liked.shape[1] > count and len(excluded) and excluded.max() >= count:
                raise ValueError(f"user_items holds the item {excluded.max()}, and the model knows {count} items")
        limit = max(0, min(int(limit), wanted))
        ids = np.empty((len(queries), limit), np.int32)
        scores = np.empty((len(queries), limit), np.float32)
        call(
            "top_products", len(queries), count, self.factors, np.ascontiguousarray(queries, np.float32),
            np.ascontiguousarray(columns, np.float32), limit, offsets, excluded, allowed, self.num_threads, ids, scores)
        if limit and (ids[:, -1] < 0).any():
            _fill(ids, scores, count if allowed is None else np.flatnonzero(allowed))
        return (ids[0], scores[0]) if is_single else (ids, scores)

    def explain(self, userid: int, user_items: Any, itemid: int, user_weights: Any = None, N: int = 10
                ) -> tuple[float, list[tuple[int, float]], Any]:
        """The contributions of a user's items to the score of an item.

        Args:
            userid: The row of ``user_items``.
            user_items: A CSR matrix of items per user.
            itemid: The item.
            user_weights: The third result of an earlier call for the same user, which makes this one faster.
            N: The number of contributions.

        Returns:
            The score; pairs of an item and its contribution, the greatest first; and ``user_weights``.
        """
        rows, indptr, indices, values = self._confidences(_checked_csr(user_items))
        cells = slice(indptr[userid], indptr[userid + 1])
        columns, confidences = indices[cells], values[cells].astype(np.float64)
        factors = self._fitted(self.item_factors).astype(np.float64)
        if user_weights is None:
            own = factors[columns]
            matrix = factors.T @ factors + self.regularization * np.eye(self.factors)
            matrix += own.T @ ((np.abs(confidences) - 1)[:, None] * own)
            user_weights = np.linalg.pinv(matrix, hermitian=True)
        weighted = user_weights @ factors[itemid]
        contributions = (factors[columns] @ weighted) * np.maximum(confidences, 0)
        order = np.argsort(-contributions, kind="stable")[:N]
        top = [(int(columns[place]), float(contributions[place])) for place in order]
        return float(contributions.sum()), top, user_weights

    # MARK: Files

    def save(self, fileobj_or_path: Any) -> None:
        """Writes an ``.npz`` file, which implicit loads too."""
        arguments = {
            "user_factors": self.user_factors, "item_factors": self.item_factors, "regularization": self.regularization,
            "factors": self.factors, "num_threads": self.num_threads, "iterations": self.iterations,
            "use_native": self.use_native, "use_cg": self.use_cg, "cg_steps": self.cg_steps,
            "calculate_training_loss": self.calculate_training_loss, "dtype": self.dtype.name,
            "random_state": self.random_state if isinstance(self.random_state, (int, np.integer)) else None,
            "alpha": self.alpha, "block_size": self.block_size,
        }
        np.savez(fileobj_or_path, **{name: value for name, value in arguments.items() if value is not None})

    @classmethod
    def load(cls, fileobj_or_path: Any) -> AlternatingLeastSquares:
        """Reads an ``.npz`` file of this class, of implicit, or of ``kindred export --format npz``."""
        if isinstance(fileobj_or_path, str) and not fileobj_or_path.endswith(".npz"):
            fileobj_or_path += ".npz"
        model = cls()
        with np.load(fileobj_or_path, allow_pickle=False) as archive:
            for name in archive.files:
                value = archive[name]
                if value.ndim == 0:
                    value = value.item()
                setattr(model, name, np.dtype(value) if name == "dtype" else value)
        return model

    def to_cpu(self) -> AlternatingLeastSquares:
        """This model, which is on the CPU already."""
        return self


def _random_state(state: Any) -> Any:
    return np.random.default_rng(state) if state is None or isinstance(state, (int, np.integer)) else state


def _start(state: Any, count: int, factors: int, dtype: np.dtype) -> np.ndarray:
    """Small random factors to start from."""
    uniform = state.random((count, factors)) if hasattr(state, "random") else state.random_sample((count, factors))
    return (uniform * 0.01).astype(dtype)


def _require_csr(matrix: Any, name: str) -> None:
    if getattr(matrix, "format", None) != "csr":
        raise ValueError(f"{name} needs to be a CSR sparse matrix")


def _checked_csr(matrix: Any) -> Any:
    if not hasattr(matrix, "tocsr"):
        raise ArgumentError(f"A {type(matrix).__name__} is no sparse matrix of SciPy")
    if getattr(matrix, "format", None) != "csr":
        warnings.warn(
            f"Method expects CSR input, and was passed {type(matrix).__name__} instead, which is converted",
            ParameterWarning, stacklevel=3)
        matrix = matrix.tocsr()
    return matrix


def _directions(rows: np.ndarray) -> np.ndarray:
    """The rows at length 1; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1e-10, lengths)


def _fill(ids: np.ndarray, scores: np.ndarray, allowed: Union[int, np.ndarray]) -> None:
    """Ends short lists with the filtered items, at the least score."""
    everything = np.arange(allowed, dtype=np.int32) if isinstance(allowed, int) else allowed.astype(np.int32)
    for row in np.flatnonzero(ids[:, -1] < 0):
        known = int(np.argmax(ids[row] < 0))
        rest = np.setdiff1d(everything, ids[row, :known])[: ids.shape[1] - known]
        ids[row, known:known + len(rest)] = rest
        scores[row, known:] = _LEAST
