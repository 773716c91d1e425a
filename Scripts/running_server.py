"""Runs `kindred serve` for a script: starts it on a free port, waits until it is ready, and ends it cleanly."""
import contextlib
import http.client
import json
import signal
import subprocess
import sys
import time


@contextlib.contextmanager
def running(kindred, store, *options, log=None):
    """Serves a store until the block ends; yields the port and the process."""
    server = subprocess.Popen(
        [kindred, "serve", "--store", store, "--port", "0", *options], stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = server.stdout.readline()
        if "http://" not in line:
            sys.exit(f"the server did not start: {line!r}, exit status {server.wait(10)}")
        port = int(line.rsplit(":", 1)[1])
        wait_until_ready(port)
        yield port, server
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
        status = server.wait(20)
        if status != 0:
            sys.exit(f"the server ended with status {status}, not 0")
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def wait_until_ready(port, seconds=300):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status, health = request(port, "GET", "/health/ready")
        # Before the first model there are lists of what is popular already.
        if status == 200 and (health["model"] or not health["training"]):
            return
        time.sleep(0.05)
    sys.exit("the server did not become ready")


def request(port, method, path, body=None, key=None):
    """Sends one request on a connection of its own; returns the status and the JSON, or None without a body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"X-API-Key": key} if key else {}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None
