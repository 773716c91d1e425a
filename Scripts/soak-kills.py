#!/usr/bin/env python3
"""Kills a server that takes ratings at full speed, repeatedly, and checks that every rating it answered is stored.

usage: soak-kills.py KINDRED [ROUNDS]
"""
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import quote

WRITERS, ITEMS, AGAIN = 8, 20_000, 7


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fill(kindred, folder):
    """A store with many items and a few ratings, to train a small model on."""
    chance = random.Random(1)
    with open(f"{folder}/items.csv", "w", encoding="utf-8") as file:
        file.write("itemId,title\nagain,Again\n")
        file.writelines(f"item-{number},Item {number}\n" for number in range(ITEMS))
    with open(f"{folder}/ratings.csv", "w", encoding="utf-8") as file:
        file.write("user,item,rating\n")
        for user in range(40):
            file.writelines(f"reader-{user},item-{n},{chance.randint(1, 5)}\n" for n in chance.sample(range(200), 20))
    store = f"{folder}/films.sqlite"
    for arguments in [
        ["import", f"{folder}/ratings.csv", "--items", f"{folder}/items.csv", "--store", store],
        ["train", "implicit-als", "--rank", "8", "--store", store],
    ]:
        subprocess.run([kindred, *arguments], check=True, capture_output=True)
    return store


def request(connection, method, path, body=None):
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.status, response.read()


def start(kindred, store, port, log):
    """Starts the server and returns it with the seconds until it was ready."""
    began = time.monotonic()
    server = subprocess.Popen([kindred, "serve", "--store", store, "--port", str(port)], stdout=log, stderr=log)
    while time.monotonic() - began < 30:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            if request(connection, "GET", "/health/ready")[0] == 200:
                return server, time.monotonic() - began
        except OSError:
            pass
        if server.poll() is not None:
            sys.exit(f"the server ended by itself with status {server.returncode}")
        time.sleep(0.005)
    sys.exit("the server was not ready within 30 s")


def write(port, user, answered):
    """Rates one item after another; `answered[user]` is the last count that was answered."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        for count in range(ITEMS):
            item = "again" if count % AGAIN == 0 else f"item-{count}"
            body = json.dumps({"value": count})
            status, text = request(connection, "PUT", f"/v1/users/{user}/ratings/{item}", body)
            assert status == 204, (status, text)
            answered[user] = count
    except (OSError, http.client.HTTPException):
        pass


def stored(port, user):
    """The ratings that the server has of a user, read page by page: values by item."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found, cursor = {}, ""
    while True:
        status, text = request(connection, "GET", f"/v1/users/{user}/ratings?limit=100&cursor={quote(cursor)}")
        if status == 404:
            return {}
        assert status == 200, (status, text)
        page = json.loads(text)
        found.update({rating["item"]: rating["value"] for rating in page["ratings"]})
        cursor = page.get("cursor") or ""
        if not cursor:
            return found


def check(port, user, last):
    found = stored(port, user)
    most = int(max(found.values(), default=-1))
    # A writer waits for each answer, so at most one value was written and not answered.
    assert most in (last, last + 1), f"{user} was answered up to {last}, and {most} is stored"
    expected = {f"item-{count}": count for count in range(most + 1) if count % AGAIN}
    if most >= 0:
        expected["again"] = most // AGAIN * AGAIN
    assert found == expected, f"{user}: {set(found.items()) ^ set(expected.items())}"


def main():
    kindred = os.path.abspath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    chance, all_users, slowest, total = random.Random(), {}, 0.0, 0
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "wb") as log:
        store = fill(kindred, folder)
        port = free_port()
        server, _ = start(kindred, store, port, log)
        for number in range(1, rounds + 1):
            answered = {f"writer-{number}-{writer}": -1 for writer in range(WRITERS)}
            threads = [threading.Thread(target=write, args=(port, user, answered)) for user in answered]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.05, 1.0))
            server.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
            server.wait()
            server, seconds = start(kindred, store, port, log)
            slowest = max(slowest, seconds)
            assert seconds <= 2, f"round {number}: ready only after {seconds:.1f} s"
            with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
                assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            all_users.update(answered)
            # The users of this round, and a few of earlier rounds.
            for user in list(answered) + chance.sample(list(all_users), min(len(all_users), WRITERS)):
                check(port, user, all_users[user])
            total += sum(last + 1 for last in answered.values())
            print(f"\rround {number} of {rounds}: {total:,} ratings answered", end="", file=sys.stderr, flush=True)
        for user, last in all_users.items():
            check(port, user, last)
        server.terminate()
        assert server.wait(timeout=30) == 0
    print(f"\n{rounds} kills: {total:,} answered ratings, none lost, none invented; ready after {slowest:.2f} s at most")


main()
