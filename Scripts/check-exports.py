#!/usr/bin/env python3
"""Loads a model exported as npz with implicit, and compares its lists with those of kindred.

usage: check-exports.py KINDRED  (the built command; needs implicit and scipy)
"""
import json
import os
import random
import subprocess
import sys
import tempfile

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

USERS, ITEMS, LIMIT = 200, 120, 10


def write_ratings(path):
    """Ratings with two groups of taste, and ids that are not numbers."""
    chance = random.Random(7)
    pairs = {}
    with open(path, "w", encoding="utf-8") as file:
        file.write("user,item,rating\n")
        for user in range(USERS):
            for item in range(ITEMS):
                if chance.random() < (0.3 if user % 2 == item % 2 else 0.08):
                    value = chance.randint(3, 5) if user % 2 == item % 2 else chance.randint(1, 3)
                    file.write(f"p{user},film-{item}é,{value}\n")
                    pairs.setdefault(f"p{user}", []).append(f"film-{item}é")
    return pairs


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def check(kindred, folder, algorithm, pairs):
    model, export = f"{folder}/{algorithm}.kindred", f"{folder}/{algorithm}.npz"
    run(kindred, "train", algorithm, "--rank", "16", "--ratings", f"{folder}/ratings.csv", "--model", model)
    run(kindred, "export", "--model", model, "--format", "npz", "--output", export)
    loaded = AlternatingLeastSquares.load(export)
    users, items = list(loaded.user_ids), list(loaded.item_ids)
    position = {item: index for index, item in enumerate(items)}
    rows = [(users.index(user), position[item]) for user, seen in pairs.items() for item in seen]
    history = csr_matrix((np.ones(len(rows)), tuple(zip(*rows))), shape=(len(users), len(items)))
    lists = {}
    output = f"{folder}/{algorithm}.jsonl"
    run(kindred, "recommend", "--model", model, "--all", "--limit", str(LIMIT), "--json", "--output", output)
    for line in open(output, encoding="utf-8"):
        entry = json.loads(line)
        lists.setdefault(entry["user"], []).append((entry["item"], entry["score"]))
    assert len(lists) == len(users) == USERS, (len(lists), len(users))
    for index, user in enumerate(users):
        found, scores = loaded.recommend(index, history[index], N=LIMIT, filter_already_liked_items=True)
        expected = lists[user]
        assert [items[item] for item in found] == [item for item, _ in expected], (algorithm, user)
        assert np.allclose(scores, [score for _, score in expected], rtol=1e-4, atol=1e-4), (algorithm, user)
    print(f"{algorithm}: implicit gives the same {LIMIT} items in the same order to all {len(users)} users")


def main():
    with tempfile.TemporaryDirectory() as folder:
        pairs = write_ratings(f"{folder}/ratings.csv")
        for algorithm in ["implicit-als", "als", "sgd"]:
            check(sys.argv[1], folder, algorithm, pairs)


main()
