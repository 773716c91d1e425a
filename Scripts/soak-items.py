#!/usr/bin/env python3
"""Puts new items while others ask for lists: each item must be in the next list, none may be lost.

usage: soak-items.py KINDRED RATINGS ITEMS [COUNT]

RATINGS and ITEMS are MovieLens 1M, as Scripts/fetch-movielens prints them. COUNT items, 10,000 unless given, are put at
an even pace within a minute, by several clients.
"""
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

from running_server import request, running

READERS = 2
WRITERS = 4


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] * 1e3 if values else float("nan")


def ask_lists(port, users, ended, times):
    """Asks for lists at an even pace, and keeps how long each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    chance = random.Random(threading.get_ident())
    while not ended.is_set():
        start = time.monotonic()
        connection.request("GET", f"/v1/users/{chance.choice(users)}/recommendations?limit=10")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            sys.exit(f"a list was answered with {answer.status}")
        times.append(time.monotonic() - start)
        ended.wait(0.005)


def lists_while(port, users, work):
    """The times of lists that are asked while `work` runs, and what it returns."""
    ended, times = threading.Event(), []
    readers = [threading.Thread(target=ask_lists, args=(port, users, ended, times)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    result = work()
    ended.set()
    for reader in readers:
        reader.join()
    return times, result


def put_items(port, genres, count):
    """Puts items at an even pace; returns how many were answered, how many of those looked for were in the next list,
    how many were looked for, and the seconds."""
    start, figures = time.monotonic(), []
    writers = [threading.Thread(target=lambda first=first: figures.append(
        put_share(port, genres, range(first, count, WRITERS), start, 58 / count))) for first in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return *map(sum, zip(*figures)), time.monotonic() - start


def put_share(port, genres, numbers, start, pace):
    """Puts some of the items, each at its time; the figures of `put_items` but for the seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    chance = random.Random(numbers.start)
    answered, found, looked = 0, 0, 0
    for number in numbers:
        time.sleep(max(0, start + number * pace - time.monotonic()))
        body = {"title": f"New film {number} (2001)", "genres": chance.sample(genres, 2)}
        connection.request("PUT", f"/v1/items/new-{number}", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        answered += answer.status == 204
        if number % 100 == numbers.start:
            looked += 1
            connection.request("GET", f"/v1/items/new-{number}/similar?limit=1")
            answer = connection.getresponse()
            found += answer.status == 200 and len(json.loads(answer.read())["items"]) == 1
    return answered, found, looked


def main():
    kindred, ratings, items = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/films.sqlite"
        for arguments in (["import", ratings, "--items", items, "--store", store], ["train", "--store", store]):
            subprocess.run([kindred, *arguments], check=True, capture_output=True)
        with running(kindred, store, log=subprocess.DEVNULL) as (port, _):
            users = [user["user"] for user in request(port, "GET", "/v1/users?limit=1000")[1]["users"]]
            catalog = request(port, "GET", "/v1/items?limit=1000")[1]["items"]
            genres = sorted({genre for item in catalog for genre in item["genres"]})
            before, _ = lists_while(port, users, lambda: time.sleep(15))
            during, (answered, found, looked, seconds) = lists_while(
                port, users, lambda: put_items(port, genres, count))
            after, _ = lists_while(port, users, lambda: time.sleep(15))
            explored = request(port, "GET", f"/v1/users/{users[0]}/recommendations?limit=10&explore=1")[1]["items"]
        export = subprocess.run([kindred, "export", "--store", store], check=True, capture_output=True, text=True)
        kept = sum('"ItemId":"new-' in line for line in export.stdout.splitlines())
    print(f"{answered} items put in {seconds:.1f} s, {kept} in the store")
    print(f"{found} of {looked} had similar items in the next request")
    for name, times in (("before", before), ("meanwhile", during), ("after", after)):
        print(f"lists {name}: {len(times)}, median {percentile(times, .5):.1f} ms, p99 {percentile(times, .99):.1f} ms")
    if answered < count or kept < answered or found < looked or len(explored) < 10:
        sys.exit("an item was lost, or was not in the next answer")


if __name__ == "__main__":
    main()
