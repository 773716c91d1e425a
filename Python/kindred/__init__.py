"""Kindred: recommendations from ratings, purchases, plays or clicks.

    import kindred

    model = kindred.fit(frame)                      # pandas, polars, Arrow, arrays, a SciPy matrix or a file
    model.recommend("42", limit=10)
    model.recommend(history={"318": 5, "296": 4.5})
    model.similar("318")
    model.save("films.kindred")                     # also read by the command `kindred`
    kindred.evaluate(frame, split="time:0.1")
"""

from ._library import (
    ArgumentError, ClosedError, DataError, FileError, ForkError, KindredError)
from .algorithms import (
    ALGORITHMS, ALS, EASE, SGD, Algorithm, BayesianFM, BiasRating, Blend, GraphFilter, ImplicitALS, ItemKNN, MeanRating,
    NextItem, Popularity, RecentPopularity)
from .data import Data, data
from .evaluation import Evaluation, evaluate
from .recommender import Lists, Neighbors, Recommender, fit, load

__version__ = "0.1.0"

__all__ = [
    "ALGORITHMS", "ALS", "Algorithm", "ArgumentError", "BayesianFM", "BiasRating", "Blend", "ClosedError", "Data",
    "DataError", "EASE", "Evaluation", "FileError", "ForkError", "GraphFilter", "ImplicitALS", "ItemKNN",
    "KindredError", "Lists", "MeanRating", "Neighbors", "NextItem", "Popularity", "RecentPopularity", "Recommender",
    "SGD", "data", "evaluate", "fit", "load",
]
