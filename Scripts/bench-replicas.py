#!/usr/bin/env python3
"""Measures servers over one PostgreSQL with MovieLens 1M, beside one over SQLite.

usage: bench-replicas.py KINDRED RATINGS ITEMS

- rows per second of an import by COPY, of five million generated ratings;
- the time of the history of one of their users, read for the first time;
- lists per second of a server over PostgreSQL, beside one over SQLite with the same model, in turn;
- the time from a rating at one of three servers to another list at the next one, while 300 ratings and 1,000 lists per
  second go through nginx.

Exit status 1 where a bar is not met.
"""
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

from load import Client, at_rate, percentile, read, show, wrk
from running_server import running, wait_until_ready

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
SECONDS, PORT = 20, 18180
failures = []


def bar(name, value, least=None, most=None):
    bound = f">= {least}" if least is not None else f"<= {most}"
    print(f"{name:<60} {value:12,.2f}   ({bound})", flush=True)
    if not (least is None or value >= least) or not (most is None or value <= most):
        failures.append(f"{name}: {value:.2f}, required {bound}")


def cluster(action, folder):
    return subprocess.run(
        [f"{SCRIPTS}/postgres-cluster", action, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def command(*arguments):
    return subprocess.run([*arguments], check=True, capture_output=True, text=True).stdout


def ids(path):
    """What the first column holds, for paths of requests."""
    return [urllib.parse.quote(one, safe="") for one in dict.fromkeys(row[0] for row in read(path))]


def many(kindred, folder, store):
    """Five million ratings: the import, and the histories of users whom no cache knows."""
    path, users, items = f"{folder}/many.csv", 50_000, 20_000
    chance = random.Random(3)
    with open(path, "w", encoding="utf-8") as file:
        file.write("user,item,rating,timestamp\n")
        for user in range(users):
            file.writelines(
                f"u{user},i{item},{1 + (item * 7 + user) % 5},{1_600_000_000 + user}\n"
                for item in chance.sample(range(items), 100))
    seconds = json.loads(command(kindred, "import", path, "--store", store, "--json"))["seconds"]
    bar("ratings per second of an import by COPY", users * 100 / seconds, least=200_000)
    os.remove(path)
    # A small model, so that the server is ready at once.
    command(kindred, "train", "popularity", "--store", store)
    asked = chance.sample(range(users), 200 * SECONDS + 200)
    with running(kindred, store, log=subprocess.DEVNULL) as (port, _):
        async def history(client, number):
            await client.send("GET", f"/v1/users/u{asked.pop()}/ratings?limit=10")
        asyncio.run(at_rate(port, 200, 1, history))
        bar("ms of a history, 99 % within", percentile(asyncio.run(at_rate(port, 200, SECONDS, history)), .99), most=2)


def side_by_side(kindred, ratings, items, folder, store):
    """The same model answers from both stores."""
    plain = f"{folder}/films.sqlite"
    for place in (plain, store):
        command(kindred, "import", ratings, "--items", items, "--store", place)
        command(kindred, "train", "--store", place, "--seed", "1")
    paths = [f"/v1/users/{user}/recommendations?limit=10" for user in ids(ratings)]
    rates = {place: [] for place in (plain, store)}
    for _ in range(3):
        for place in rates:
            with running(kindred, place, log=subprocess.DEVNULL) as (port, _):
                # Most users are asked for once before, so that their answers are kept.
                wrk(port, paths, 10)
                rates[place].append((wrk(port, paths, 5), wrk(port, paths, 5, is_new=True)))
    for at, name in enumerate(["lists per second", "lists per second, each made anew"]):
        ours, theirs = (statistics.median(rate[at] for rate in rates[place]) for place in (store, plain))
        print(f"{name}: {ours:,.0f} over PostgreSQL, {theirs:,.0f} over SQLite")
        bar(f"{name}, over PostgreSQL against SQLite", ours / theirs, least=0.7)


def load(users, films):
    """1,000 lists and 300 ratings per second through nginx."""
    chance = random.Random(5)

    async def one(client, number):
        user = chance.choice(users)
        if number % 13 < 10:
            await client.send("GET", f"/v1/users/{user}/recommendations?limit=10")
        else:
            await client.send("PUT", f"/v1/users/{user}/ratings/{chance.choice(films)}", '{"value":4}')

    show("lists and ratings through nginx, 1,300 a second", asyncio.run(at_rate(PORT, 1300, SECONDS + 4, one)))


def freshness(films):
    """Ratings of users of their own at one server; the list at the next one is asked for until it is another one."""
    chance = random.Random(6)

    async def probe():
        clients = [await Client(PORT + 1 + at).open() for at in range(3)]
        times, end, number = [], time.perf_counter() + SECONDS, 0
        while time.perf_counter() < end:
            user, at = f"probe-{number % 50}", number % 3
            writer, reader, path = clients[at], clients[(at + 1) % 3], f"/v1/users/{user}/recommendations?limit=10"
            before = await reader.send("GET", path)
            start = time.perf_counter()
            # An item of the list is in it no more once it is rated.
            item = urllib.parse.quote(json.loads(before)["items"][chance.randrange(3)]["item"], safe="")
            await writer.send("PUT", f"/v1/users/{user}/ratings/{item}", '{"value":5}')
            while await reader.send("GET", path) == before and time.perf_counter() - start < 5:
                pass
            times.append((time.perf_counter() - start) * 1000)
            number += 1
            await asyncio.sleep(0.02)
        return sorted(times)

    return asyncio.run(probe())


def behind_nginx(kindred, ratings, items, folder):
    place = f"{folder}/nginx-pg"
    environment = {**os.environ, "KINDRED": kindred, "PORT": str(PORT), "FOLDER": place}
    cluster("start", place)
    store = cluster("location", place)
    command(kindred, "import", ratings, "--items", items, "--store", store)
    servers = subprocess.Popen(
        [f"{SCRIPTS}/serve-postgres"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        for port in [PORT + 1, PORT + 2, PORT + 3, PORT]:
            while True:
                try:
                    wait_until_ready(port)
                    break
                # Nothing listens yet, or nginx says that nobody does.
                except (OSError, ValueError):
                    assert time.monotonic() < deadline, "the servers did not start"
                    time.sleep(0.2)
        films = ids(items)
        work = multiprocessing.Process(target=load, args=(ids(ratings), films))
        work.start()
        time.sleep(2)
        times = freshness(films)
        work.join()
        print(f"{len(times)} ratings were looked for at the next server")
        bar("ms from a rating to another list elsewhere, 99 % within", percentile(times, .99), most=100)
        bar("ms from a rating to another list elsewhere, the most", times[-1], most=1000)
    finally:
        servers.send_signal(signal.SIGTERM)
        servers.wait(60)


def main(kindred, ratings, items):
    kindred = os.path.abspath(kindred)
    # The path of a socket is short. PostgreSQL may run as another user, who must be able to enter.
    folder = tempfile.mkdtemp(prefix="kb", dir="/tmp")
    os.chmod(folder, 0o755)
    try:
        for name, work in [
            ("one", lambda store: side_by_side(kindred, ratings, items, folder, store)),
            ("many", lambda store: many(kindred, folder, store)),
        ]:
            place = f"{folder}/{name}"
            cluster("start", place)
            try:
                work(cluster("location", place))
            finally:
                cluster("stop", place)
        behind_nginx(kindred, ratings, items, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print(f"not met: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
