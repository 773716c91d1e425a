#!/usr/bin/env python3
"""Measures a server with MovieLens 1M: latency at 200 requests per second, throughput, beside FastAPI with implicit.

usage: bench-server.py KINDRED RATINGS ITEMS [--peers]

RATINGS and ITEMS are the files of MovieLens 1M. `wrk` makes the load; --peers needs fastapi, uvicorn, uvloop, httptools
and implicit from PyPI. Exit status 1 where a bar is not met.
"""
import asyncio
import os
import subprocess
import sys
import tempfile
import time
import random
import socket
import urllib.parse

from load import at_rate, read, show, wrk
from running_server import request, running

RATE, SECONDS = 200, 20
SCRIPTS = os.path.dirname(os.path.abspath(__file__))


def latency(port, users, items):
    chance = random.Random(7)
    changed = [0]
    lists = {}

    async def recommend(client, _):
        await client.send("GET", f"/v1/users/{chance.choice(users)}/recommendations?limit=10")

    async def round_trip(client, number):
        user = users[number % len(users)]
        await client.send("PUT", f"/v1/users/{user}/ratings/{chance.choice(items)}", '{"value":5}')
        text = await client.send("GET", f"/v1/users/{user}/recommendations?limit=10")
        changed[0] += text != lists[user]

    async def before(client, number):
        user = users[number % len(users)]
        lists[user] = await client.send("GET", f"/v1/users/{user}/recommendations?limit=10")

    asyncio.run(at_rate(port, 1000, 1, recommend))
    get = show(f"recommendations, {RATE} a second", asyncio.run(at_rate(port, RATE, SECONDS, recommend)))
    pairs = int(RATE / 2 * SECONDS)
    asyncio.run(at_rate(port, 500, pairs / 500, before))
    times = asyncio.run(at_rate(port, RATE / 2, SECONDS, round_trip))
    both = show(f"rating, then recommendations, {RATE // 2} pairs a second", times)
    print(f"{'lists that the rating changed':<44} {changed[0]} of {pairs}")
    return get, both


def peer(users, items, factors, recalculate):
    import numpy

    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        path = os.path.join(folder, "ratings.npz")
        numpy.savez(path, users=users, items=items, factors=factors)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "RATINGS": path, "RECALCULATE": str(int(recalculate)), "OPENBLAS_NUM_THREADS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "peer_service:app", "--port", str(port), "--workers", "2",
             "--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log"],
            cwd=SCRIPTS, env=environment)
        try:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                try:
                    if request(port, "GET", "/recommendations/1")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.2)
            time.sleep(8)  # the other worker
            paths = [f"/recommendations/{user}?limit=10" for user in range(max(users) + 1)]
            wrk(port, paths, 2)
            return wrk(port, paths)
        finally:
            process.terminate()
            process.wait()


def positions(ids):
    """Numbers for ids, in order of first appearance."""
    known = {}
    return [known.setdefault(one, len(known)) for one in ids]


def main(kindred, ratings, items, peers):
    rows = read(ratings)
    failures = []

    def bar(name, value, least=None, most=None):
        met = (least is None or value >= least) and (most is None or value <= most)
        if not met:
            bound = "at least" if least is not None else "at most"
            failures.append(f"{name}: {value:.2f}, required {bound} {least or most}")

    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "films.sqlite")
        command = [kindred, "import", ratings, "--items", items, "--store", store]
        subprocess.run(command, check=True, capture_output=True)
        with running(kindred, store) as (port, _):
            users = [urllib.parse.quote(user, safe="") for user in dict.fromkeys(row[0] for row in rows)]
            films = [urllib.parse.quote(row[0], safe="") for row in read(items)]
            rank = int(request(port, "GET", "/v1/models")[1]["models"][0]["parameters"]["ranking.rank"])
            get, both = latency(port, users, films)
            bar("p99 of recommendations in ms", get, most=3)
            bar("p99 of rating and recommendations in ms", both, most=10)
            paths = [f"/v1/users/{user}/recommendations?limit=10" for user in users]
            wrk(port, paths, 2)
            name = "recommendations a second, 32 connections"
            print(f"{name:<44} {(again := wrk(port, paths)):9.0f}   (most were asked for before)")
            bar("recommendations a second", again, least=8000)
            ours = wrk(port, paths, is_new=True)
            print(f"{'the same, each made anew':<44} {ours:9.0f}   (rank {rank}, fold-in and stars each time)")
            bar("recommendations a second, each made anew", ours, least=3000)
    if peers:
        users, seen = positions(row[0] for row in rows), positions(row[1] for row in rows)
        for recalculate, factor in ((True, 10), (False, 2)):
            theirs = peer(users, seen, rank, recalculate)
            name = "FastAPI + implicit, " + ("recalculate_user=True" if recalculate else "stored factors")
            print(f"{name:<44} {theirs:9.0f}   (rank {rank}; ours is {ours / theirs:.1f} times as fast)")
            bar(f"times as fast as {name}", ours / theirs, least=factor)
    for failure in failures:
        print(f"not met: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--peers"]
    if len(arguments) != 3:
        sys.exit(__doc__)
    main(*arguments, "--peers" in sys.argv)
