#!/usr/bin/env python3
"""Measures the Python package against implicit from the same matrix, in turn, each round in a process of its own.

usage: bench-python.py RATINGS [--rounds N] [--factors K] [--iterations N]

RATINGS is a text file with the numbers of a user and an item and a value per line. The packages kindred, implicit,
pandas, scipy and threadpoolctl must be installed. Exit status 1 where a bar is not met.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("ratings")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--factors", type=int, default=64)
parser.add_argument("--iterations", type=int, default=5)
parser.add_argument("--only", choices=["kindred", "implicit"])
ARGUMENTS = parser.parse_args()


def memory(line):
    """A figure of this process's memory, in MB: VmRSS now, or VmHWM, the greatest since it was set back."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(text.split()[1]) for text in file if text.startswith(line)) / 1024


def set_peak_back():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def measure(name):
    import scipy.sparse
    import threadpoolctl

    matrix = scipy.sparse.load_npz(ARGUMENTS.ratings)
    settings = dict(factors=ARGUMENTS.factors, iterations=ARGUMENTS.iterations, random_state=1, num_threads=2)
    with threadpoolctl.threadpool_limits(1, "blas"):
        if name == "kindred":
            from kindred.implicit import AlternatingLeastSquares
            model = AlternatingLeastSquares(**settings)
        else:
            from implicit.cpu.als import AlternatingLeastSquares
            model = AlternatingLeastSquares(**settings)
        set_peak_back()
        before = memory("VmRSS")
        start = time.perf_counter()
        model.fit(matrix, show_progress=False)
        fitted = time.perf_counter()
        added = memory("VmHWM") - before
        everyone = np.arange(matrix.shape[0])
        listing = time.perf_counter()
        model.recommend(everyone, matrix, N=10)
        listed = time.perf_counter()
        from implicit.cpu._als import calculate_loss
        loss = calculate_loss(
            matrix, np.asarray(model.user_factors), np.asarray(model.item_factors), model.regularization, 2)
    matrix_size = (matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes) / 1e6
    return {
        "fit": fitted - start, "lists": listed - listing, "loss": loss, "added": added, "matrix": matrix_size}


def write_matrix(path):
    """Writes the ratings as a sparse matrix in rows, which each process loads as it is."""
    import pandas
    import scipy.sparse

    rows = pandas.read_csv(ARGUMENTS.ratings, sep=" ", header=None, dtype={0: np.int32, 1: np.int32, 2: np.float32})
    scipy.sparse.save_npz(path, scipy.sparse.csr_matrix((rows[2], (rows[0], rows[1]))), compressed=False)


def main():
    if ARGUMENTS.only:
        print(json.dumps(measure(ARGUMENTS.only)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ratings.npz")
        write_matrix(path)
        compare(path)


def compare(path):
    options = [option for option in sys.argv[1:] if option != ARGUMENTS.ratings]
    found = {"kindred": [], "implicit": []}
    for _ in range(ARGUMENTS.rounds):
        for name, results in found.items():
            done = subprocess.run(
                [sys.executable, os.path.abspath(__file__), path, *options, "--only", name], check=True,
                capture_output=True, text=True)
            results.append(json.loads(done.stdout))
    median = {
        name: {key: statistics.median(one[key] for one in results) for key in results[0]}
        for name, results in found.items()}
    for name, figures in median.items():
        print(
            f"{name:<9} fit {figures['fit']:7.2f} s   ten items for every user {figures['lists']:7.2f} s   "
            f"loss {figures['loss']:.6f}   memory of the fit {figures['added']:.0f} MB beside the matrix of "
            f"{figures['matrix']:.0f} MB")
    ours, theirs = median["kindred"], median["implicit"]
    print(f"times as fast: fit {theirs['fit'] / ours['fit']:.1f}, lists {theirs['lists'] / ours['lists']:.1f}")
    missed = [
        name for name, is_met in [
            ("the fit is 3 times as fast", theirs["fit"] >= 3 * ours["fit"]),
            ("lists are 20 times as fast", theirs["lists"] >= 20 * ours["lists"]),
            ("the loss is no worse", ours["loss"] <= theirs["loss"]),
        ] if not is_met]
    if missed:
        sys.exit("not met: " + "; ".join(missed))


main()
