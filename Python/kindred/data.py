"""Data sets: from frames, tuples of arrays, sparse matrices and files."""

from __future__ import annotations

import os
from typing import Any, Iterable, Mapping, Optional, Union

import numpy as np

from ._library import ArgumentError, Handle, call, read_table, text_table

USERS, ITEMS, TITLES = 0, 1, 2

# The names by which columns of a frame are recognised, in lower case.
_ROLES = {
    "user": ("user", "user_id", "userid", "users", "customer", "customer_id", "visitor", "visitor_id", "member", "u"),
    "item": ("item", "item_id", "itemid", "items", "movie", "movie_id", "movieid", "product", "product_id", "track",
             "track_id", "artist", "artist_id", "book", "book_id", "i"),
    "value": ("value", "rating", "ratings", "score", "stars", "count", "plays", "quantity", "weight", "r"),
    "time": ("time", "timestamp", "date", "datetime", "unix_time", "t"),
}

Frame = Any


class Data:
    """A data set of interactions, made by :func:`data`.

    Attributes:
        user_count: The number of users.
        item_count: The number of items.
    """

    def __init__(self, handle: int) -> None:
        self._handle = Handle(handle)
        description = call("describe", handle)
        self.user_count: int = description["users"]
        self.item_count: int = description["items"]
        self._description = description
        self._ids: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        """The number of interactions."""
        return self._description["interactions"]

    @property
    def has_times(self) -> bool:
        """Whether interactions have times."""
        return self._description["has_times"]

    @property
    def has_ratings(self) -> bool:
        """Whether the values are ratings to predict, and no counts or likes."""
        return self._description["has_ratings"]

    @property
    def default_split(self) -> str:
        """The split by which :func:`kindred.evaluate` holds out interactions, such as ``time:0.1``."""
        return self._description["split"]

    def _table(self, side: int, count: int) -> np.ndarray:
        if side not in self._ids:
            self._ids[side] = read_table(self._handle.number, side, count)
        return self._ids[side]

    @property
    def users(self) -> np.ndarray:
        """The ids of users by position, shape [users], of texts."""
        return self._table(USERS, self.user_count)

    @property
    def items(self) -> np.ndarray:
        """The ids of items by position, shape [items], of texts."""
        return self._table(ITEMS, self.item_count)

    def with_titles(self, titles: Mapping[Any, str], genres: Optional[Mapping[Any, Iterable[str]]] = None) -> Data:
        """This data set with titles and genres of items, which lists and groups show.

        Args:
            titles: The title by item id.
            genres: The genres by item id.
        """
        if not isinstance(titles, Mapping) and not hasattr(titles, "to_dict"):
            raise ArgumentError("The titles are a dictionary by item, or a Series with the items as its index")
        if hasattr(titles, "columns"):
            raise ArgumentError(
                "The titles are a dictionary by item; of a frame take dict(zip(frame['item'], frame['title']))")
        titles = {str(key): value for key, value in titles.items()}
        genres = {str(key): value for key, value in (genres or {}).items()}
        title_offsets, title_bytes = text_table(titles.get(item, "") for item in self.items)
        genre_offsets, genre_bytes = text_table("|".join(genres.get(item, ())) for item in self.items)
        return Data(
            call("data_with_titles", self._handle.number, title_offsets, title_bytes, genre_offsets, genre_bytes))

    def __repr__(self) -> str:
        return f"Data: {len(self):,} interactions, {self.user_count:,} users, {self.item_count:,} items"


def data(
    source: Any, *, columns: Optional[Mapping[str, str]] = None, duplicates: Optional[str] = None,
    users: Optional[Iterable[Any]] = None, items: Optional[Iterable[Any]] = None,
) -> Data:
    """Makes a data set.

    Args:
        source: One of

            - a frame of pandas or polars, or an Arrow table (whatever has ``__arrow_c_stream__`` needs pyarrow or
              polars), with columns for users, items and, where there are any, values and times;
            - a tuple ``(users, items)``, ``(users, items, values)`` or ``(users, items, values, times)`` of arrays of
              one length;
            - a SciPy sparse matrix of shape [users, items];
            - a path to a file of any form that the command ``kindred`` reads;
            - a :class:`Data`, which is returned unchanged.
        columns: The frame's column of each role, such as ``{"user": "who", "item": "what"}``; by default columns are
            recognised by their names.
        duplicates: What becomes of a repeated pair of user and item: ``last``, ``mean``, ``sum``, or ``keep`` for
            events. By default pairs are events if there are no values and repeats are usual, else the last counts.
        users: The ids of the rows of a sparse matrix, by position; by default their numbers.
        items: The ids of its columns.

    Ids are texts: 42 and "42" are the same. Values must be finite. Times are datetimes, or seconds,
    milliseconds, microseconds or nanoseconds since 1970, which are told apart by their size. A missing time is unknown:
    the pair counts as earlier than all others.

    Raises:
        ArgumentError: If a column is missing or of another length, or a value is not finite.
        FileError: If the file cannot be read.
    """
    if isinstance(source, Data):
        return source
    if isinstance(source, (str, os.PathLike)):
        return Data(call("data_from_file", os.fspath(source)))
    if hasattr(source, "tocsr"):
        return _from_sparse(source, users, items)
    if isinstance(source, (tuple, list)):
        if not 2 <= len(source) <= 4:
            raise ArgumentError(f"A tuple of arrays has 2 to 4 of them, and this has {len(source)}")
        parts = dict(zip(("user", "item", "value", "time"), source))
    else:
        parts = _columns(source, columns or {})
    return _from_columns(parts, duplicates)


def _columns(frame: Frame, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a frame by role."""
    if not hasattr(frame, "columns") and hasattr(frame, "__arrow_c_stream__"):
        frame = _from_arrow(frame)
    elif not hasattr(frame, "columns"):
        raise ArgumentError(
            f"A {type(frame).__name__} is no data; pass a frame, a tuple of arrays, a sparse matrix or a path")
    elif hasattr(frame, "collect") and not hasattr(frame, "to_numpy"):
        frame = frame.collect()
    names = getattr(frame, "column_names", None) or list(frame.columns)
    by_lower = {str(name).lower().strip(): name for name in reversed(names)}
    parts: dict[str, Any] = {}
    for role, name in chosen.items():
        if role not in _ROLES:
            raise ArgumentError(f"There is no role '{role}' of a column; there are user, item, value and time")
        if name not in names:
            raise ArgumentError(f"The frame has no column '{name}'; it has {', '.join(map(str, names))}")
        parts[role] = frame[name]
    for role, known in _ROLES.items():
        found = next((by_lower[name] for name in known if name in by_lower), None)
        if role not in parts and found is not None and found not in chosen.values():
            parts[role] = frame[found]
    for role in ("user", "item"):
        if role not in parts:
            raise ArgumentError(
                f"No column of the frame is recognised as that of {role}s among {', '.join(map(str, names))}; name it "
                f'with columns={{"{role}": ...}}')
    return parts


def _from_arrow(stream: Any) -> Frame:
    try:
        import pyarrow
        return pyarrow.table(stream)
    except ImportError:
        pass
    try:
        import polars
        return polars.from_arrow(stream)
    except ImportError:
        raise ArgumentError("Arrow data that is no frame needs pyarrow or polars") from None


def _array(column: Any) -> np.ndarray:
    """A column as an array, its own memory where it allows that."""
    if isinstance(column, np.ndarray):
        array = column
    elif hasattr(column, "to_numpy"):
        try:
            array = column.to_numpy()
        except (TypeError, ValueError):
            array = np.asarray(column)
    else:
        array = np.asarray(column)
    if array.ndim != 1:
        raise ArgumentError(f"A column has the shape {list(array.shape)}, and must have one dimension")
    return array


def _codes(column: Any, role: str) -> tuple[np.ndarray, list[str]]:
    """The positions of ids in order of first appearance, and the ids as texts."""
    array = _array(column)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise ArgumentError(f"An id in the column of {role}s is missing; drop such rows first")
        if (array == np.floor(array)).all() and (np.abs(array) < 2 ** 53).all():
            array = array.astype(np.int64)
    elif array.dtype.kind == "O":
        # Mixed types cannot be sorted, and an id is its text.
        if any(value is None or value != value for value in array):
            raise ArgumentError(f"An id in the column of {role}s is missing; drop such rows first")
        positions: dict[str, int] = {}
        codes = np.fromiter((positions.setdefault(str(value), len(positions)) for value in array), np.int32, len(array))
        return codes, list(positions)
    if array.dtype.kind in "iu" and len(array) and array.min() >= 0 and array.max() < 4 * len(array) + 4096:
        # Small whole numbers need no sorting.
        first = np.full(int(array.max()) + 1, len(array), np.int64)
        np.minimum.at(first, array, np.arange(len(array))) if len(array) < 10_000 else _note_first(first, array)
        distinct = np.flatnonzero(first < len(array))
        distinct = distinct[np.argsort(first[distinct], kind="stable")]
        code = np.zeros(len(first), np.int32)
        code[distinct] = np.arange(len(distinct), dtype=np.int32)
        return code[array], [str(value) for value in distinct.tolist()]
    distinct, first, inverse = np.unique(array, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[inverse.reshape(-1)], [str(value) for value in distinct[order].tolist()]


def _note_first(first: np.ndarray, array: np.ndarray) -> None:
    """Writes the first place of each number; of several assignments to a place the last one holds."""
    first[array[::-1]] = np.arange(len(array) - 1, -1, -1)


def _times(column: Any) -> np.ndarray:
    """Times as microseconds since 1970; the least number where there is none."""
    array = _array(column)
    unknown = np.iinfo(np.int64).min
    if array.dtype.kind == "O":
        array = array.astype("datetime64[us]")
    if array.dtype.kind == "M":
        times = array.astype("datetime64[us]").astype(np.int64)
        return np.ascontiguousarray(times)  # a missing datetime is the least number already
    if array.dtype.kind in "iuf":
        known = np.isfinite(array)
        times = np.full(len(array), unknown, np.int64)
        unit = _microseconds_per_unit(array[known])
        if np.issubdtype(array.dtype, np.integer) and unit >= 1:
            times[:] = array.astype(np.int64) * int(unit)
        else:
            times[known] = np.round(array[known] * unit).astype(np.int64)
        return times
    raise ArgumentError(f"The times have the type {array.dtype}; pass datetimes, or seconds since 1970")


def _microseconds_per_unit(numbers: np.ndarray) -> float:
    """The unit of times, told by their size as in a file: seconds, or thousandths, millionths and so on of them."""
    sizes = np.abs(numbers[numbers != 0].astype(np.float64))
    if len(sizes) == 0:
        return 1e6
    typical = float(np.sort(sizes)[len(sizes) // 2])
    for least, most, unit in ((0, 4.2e9, 1e6), (1e11, 4.2e12, 1e3), (1e14, 4.2e15, 1), (9e17, 4.2e18, 1e-3)):
        if least <= typical < most:
            largest = float(sizes.max()) * unit
            if largest < 9e18:
                return unit
    raise ArgumentError(f"A time of {typical:.0f} has no unit that is known; pass datetimes, or seconds since 1970")


def listed(value: Any, name: str) -> list[Any]:
    """Several ids or words; one alone is a list of one."""
    if isinstance(value, (str, bytes)) or np.isscalar(value):
        return [value]
    try:
        return list(value)
    except TypeError:
        raise ArgumentError(f"{name} is a {type(value).__name__}, and must be a list") from None


def float_array(column: Any, name: str) -> np.ndarray:
    """A column as 32-bit floats, without a copy where it is that already."""
    try:
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(_array(column), np.float32)
    except (TypeError, ValueError):
        raise ArgumentError(f"The {name} are no numbers") from None
    return array


def _from_columns(parts: Mapping[str, Any], duplicates: Optional[str]) -> Data:
    users, user_ids = _codes(parts["user"], "user")
    items, item_ids = _codes(parts["item"], "item")
    values = None if parts.get("value") is None else float_array(parts["value"], "values")
    times = None if parts.get("time") is None else _times(parts["time"])
    for name, column in (("items", items), ("values", values), ("times", times)):
        if column is not None and len(column) != len(users):
            raise ArgumentError(f"There are {len(users)} users and {len(column)} {name}; columns have one length")
    if len(users) == 0:
        raise ArgumentError("The data holds no interaction")
    user_offsets, user_bytes = text_table(user_ids)
    item_offsets, item_bytes = text_table(item_ids)
    return Data(
        call(
            "data_from_columns", len(users), users, items, values, times, len(user_ids), user_offsets, user_bytes,
            len(item_ids), item_offsets, item_bytes, duplicates))


def sparse_rows(matrix: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    """A sparse matrix in compressed rows, with 64-bit offsets, 32-bit columns and 32-bit floats.

    The columns and values are the matrix's own memory if they have these types.
    """
    rows = matrix.tocsr()
    indptr = np.ascontiguousarray(rows.indptr, np.int64)
    indices = rows.indices
    if indices.dtype != np.int32:
        if len(indices) and (indices.max() > np.iinfo(np.int32).max or indices.min() < 0):
            raise ArgumentError("A column of the matrix is out of range")
        indices = indices.astype(np.int32)
    fits = len(indptr) == rows.shape[0] + 1 and len(indices) == len(rows.data) == indptr[-1]
    if not fits:
        raise ArgumentError(
            f"The sparse matrix is not valid: {rows.shape[0]} rows, {len(indptr)} offsets, {len(indices)} columns and "
            f"{len(rows.data)} values")
    return rows, indptr, np.ascontiguousarray(indices), float_array(rows.data, "values")


def _from_sparse(matrix: Any, users: Optional[Iterable[Any]], items: Optional[Iterable[Any]]) -> Data:
    rows, indptr, indices, values = sparse_rows(matrix)
    tables: list[Optional[np.ndarray]] = []
    for ids, count, noun in ((users, rows.shape[0], "users"), (items, rows.shape[1], "items")):
        if ids is None:
            tables += [None, None]
            continue
        ids = list(ids)
        if len(ids) != count:
            raise ArgumentError(f"The matrix has {count} {noun}, and {len(ids)} ids are given")
        tables += list(text_table(ids))
    return Data(call("data_from_rows", rows.shape[0], rows.shape[1], indptr, indices, values, *tables))


Source = Union[Data, Frame]
