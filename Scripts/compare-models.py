#!/usr/bin/env python3
"""Trains every algorithm with two commands, and says in what their models differ.

usage: compare-models.py OLD NEW [--only TEXT] [--threads 1,2] [--seed 7] [--new-seed N] [--keep FOLDER]

OLD and NEW are two builds of the command. Both train on the data of the contract suite of the tests, to the last digit, at default
settings and in variants. Of each model the script prints whether all tensors are equal byte for byte, and which header keys NEW
removed, added or changed. It ends with 1 if any tensor differs or only one command trains, else with 0.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

MASK = (1 << 64) - 1


class RandomStream:
    """The library's random numbers of purpose `data`, which the tests' data are drawn from."""

    def __init__(self, seed):
        key = self.mixed(seed + 0x9E3779B97F4A7C15)
        key = self.mixed(key ^ (8 * 0xD1B54A32D192ED03))  # 8: the purpose
        key = self.mixed(key)
        self.state = self.mixed(key)

    @staticmethod
    def mixed(value):
        z = value & MASK
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        return z ^ (z >> 31)

    def uniform(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return (self.mixed(self.state) >> 11) * 2.0**-53

    def normal(self):
        radius = math.sqrt(-2 * self.logarithm(1 - self.uniform()))
        return radius * self.cosine_of_turn(self.uniform())

    @staticmethod
    def logarithm(x):
        m, exponent = math.frexp(x)
        m, exponent = m * 2, float(exponent - 1)
        if m > 1.4142135623730951:
            m /= 2
            exponent += 1
        s = (m - 1) / (m + 1)
        square, total, power = s * s, 0.0, 23.0
        while power >= 1:
            total = total * square + 1 / power
            power -= 2
        return exponent * 0.6931471805599453 + 2 * s * total

    @staticmethod
    def cosine_of_turn(t):
        if t > 0.5:
            t = 1 - t
        sign = 1.0
        if t > 0.25:
            t, sign = 0.5 - t, -1.0
        is_sine = t > 0.125
        angle = 2 * math.pi * (0.25 - t if is_sine else t)
        square = angle * angle
        term = angle if is_sine else 1.0
        total, step = term, 2.0 if is_sine else 1.0
        for _ in range(9):
            term *= -square / (step * (step + 1))
            total += term
            step += 2
        return sign * total


def ratings(users, items, density=0.25, seed=7):
    """`Synthetic.ratings` of the tests: user, item, value, time."""
    stream = RandomStream(seed)
    rows = lambda count: [(stream.normal(), stream.normal(), stream.normal() * 0.3) for _ in range(count)]
    user_rows, item_rows = rows(users), rows(items)
    result = []
    for user, p in enumerate(user_rows):
        for item, q in enumerate(item_rows):
            if stream.uniform() < density:
                value = 3 + p[2] + q[2] + 0.6 * (p[0] * q[0] + p[1] * q[1]) + 0.3 * stream.normal()
                rounded = math.copysign(math.floor(abs(value) + 0.5), value)
                result.append((user, f"item {item}", min(5, max(1, int(rounded))), len(result) * 200))
    return result


def checkerboard(size, rated):
    """`Synthetic.checkerboard` and `ratedCheckerboard` of the tests."""
    return [
        (user, item, 5 if (user + item) % 2 == 0 else 1) for user in range(size) for item in range(size)
        if item != user and (rated or (user + item) % 2 == 0)]


def write(path, header, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(",".join(str(field) for field in row) + "\n" for row in rows)


def write_data(folder):
    """The contract suite's data, and of our own: kinds of feedback, and what is known of users and items."""
    contract = ratings(600, 250)
    write(f"{folder}/contract.csv", "user,item,rating,timestamp", contract)
    write(f"{folder}/checkerboard.csv", "user,item,rating", checkerboard(20, rated=False))
    write(f"{folder}/rated.csv", "user,item,rating", checkerboard(20, rated=True))
    kinds = {1: "dislike", 2: "view", 3: "view", 4: "like", 5: "purchase"}
    events = [(user, item, kinds[value], time * 100) for user, item, value, time in contract]
    write(f"{folder}/events.csv", "user,item,event,timestamp", events)
    genres = ["Drama", "Comedy|Crime", "War|Drama", "Crime"]
    write(
        f"{folder}/items.csv", "itemId,title,genres,country",
        [(f"item {item}", f"Title {item}", genres[item % 4], "FR" if item % 3 else "DE") for item in range(250)])
    write(f"{folder}/users.csv", "user,age", [(user, 20 + user % 5 * 10) for user in range(600)])


def cases(algorithms):
    """Each case: a name, a file of ratings and the arguments of `train`."""
    events = ["--feedback", "view=1,like=3,purchase=5,dislike=-2"]
    known = ["--items", "items.csv"]
    everything = known + ["--users", "users.csv"]
    all_cases = [(name, "contract.csv", [name]) for name in algorithms]
    all_cases += [("default pair", "contract.csv", []), ("default pair, 0s", "contract.csv", ["--budget", "0s"])]
    for data in ["checkerboard.csv", "rated.csv"]:
        all_cases += [(f"{name} on {data}", data, [name]) for name in algorithms]
    all_cases += [
        ("sgd plain", "contract.csv", ["sgd", "--plain"]),
        ("sgd rank 8", "contract.csv", ["sgd", "--rank", "8", "--epochs", "4", "--regularization", "0.5"]),
        ("als rank 8", "contract.csv", ["als", "--rank", "8", "--epochs", "2"]),
        ("implicit-als blocks", "contract.csv",
         ["implicit-als", "--rank", "20", "--block-size", "16", "--epochs", "3"]),
        ("implicit-als weighted", "contract.csv", ["implicit-als", "--rank", "8", "--epochs", "3", "--weighted"]),
        ("implicit-als mean", "contract.csv", ["implicit-als", "--positive", "mean", "--half-life", "20"]),
        ("implicit-als events", "events.csv", ["implicit-als"] + events),
        ("ease neighbors", "contract.csv", ["ease", "--regularization", "5", "--neighbors", "12"]),
        ("ease events", "events.csv", ["ease", "--half-life", "100"] + events),
        ("item-knn tfidf", "contract.csv", ["item-knn", "--similarity", "tfidf", "--shrinkage", "3"]),
        ("graph-filter rank 8", "contract.csv", ["graph-filter", "--rank", "8"]),
        ("bayesian probit", "contract.csv", ["bayesian", "--rank", "3", "--epochs", "100", "--probit"] + everything),
        ("bayesian pairs", "contract.csv", ["bayesian", "--rank", "8", "--epochs", "100", "--features", "user,item"]),
        ("bayesian side", "contract.csv", ["bayesian", "--rank", "4", "--epochs", "100"] + everything),
        ("bayesian core", "contract.csv",
         ["bayesian", "--rank", "4", "--epochs", "100", "--core", "40", "--minimum-value", "2"]),
        ("blend events", "events.csv", ["blend", "--budget", "2s", "--half-life", "100"] + events + known),
        ("default events", "events.csv", ["--budget", "0s"] + events + known),
        ("default positive 4", "contract.csv", ["--budget", "0s", "--positive", "4"] + known),
    ]
    return all_cases


def algorithms(kindred):
    """The subcommands of `train`."""
    text = subprocess.run([kindred, "train", "--help"], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^  ([a-z][a-z-]*)(?: |$)", text.split("SUBCOMMANDS:")[1], re.MULTILINE)
    return [name for name in names if name != "help"]


def read(path):
    """The header's texts, and of each tensor its type, shape and bytes; padding left out."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    texts = header.pop("__metadata__", {})
    for key in ["checksums", "header_checksum"]:  # of tensors and header, which are compared themselves
        texts.pop(key, None)
    tensors = {}
    for name, entry in header.items():
        if not name.startswith("__padding_"):
            begin, end = entry["data_offsets"]
            tensors[name] = (entry["dtype"], entry["shape"], data[start + begin:start + end])
    return texts, tensors


def train(kindred, folder, data, arguments, model, seed, threads):
    """Trains a model; gives what the command says where it fails, else nothing."""
    result = subprocess.run(
        [os.path.abspath(kindred), "train", *arguments, "--ratings", data, "--seed", str(seed), "--threads", threads,
         "--model", model], cwd=folder, capture_output=True, text=True)
    if result.returncode < 0:
        return f"ended by signal {-result.returncode}"
    return None if result.returncode == 0 else result.stderr.strip() or f"status {result.returncode}"


def describe(tensor):
    return f"{tensor[0]} {tensor[1]}"


def compare(old, new):
    """The lines that say in what two models differ, and whether their tensors are equal."""
    (old_texts, old_tensors), (new_texts, new_tensors) = read(old), read(new)
    differences = []
    for name in sorted(old_tensors.keys() | new_tensors.keys()):
        before, after = old_tensors.get(name), new_tensors.get(name)
        if before is None or after is None:
            differences.append(f"tensor {name}: only in the {'new' if before is None else 'old'} model")
        elif before[:2] != after[:2]:
            differences.append(f"tensor {name}: {describe(before)} became {describe(after)}")
        elif before[2] != after[2]:
            size = len(before[2]) // max(1, math.prod(before[1]))
            count = sum(before[2][at:at + size] != after[2][at:at + size] for at in range(0, len(before[2]), size))
            differences.append(f"tensor {name}: {count} of {math.prod(before[1])} elements differ")
    lines = [
        f"tensors: {len(differences)} of {len(old_tensors)} differ" if differences
        else f"tensors: all {len(old_tensors)} equal"] + differences
    lines += [f"header: removed {key} = {old_texts[key]}" for key in sorted(old_texts.keys() - new_texts.keys())]
    lines += [f"header: added {key} = {new_texts[key]}" for key in sorted(new_texts.keys() - old_texts.keys())]
    lines += [
        f"header: changed {key} from {old_texts[key]} to {new_texts[key]}"
        for key in sorted(old_texts.keys() & new_texts.keys()) if old_texts[key] != new_texts[key]]
    return lines, not differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--only", default="", help="only cases whose name holds this")
    parser.add_argument("--threads", default="1,2", help="the numbers of threads, each in turn")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--new-seed", type=int, help="another seed for NEW: then the script must find differences")
    parser.add_argument("--keep", help="write data and models into this folder and keep them")
    options = parser.parse_args()
    new_seed = options.seed if options.new_seed is None else options.new_seed
    names = algorithms(options.old)
    missing = sorted(set(names) - set(algorithms(options.new)))
    failures = [f"{name}: the new command does not know it" for name in missing]
    keys = set()
    with tempfile.TemporaryDirectory() as temporary:
        folder = os.path.abspath(options.keep or temporary)
        os.makedirs(folder, exist_ok=True)
        write_data(folder)
        for name, data, arguments in cases(names):
            if options.only not in name:
                continue
            for threads in options.threads.split(","):
                label = f"{name}, {threads} thread{'' if threads == '1' else 's'}"
                stem = re.sub("[^a-z0-9]+", "-", label)
                models = [f"{folder}/{stem}.{side}.kindred" for side in ["old", "new"]]
                refusals = [
                    train(command, folder, data, arguments, model, seed, threads) for command, model, seed in
                    zip([options.old, options.new], models, [options.seed, new_seed])]
                if refusals[0] is not None and refusals[1] is not None:
                    lines, is_equal = [f"both refuse: {refusals[0]}"], True
                    if refusals[1] != refusals[0]:
                        lines.append(f"the new command says: {refusals[1]}")
                elif refusals[0] is not None or refusals[1] is not None:
                    side = "old" if refusals[0] is not None else "new"
                    lines, is_equal = [f"the {side} command alone refuses: {refusals[0] or refusals[1]}"], False
                else:
                    lines, is_equal = compare(*models)
                keys.update(" ".join(line.split()[1:3]) for line in lines if line.startswith("header: "))
                if not is_equal:
                    failures.append(label)
                print(f"{label}: " + "\n  ".join(lines), flush=True)
                if not options.keep:
                    for model in models:
                        if os.path.exists(model):
                            os.remove(model)
    print()
    print("header keys: " + (", ".join(sorted(keys)) if keys else "the same"))
    print("\n".join(["models that differ:"] + failures) if failures else "all tensors are equal")
    sys.exit(1 if failures else 0)


main()
