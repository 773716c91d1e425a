#!/usr/bin/env python3
"""Sends bad input to a server for some minutes and watches its memory; then schemathesis tests its OpenAPI document.

usage: soak-server.py KINDRED [MINUTES [STORE]]

Schemathesis from PyPI must be installed. Without MINUTES it takes ten; STORE is an empty store, such as a postgres://…

Memory at the end must be at most 1.05 times that after a fifth of the time. Every answer must be a refusal with a body.
"""
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

from running_server import request, running


def fill(port):
    chance = random.Random(1)
    items = [{"ItemId": str(n), "Categories": ["a" if n % 2 else "b"], "Comment": f"Film {n}"} for n in range(200)]
    assert request(port, "POST", "/api/items", items)[0] == 200
    rows = [{"FeedbackType": "rating", "UserId": f"u{u}", "ItemId": str(i), "Value": chance.randint(1, 5), "Timestamp": ""}
            for u in range(100) for i in chance.sample(range(200), 30)]
    assert request(port, "PUT", "/api/feedback", rows)[0] == 200
    deadline = time.monotonic() + 60
    while request(port, "GET", "/v1")[1]["model"] is None and time.monotonic() < deadline:
        time.sleep(0.2)


def http(method, path, body="", headers=""):
    if isinstance(body, str):
        body = body.encode()
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def kinds(chance):
    """Forty kinds of bad input: name, bytes, whether the connection is then left open."""
    rating, lists, big = "/v1/users/x/ratings/1", "/v1/users/u1/recommendations", "y" * (5 << 20)
    number = chance.choice(["-1", "0", "1001", "1e9", "ten", "%00", "99999999999999999999", "1.5", "+", ""])
    return [
        ("limit", http("GET", f"{lists}?limit={number}"), False), ("diversity", http("GET", f"{lists}?diversity={chance.choice(['2', '-1', 'nan', 'inf', 'x'])}"), False),
        ("explain", http("GET", f"{lists}?explain=maybe"), False), ("minimum", http("GET", f"{lists}?minimum_ratings=-3"), False),
        ("unknown parameter", http("GET", f"{lists}?lim{chance.random()}=3"), False), ("twice", http("GET", f"{lists}?limit=1&limit=2"), False),
        ("query not UTF-8", http("GET", f"{lists}?category=%FF"), False), ("path not UTF-8", http("GET", "/v1/users/%C3%28"), False),
        ("zero byte", http("GET", "/v1/users/a%00b"), False), ("long id", http("GET", f"/v1/users/{'i' * 600}"), False),
        ("cursor", http("GET", f"/v1/items?cursor={chance.random()}"), False), ("no body", http("PUT", rating), False),
        ("no JSON", http("PUT", rating, "value=5"), False), ("wrong type", http("PUT", rating, '{"value":"5"}'), False),
        ("null", http("PUT", rating, '{"value":null}'), False), ("huge number", http("PUT", rating, '{"value":1e400}'), False),
        ("NaN", http("PUT", rating, '{"value":NaN}'), False), ("beyond", http("PUT", rating, '{"value":-1e30}'), False),
        ("time", http("PUT", rating, '{"value":1,"time":-9}'), False), ("deep array", http("PUT", rating, "[" * 200_000), False),
        ("deep object", http("PUT", "/v1/items/q", '{"attributes":' + '{"a":' * 50_000), False),
        ("body not UTF-8", http("PUT", rating, b'{"value":5,"x":"\xff\xfe"}'), False), ("too large", http("PUT", rating, big), False),
        ("too large, announced", http("PUT", rating, "", "") .replace(b"Length: 0", b"Length: 999999999"), False),
        ("chunked without end", b"PUT " + rating.encode() + b" HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"z" * 65535 + b"\r\n", True),
        ("history of a map", http("POST", "/v1/recommendations", '{"history":{"1":5}}'), False),
        ("long history", http("POST", "/v1/recommendations", json.dumps({"history": [{"item": str(n), "value": 1} for n in range(10_001)]})), False),
        ("empty id", http("POST", "/v1/recommendations", '{"history":[{"item":"","value":1}]}'), False),
        ("unknown item", http("PUT", f"/v1/users/x/ratings/none{chance.random()}", '{"value":5}'), False),
        ("unknown user", http("GET", f"/v1/users/nobody{chance.random()}"), False), ("unknown path", http("GET", f"/{chance.random()}"), False),
        ("path tricks", http("GET", chance.choice(["/../../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/page/../../x"])), False),
        ("method", http(chance.choice(["POST", "PATCH", "BREW", "TRACE"]), lists), False), ("foreign host", http("GET", "/v1").replace(b"localhost", b"evil.example"), False),
        ("foreign page", http("PUT", rating, '{"value":5}', "Origin: http://evil.example\r\n"), False),
        ("algorithm", http("POST", "/v1/train", '{"algorithm":"magic"}'), False), ("setting", http("POST", "/v1/train", '{"settings":{"rank":-1}}'), False),
        ("gorse row", http("POST", "/api/feedback", '[{"FeedbackType":"x"}]'), False), ("gorse time", http("POST", "/api/item", '{"ItemId":"t","Timestamp":"soon"}'), False),
        ("large head", http("GET", "/", "", "X: " + "x" * 20_000 + "\r\n"), False), ("many headers", http("GET", "/", "", "a: b\r\n" * 200), False),
        ("long path", http("GET", "/" + "p" * 20_000), False), ("no HTTP", bytes(chance.randrange(256) for _ in range(300)) + b"\r\n\r\n", False),
        ("slow head", b"GET /v1 HTTP/1.1\r\nHost: loc", True), ("slow body", http("PUT", rating, '{"value":5}')[:-4], True), ("half open", b"", True),
    ]


class Attack(threading.Thread):
    def __init__(self, port, number, deadline):
        super().__init__(daemon=True)
        self.port, self.chance, self.deadline = port, random.Random(number), deadline
        self.sent, self.rotting, self.wrong, self.names = 0, [], [], set()

    def run(self):
        while time.monotonic() < self.deadline:
            name, data, rots = self.chance.choice(kinds(self.chance))
            try:
                self.send(name, data, rots)
            except (ConnectionError, socket.timeout):
                pass  # closed on us while we were still sending
            self.sent += 1

    def send(self, name, data, rots):
        self.names.add(name)
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=15)
        connection.sendall(data)
        if rots:
            self.rotting = self.rotting[-20:] + [connection]
            return
        text = connection.recv(65536).decode(errors="replace")
        connection.close()
        # An unknown id is no error of the client's.
        if text and not (re.match(r"HTTP/1\.1 4\d\d ", text) and '{"error":{"code":"' in text):
            self.wrong.append((name, text[:300]))


def memory(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


def bad_input(port, process, minutes):
    start = time.monotonic()
    attacks = [Attack(port, number, start + minutes * 60) for number in range(6)]
    for attack in attacks:
        attack.start()
    early = None
    while any(attack.is_alive() for attack in attacks):
        time.sleep(1)
        if early is None and time.monotonic() - start > minutes * 60 / 5:
            early = memory(process)
            print(f"after {minutes / 5:.1f} minutes: {early:.1f} MB", flush=True)
    late = memory(process)
    sent, names = sum(attack.sent for attack in attacks), set().union(*(attack.names for attack in attacks))
    wrong = [one for attack in attacks for one in attack.wrong]
    print(f"after {minutes:.1f} minutes: {late:.1f} MB, {late / early:.3f} times as much; {sent} requests of {len(names)} kinds")
    assert not wrong, wrong[:3]
    assert request(port, "GET", "/health/ready")[0] == 200
    return late <= 1.05 * early


def schemathesis(port):
    """About 2,000 cases: no status 5xx, and none that the document does not name."""
    tool = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    return subprocess.run(
        [tool, "run", f"http://127.0.0.1:{port}/openapi.json", "--checks",
         "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
         "--phases", "examples,coverage,fuzzing", "--max-examples", "40", "--seed", "1", "--suppress-health-check", "all"],
        check=False).returncode == 0


def main(kindred, minutes=10, store=None):
    minutes = float(minutes)
    with tempfile.TemporaryDirectory() as folder:
        with running(kindred, store or os.path.join(folder, "soak.sqlite"), log=subprocess.DEVNULL) as (port, process):
            fill(port)
            fine = bad_input(port, process, minutes) if minutes > 0 else True
            fine = schemathesis(port) and fine
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
