#!/usr/bin/env python3
"""Writes ranx_golden.csv beside this file: metrics of 1,000 random lists by ranx (pip install ranx), and RMSE and MAE
of 1,000 predictions by scikit-learn in the last row. The lists come from a generator that the test repeats."""
import csv, math, os
from ranx import Qrels, Run, evaluate
from sklearn.metrics import mean_absolute_error, mean_squared_error

MASK = (1 << 64) - 1
state = 20240607


def below(bound):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) & MASK
    return (state >> 33) % bound


def sample(count, bound):
    items = list(range(bound))
    for i in range(count):
        j = i + below(bound - i)
        items[i], items[j] = items[j], items[i]
    return items[:count]


names = [f"{m}@{k}" for k in (5, 10) for m in ("precision", "recall", "ndcg", "map", "hit_rate")] + ["mrr"]
rows = []
for case in range(1000):
    run = sample(20, 60)
    relevant = sample(1 + below(15), 60)
    # Scores that fall by one an item: no ties are left to break.
    result = evaluate(Qrels({"u": {str(i): 1 for i in relevant}}),
                      Run({"u": {str(i): float(20 - n) for n, i in enumerate(run)}}), names)
    rows.append([f"{result[n]:.9f}" for n in names])
truth = [float(below(9)) / 2 + 1 for _ in range(1000)]
predicted = [t + (below(2001) - 1000) / 1000 for t in truth]
rows.append([f"{math.sqrt(mean_squared_error(truth, predicted)):.9f}", f"{mean_absolute_error(truth, predicted):.9f}"])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ranx_golden.csv"), "w", newline="") as out:
    csv.writer(out).writerows(rows)
