#!/usr/bin/env python3
"""Runs every method of gorse's Python client against a server, and requests that other clients of gorse send.

usage: check-gorse.py KINDRED        (PyGorse 0.5.1 from PyPI must be installed)
"""
import asyncio
import inspect
import os
import sys
import tempfile
import urllib.parse
import urllib.request
import json

from gorse import AsyncGorse, Gorse, GorseException

from running_server import request, running, wait_until_ready

TIME = "2024-05-01T12:30:00Z"
called = set()


def counting(client):
    """The client, with a record of which of its methods are called."""
    for name, method in inspect.getmembers(client, inspect.ismethod):
        if not name.startswith("_"):
            def wrapped(*arguments, name=name, method=method, **options):
                called.add((type(client).__name__, name))
                return method(*arguments, **options)
            setattr(client, name, wrapped)
    return client


def refused(status, call, *arguments):
    try:
        call(*arguments)
    except GorseException as error:
        assert error.status_code == status, (error.status_code, error.message)
        return
    raise AssertionError(f"{call} was not refused")


def people_and_items(client):
    bob = {"UserId": "bob", "Labels": {"age": 30, "likes": ["a", "b"]}, "Comment": "a person"}
    assert client.insert_user(bob) == {"RowAffected": 1}
    assert client.get_user("bob") == bob
    assert client.insert_users([{"UserId": f"u{n}"} for n in range(7)]) == {"RowAffected": 7}
    users, cursor, pages = [], "", 0
    while True:
        page, cursor = client.get_users(3, cursor)
        users += [user["UserId"] for user in page]
        pages += 1
        if cursor == "":
            break
    assert users == ["bob"] + [f"u{n}" for n in range(7)] and pages == 3, users
    item = {"ItemId": "i0", "IsHidden": False, "Categories": ["a", "b"], "Timestamp": TIME,
            "Labels": ["x"], "Comment": "Zero"}
    assert client.insert_item(item) == {"RowAffected": 1}
    assert client.get_item("i0") == item
    for number in range(1, 12):
        kinds = ["a"] if number < 6 else ["b"]
        client.insert_item({"ItemId": f"i{number}", "Categories": kinds, "Comment": f"Item number {number}"})
    assert client.update_item("i0", is_hidden=True) == {"RowAffected": 1}
    assert client.get_item("i0") == {**item, "IsHidden": True}, "null means keep"
    client.update_item("i0", is_hidden=False, categories=["c"], labels=["y"], timestamp="2024-05-02 01:00:00",
                       comment="Nought")
    changed = client.get_item("i0")
    assert changed["Categories"] == ["c"] and changed["Labels"] == ["y"] and changed["Comment"] == "Nought"
    assert changed["Timestamp"] == "2024-05-02T01:00:00Z" and not changed["IsHidden"]
    items, cursor = client.get_items(5)
    assert len(items) == 5 and cursor
    assert len(client.get_items(50, cursor)[0]) == 7
    assert [item["ItemId"] for item in client.search_items("number 3", 4)] == ["i3"]
    refused(404, client.get_user, "nobody")
    refused(404, client.get_item, "nothing")
    refused(404, client.update_item, "nothing")


def feedback(client, port):
    assert client.insert_feedback("star", "bob", "i1", TIME, 2) == {"RowAffected": 1}
    client.insert_feedback("star", "bob", "i1", TIME, 3)
    listed = client.list_feedbacks("star", "bob")
    assert [(f["ItemId"], f["Value"], f["Timestamp"]) for f in listed] == [("i1", 5, TIME)], "POST adds up"
    one = {"FeedbackType": "star", "UserId": "bob", "ItemId": "i1", "Value": 4, "Timestamp": TIME}
    assert request(port, "PUT", "/api/feedback", [one]) == (200, {"RowAffected": 1})
    assert client.list_feedbacks("star", "bob")[0]["Value"] == 4, "PUT overwrites"
    new = [{"FeedbackType": "read", "UserId": "b o/é", "ItemId": "made", "Timestamp": ""}]
    assert client.insert_feedbacks(new) == {"RowAffected": 1}
    encoded = urllib.parse.quote("b o/é", safe="")
    assert client.get_user(encoded)["UserId"] == "b o/é" and client.get_item("made")["ItemId"] == "made"
    assert client.list_feedbacks("read", encoded)[0]["Value"] == 0
    assert client.delete_feedback(encoded, "made") == {"RowAffected": 1}
    assert client.list_feedbacks("read", encoded) == []
    rows = [
        {"FeedbackType": "star", "UserId": f"u{u}", "ItemId": f"i{i}", "Timestamp": TIME,
         "Value": 5 if (i < 6) == (u % 2 == 0) else 1}
        for u in range(7) for i in range(12) if (i + u) % 4]
    assert client.insert_feedbacks(rows) == {"RowAffected": len(rows)}
    seen, cursor = 0, ""
    while True:
        page, cursor = client.get_feedbacks(20, cursor)
        seen += len(page)
        if cursor == "":
            break
    assert seen == len(rows) + 1
    refused(400, client.insert_feedbacks, [{"FeedbackType": "star"}])


def lists(client, port):
    request(port, "POST", "/v1/train", {})
    events = urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/train").read().decode()
    assert "event: done" in events, events
    first = client.get_recommend("u0", n=3)
    assert len(first) == 3 and all(isinstance(score.score, float) for score in first)
    known = {f["ItemId"] for f in client.list_feedbacks("star", "u0")}
    everything = client.get_recommend("u0", n=100)
    assert known.isdisjoint(score.id for score in everything), "what was read does not come back"
    assert [s.id for s in client.get_recommend("u0", n=2, offset=1)] == [s.id for s in first[1:]]
    assert {s.id for s in client.get_recommend("u0", category="b", n=50)} <= {f"i{n}" for n in range(6, 12)}
    # Feedback changes the next list.
    client.insert_feedback("star", "u0", first[0].id, TIME, 5)
    assert first[0].id not in [s.id for s in client.get_recommend("u0", n=100)]
    written = client.get_recommend("u1", n=2, write_back_type="read", write_back_delay="10m")
    assert {f["ItemId"] for f in client.list_feedbacks("read", "u1")} == {s.id for s in written}
    session = client.session_recommend([{"FeedbackType": "star", "UserId": "", "ItemId": "i1", "Value": 5}], n=4)
    assert len(session) == 4 and set(session[0]) == {"Id", "Score"} and "i1" not in [s["Id"] for s in session]
    neighbors = client.get_neighbors("i1", n=3)
    assert len(neighbors) == 3
    assert [n["Id"] for n in client.get_neighbors("i1", n=2, offset=1)] == [n["Id"] for n in neighbors[1:]]


def other_clients(client, port):
    """Requests of gorse's other clients: lists without a version, similar users, the newest, health, categories."""
    get = lambda path: request(port, "GET", path)
    ids = [score.id for score in client.get_recommend("u2", n=3)]
    assert get("/api/recommend/u2?n=3")[1] == ids, "ids without X-API-Version"
    assert get("/api/health/ready")[1]["Ready"] is True and get("/api/health/live")[0] == 200
    assert [s["Id"] for s in get("/api/user/u2/neighbors?n=2")[1]] and get("/api/user-to-user/similar/u2?n=2")[0] == 200
    assert get("/api/item-to-item/similar/i1?n=3")[1] == client.get_neighbors("i1", n=3)
    assert get("/api/latest?n=2")[1][0]["Id"] == "i0" and len(get("/api/popular?n=3")[1]) == 3
    assert get("/api/non-personalized/popular?n=3&user-id=u2")[0] == 200
    assert get("/api/collaborative-filtering/u2?n=2")[1] == [s.to_dict() for s in client.get_recommend("u2", n=2)]
    assert request(port, "PUT", "/api/item/i2/category/z") == (200, {"RowAffected": 1})
    assert client.get_item("i2")["Categories"] == ["a", "z"]
    assert [s.id for s in client.get_recommend("nobody", category="z")] == ["i2"]
    assert request(port, "DELETE", "/api/item/i2/category/z") == (200, {"RowAffected": 1})
    assert request(port, "PATCH", "/api/user/bob", {"Labels": None, "Comment": "new"})[0] == 200
    assert client.get_user("bob")["Comment"] == "new" and client.get_user("bob")["Labels"]["age"] == 30
    assert get("/api/feedback/star/bob/i1")[1]["Value"] == 4 and get("/api/feedback/star/bob/i9")[1] == {}
    assert len(get("/api/feedback/bob/i1")[1]) == 1 and len(get("/api/feedback/star?n=5")[1]["Feedback"]) == 5
    for path in ("/api/item/i1/feedback/", "/api/item/i1/feedback/star", "/api/user/bob/feedback/"):
        assert get(path)[1], path
    assert request(port, "DELETE", "/api/feedback/star/bob/i1") == (200, {"RowAffected": 1})
    assert client.delete_item("i11") == {"RowAffected": 1}
    refused(404, client.get_item, "i11")
    assert client.delete_user("u6") == {"RowAffected": 1}
    refused(404, client.get_user, "u6")
    assert client.list_feedbacks("star", "u6") == []


async def asynchronous(client):
    assert (await client.insert_user({"UserId": "ann"}))["RowAffected"] == 1
    assert (await client.insert_users([{"UserId": "amy"}]))["RowAffected"] == 1
    assert (await client.get_user("ann"))["UserId"] == "ann" and (await client.get_users(2))[1]
    await client.insert_item({"ItemId": "j1", "Comment": "Asynchronous"})
    assert (await client.get_item("j1"))["ItemId"] == "j1" and (await client.get_items(2))[1]
    await client.update_item("j1", comment="Renamed")
    assert (await client.search_items("renamed"))[0]["ItemId"] == "j1"
    await client.insert_feedback("star", "ann", "i1", TIME)
    await client.insert_feedbacks([{"FeedbackType": "star", "UserId": "ann", "ItemId": "j1", "Timestamp": TIME}])
    assert len(await client.list_feedbacks("star", "ann")) == 2 and (await client.get_feedbacks(1))[1]
    assert len(await client.get_recommend("ann", n=2)) == 2
    assert len(await client.session_recommend([{"FeedbackType": "s", "UserId": "", "ItemId": "i1"}], n=2)) == 2
    assert len(await client.get_neighbors("i1", n=2)) == 2
    assert (await client.delete_feedback("ann", "j1"))["RowAffected"] == 1
    assert (await client.delete_item("j1"))["RowAffected"] == 1
    assert (await client.delete_user("ann"))["RowAffected"] == 1


def main(kindred):
    with tempfile.TemporaryDirectory() as folder, running(kindred, os.path.join(folder, "gorse.sqlite")) as (port, _):
        url = f"http://127.0.0.1:{port}"
        client = counting(Gorse(url, "any key"))
        people_and_items(client)
        feedback(client, port)
        lists(client, port)
        other_clients(client, port)
        asyncio.run(asynchronous(counting(AsyncGorse(url, "any key"))))
        every = {(kind.__name__, name) for kind in (Gorse, AsyncGorse)
                 for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        assert called == every, f"not called: {sorted(every - called)}"
    print(f"All {len(every)} methods of gorse's Python clients work.")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
