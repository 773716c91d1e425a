"""A server of Kindred over a store of its own, for the tests of the page."""

import contextlib
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "Scripts"))

from running_server import request, running, wait_until_ready


def fetched(name):
    """The paths of a MovieLens set, fetched where they are not there yet; None where that cannot be done."""
    script = os.path.join(ROOT, "Scripts", "fetch-movielens")
    run = subprocess.run([script, name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        return None
    return [os.path.join(ROOT, path) for path in run.stdout.split("\n") if path]


# Words of invented titles, by the genres that they belong to.
WORDS = {
    ("Sci-Fi", "Adventure"): "Orbit Signal Horizon Engine Comet Static Gravity Machine Colony Meridian",
    ("Horror", "Thriller"): "Cellar Whisper Teeth Hollow Night Attic Harvest Lantern Marsh Visitor",
    ("Romance", "Comedy"): "Letters Summer Kitchen Wedding Balcony Orchard Train Sunday Postman Garden",
    ("Drama", "War"): "Winter Brothers Bridge Harbour Silence Map Sergeant River Snow Return",
    ("Animation", "Children's"): "Otter Balloon Button Moon Forest Umbrella Mouse Kite Puddle Acorn",
    ("Crime", "Film-Noir"): "Alibi Ledger Smoke Corner Debt Neon Witness Dice Shadow Pier",
}
FORMS = [
    "The {0} {1}", "The Last {0}", "{0} and {1}", "Beyond the {0}", "No More {0}", "Return to {0}", "The Other {0}",
]


def synthetic(folder, users=400, films_of_genre=40, seed=11, step=1):
    """Writes invented ratings and films: users love two kinds of films and put up with the rest."""
    chance = random.Random(seed)
    films = []
    for genres, words in WORDS.items():
        words = words.split()
        names = {}
        while len(names) < films_of_genre:
            form, pair = chance.choice(FORMS), chance.sample(words, 2)
            names.setdefault(form.format(*pair), None)
        for name in names:
            films.append((name, chance.randint(1948, 2019), genres, chance.paretovariate(1.3)))
    ratings = []
    kinds = list(WORDS)
    for user in range(users):
        loved = set(chance.sample(range(len(kinds)), 2))
        strict = chance.gauss(0, 0.4)
        weights = [film[3] * (6 if kinds.index(film[2]) in loved else 1) for film in films]
        for film in sorted(set(chance.choices(range(len(films)), weights, k=45))):
            love = 1.1 if kinds.index(films[film][2]) in loved else -0.6
            value = 3.2 + love + strict + min(0.6, films[film][3] / 12) + chance.gauss(0, 0.7)
            ratings.append((user, film, min(5, max(step, round(value / step) * step))))
    paths = [os.path.join(folder, name) for name in ("ratings.csv", "films.csv")]
    with open(paths[0], "w", newline="") as file:
        csv.writer(file).writerows([("user", "item", "rating"), *ratings])
    with open(paths[1], "w", newline="") as file:
        rows = [(number, f"{film[0]} ({film[1]})", "|".join(film[2])) for number, film in enumerate(films)]
        csv.writer(file).writerows([("movieId", "title", "genres"), *rows])
    return paths


def purchases(folder, users=120, seed=7):
    """Writes what customers of an invented shop bought: no values, no titles."""
    chance = random.Random(seed)
    path = os.path.join(folder, "purchases.csv")
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("customer", "sku"))
        for user in range(users):
            loved = chance.sample(range(6), 2)
            bought = {(chance.choice(loved), int(chance.paretovariate(0.8)) % 30) for _ in range(14)}
            rows.writerows((f"c{user}", f"SKU-{kind}{number:02}") for kind, number in sorted(bought))
    return [path]


def catalogue(folder, films=100_000, users=2_000, seed=5):
    """Writes very many invented films and ratings: a few are much rated, most are nearly unknown, half not at all."""
    chance = random.Random(seed)
    kinds = [(genres, words.split()) for genres, words in WORDS.items()]
    paths = [os.path.join(folder, name) for name in ("many-ratings.csv", "many-films.csv")]
    with open(paths[0], "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("user", "item", "rating"))
        for user in range(users):
            loved = chance.sample(range(len(kinds)), 2)
            known = {int(chance.paretovariate(0.5) * 30) % (films // 6) * 6 + chance.choice(loved) for _ in range(20)}
            known = sorted(known | set(range(user, films, 2 * users)))
            rows.writerows((user, film, chance.choice((4, 5) if film % 6 in loved else (1, 2, 3))) for film in known)
    with open(paths[1], "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("movieId", "title", "genres"))
        for film in range(films):
            genres, words = kinds[film % 6]
            name = chance.choice(FORMS).format(*chance.sample(words, 2))
            rows.writerow((film, f"{name} {film} ({chance.randint(1930, 2024)})", "|".join(genres)))
    return paths


class Server:
    """A server that runs on this machine."""

    def __init__(self, port, process, command):
        self.port = port
        self.process = process
        self.command = command
        self.address = f"http://127.0.0.1:{port}"

    def ask(self, method, path, body=None, key=None):
        """The status and the JSON of an answer."""
        return request(self.port, method, path, body, key)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def start(self):
        """Runs the server again after a stop, on the same port."""
        self.process = subprocess.Popen(
            [*self.command, "--port", str(self.port)], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        wait_until_ready(self.port)


@contextlib.contextmanager
def serving(kindred, paths, *options, train=None):
    """A server over a new store with these files and options of the import, or none, ready to answer.

    It trains its default, unless `train` names an algorithm and its options.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "films.sqlite")
        if paths:
            command = [kindred, "import", paths[0], "--store", store, *options]
            if len(paths) > 1:
                command += ["--items", paths[1], "--item-noun", "film"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if train:
                command = [kindred, "train", *train, "--store", store]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with running(kindred, store, "--log", "warning") as (port, process):
            server = Server(port, process, [kindred, "serve", "--store", store, "--log", "warning"])
            try:
                yield server
            finally:
                # The first process is ended by what started it.
                if server.process is not process:
                    server.stop()
