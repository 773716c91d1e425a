"""Makes load for the scripts that measure servers."""
import asyncio
import re
import subprocess
import sys
import tempfile
import time


class Client:
    """A connection that is kept open."""

    def __init__(self, port):
        self.port = port

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def send(self, method, path, body=""):
        first = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write((first + body).encode())
        try:
            answer = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            # A proxy closes a connection after some requests.
            await self.open()
            self.writer.write((first + body).encode())
            answer = await self.reader.readuntil(b"\r\n\r\n")
        head = answer.decode()
        length = re.search(r"content-length: (\d+)", head, re.I)
        text = await self.reader.readexactly(int(length.group(1))) if length else b""
        if head[9] != "2":
            raise RuntimeError(head + text.decode())
        return text


async def at_rate(port, rate, seconds, work):
    """Starts `work` at even intervals without waiting; returns the milliseconds of each from its due time."""
    free = asyncio.Queue()
    for _ in range(16):
        free.put_nowait(await Client(port).open())
    times = []

    async def one(number, due):
        client = await free.get()
        await work(client, number)
        times.append((time.perf_counter() - due) * 1000)
        free.put_nowait(client)

    tasks, start = [], time.perf_counter()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        # The loop's clock has a resolution of a millisecond; the remainder is a busy wait.
        if (wait := due - time.perf_counter()) > 0.002:
            await asyncio.sleep(wait - 0.0015)
        while time.perf_counter() < due:
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    return sorted(times)


def percentile(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]


def show(name, times):
    p50, p99 = percentile(times, .5), percentile(times, .99)
    print(f"{name:<44} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   worst {times[-1]:6.2f} ms")
    return p99


def wrk(port, paths, seconds=10, is_new=False):
    """Requests per second of random paths from 32 connections; if they are new, no answer to one was kept."""
    ending = ' .. "&exclude=none-" .. math.random(1e9)' if is_new else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",".join(f'"{path}"' for path in paths)
        script.write(f"""local paths = {{{listed}}}
        request = function() return wrk.format("GET", paths[math.random(#paths)]{ending}) end""")
        script.flush()
        text = subprocess.run(
            ["wrk", "-t", "1", "-c", "32", "-d", f"{seconds}s", "-s", script.name, f"http://127.0.0.1:{port}"],
            check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        sys.exit(text)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


def read(path):
    with open(path, encoding="latin-1" if path.endswith(".dat") else "utf-8") as file:
        rows = [re.split(r"::|\t", line.rstrip("\n")) for line in file]
    return rows[":token" in rows[0][0]:]
