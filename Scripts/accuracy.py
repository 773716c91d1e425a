#!/usr/bin/env python3
"""Checks Kindred's accuracy on public data: a table of our figures beside what they must be.

    Scripts/accuracy.py [--only TEXT]... [--list]

A figure that misses its bound, or cannot be had, makes the exit status 1. MovieLens 100K and 1M are fetched when a
row wants them; rows on MovieLens latest-small are skipped unless it is in $KINDRED_DATA (../shared/data).
"""

import argparse
import csv
import datetime
import itertools
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KINDRED = os.environ.get("KINDRED", os.path.join(ROOT, ".build/release/kindred"))
DATA = os.path.join(ROOT, os.environ.get("KINDRED_DATA", "../shared/data"))
NOTEBOOK = os.path.join(ROOT, "Examples/notebook.csv")


class Missed(Exception):
    """A figure that could not be measured."""


class Skipped(Exception):
    """A row whose data are optional."""


# Bounds: the values that a figure may have.


@dataclass(frozen=True)
class Bound:
    low: float = -math.inf
    high: float = math.inf

    def holds(self, value):
        return self.low <= value <= self.high

    def __str__(self):
        if math.isinf(self.low):
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if math.isinf(self.high) else f"{self.low:g} – {self.high:g}"


@dataclass(frozen=True)
class Exactly:
    value: str

    def holds(self, value):
        return value == self.value

    def __str__(self):
        return self.value


def at_most(high):
    return Bound(high=high)


def at_least(low):
    return Bound(low=low)


# Data: the options that `kindred evaluate` reads it with.


def fetched_files(name):
    """The files of MovieLens 100k or 1m, ratings first."""
    fetch = subprocess.run([os.path.join(ROOT, "Scripts/fetch-movielens"), name], stdout=subprocess.PIPE, text=True)
    if fetch.returncode != 0:
        raise Missed(f"MovieLens {name} cannot be fetched")
    return fetch.stdout.splitlines()


def fetched(name):
    return ["--ratings", fetched_files(name)[0]]


def article_split(folder):
    """MovieLens latest-small, cut by row numbers (0 is the first rating) and in the order of those numbers."""
    source = os.path.join(DATA, "ml-latest-small")
    if not os.path.isfile(os.path.join(source, "ratings.csv")):
        raise Skipped("ml-latest-small is not there; KINDRED_DATA names the folder it is in")
    with open(os.path.join(source, "ratings.csv"), encoding="utf-8") as file:
        header, *ratings = file.read().splitlines()
    for part in ("train", "test"):
        with open(os.path.join(source, f"article-split-{part}-rows.txt"), encoding="utf-8") as file:
            rows = [ratings[int(number)] for number in file.read().split()]
        with open(os.path.join(folder, part + ".csv"), "w", encoding="utf-8") as file:
            file.write("\n".join([header, *rows, ""]))
    return ["--ratings", os.path.join(folder, "train.csv"), "--test", os.path.join(folder, "test.csv")]


def toys(folder):
    """Amazon Toys and Games: users' items in order of time, and the items' categories."""
    source = os.path.join(DATA, "toys")
    if not os.path.isfile(os.path.join(source, "sequences.txt")):
        raise Skipped("toys is not there; KINDRED_DATA names the folder it is in")
    ratings, items = os.path.join(folder, "toys.csv"), os.path.join(folder, "toys-items.csv")
    with open(os.path.join(source, "sequences.txt"), encoding="utf-8") as file, open(ratings, "w") as out:
        out.write("user,item\n")
        for user, *own in map(str.split, file):
            out.writelines(f"{user},{item}\n" for item in own)
    with open(os.path.join(source, "item-attributes.json"), encoding="utf-8") as file, open(items, "w") as out:
        out.write("item,genres\n")
        for item, categories in json.load(file).items():
            out.write(f"{item},{'|'.join(f'c{category}' for category in dict.fromkeys(categories))}\n")
    return ["--ratings", ratings, "--items", items]


def yoochoose(folder):
    """Clicks of a shop, in sessions; those of the test begin later."""
    parts = [os.path.join(DATA, "yoochoose-100k", f"{part}.txt") for part in ("train", "test")]
    if not all(map(os.path.isfile, parts)):
        raise Skipped("yoochoose-100k is not there; KINDRED_DATA names the folder it is in")
    return ["--ratings", parts[0], "--test", parts[1]]


def clicks(folder):
    return yoochoose(folder)[:2]


def purchases(folder):
    return toys(folder)[:2]


def canonical_split(*numbers):
    """MovieLens 100K's splits u1 to u5, each with 20,000 rows of u.data as the test, and attributes of both sides."""

    def options(number):
        def files(folder):
            ratings, items = fetched_files("100k")[:2]
            with open(ratings, encoding="utf-8") as file:
                rows = [row for row in file.read().splitlines() if not row.startswith("user_id")]
            start = (number - 1) * 20000
            parts = {"base": rows[:start] + rows[start + 20000 :], "test": rows[start : start + 20000]}
            for part, own in parts.items():
                with open(os.path.join(folder, f"u{number}.{part}"), "w", encoding="utf-8") as file:
                    file.write("\n".join([*own, ""]))
            candidates = (items.replace(".item", ".user"), items.replace("u.item", "u.user"))
            users = next(name for name in candidates if name != items)
            return [
                *("--ratings", os.path.join(folder, f"u{number}.base")),
                *("--test", os.path.join(folder, f"u{number}.test")),
                *("--items", items, "--users", users),
            ]

        return files

    return tuple(options(number) for number in numbers)


@dataclass(frozen=True)
class Protocol:
    """One way to cut one data set. The figure is the mean over the seeds."""

    name: str
    data: object  # a function of a temporary folder that gives the options naming the files; several are averaged over
    options: str = ""
    seeds: tuple = (1,)


U1 = Protocol("ML-100K u1", canonical_split(1))
U1_TO_U5 = Protocol("ML-100K u1-u5", canonical_split(1, 2, 3, 4, 5))
HUNDRED_K_TENTH = Protocol("ML-100K 90/10", lambda _: fetched("100k"), "--split random:0.1")
HUNDRED_K_STRANGERS = Protocol("ML-100K strangers", lambda _: fetched("100k"), "--split people:0.1")
ONE_M_STRANGERS = Protocol("ML-1M strangers", lambda _: fetched("1m"), "--split people:0.1")
ARTICLE = Protocol("latest-small", article_split)
# Every rating counts as a positive. Settings are chosen as the split cuts: at random.
RANDOM = "--positive all --validation random"
HUNDRED_K = Protocol("ML-100K ten folds", lambda _: fetched("100k"), f"--split folds:10 {RANDOM}")
ONE_M = Protocol("ML-1M 90/10", lambda _: fetched("1m"), "--split random:0.1")
ONE_M_LIKED = Protocol(
    "ML-1M liked",
    lambda _: fetched("1m"),
    f"--minimum-value 4 --core 10 --split random:0.2 {RANDOM}",
    seeds=(1, 2, 3, 4, 5),
)
LAST, CUT = "--split leave-last:2 --next last", "--split time:0.1 --next last"
ONE_M_LAST = Protocol("ML-1M leave-last", lambda _: fetched("1m"), f"{LAST} --positive all")
ONE_M_CUT = Protocol("ML-1M time cut", lambda _: fetched("1m"), f"{CUT} --positive all")
TOYS_LAST = Protocol("Toys leave-last", purchases, f"{LAST} --positive all")
COLUMNS = "--columns user=SessionId,item=ItemId,time=Time"
CLICKS = Protocol(
    "YooChoose", yoochoose, f"{COLUMNS} --duplicates keep --include-observed --next all --cutoffs 20 --positive all"
)
# The same by the rule that the command takes unasked.
ONE_M_LAST_DEFAULT = Protocol("ML-1M leave-last", lambda _: fetched("1m"), LAST)
ONE_M_CUT_DEFAULT = Protocol("ML-1M time cut", lambda _: fetched("1m"), CUT)
# A fifth of each user's items is held out, at random, and nothing else is asked for.
FIFTH = "--split user:0.2 --validation random"
FIFTHS = [
    Protocol("Toys user:0.2", purchases, FIFTH, seeds=(1, 2, 3, 4, 5)),
    Protocol("YooChoose user:0.2", clicks, f"{FIFTH} {COLUMNS}", seeds=(1, 2, 3, 4, 5)),
    Protocol("ML-100K user:0.2", lambda _: fetched("100k"), FIFTH, seeds=(1, 2, 3, 4, 5)),
    Protocol("ML-1M user:0.2", lambda _: fetched("1m"), FIFTH, seeds=(1, 2, 3, 4, 5)),
]
PARTS = ("ease", "next-item", "implicit-als", "graph-filter", "recent-popularity")
# Each item is cold with probability .2; a random fifth of the interactions with the others is held out.
COLD = "--split random:0.2 --cold-items 0.2"
TOYS_COLD = Protocol("Toys cold items", toys, COLD, seeds=(1, 2, 3))
TOYS_BLIND = Protocol("Toys cold items, no attributes", purchases, COLD, seeds=(1, 2, 3))
ONE_M_COLD = Protocol(
    "ML-1M cold items", lambda _: [*fetched("1m"), "--items", fetched_files("1m")[1]], COLD, seeds=(1, 2, 3)
)

# Figures: from one JSON object of `kindred evaluate`, the field itself or one of these.
DERIVED = {
    "coverage error": lambda result: max(
        abs(part["share"] - part["probability"]) for part in result["interval_coverage"]
    ),
    **{
        f"{part} {metric}@20": lambda r, part=part, metric=metric: r[part][f"{metric}@20"]
        for part in ("warm_items", "cold_items", "cold_among_all")
        for metric in ("recall", "ndcg")
    },
    "mse": lambda result: result["rmse"] ** 2,
    "size": lambda r: f"{r['users']} × {r['items']}, {r['train_ratings'] + r['test_ratings']}",
}
BASELINES = ("popularity", "recent-popularity", "bias", "mean")


class AnyRow:
    """A line of the table."""

    def note(self, _):
        """What stands beside the figure."""
        return self.reference


@dataclass(frozen=True)
class Row(AnyRow):
    """A figure of one algorithm: its name, then its options (none = the defaults)."""

    protocol: Protocol
    algorithm: str
    figure: str
    must: object
    reference: str
    by_default: object = None  # a protocol whose figure stands beside

    @property
    def what(self):
        return f"{self.protocol.name}: {NAMES.get(self.algorithm) or self.algorithm.split(' --rank')[0]}, {self.figure}"

    def value(self, session):
        return session.figure(self.protocol, self.algorithm, self.figure)

    def note(self, session):
        if self.by_default is None:
            return self.reference
        figure = session.figure(self.by_default, self.algorithm, self.figure)
        return f"{self.reference}; by the default rule {printed(figure)}"


@dataclass(frozen=True)
class RatioRow(AnyRow):
    """NDCG@10 of one algorithm over that of the best of others, all by their defaults."""

    protocol: Protocol
    algorithm: str
    others: tuple
    must: object
    reference: str

    @property
    def what(self):
        return f"{self.protocol.name}: {self.algorithm} over {'the best part' if self.others[1:] else self.others[0]}"

    def value(self, session):
        best = max(session.figure(self.protocol, other, "ndcg@10") for other in self.others)
        return session.figure(self.protocol, self.algorithm, "ndcg@10") / best


@dataclass(frozen=True)
class NotebookRow(AnyRow):
    """The 6 × 4 matrix, factorized from twenty seeds: the worst mean error over the known cells, none left empty."""

    must: object
    reference: str
    what: str = "notebook matrix: sgd --plain, worst mean error"

    def value(self, session):
        return max(session.notebook_error(seed) for seed in range(1, 21))


# Bayesian: defaults except for what a row states.
# The papers' figures are in Rendle, Zhang, Koren 2019 (https://arxiv.org/abs/1905.01395).
MF = "bayesian --features user,item"
FLIPPED = "bayesian --features user,item,user-items,item-users"
WITH_DAY = "bayesian --features user,item,day,user-items,item-users"
WITH_SIDE = "bayesian"
PROBIT = "bayesian --probit"
PROBIT_DAY = WITH_DAY + " --probit"
# As many sweeps as in the published runs.
SHORT = " --rank 32 --epochs 512"
NAMES = {
    MF: "bayesian, MF",
    FLIPPED: "bayesian, flipped",
    WITH_DAY: "bayesian, flipped with day",
    WITH_SIDE: "bayesian, with side information",
    PROBIT: "bayesian, probit with side information",
    PROBIT_DAY: "bayesian, probit flipped with day",
    WITH_DAY + SHORT: "bayesian, flipped with day, 512 sweeps",
    PROBIT_DAY + SHORT: "bayesian, probit flipped with day, 512 sweeps",
}


@dataclass(frozen=True)
class TunedRow(AnyRow):
    """`kindred tune` without the defaults on the training part of each of ten folds, then its best on the test part."""

    algorithm: str
    trials: int
    figure: str
    must: object
    reference: str

    @property
    def what(self):
        return f"{HUNDRED_K.name}: tune {self.algorithm} --trials {self.trials} --no-defaults, {self.figure}"

    def value(self, session):
        figures = [session.tuned(self.algorithm, self.trials, fold)[self.figure] for fold in range(10)]
        return sum(figures) / len(figures)


ROWS = [
    NotebookRow(at_most(0.14), "about 0.1"),
    Row(ARTICLE, "bias", "mse", at_most(0.76), ".753"),
    Row(
        ARTICLE,
        "sgd --plain --rank 10 --learning-rate 0.001 --regularization 0 --epochs 20",
        "mse",
        Bound(0.82, 0.84),
        "the article's .834",
    ),
    Row(ARTICLE, "als --rank 32 --regularization 0.1", "mse", at_most(0.745), ""),
    Row(ARTICLE, MF, "mse", at_most(0.705), "myFM .699-.701"),
    Row(ARTICLE, WITH_DAY, "mse", at_most(0.675), "myFM .672, aim .665"),
    Row(U1, MF, "rmse", at_most(0.906), "myFM .9066"),
    Row(U1, FLIPPED, "rmse", at_most(0.889), "myFM .8897"),
    Row(U1, WITH_DAY, "rmse", at_most(0.885), "published .8844"),
    Row(U1, WITH_SIDE, "rmse", at_most(0.8815), "published .8808"),
    Row(U1, PROBIT, "rmse", at_most(0.881), ""),
    Row(U1_TO_U5, MF, "rmse", at_most(0.898), ""),
    Row(HUNDRED_K, MF, "rmse", at_most(0.890), "aim .875"),
    Row(HUNDRED_K_TENTH, WITH_DAY, "coverage error", at_most(0.02), "0"),
    Row(HUNDRED_K_TENTH, PROBIT_DAY, "coverage error", at_most(0.02), "0"),
    Row(HUNDRED_K_STRANGERS, WITH_DAY, "coverage error", at_most(0.02), "0"),
    Row(ONE_M, WITH_DAY + SHORT, "rmse", at_most(0.8165), "published .8161"),
    Row(ONE_M, PROBIT_DAY + SHORT, "rmse", at_most(0.8145), "published .8140"),
    Row(ONE_M, WITH_DAY + SHORT, "coverage error", at_most(0.02), "0"),
    Row(ONE_M_STRANGERS, WITH_DAY + SHORT, "coverage error", at_most(0.02), "0"),
    Row(HUNDRED_K, "sgd", "rmse", at_most(0.903), ""),
    Row(HUNDRED_K, "als", "rmse", at_most(0.908), ""),
    Row(HUNDRED_K, "implicit-als", "ndcg@10", at_least(0.330), ".335"),
    TunedRow("implicit-als", 30, "ndcg@10", at_least(0.330), ".335 with the reference's settings"),
    Row(HUNDRED_K, "ease --regularization 250", "ndcg@10", at_least(0.346), ".351"),
    Row(HUNDRED_K, "ease --regularization 250", "recall@20", at_least(0.399), ".404"),
    Row(HUNDRED_K, "blend", "ndcg@10", at_least(0.350), ".353, aim .360"),
    Row(ONE_M, "sgd", "rmse", at_most(0.85), ""),
    Row(ONE_M_LIKED, "implicit-als", "ndcg@10", at_least(0.333), ".336"),
    Row(ONE_M_LIKED, "ease --regularization 238.56", "ndcg@10", at_least(0.326), ".330"),
    Row(ONE_M_LIKED, "blend", "ndcg@10", at_least(0.340), ".340, aim .345"),
    Row(ONE_M_LIKED, "popularity", "ndcg@10", Bound(0.152, 0.162), ".157"),
    Row(ONE_M_LAST, "next-item", "ndcg@10", at_least(0.162), ".1627", ONE_M_LAST_DEFAULT),
    Row(ONE_M_LAST, "blend", "ndcg@10", at_least(0.174), ".1757, aim .186", ONE_M_LAST_DEFAULT),
    Row(ONE_M_CUT, "next-item", "ndcg@10", at_least(0.094), ".0944", ONE_M_CUT_DEFAULT),
    Row(ONE_M_CUT, "blend", "ndcg@10", at_least(0.100), ".1029, aim .110", ONE_M_CUT_DEFAULT),
    Row(TOYS_LAST, "blend", "ndcg@10", at_least(0.060), "aim .065"),
    *(
        Row(CLICKS, algorithm, figure, at_least(bound), reference)
        for algorithm in ("next-item", "blend")
        for figure, bound, reference in (
            ("hit_rate@20", 0.7034, "S-Walk .7034, aim .72"),
            ("mrr@20", 0.3761, "S-Walk .3761, aim .39"),
        )
    ),
    *(RatioRow(protocol, "implicit-als", ("ease",), at_least(0.75), "aim .9") for protocol in FIFTHS),
    *(RatioRow(protocol, "blend", PARTS, at_least(0.995), "aim 1") for protocol in FIFTHS),
    Row(ONE_M_CUT, "popularity", "ndcg@10", Bound(0.0185, 0.0197), ".0191"),
    Row(TOYS_BLIND, "blend", "warm_items recall@20", at_least(0), "below the next"),
    Row(TOYS_COLD, "blend", "warm_items recall@20", at_least(0.160), "add-EASE .1599, aim .175"),
    Row(TOYS_COLD, "blend", "warm_items ndcg@20", at_least(0.097), "add-EASE .0969"),
    Row(TOYS_COLD, "blend", "cold_items recall@20", at_least(0.155), ".1553, aim .17; cosine .135, random .008"),
    Row(TOYS_COLD, "blend", "cold_items ndcg@20", at_least(0.083), ".0829"),
    Row(TOYS_COLD, "blend", "cold_among_all recall@20", at_least(0.053), ".0529, aim .07"),
    Row(ONE_M_COLD, "blend", "cold_items recall@20", at_least(0.078), "3 × the .026 of random order"),
    Row(ONE_M_LIKED, "popularity", "size", Exactly("5949 × 2810, 571531"), "users × items, ratings"),
]


class Session:
    """Runs the command, each run once, and keeps its output."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}  # by protocol and cut: the options that name its files
        self.results = {}  # by protocol, algorithm with options, seed, cut: the JSON object

    def kindred(self, *arguments):
        done = subprocess.run(
            [KINDRED, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or ["no message"]
            raise Missed(f"kindred {arguments[0]} exits {done.returncode}: {said[-1]}")
        return done.stdout

    def figure(self, protocol, algorithm, figure):
        values = []
        cuts = range(len(protocol.data) if isinstance(protocol.data, tuple) else 1)
        for seed, cut in itertools.product(protocol.seeds, cuts):
            result = self.evaluate(protocol, algorithm, seed, cut)
            try:
                values.append(DERIVED[figure](result) if figure in DERIVED else float(result[figure]))
            except (KeyError, TypeError):
                raise Missed(f"the result has no {figure}") from None
        if isinstance(values[0], str):
            return " and ".join(sorted(set(values)))
        return sum(values) / len(values)

    def evaluate(self, protocol, algorithm, seed, cut):
        """The result of one algorithm on one of the protocol's cuts; each run gives the baselines' results too."""
        key = (protocol, algorithm, seed, cut)
        if key not in self.results:
            if (protocol, cut) not in self.files:
                files = protocol.data[cut] if isinstance(protocol.data, tuple) else protocol.data
                self.files[protocol, cut] = files(self.folder)
            name, *options = algorithm.split()
            arguments = ["evaluate", name, *self.files[protocol, cut], *protocol.options.split(), *options]
            for line in self.kindred(*arguments, "--seed", str(seed), "--json", "--details").splitlines():
                result = json.loads(line)
                said = result["algorithm"]
                if said == name:
                    self.results[key] = result
                if said in BASELINES:
                    self.results.setdefault((protocol, said, seed, cut), result)
        if key not in self.results:
            raise Missed(f"kindred evaluate says nothing of {algorithm}")
        return self.results[key]

    def tuned(self, algorithm, trials, fold):
        """The result on one of ten folds (every tenth line) of the best settings found on the other nine."""
        with open(fetched("100k")[1], encoding="utf-8") as file:
            lines = file.readlines()
        ratings = [line for line in lines if line.split()[0].isdigit()]
        train, test = (os.path.join(self.folder, f"{part}-{fold}.tsv") for part in ("train", "test"))
        for path, is_test in ((train, False), (test, True)):
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(line for number, line in enumerate(ratings) if (number % 10 == fold) == is_test)
        search = ["--trials", str(trials), "--no-defaults", "--seed", str(fold), "--json"]
        best = json.loads(self.kindred("tune", algorithm, "--ratings", train, *search).splitlines()[0])
        settings = [word for name, value in sorted(best["settings"].items()) for word in (option(name), str(value))]
        files = ["--ratings", train, "--test", test]
        for line in self.kindred("evaluate", algorithm, *files, *settings, "--seed", str(fold), "--json").splitlines():
            result = json.loads(line)
            if result["algorithm"] == algorithm:
                return result
        raise Missed(f"kindred evaluate says nothing of {algorithm}")

    def notebook_error(self, seed):
        with open(NOTEBOOK, encoding="utf-8") as file:
            known = {(row["user"], row["item"]): float(row["value"]) for row in csv.DictReader(file)}
        model = os.path.join(self.folder, "notebook.kindred")
        options = "--plain --rank 3 --epochs 5000 --learning-rate 0.0002 --regularization 0.02"
        self.kindred("train", "sgd", *options.split(), "--seed", str(seed), "--ratings", NOTEBOOK, "--model", model)
        filled = {}
        for row in csv.DictReader(self.kindred("complete", "--model", model).splitlines()):
            user = row.pop("user")
            filled.update({(user, item): float(value) for item, value in row.items()})
        full = sum(map(math.isfinite, filled.values()))
        if full != 24 or len(filled) != 24 or not known.keys() <= filled.keys():
            raise Missed(f"seed {seed}: {full} cells are filled, not 24")
        return sum(abs(filled[cell] - value) for cell, value in known.items()) / len(known)


def option(name):
    """An option of the command: learningRate is --learning-rate."""
    return "--" + "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)


def printed(value):
    return value if isinstance(value, str) else f"{value:.4f}"


def check(rows):
    """The lines of the table, and notes on failures."""
    lines, notes = [("what", "ours", "must", "reference, aim", "ok")], []
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        session = Session(folder)
        for number, row in enumerate(rows, 1):
            print(f"[{number}/{len(rows)}] {row.what} …", end=" ", file=sys.stderr, flush=True)
            start = time.monotonic()
            reference = row.reference
            try:
                value = row.value(session)
                ours, ok, reference = printed(value), row.must.holds(value), row.note(session)
            except Skipped as reason:
                ours, ok = "skipped", None
                notes.append(f"{row.what}: {reason}")
            except (Missed, ValueError, KeyError) as reason:
                ours, ok = "failed", False
                notes.append(f"{row.what}: {reason}")
            print(f"{ours} ({time.monotonic() - start:.1f} s)", file=sys.stderr, flush=True)
            missed += ok is False
            lines.append((row.what, ours, str(row.must), reference, {True: "yes", False: "NO", None: "-"}[ok]))
    return lines, notes, missed


def shell(*command):
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip()
    except OSError:
        return ""


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return shell("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()


def heading():
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    commit = shell("git", "rev-parse", "--short", "HEAD") or "unknown"
    changed = " with changes" if shell("git", "status", "--porcelain") else ""
    machine = f"{platform.system()} {platform.machine()}, {processor()}, {os.cpu_count()} cores"
    return f"Accuracy of Kindred, {now}, commit {commit}{changed}\n{machine}\n"


def main():
    parser = argparse.ArgumentParser(description="Checks the accuracy of Kindred on public data.")
    parser.add_argument("--only", action="append", metavar="TEXT", help="the rows whose name has this text")
    parser.add_argument("--list", action="store_true", help="list the rows and stop")
    options = parser.parse_args()
    rows = [row for row in ROWS if not options.only or any(text.lower() in row.what.lower() for text in options.only)]
    if options.list:
        print("\n".join(row.what for row in rows))
        return 0
    if not rows:
        parser.error("no row has that text; --list shows them")
    if not shutil.which(KINDRED):
        parser.error(f"{KINDRED} is not built; 'make accuracy' builds it")
    lines, notes, missed = check(rows)
    widths = [max(map(len, column)) for column in zip(*lines)]
    print(heading())
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    if notes:
        print("\n" + "\n".join(notes))
    print(f"\n{missed} of {len(rows)} rows missed." if missed else "\nNo row missed its bound.")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
