"""Small made data that the tests share."""

import numpy as np
import pandas


def ratings(seed: int = 1, users: int = 60, items: int = 40, count: int = 1500) -> pandas.DataFrame:
    """Ratings from 1 to 5 of two tastes: users like items of their own parity."""
    random = np.random.default_rng(seed)
    user, item = random.integers(0, users, count), random.integers(0, items, count)
    rating = np.where(user % 2 == item % 2, 4, 2) + random.integers(-1, 2, count)
    frame = pandas.DataFrame({
        "user_id": [f"u{number}" for number in user],
        "item_id": [f"i{number}" for number in item],
        "rating": rating.astype(float),
        "timestamp": pandas.to_datetime(1_600_000_000 + np.arange(count) * 3600, unit="s"),
    })
    return frame.drop_duplicates(["user_id", "item_id"], keep="last", ignore_index=True)
