"""The algorithms: values that hold their hyperparameters, and whose ``fit`` trains a recommender.

    model = kindred.algorithms.EASE(regularization=300).fit(matrix)

Each takes what :func:`kindred.data` takes, a SciPy sparse matrix of shape [users, items] first of all. The command's
``kindred train ALGORITHM --help`` and the library's documentation describe the hyperparameters.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from .data import Source
from .evaluation import Evaluation, evaluate
from .recommender import Recommender, fit


@dataclass
class Algorithm:
    """What the algorithms have in common."""

    name: ClassVar[str] = ""

    def fit(self, source: Source, **arguments: Any) -> Recommender:
        """Trains a recommender.

        Args:
            source: The data, as :func:`kindred.data` takes it.
            arguments: Those of :func:`kindred.fit`: positive, seed, threads, validation, progress, columns,
                duplicates.

        Raises:
            ArgumentError: If the data or a hyperparameter is wrong.
            DataError: If the data cannot be trained on, or training diverges.
        """
        return fit(source, algorithm=self.name, **asdict(self), **arguments)

    def evaluate(self, source: Source, **arguments: Any) -> Evaluation:
        """Trains and measures the algorithm on held-out interactions, as :func:`kindred.evaluate` does."""
        return evaluate(source, self.name, **asdict(self), **arguments)


@dataclass
class SGD(Algorithm):
    """Matrix factorization of ratings by stochastic gradient descent; predicts ratings."""

    name: ClassVar[str] = "sgd"
    rank: int = 32
    epochs: int = 60
    learning_rate: float = 0.025
    regularization: float = 1.5
    regularization_exponent: float = 0.5
    learning_rate_decay: float = 0.97
    bias_scale: float = 0.3
    initial_deviation: float = 0.1
    fold_in_scale: float = 1
    plain: bool = False


@dataclass
class ALS(Algorithm):
    """Matrix factorization of ratings by alternating least squares; predicts ratings."""

    name: ClassVar[str] = "als"
    rank: int = 32
    epochs: int = 20
    regularization: float = 0.12
    bias_scale: float = 0.3


@dataclass
class ImplicitALS(Algorithm):
    """Matrix factorization over all pairs of user and item by alternating least squares; orders lists."""

    name: ClassVar[str] = "implicit-als"
    rank: int = 0
    epochs: int = 12
    regularization: float = 0.009
    unobserved_weight: float = 0.4
    adapts_to_density: bool = True
    block_size: int = 64
    weighted: bool = False


@dataclass
class EASE(Algorithm):
    """Linear weights between items in closed form; orders lists."""

    name: ClassVar[str] = "ease"
    regularization: float = 250
    dropout: float = 0
    neighbors: int = 0
    history_half_life: float = 0


@dataclass
class NextItem(Algorithm):
    """Linear weights from the order of events to what follows; orders lists."""

    name: ClassVar[str] = "next-item"
    half_life: float = 1
    slow_half_life: float = 6
    adds_rates: bool = False
    slow_share: float = 0.3
    target_half_life: float = 1
    backward_weight: float = 0.2
    regularization: float = 100
    popularity_penalty: float = 0
    repeat_weight: float = 0.5
    second_step_weight: float = 0
    neighbors: int = 200
    chooses_kind: bool = True


@dataclass
class GraphFilter(Algorithm):
    """A filter of the graph of users and items, without training; orders lists."""

    name: ClassVar[str] = "graph-filter"
    rank: int = 256
    spectral_weight: float = 0.3
    neighbors: int = 0


@dataclass
class ItemKNN(Algorithm):
    """Similarities of items by their users; orders lists."""

    name: ClassVar[str] = "item-knn"
    similarity: str = "tfidf"
    neighbors: int = 100
    shrinkage: float = 0


@dataclass
class BayesianFM(Algorithm):
    """A factorization machine sampled by Gibbs steps; predicts ratings with deviations."""

    name: ClassVar[str] = "bayesian"
    rank: int = 0
    epochs: int = 2048
    chains: int = 0
    samples: int = 0
    probit: bool = False


@dataclass
class Popularity(Algorithm):
    """The number of users per item: a baseline."""

    name: ClassVar[str] = "popularity"


@dataclass
class RecentPopularity(Algorithm):
    """The number of users per item, the latest counting most: a baseline."""

    name: ClassVar[str] = "recent-popularity"
    popularity_half_life: float = 0


@dataclass
class BiasRating(Algorithm):
    """The mean rating with a bias per user and per item: a baseline that predicts ratings."""

    name: ClassVar[str] = "bias"
    epochs: int = 5
    user_damping: float = 5
    item_damping: float = 3


@dataclass
class MeanRating(Algorithm):
    """The mean rating: a baseline that predicts ratings."""

    name: ClassVar[str] = "mean"


@dataclass
class Blend(Algorithm):
    """A weighted sum of EASE, NextItem, ImplicitALS, GraphFilter and RecentPopularity, tuned on a validation cut."""

    name: ClassVar[str] = "blend"
    rank: int = 0
    regularization: float = 0.009
    unobserved_weight: float = 0.4
    item_regularization: float = 250
    dropout: float = 0.5
    history_half_life: float = 0
    has_sessions: bool = False
    popularity_half_life: float = 30
    item_weight: float = 0.75
    next_weight: float = 1
    factor_weight: float = 0
    graph_weight: float = 0
    popularity_weight: float = 0.1
    budget: float = 20


#: The algorithms by their names in the command and in model files.
ALGORITHMS: dict[str, type[Algorithm]] = {
    algorithm.name: algorithm
    for algorithm in (SGD, ALS, ImplicitALS, EASE, NextItem, GraphFilter, ItemKNN, BayesianFM, Popularity,
                      RecentPopularity, BiasRating, MeanRating, Blend)
}
