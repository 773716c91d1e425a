#!/usr/bin/env python3
"""Writes GraphFilterReference.swift: scores of the graph filter by NumPy and SciPy on a small seeded data set.

    python3 graph_filter_reference.py > GraphFilterReference.swift

The data are drawn by a congruential generator that the Swift test repeats.
"""

import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds

USERS, ITEMS, RANK, WEIGHT, SHOWN = 60, 40, 6, 0.3, 6


def pairs():
    state = 12345
    for user in range(USERS):
        for item in range(ITEMS):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            # Three tastes, with early items more popular; user 59 and item 39 have no pairs.
            likely = (600 if user % 3 == item % 3 else 150) * (ITEMS - item) // ITEMS
            if state >> 54 < likely and user != USERS - 1 and item != ITEMS - 1:
                yield user, item


rows, columns = np.array(list(pairs())).T
r = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(USERS, ITEMS))
of_user, of_item = np.asarray(r.sum(1)).ravel(), np.asarray(r.sum(0)).ravel()
inverse = lambda x: np.divide(1, np.sqrt(x), out=np.zeros(len(x)), where=x > 0)
normal = diags(inverse(of_user)) @ r @ diags(inverse(of_item))
_, _, vt = svds(normal.tocsc(), k=RANK)
linear = r @ normal.T @ normal
low_pass = (r @ diags(inverse(of_item))) @ vt.T @ vt @ diags(np.sqrt(of_item))
scores = linear.toarray() + WEIGHT * low_pass

print("// Written by graph_filter_reference.py.")
print("enum GraphFilterReference {")
print(f"  static let pairs = {len(rows)}")
print(f"  /// The scores of the first {SHOWN} users, one row per user.")
print("  static let scores: [[Float]] = [")
for user in range(SHOWN):
    print("    [")
    for start in range(0, ITEMS, 8):
        print("      " + ", ".join(f"{x:.6f}" for x in scores[user, start : start + 8]) + ",")
    print("    ],")
print("  ]")
print("}")
