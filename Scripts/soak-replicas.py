#!/usr/bin/env python3
"""Runs servers over one PostgreSQL under load, and checks what must hold whatever is killed.

usage: soak-replicas.py KINDRED [--kills N] [--crashes N] [--swaps N] [--tries N] [--servers N]

- freshness: a rating taken by one server is in the next list of another; the time until it is, and none after 1 s;
- kills: servers are killed while clients rate and retry; every answered rating is stored, and none twice;
- crashes: so is the database; all servers answer again within 5 s of it;
- swaps: a model takes the place of another while lists are asked for; no request fails, and all servers follow.
"""
import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ITEMS, USERS, WRITERS = 400, 300, 6


class Servers:
    def __init__(self, kindred, folder, count, log=None):
        self.kindred, self.folder, self.cluster = kindred, folder, f"{folder}/pg"
        self.log = open(log or os.devnull, "ab")
        self.control("start")
        self.store = self.control("location").strip()
        self.processes, self.ports = {}, []
        self.fill()
        for _ in range(count):
            self.start()

    def control(self, action):
        return subprocess.run(
            [f"{HERE}/postgres-cluster", action, self.cluster], check=True, stdout=subprocess.PIPE, text=True).stdout

    def fill(self):
        chance = random.Random(1)
        with open(f"{self.folder}/items.csv", "w", encoding="utf-8") as file:
            file.write("itemId,title\n")
            file.writelines(f"item-{number},Item {number}\n" for number in range(ITEMS))
        with open(f"{self.folder}/ratings.csv", "w", encoding="utf-8") as file:
            file.write("user,item,rating,timestamp\n")
            for user in range(USERS):
                for item in chance.sample(range(ITEMS), 20):
                    file.write(f"reader-{user},item-{item},{chance.randint(1, 5)},{1_600_000_000 + user * 50 + item}\n")
        for arguments in [
            ["import", f"{self.folder}/ratings.csv", "--items", f"{self.folder}/items.csv", "--store", self.store],
            ["train", "implicit-als", "--rank", "8", "--store", self.store],
        ]:
            subprocess.run([self.kindred, *arguments], check=True, cwd=self.folder, stdout=self.log, stderr=self.log)

    def start(self, port=0):
        process = subprocess.Popen(
            [self.kindred, "serve", "--store", self.store, "--port", str(port), "--train-after", "100000000"],
            stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=self.folder)
        line = process.stdout.readline()
        if "http://" not in line:
            process.wait(10)
            return False
        port = int(line.rsplit(":", 1)[1])
        self.processes[port] = process
        if port not in self.ports:
            self.ports.append(port)
        return True

    def kill(self, port):
        self.processes[port].send_signal(signal.SIGKILL)
        self.processes[port].wait()

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(30)
        self.control("stop")


class Client:
    """One connection at a time; whatever fails is asked again, of any server."""

    def __init__(self, servers, port=None):
        self.servers, self.port, self.connection, self.failures = servers, port, None, 0

    def ask(self, method, path, body=None):
        if self.connection is None:
            port = self.port or random.choice(self.servers.ports)
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            self.connection.request(method, path, None if body is None else json.dumps(body))
            answer = self.connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def insist(self, method, path, body=None, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                status, answer = self.ask(method, path, body)
                if status not in (500, 502, 503):
                    return status, answer
            except (OSError, http.client.HTTPException):
                pass
            self.failures += 1
            time.sleep(0.02)
        sys.exit(f"{method} {path} was not answered within {seconds} s")


class Load(threading.Thread):
    """A user who plays one item after another. A play has a time, so that sending it again adds none."""

    def __init__(self, servers, name):
        super().__init__(daemon=True)
        self.client, self.user, self.answered, self.ends = Client(servers), name, [], False

    def run(self):
        count = 0
        while not self.ends:
            item = f"item-{count % ITEMS}"
            body = [{"FeedbackType": "play", "UserId": self.user, "ItemId": item, "Value": 1,
                     "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_700_000_000 + count))}]
            status, answer = self.client.insist("PUT", "/api/feedback", body)
            assert status == 200, (status, answer)
            self.answered.append(count)
            count += 1


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def freshness(servers, tries):
    """How long after a rating was answered by one server another server's list leaves the item out."""
    chance, times, stale = random.Random(), [], 0
    clients = {port: Client(servers, port) for port in servers.ports}
    for number in range(tries):
        one, other = chance.sample(servers.ports, 2)
        user = f"fresh-{number % 50}"
        path = f"/v1/users/{user}/recommendations?limit=5"
        items = clients[other].ask("GET", path)[1]["items"]
        item = items[0]["item"]
        status, answer = clients[one].ask("PUT", f"/v1/users/{user}/ratings/{item}", {"value": 5})
        assert status == 204, (status, answer)
        began = time.monotonic()
        while item in [found["item"] for found in clients[other].ask("GET", path)[1]["items"]]:
            if time.monotonic() - began > 1:
                stale += 1
                break
        times.append(time.monotonic() - began)
        if number % 50 == 49:
            for old in range(50):
                clients[one].ask("DELETE", f"/v1/users/fresh-{old}")
    print(f"freshness: {tries} ratings, seen by another server after {1000 * quantile(times, .5):.1f} ms (p50), "
          f"{1000 * quantile(times, .99):.1f} ms (p99), {1000 * max(times):.1f} ms (most); stale after 1 s: {stale}")
    return stale == 0


def events(servers, user):
    """What the store has of a user: the number of events per item."""
    dump = subprocess.run([servers.kindred, "export", "--store", servers.store], check=True, stdout=subprocess.PIPE,
                          text=True, cwd=servers.folder).stdout
    found = {}
    for line in dump.splitlines():
        row = json.loads(line)
        if "FeedbackType" in row:
            found.setdefault(row["UserId"], []).append((row["ItemId"], row["Timestamp"]))
    return found if user is None else found.get(user, [])


def faults(servers, kills, crashes):
    loads = [Load(servers, f"player-{number}-{os.getpid()}") for number in range(WRITERS)]
    for load in loads:
        load.start()
    chance, back = random.Random(), []
    rounds = ["kill"] * kills + ["crash"] * crashes
    chance.shuffle(rounds)
    for number, what in enumerate(rounds):
        time.sleep(chance.uniform(0.1, 0.6))
        if what == "kill":
            port = chance.choice(servers.ports)
            servers.kill(port)
            while not servers.start(port):
                time.sleep(0.1)
        else:
            servers.control("crash")
            time.sleep(chance.uniform(0, 0.5))
            servers.control("start")
            began = time.monotonic()
            for port in servers.ports:
                Client(servers, port).insist("GET", "/v1/users/reader-1/recommendations")
                Client(servers, port).insist("PUT", "/v1/users/reader-1/ratings/item-1", {"value": 3})
            back.append(time.monotonic() - began)
        print(f"\r{number + 1} of {len(rounds)}", end="", file=sys.stderr, flush=True)
    for load in loads:
        load.ends = True
    for load in loads:
        load.join()
    found = events(servers, None)
    lost = twice = total = 0
    for load in loads:
        stored = found.get(load.user, [])
        total += len(load.answered)
        lost += len(load.answered) - len(set(stored)) if len(set(stored)) < len(load.answered) else 0
        twice += len(stored) - len(set(stored)) + max(0, len(set(stored)) - len(load.answered))
    print(f"\nfaults: {kills} kills of servers, {crashes} of the database; {total:,} answered, "
          f"{sum(load.client.failures for load in loads):,} sent again, {lost} lost, {twice} twice; "
          f"all servers back within {max(back, default=0):.1f} s of the database")
    return lost == 0 and twice == 0 and max(back, default=0) <= 5


def swaps(servers, count):
    """Trains models anew while lists are asked for."""
    failed, asked, ends = [], [0], threading.Event()

    def ask():
        client = Client(servers)
        while not ends.is_set():
            status, answer = client.ask("GET", f"/v1/users/reader-{random.randrange(USERS)}/recommendations")
            asked[0] += 1
            if status != 200:
                failed.append((status, answer))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    times = []
    models = [model["model"] for model in Client(servers).ask("GET", "/v1/models")[1]["models"]]
    if len(models) < 2:
        subprocess.run([servers.kindred, "train", "implicit-als", "--rank", "4", "--store", servers.store], check=True,
                       cwd=servers.folder, stdout=servers.log, stderr=servers.log)
        models = [model["model"] for model in Client(servers).ask("GET", "/v1/models")[1]["models"]]
    for number in range(count):
        status, answer = Client(servers).ask("PUT", f"/v1/models/{models[number % len(models)]}/current")
        assert status == 204, (status, answer)
        began = time.monotonic()
        for port in servers.ports:
            client = Client(servers, port)
            while client.ask("GET", "/health/ready")[1]["model"] != models[number % len(models)]:
                assert time.monotonic() - began < 10, "a server keeps the old model"
                time.sleep(0.005)
        times.append(time.monotonic() - began)
    ends.set()
    for thread in threads:
        thread.join()
    print(f"swaps: {count} under {asked[0]:,} lists, {len(failed)} failed; "
          f"all servers after {max(times):.2f} s at most")
    return not failed and max(times) <= 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kindred")
    parser.add_argument("--log", help="where the servers' logs go; nowhere if not given")
    for name, number in [("kills", 200), ("crashes", 20), ("swaps", 20), ("tries", 10_000), ("servers", 3)]:
        parser.add_argument(f"--{name}", type=int, default=number)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        servers = Servers(os.path.abspath(options.kindred), folder, options.servers, options.log)
        try:
            good = [freshness(servers, options.tries), swaps(servers, options.swaps),
                    faults(servers, options.kills, options.crashes)]
        finally:
            servers.stop()
    sys.exit(0 if all(good) else 1)


main()
