#!/usr/bin/env python3
"""Measure Kindred and its peers alternately, on the same files, in one session.

usage: bench-peers.py [--data 18m] [--rounds 5] [--threads 2] [--only TEXT] [--write BENCHMARKS.md]

Makes a Python environment for the peers, and compiles LIBMF for this processor with its vector code and threads, which
its wheel does not have. Prints medians with minimum and maximum, and the ratio of the medians.

To add a peer, add a runner, a function that returns {figure: value}, and one line per kind of work to COMPARISONS. It
names each contestant's figure and, if there is one, the figure of its quality.
"""
import argparse
import collections
import csv
import json
import math
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOME = os.path.join(ROOT, ".data", "peers")
PYTHON = os.path.join(HOME, "venv", "bin", "python")
LIBMF = os.path.join(HOME, "libmf")
KINDRED = os.environ.get("KINDRED", os.path.join(ROOT, ".build", "release", "kindred"))
BENCH = os.path.join(ROOT, "Benchmarks", ".build", "release", "kindred-bench")
PACKAGES = ["implicit", "scikit-surprise", "myfm", "pandas", "polars", "pyarrow", "scipy", "numpy", "threadpoolctl"]

# Instruction sets by their flag in /proc/cpuinfo, the best first.
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2"}


# -- what is compared ---------------------------------------------------------------------------------------------


class Comparison:
    """A kind of work: the figure of each contestant, and the figure of its quality."""

    def __init__(self, work, unit, kindred, peers, quality=None, tolerance=0.002, lower_is_better=True):
        self.work, self.unit, self.kindred, self.peers = work, unit, kindred, peers
        self.quality, self.tolerance, self.lower_is_better = quality or {}, tolerance, lower_is_better


COMPARISONS = [
    Comparison("SGD, k=32", "ns", "sgd/epoch, k=32", {"LIBMF": "libmf 32/epoch"}),
    Comparison("SGD, k=64", "ns", "sgd/epoch, k=64", {"LIBMF": "libmf 64/epoch"},
               {"kindred": "sgd/RMSE after 10, k=64", "LIBMF": "libmf 64/rmse"}),
    Comparison("SGD, k=128", "ns", "sgd/epoch, k=128", {"LIBMF": "libmf 128/epoch"}),
    Comparison("text to model, SGD k=64", "s", "text/text to model", {"LIBMF": "libmf 64/text"},
               {"kindred": "text/its test RMSE", "LIBMF": "libmf 64/rmse"}),
    Comparison("reading and indexing", "s", "reading/read and index",
               {"LIBMF": "libmf 64/read", "pandas to CSR": "pandas/read", "polars to CSR": "polars/read"}),
    Comparison("implicit ALS, k=64, exact", "ns", "implicit/epoch, k=64, exact",
               {"implicit, Cholesky": "implicit cholesky/epoch", "implicit, CG": "implicit/epoch"}),
    Comparison("implicit ALS, k=64, by blocks", "ns", "implicit/epoch, k=64, blocks of 16",
               {"implicit, CG": "implicit/epoch"}),
    Comparison("top ten, k=64", "s", "lists/top 10 for everyone", {"implicit": "implicit/lists"},
               {"kindred": "lists/their precision", "implicit": "implicit/precision"}, lower_is_better=False),
    Comparison("SGD, k=64, 1 M", "ns", "1m sgd/epoch, k=64", {"surprise": "surprise/epoch"},
               {"kindred": "1m sgd/RMSE after 10, k=64", "surprise": "surprise/rmse"}),
    Comparison("Bayesian, k=10, 1 M", "ns", "1m bayesian/sweep, k=10",
               {"myFM": "myfm/sweep"}, {"kindred": "1m bayesian/its test RMSE", "myFM": "myfm/rmse"}),
    *(Comparison(f"file to ten items per user, {name}", "s", f"whole {data}/seconds",
                 {"implicit": f"whole {data} implicit/seconds", "NumPy EASE": f"whole {data} ease/seconds"},
                 {"kindred": f"whole {data}/ndcg", "implicit": f"whole {data} implicit/ndcg",
                  "NumPy EASE": f"whole {data} ease/ndcg"}, lower_is_better=False)
      for data, name in (("movielens", "MovieLens 1M"), ("made", "made"))),
    *(Comparison(f"its memory, {name}", "MB", f"whole {data}/megabytes",
                 {"implicit": f"whole {data} implicit/megabytes", "NumPy EASE": f"whole {data} ease/megabytes"})
      for data, name in (("movielens", "MovieLens 1M"), ("made", "made"))),
]


# -- who runs -----------------------------------------------------------------------------------------------------


def small(options):
    """The same options with the 1 M set, for peers that would take hours on more."""
    return argparse.Namespace(**{**vars(options), "data": "1m"})


def kindred(options, case):
    """A case of kindred-bench: {case/figure: median}."""
    text = run([BENCH, case, "--data", options.data, "--directory", os.path.join(ROOT, ".data", "bench"),
                "--threads", str(options.threads), "--repeats", "1", "--json"])
    figures = [json.loads(line) for line in text.splitlines()]
    return {f"{figure['case']}/{figure['name'].strip()}": figure["median"] for figure in figures}


def named(prefix, figures):
    return {prefix + name: value for name, value in figures.items()}


def libmf(options, rank):
    text = run([LIBMF, options.train, options.test, str(rank), "10", str(options.threads)])
    result = json.loads(text)
    result["text"] = result["read"] + result["train"]
    return {f"libmf {rank}/{name}": value for name, value in result.items()}


def worker(options, name, function=None):
    """One of the functions below, in the peers' own environment."""
    text = run([PYTHON, os.path.abspath(__file__), "--worker", function or name, "--data", options.data,
                "--threads", str(options.threads)])
    return {f"{name}/{figure}": value for figure, value in json.loads(text.splitlines()[-1]).items()}


def movielens(options):
    """The same options with MovieLens 1M, a random tenth of which is held out: rows of user, item and rating."""
    folder = os.path.join(ROOT, ".data", "bench", "movielens")
    train, test = os.path.join(folder, "train.txt"), os.path.join(folder, "test.txt")
    if not os.path.exists(test):
        source = run([os.path.join(ROOT, "Scripts", "fetch-movielens"), "1m"]).split("\n")[0]
        with open(source, encoding="latin-1") as file:
            lines = [line.rstrip("\n").replace("::", "\t").split("\t") for line in file]
        # GroupLens's own file has no header.
        names = [name.split(":")[0] for name in lines[0]]
        columns = [names.index(name) for name in ("user_id", "item_id", "rating")] if "user_id" in names else [0, 1, 2]
        numbers = collections.defaultdict(dict)
        rows = []
        for line in lines["user_id" in names:]:
            user, item, value = (line[column] for column in columns)
            ids = [numbers[of].setdefault(name, len(numbers[of])) for of, name in (("user", user), ("item", item))]
            rows.append((*map(str, ids), value))
        random.Random(1).shuffle(rows)
        os.makedirs(folder, exist_ok=True)
        for path, part in ((train, rows[len(rows) // 10:]), (test, rows[:len(rows) // 10])):
            with open(path, "w") as file:
                file.writelines(" ".join(row) + "\n" for row in part)
    return argparse.Namespace(**{**vars(options), "data": folder, "train": train, "test": test})


def whole(options):
    """Trains the default on a file, and writes ten items for each user."""
    with tempfile.TemporaryDirectory() as folder:
        model, lists = os.path.join(folder, "m.kindred"), os.path.join(folder, "lists.csv")
        peak = 0
        start = time.perf_counter()
        for command in (["train", "--ratings", options.train, "--model", model, "--threads", str(options.threads)],
                        ["recommend", "--model", model, "--all", "--output", lists]):
            process = subprocess.Popen([KINDRED, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status != 0:
                sys.exit(f"bench-peers: kindred {command[0]} failed")
            peak = max(peak, usage.ru_maxrss)
        seconds = time.perf_counter() - start
        with open(lists) as file:
            table = csv.DictReader(file)
            found = collections.defaultdict(list)
            for row in table:
                found[int(row["user"])].append(int(row["item"]))
    return {"seconds": seconds, "megabytes": peak / 1024, "ndcg": ndcg(found, options.test)}


def ndcg(lists, test):
    """The mean NDCG@10 over the users of the test file that have a list: all of a user's test items are relevant."""
    relevant = collections.defaultdict(set)
    with open(test) as file:
        for line in file:
            user, item, _ = line.split()
            relevant[int(user)].add(int(item))
    gains = [1 / math.log2(place + 2) for place in range(10)]
    figures = []
    for user, items in relevant.items():
        if user in lists:
            found = sum(gain for gain, item in zip(gains, lists[user]) if item in items)
            figures.append(found / sum(gains[:len(items)]))
    return statistics.mean(figures)


RUNNERS = {
    "kindred sgd": lambda options: kindred(options, "sgd"),
    "libmf 32": lambda options: libmf(options, 32),
    "libmf 64": lambda options: libmf(options, 64),
    "libmf 128": lambda options: libmf(options, 128),
    "kindred text": lambda options: kindred(options, "text"),
    "pandas": lambda options: worker(options, "pandas"),
    "kindred reading": lambda options: kindred(options, "reading"),
    "polars": lambda options: worker(options, "polars"),
    "kindred implicit": lambda options: kindred(options, "implicit"),
    "implicit": lambda options: worker(options, "implicit"),
    "kindred lists": lambda options: kindred(options, "lists"),
    "implicit cholesky": lambda options: worker(options, "implicit cholesky"),
    "kindred 1m sgd": lambda options: named("1m ", kindred(small(options), "sgd")),
    "surprise": lambda options: worker(small(options), "surprise"),
    "kindred 1m bayesian": lambda options: named("1m ", kindred(small(options), "bayesian")),
    "myfm": lambda options: worker(small(options), "myfm"),
}
for data, prepared in (("movielens", movielens), ("made", lambda options: options)):
    RUNNERS |= {
        f"whole {data}": lambda options, data=data, prepared=prepared: named(
            f"whole {data}/", whole(prepared(options))),
        f"whole {data} implicit": lambda options, data=data, prepared=prepared: named(
            f"whole {data} ", worker(prepared(options), "implicit", "whole implicit")),
        f"whole {data} ease": lambda options, data=data, prepared=prepared: named(
            f"whole {data} ", worker(prepared(options), "ease", "whole ease")),
    }


# -- in the peers' environment ------------------------------------------------------------------------------------


def read_with_pandas(options):
    import pandas
    import scipy.sparse

    start = time.perf_counter()
    table = pandas.read_csv(options.train, sep=" ", header=None, names=["user", "item", "value"],
                            dtype={"user": "int32", "item": "int32", "value": "float32"}, engine="c")
    users, user_ids = pandas.factorize(table["user"])
    items, item_ids = pandas.factorize(table["item"])
    scipy.sparse.csr_matrix((table["value"].to_numpy(), (users, items)), shape=(len(user_ids), len(item_ids)))
    return {"read": time.perf_counter() - start}


def read_with_polars(options):
    os.environ["POLARS_MAX_THREADS"] = str(options.threads)
    import polars
    import scipy.sparse

    start = time.perf_counter()
    table = polars.read_csv(options.train, separator=" ", has_header=False, new_columns=["user", "item", "value"],
                            schema_overrides=[polars.Int32, polars.Int32, polars.Float32])
    users = table["user"].rank("dense").to_numpy() - 1
    items = table["item"].rank("dense").to_numpy() - 1
    scipy.sparse.csr_matrix((table["value"].to_numpy(), (users, items)))
    return {"read": time.perf_counter() - start}


def factorize_with_implicit(options, use_cg):
    import numpy
    import pandas
    import scipy.sparse
    from implicit.als import AlternatingLeastSquares

    def read(path):
        return pandas.read_csv(path, sep=" ", header=None, usecols=[0, 1], names=["user", "item"], dtype="int32")

    table = read(options.train)
    users, user_ids = pandas.factorize(table["user"])
    items, item_ids = pandas.factorize(table["item"])
    matrix = scipy.sparse.csr_matrix((numpy.ones(len(users), "float32"), (users, items)))
    ends = []
    # The weight of observed against unobserved pairs is the one that Kindred gets. The regularization is the best for
    # these data of 1, 100, 1000, 3000 and 10000.
    model = AlternatingLeastSquares(factors=64, use_cg=use_cg, iterations=3, num_threads=options.threads, alpha=20,
                                    regularization=1000, random_state=1)
    model.fit(matrix, show_progress=False, callback=lambda *_: ends.append(time.perf_counter()))
    result = {"epoch": statistics.median(numpy.diff(ends)) * 1e9 / matrix.nnz}
    if use_cg:
        start = time.perf_counter()
        lists, _ = model.recommend(numpy.arange(matrix.shape[0]), matrix, N=10)
        result["lists"] = time.perf_counter() - start
        # The same users as in Kindred's precision: both number users by first appearance.
        test = read(options.test).groupby("user")["item"].apply(set)
        users_tested = range(0, matrix.shape[0], max(1, matrix.shape[0] // 2000))
        hits = [len(test.get(user_ids[user], set()) & set(item_ids[lists[user]])) for user in users_tested]
        result["precision"] = sum(hits) / (10 * len(hits))
    return result


def descend_with_surprise(options):
    import pandas
    from surprise import SVD, Dataset, Reader

    def read(path):
        return pandas.read_csv(path, sep=" ", header=None, names=["user", "item", "value"])

    train = Dataset.load_from_df(read(options.train), Reader(rating_scale=(0.5, 5))).build_full_trainset()
    # The best for these data of eleven settings: regularization .02 to .2, rates of .005 to .05, initial standard
    # deviations of .02 to .1.
    model = SVD(n_factors=64, n_epochs=10, reg_all=0.05, lr_all=0.03, init_std_dev=0.02, random_state=1)
    start = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - start
    squares = [(model.predict(*pair).est - value) ** 2 for *pair, value in read(options.test).itertuples(index=False)]
    return {"epoch": seconds * 1e9 / 10 / train.n_ratings, "rmse": statistics.mean(squares) ** 0.5}


def sample_with_myfm(options):
    import numpy
    import pandas
    import scipy.sparse
    from myfm import MyFMRegressor

    def read(path):
        return pandas.read_csv(path, sep=" ", header=None, names=["user", "item", "value"])

    train, test = read(options.train), read(options.test)
    sizes = [max(train[name].max(), test[name].max()) + 1 for name in ("user", "item")]

    def features(table):
        rows = numpy.repeat(numpy.arange(len(table)), 2)
        columns = numpy.column_stack([table["user"], table["item"] + sizes[0]]).ravel()
        return scipy.sparse.csr_matrix((numpy.ones(len(columns)), (rows, columns)), shape=(len(table), sum(sizes)))

    model = MyFMRegressor(rank=10, random_seed=1)
    known = features(train)
    start = time.perf_counter()
    model.fit(known, train["value"].to_numpy(), group_shapes=sizes, n_iter=40, n_kept_samples=35)
    seconds = time.perf_counter() - start
    errors = numpy.clip(model.predict(features(test)), 0.5, 5) - test["value"].to_numpy()
    return {"sweep": seconds * 1e9 / 40 / len(train), "rmse": float(numpy.sqrt(numpy.mean(errors ** 2)))}


def read_matrix(options):
    import pandas
    import scipy.sparse

    table = pandas.read_csv(options.train, sep=" ", header=None, names=["user", "item", "value"])
    users, user_ids = pandas.factorize(table["user"])
    items, item_ids = pandas.factorize(table["item"])
    return scipy.sparse.csr_matrix((table["value"].to_numpy("float32"), (users, items))), user_ids, item_ids


def measured(options, make_lists):
    """Seconds, memory and quality of a function that returns ten items for each row of a matrix."""
    start = time.perf_counter()
    matrix, user_ids, item_ids = read_matrix(options)
    lists = make_lists(matrix)
    seconds = time.perf_counter() - start
    found = {int(user_ids[row]): [int(item) for item in item_ids[lists[row]]] for row in range(len(user_ids))}
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": megabytes, "ndcg": ndcg(found, options.test)}


def list_with_implicit(options):
    """Everything at implicit's defaults."""
    import numpy
    from implicit.als import AlternatingLeastSquares

    def make_lists(matrix):
        model = AlternatingLeastSquares(num_threads=options.threads, random_state=1)
        model.fit(matrix, show_progress=False)
        return model.recommend(numpy.arange(matrix.shape[0]), matrix, N=10)[0]

    return measured(options, make_lists)


def list_with_ease(options):
    """EASE as its paper has it, with the penalty that it found for MovieLens."""
    import numpy
    from threadpoolctl import threadpool_limits

    def make_lists(matrix):
        likes = matrix.copy()
        likes.data[:] = 1
        gram = (likes.T @ likes).toarray()
        numpy.fill_diagonal(gram, gram.diagonal() + 500)
        inverse = numpy.linalg.inv(gram)
        weights = inverse / -inverse.diagonal()
        numpy.fill_diagonal(weights, 0)
        lists = []
        for first in range(0, matrix.shape[0], 1000):
            rows = likes[first:first + 1000]
            scores = rows @ weights
            scores[rows.nonzero()] = -numpy.inf
            best = numpy.argpartition(-scores, 10, axis=1)[:, :10]
            order = numpy.argsort(-numpy.take_along_axis(scores, best, axis=1), axis=1)
            lists.append(numpy.take_along_axis(best, order, axis=1))
        return numpy.concatenate(lists)

    with threadpool_limits(limits=options.threads):
        return measured(options, make_lists)


WORKERS = {"surprise": descend_with_surprise, "myfm": sample_with_myfm,
           "pandas": read_with_pandas, "polars": read_with_polars,
           "whole implicit": list_with_implicit, "whole ease": list_with_ease,
           "implicit": lambda options: factorize_with_implicit(options, True),
           "implicit cholesky": lambda options: factorize_with_implicit(options, False)}


# -- setting up ---------------------------------------------------------------------------------------------------


def run(command, **more):
    # OPENBLAS_ variables set for this machine would slow the peers' numpy.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OPENBLAS_")}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"bench-peers: {' '.join(command[:3])} … failed with {done.returncode}")
    return done.stdout


def set_up():
    os.makedirs(HOME, exist_ok=True)
    stamp = os.path.join(HOME, "packages.txt")
    if not os.path.exists(stamp) or open(stamp).read().split() != PACKAGES:
        print("making the peers' Python environment …", file=sys.stderr)
        run([sys.executable, "-m", "venv", os.path.join(HOME, "venv")])
        run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES])
        with open(stamp, "w") as file:
            file.write("\n".join(PACKAGES))
    if not os.path.exists(LIBMF):
        print("compiling LIBMF …", file=sys.stderr)
        run([PYTHON, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", HOME, "libmf"])
        archive = max(name for name in os.listdir(HOME) if name.startswith("libmf-") and name.endswith(".tar.gz"))
        run(["tar", "-xzf", archive, "-C", HOME], cwd=HOME)
        source = os.path.join(HOME, archive.removesuffix(".tar.gz"), "src_cpp")
        run([os.environ.get("CXX", "g++"), "-O3", "-march=native", "-DUSEAVX", "-DUSEOMP", "-fopenmp", "-I", source,
             os.path.join(ROOT, "Scripts", "peers", "libmf.cpp"), os.path.join(source, "mf.cpp"), "-o", LIBMF])


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        facts = open("/proc/cpuinfo").read()
        names = [line.split(":")[1].strip() for line in facts.splitlines() if line.startswith("model name")]
        vectors = next((name for flag, name in VECTORS.items() if f" {flag} " in facts), "no AVX2")
        model = f"{names[0]}, {len(names)} cores, {vectors}" if names else model
    return f"{model}; {platform.system()}"


def versions():
    text = run([PYTHON, "-m", "pip", "list", "--format", "json"])
    installed = {package["name"].lower(): package["version"] for package in json.loads(text)}
    archive = [name for name in os.listdir(HOME) if name.startswith("libmf-") and name.endswith(".tar.gz")]
    swift = run(["swift", "--version"], stderr=subprocess.DEVNULL).splitlines()[0]
    revision = run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"]).strip()
    shown = [f"{name} {installed[name]}" for name in PACKAGES if name in installed]
    return f"Kindred {revision}, {swift}; {', '.join(archive).removesuffix('.tar.gz')}, {', '.join(shown)}"


def wrapped(text):
    return textwrap.fill(text, 118, initial_indent=" " * 12, subsequent_indent="  ").lstrip()


# -- the table ----------------------------------------------------------------------------------------------------


def spread(values):
    digits = 3 if max(values) < 1 else 2 if max(values) < 100 else 0
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def rows(samples):
    for comparison in COMPARISONS:
        ours = samples.get(comparison.kindred)
        for peer, figure in comparison.peers.items():
            theirs = samples.get(figure)
            if not ours or not theirs:
                continue
            ratios = [b / a for a, b in zip(ours, theirs)]
            ratio = statistics.median(theirs) / statistics.median(ours)
            yield [comparison.work, comparison.unit, spread(ours), peer, spread(theirs),
                   f"{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})", quality(comparison, peer, samples)]


def quality(comparison, peer, samples):
    ours, theirs = (samples.get(comparison.quality.get(name)) for name in ("kindred", peer))
    if not ours or not theirs:
        return ""
    ours, theirs = statistics.median(ours), statistics.median(theirs)
    gain = theirs - ours if comparison.lower_is_better else ours - theirs
    verdict = "" if gain >= -comparison.tolerance else " WORSE"
    return f"{ours:.4f} / {theirs:.4f}{verdict}"


def table(samples):
    head = ["work", "unit", "Kindred", "peer", "its figure", "times as fast", "quality"]
    lines = [head, ["---"] * len(head), *rows(samples)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="18m")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="run only runners whose name holds this")
    parser.add_argument("--write", help="write the table with machine, versions and command to this file")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.data if os.path.isdir(options.data) else os.path.join(ROOT, ".data", "bench", options.data)
    options.train, options.test = os.path.join(folder, "train.txt"), os.path.join(folder, "test.txt")
    if options.worker:
        print(json.dumps(WORKERS[options.worker](options)))
        return
    set_up()
    for data in {options.data, "1m"}:
        run([BENCH, "--data", data, "--directory", os.path.join(ROOT, ".data", "bench"), "--only-make-data"])
    samples = {}
    for number in range(options.rounds):
        for name, runner in RUNNERS.items():
            if options.only in name:
                print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr)
                for figure, value in runner(options).items():
                    samples.setdefault(figure, []).append(value)
    print(table(samples))
    if options.write:
        command = f"make bench-peers DATA={os.path.basename(options.data)} ROUNDS={options.rounds}"
        with open(options.write, "w") as file:
            file.write(f"""# Benchmarks

Kindred and its peers, run alternately in one session on the same files:
medians of {options.rounds} rounds with minimum and maximum, {options.threads} threads,
{os.path.basename(options.data)} ratings to train on, or 1 M.

SGD and ALS are in ns per rating and epoch, the Bayesian factorization per sweep; "by blocks" is iALS++, CG conjugate
gradients. A ratio above 1 means Kindred is faster. Quality is the RMSE of Kindred / of the peer, or for the top ten
the precision.

- Command: `{command}`, {time.strftime('%Y-%m-%d')}
- Machine: {machine()}
- Versions: {wrapped(versions())}
- LIBMF is compiled with `-O3 -march=native -DUSEAVX -DUSEOMP -fopenmp`.

{table(samples)}
""")


if __name__ == "__main__":
    main()
