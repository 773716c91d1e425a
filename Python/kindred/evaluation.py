"""Measuring algorithms on held-out interactions."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Union

from ._library import ArgumentError, options
from .data import Source, data as make_data
from .recommender import Progress, html_table, library_settings, run


class Evaluation(list):
    """The results of an evaluation, one dictionary per algorithm.

    The figures have the names that the command ``kindred evaluate --json`` gives them, such as ``ndcg@10``,
    ``recall@10``, ``rmse`` and ``ndcg@10_ci95``, the 95 % interval over users; None where a figure does not apply.

    Attributes:
        split: What was held out, such as ``time:0.1``.
    """

    def __init__(self, split: str, results: Iterable[Mapping[str, Any]]) -> None:
        super().__init__(results)
        self.split = split

    def __getitem__(self, key: Any) -> Any:
        """The result at a position, or that of an algorithm by its name."""
        if isinstance(key, str):
            for result in self:
                if result["algorithm"] == key:
                    return result
            raise KeyError(key)
        return super().__getitem__(key)

    def to_pandas(self) -> Any:
        """The figures as a frame of pandas, one row per algorithm."""
        import pandas
        return pandas.DataFrame(list(self)).set_index("algorithm")

    def _columns(self) -> list[str]:
        names = [name for result in self for name in result]
        chosen = [name for name in dict.fromkeys(names) if name.startswith(("ndcg@", "recall@", "hit_rate@"))]
        return ["algorithm", "rmse"] + [name for name in chosen if not name.endswith("_ci95")] + ["fit_seconds"]

    def _rows(self) -> list[list[Any]]:
        return [[result.get(name) for name in self._columns()] for result in self]

    def __repr__(self) -> str:
        rows = [[_shown(value) for value in row] for row in [self._columns(), *self._rows()]]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
        return "\n".join([f"split {self.split}", *lines])

    def _repr_html_(self) -> str:
        return f"<p>split {self.split}</p>" + html_table(self._columns(), self._rows())


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def evaluate(
    source: Source, algorithms: Union[str, Iterable[str], None] = None, *, split: Optional[str] = None,
    cutoffs: Iterable[int] = (10, 20), next: Optional[str] = None, include_observed: bool = False,
    positive: Union[str, float, None] = None, validation: Optional[str] = None, seed: int = 0,
    threads: Optional[int] = None, progress: Progress = None, columns: Optional[Mapping[str, str]] = None,
    duplicates: Optional[str] = None, **settings: Any,
) -> Evaluation:
    """Trains and measures algorithms on held-out interactions; all items are ranked.

    Args:
        source: The data, as :func:`kindred.data` takes it.
        algorithms: The name of an algorithm or several; by default sgd, implicit-als, ease, blend and popularity.
        split: What is held out: ``time:0.1``, the latest tenth, ``leave-last``, ``user:0.2``, ``random:0.1``,
            ``people:0.1`` or ``folds:10``; by default ``time:0.1``, or ``user:0.2`` where times say little.
        cutoffs: The lengths of lists to measure.
        next: ``last`` or ``all`` predicts held-out events one by one, each from what its user did before.
        include_observed: Whether lists may hold items of the history.
        positive, validation, seed, threads, progress, columns, duplicates: As in :func:`kindred.fit`.
        settings: The hyperparameters of the algorithm, if exactly one is named.

    Raises:
        ArgumentError: If a name, a split or a setting is wrong.
        DataError: If the data is too small for the split, or cannot be trained on.
    """
    held = make_data(source, columns=columns, duplicates=duplicates)
    names = [algorithms] if isinstance(algorithms, str) else None if algorithms is None else list(algorithms)
    try:
        lengths = [int(cutoff) for cutoff in cutoffs]
    except (TypeError, ValueError):
        raise ArgumentError("The cutoffs are not a list of whole numbers") from None
    text = options(
        algorithms=names, settings=library_settings(settings), split=split, cutoffs=lengths, next=next,
        include_observed=bool(include_observed), positive=positive, validation=validation, seed=seed, threads=threads)
    answer = run("evaluate", held._handle.number, text, progress)
    return Evaluation(answer["split"], answer["results"])
