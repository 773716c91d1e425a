"""Recommenders: training, lists, reasons, similarity, groups, and model files."""

from __future__ import annotations

import html
import os
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

import numpy as np

from ._library import ArgumentError, Handle, ProgressFunction, Training, call, options, read_table, text_table
from ._progress import ProgressBar
from .data import ITEMS, TITLES, USERS, Source, data as make_data, float_array, listed, sparse_rows

Progress = Union[bool, None, ProgressFunction]


def run(name: str, handle: int, settings: str, progress: Progress) -> Any:
    """Runs a training function with a progress bar or the caller's progress function."""
    if callable(progress):
        return Training(progress).call(name, handle, settings)
    bar = ProgressBar(progress)
    try:
        return Training(bar).call(name, handle, settings)
    finally:
        bar.close()


class Lists:
    """A list of items per user, best first.

    Attributes:
        users: The users, as they were asked for; None for strangers.
        items: The ids of the items, shape [users, limit], None after the end of a shorter list.
        titles: The items' titles, of the same shape, None where unknown.
        scores: The scores that lists are ordered by, shape [users, limit]; comparable within one list only.
        ratings: The predicted ratings, of the same shape; None if the recommender predicts none.
    """

    def __init__(self, users: Sequence[Any], items: np.ndarray, titles: Optional[np.ndarray], scores: np.ndarray,
                 ratings: Optional[np.ndarray]) -> None:
        self.users, self.items, self.titles, self.scores, self.ratings = users, items, titles, scores, ratings

    def __len__(self) -> int:
        """The number of lists."""
        return len(self.items)

    def __getitem__(self, index: int) -> list[str]:
        """The items of one list."""
        return [item for item in self.items[index] if item is not None]

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary per entry: user, rank from 1, item, score and, where known, title and rating."""
        rows = []
        for index, user in enumerate(self.users):
            for place, item in enumerate(self.items[index]):
                if item is None:
                    break
                row = {"user": user, "rank": place + 1, "item": item, "score": float(self.scores[index, place])}
                if self.titles is not None:
                    row["title"] = self.titles[index, place]
                if self.ratings is not None:
                    row["rating"] = float(self.ratings[index, place])
                rows.append(row)
        return rows

    def to_pandas(self) -> Any:
        """The lists as a frame of pandas, one row per entry."""
        import pandas
        return pandas.DataFrame(self.rows())

    def to_polars(self) -> Any:
        """The lists as a frame of polars, one row per entry."""
        import polars
        return polars.DataFrame(self.rows())

    def __repr__(self) -> str:
        lines = []
        for index, user in enumerate(self.users[:5]):
            shown = self.items[index] if self.titles is None else [
                title or item for title, item in zip(self.titles[index], self.items[index])]
            lines.append(f"{'' if user is None else f'{user}: '}" + ", ".join(text for text in shown if text))
        if len(self) > 5:
            lines.append(f"… {len(self) - 5:,} more lists")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = self.rows()
        names = [name for name in ("user", "rank", "title", "item", "score", "rating")
                 if rows and name in rows[0] and not (name == "user" and len(self) == 1)]
        return html_table(names, [[row[name] for name in names] for row in rows[:100]])


def html_table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table for notebooks; texts are escaped."""
    def cell(value: Any) -> str:
        if value is None:
            return "<td></td>"
        if isinstance(value, float):
            return f'<td style="text-align:right">{"" if value != value else f"{value:.4g}"}</td>'
        return f"<td>{html.escape(str(value))}</td>"

    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


class Neighbors(list):
    """Pairs of an id and a similarity, the most similar first."""

    def _repr_html_(self) -> str:
        return html_table(["id", "similarity"], self)


class Recommender:
    """A trained recommender, made by :func:`fit`, :meth:`load` or an algorithm's ``fit``.

    A user is named by their id, an item by its own; ids are texts, and numbers are taken for their texts.
    Several threads may use a recommender at once.

    Attributes:
        user_count: The number of users that it was trained on.
        item_count: The number of items that it was trained on.
    """

    def __init__(self, handle: int) -> None:
        self._handle = Handle(handle)
        self.description: dict[str, Any] = call("describe", handle)
        self.user_count: int = self.description["users"]
        self.item_count: int = self.description["items"]
        self._tables: dict[int, np.ndarray] = {}

    @staticmethod
    def load(path: Union[str, os.PathLike]) -> Recommender:
        """Loads a model file, of this package or of the command ``kindred``; its factors are mapped from the file.

        Raises:
            FileError: If the file cannot be read, or is damaged.
        """
        return Recommender(call("load", os.fspath(path)))

    def save(self, path: Union[str, os.PathLike]) -> None:
        """Writes a model file, completely or not at all, which the command ``kindred`` reads too.

        Raises:
            FileError: If the file cannot be written.
        """
        call("save", self._handle.number, os.fspath(path))

    def close(self) -> None:
        """Frees the memory now; any later use raises ``ClosedError``."""
        self._handle.close()

    # MARK: Ids

    def _table(self, side: int) -> np.ndarray:
        if side not in self._tables:
            count = self.user_count if side == USERS else self.item_count
            self._tables[side] = read_table(self._handle.number, side, count)
        return self._tables[side]

    @property
    def users(self) -> np.ndarray:
        """The ids of users by position, shape [users], of texts."""
        return self._table(USERS)

    @property
    def items(self) -> np.ndarray:
        """The ids of items by position, shape [items], of texts."""
        return self._table(ITEMS)

    @property
    def titles(self) -> Optional[np.ndarray]:
        """The titles of items by position, empty where unknown; None if no title is known."""
        titles = self._table(TITLES)
        return titles if any(titles) else None

    def positions(self, ids: Iterable[Any], *, of: str = "items") -> np.ndarray:
        """The position of each user or item, shape [ids]; -1 for an unknown one."""
        offsets, data = text_table(ids)
        positions = np.empty(len(offsets) - 1, np.int32)
        side = {"users": USERS, "items": ITEMS}.get(of)
        if side is None:
            raise ArgumentError(f"of is '{of}', and must be users or items")
        call("positions", self._handle.number, side, len(positions), offsets, data, positions)
        return positions

    def _known_items(self, ids: Iterable[Any]) -> np.ndarray:
        ids = list(ids)
        positions = self.positions(ids)
        if (positions < 0).any():
            unknown = ids[int(np.argmin(positions))]
            raise ArgumentError(f"The recommender was not trained on the item '{unknown}'")
        return positions

    def _history(self, history: Any) -> tuple[np.ndarray, np.ndarray]:
        """Positions and values of a stranger's history; unknown items are left out."""
        if isinstance(history, Mapping):
            ids, values = list(history), float_array(np.array(list(history.values())), "values of the history")
        elif isinstance(history, (str, bytes)):
            raise ArgumentError("A history is a dictionary of items and values, or a list of items, and no text")
        else:
            ids = list(history)
            scale = self.description["scale"]
            values = np.full(len(ids), scale[1] if scale else 1, np.float32)
        positions = self.positions(ids)
        known = positions >= 0
        return np.ascontiguousarray(positions[known]), np.ascontiguousarray(values[known])

    # MARK: Lists

    def recommend(
        self, users: Any = None, *, history: Any = None, limit: int = 10, include_observed: bool = False,
        diversity: float = 0, explore: Optional[float] = None, minimum_ratings: int = 0,
        genres: Optional[Iterable[str]] = None, restrict_to: Optional[Iterable[Any]] = None,
        exclude: Optional[Iterable[Any]] = None,
    ) -> Lists:
        """Recommends items.

        Args:
            users: A user, or several in a list or an array; None for all of the training data, unless ``history`` is
                given. A user that is not known gets the most popular items.
            history: The history of a stranger: a dictionary of items and values, or a list of items, the oldest first.
                Several in a list of dictionaries. Items that are not known are left out.
            limit: The maximum number of items per list; 0 or more.
            include_observed: Whether lists may hold items of the user's history.
            diversity: The weight of diversity against that of scores, from 0 to 1.
            explore: The share of places for items that nobody has taken, from 0 to 1, at even distances; None ranks
                these items among the others.
            minimum_ratings: The least number of users that an item must have in the training data.
            genres: A genre, or several of which an item must have one.
            restrict_to: The only item or items to choose from.
            exclude: An item or items to leave out; unknown ones are ignored.

        Raises:
            ArgumentError: If an option is out of range, or ``restrict_to`` holds an unknown item.
        """
        if users is not None and history is not None:
            raise ArgumentError("Give users or a history, not both")
        rules = options(
            include_observed=bool(include_observed), diversity=diversity, explore=explore,
            minimum_ratings=minimum_ratings, genres=None if genres is None else listed(genres, "genres"),
            restrict_to=None if restrict_to is None else self._known_items(listed(restrict_to, "restrict_to")),
            exclude=None if exclude is None else [
                position for position in self.positions(listed(exclude, "exclude")).tolist() if position >= 0])
        rows = offsets = items = values = None
        if history is not None:
            many = isinstance(history, (list, tuple)) and len(history) > 0 and isinstance(history[0], Mapping)
            parts = [self._history(own) for own in (history if many else [history])]
            asked: Sequence[Any] = [None] * len(parts)
            offsets = np.concatenate([[0], np.cumsum([len(own) for own, _ in parts])]).astype(np.int64)
            items = np.concatenate([own for own, _ in parts])
            values = np.concatenate([own for _, own in parts])
        elif users is None:
            asked, rows = self.users.tolist(), np.arange(self.user_count, dtype=np.int32)
        else:
            asked = [users] if np.isscalar(users) else list(users)
            rows = self.positions(asked, of="users")
        limit = _limit(limit, self.item_count)
        out = np.empty((len(asked), limit), np.int32)
        scores = np.empty((len(asked), limit), np.float32)
        ratings = np.empty((len(asked), limit), np.float32) if self.description["scale"] else None
        if rows is not None and len(rows) == 0:
            return Lists(asked, np.empty((0, limit), object), None, scores, ratings)
        call(
            "recommend", self._handle.number, len(asked), rows, offsets, items, values, limit, rules, out, scores,
            ratings)
        return Lists(asked, _named(self.items, out), self._titled(out), scores, ratings)

    def _titled(self, positions: np.ndarray) -> Optional[np.ndarray]:
        return None if self.titles is None else _named(self.titles, positions)

    def explain(self, user: Any, item: Any, *, limit: int = 3) -> Neighbors:
        """The reasons for an item of a user's list: the items of the history with the greatest effects on its score.

        Args:
            user: A user of the training data, or a history as in :meth:`recommend`.
            item: The item.
            limit: The maximum number of reasons.

        Returns:
            Pairs of an item and its share of all effects, from 0 to 1; none if no item of the history has an effect.

        Raises:
            ArgumentError: If the user or the item is unknown.
        """
        positions = self._known_items([item])
        row, items, values = -1, np.empty(0, np.int32), np.empty(0, np.float32)
        if isinstance(user, (Mapping, list, tuple)):
            items, values = self._history(user)
        else:
            row = int(self.positions([user], of="users")[0])
            if row < 0:
                raise ArgumentError(f"The recommender was not trained on the user '{user}'")
        limit = _limit(limit, self.item_count)
        reasons = np.empty(limit, np.int32)
        shares = np.empty(limit, np.float32)
        call("explain", self._handle.number, row, len(items), items, values, 1, positions, limit, reasons, shares)
        return Neighbors((self.items[p], float(share)) for p, share in zip(reasons, shares) if p >= 0)

    def similar(self, item: Any = None, *, user: Any = None, limit: int = 10) -> Neighbors:
        """What is most similar to an item or to a user.

        Returns:
            Pairs of an id and a similarity, the most similar first.

        Raises:
            ArgumentError: If the item or the user is unknown, or not exactly one is given.
        """
        if (item is None) == (user is None):
            raise ArgumentError("Give an item or a user")
        if item is not None:
            side, position, ids = ITEMS, self._known_items([item]), self.items
        else:
            side, position, ids = USERS, self.positions([user], of="users"), self.users
            if position[0] < 0:
                raise ArgumentError(f"The recommender was not trained on the user '{user}'")
        limit = _limit(limit, len(ids))
        neighbors = np.empty(limit, np.int32)
        scores = np.empty(limit, np.float32)
        call("similar", self._handle.number, side, 1, position, limit, neighbors, scores)
        return Neighbors((ids[p], float(score)) for p, score in zip(neighbors, scores) if p >= 0)

    def groups(self, count: int = 8) -> list[dict[str, Any]]:
        """Groups users of similar taste.

        Args:
            count: The number of groups; the result has fewer if fewer users differ.

        Returns:
            The groups, the largest first, each a dictionary of ``label``, ``users`` (an array of ids), ``items`` and
            ``genres`` that its users like more than others do; empty if the model has no factors.
        """
        places = np.empty(self.user_count, np.int32)
        groups = call("groups", self._handle.number, count, places)
        for number, group in enumerate(groups):
            group["users"] = self.users[places == number]
        return groups

    def predict(self, users: Iterable[Any], items: Iterable[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Predicts the rating of each pair of a user and an item.

        Returns:
            Ratings and their standard deviations, shape [pairs] each; NaN for an unknown user or item, and where the
            model knows no deviation.

        Raises:
            ArgumentError: If the recommender predicts no ratings, or there are not as many users as items.
        """
        users, items = listed(users, "users"), listed(items, "items")
        user_rows, item_rows = self.positions(users, of="users"), self.positions(items)
        if len(user_rows) != len(item_rows):
            raise ArgumentError(f"There are {len(user_rows)} users and {len(item_rows)} items; they are pairs")
        ratings = np.full(len(user_rows), np.nan, np.float32)
        deviations = ratings.copy()
        known = (user_rows >= 0) & (item_rows >= 0)
        own, spread = np.empty(known.sum(), np.float32), np.empty(known.sum(), np.float32)
        call("predict", self._handle.number, len(own), user_rows[known], item_rows[known], own, spread)
        ratings[known], deviations[known] = own, spread
        return ratings, deviations

    def __repr__(self) -> str:
        return self.description["summary"]

    def _repr_html_(self) -> str:
        rows = [(role, training["algorithm"], ", ".join(f"{k}={v}" for k, v in training["settings"].items()))
                for role in ("ranking", "rating") if (training := self.description[role])]
        return f"<p>{html.escape(repr(self))}</p>" + html_table(["", "algorithm", "settings"], rows)


def _limit(limit: Any, count: int) -> int:
    if not isinstance(limit, (int, np.integer)) or isinstance(limit, bool) or limit < 0:
        raise ArgumentError(f"The limit is {limit!r}, and must be a whole number of 0 or more")
    return min(int(limit), count)


def _named(names: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Names by position; None for -1."""
    named = np.append(names, np.array([None], object))[positions]
    return named


def library_settings(settings: Mapping[str, Any]) -> Optional[dict[str, Any]]:
    """Hyperparameters by their names in the library, such as learningRate for learning_rate."""
    def camel(name: str) -> str:
        first, *rest = name.split("_")
        return first + "".join(part[:1].upper() + part[1:] for part in rest)

    return {camel(name): value for name, value in settings.items()} or None


def fit(
    source: Source, *, algorithm: Optional[str] = None, budget: Optional[float] = None,
    positive: Union[str, float, None] = None, seed: int = 0, threads: Optional[int] = None,
    validation: Optional[str] = None, progress: Progress = None, columns: Optional[Mapping[str, str]] = None,
    duplicates: Optional[str] = None, **settings: Any,
) -> Recommender:
    """Trains a recommender.

    Without an algorithm it is the tuned default: a blend that orders lists and, where values are ratings, a model that
    predicts them. The same data, settings and seed give the same model at any number of threads.

    Args:
        source: The data, as :func:`data` takes it.
        algorithm: The name of an algorithm; see :data:`kindred.ALGORITHMS`.
        budget: Seconds for the search for settings of the default and of ``blend``; the data's size makes a number of
            trials of it.
        positive: What counts as liked in rankings: values of at least the user's own mean, damped by the data's
            (``liked``, the default for ratings) or not (``mean``), ``all``, or those of at least a number.
        seed: The seed of every random choice.
        threads: The number of threads; None takes one per core.
        validation: The part of the data that settings are chosen by: ``latest`` or ``random``.
        progress: True or False shows or hides a progress bar, None shows it in terminals and notebooks. A function is
            called with (algorithm, is_validating, epoch, epochs, loss); algorithm is None if no epoch has ended.
        columns: The frame's column of each role, as in :func:`data`.
        duplicates: What becomes of repeated pairs, as in :func:`data`.
        settings: The algorithm's hyperparameters.

    Raises:
        ArgumentError: If the data or a setting is wrong.
        DataError: If the data cannot be trained on, or training diverges.
        KeyboardInterrupt: Soon after an interrupt; the training is then cancelled.
    """
    held = make_data(source, columns=columns, duplicates=duplicates)
    if algorithm is not None and budget is not None:
        settings["budget"], budget = budget, None
    text = options(
        algorithm=algorithm, settings=library_settings(settings), budget=budget, positive=positive, seed=seed,
        threads=threads, validation=validation)
    return Recommender(run("train", held._handle.number, text, progress))


def load(path: Union[str, os.PathLike]) -> Recommender:
    """Loads a model file; see :meth:`Recommender.load`."""
    return Recommender.load(path)
