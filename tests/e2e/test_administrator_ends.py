"""What an administrator had in hand ends with the right to it: sessions, open streams, tokens; and no page sits for a person."""
import contextlib
import socket
import sqlite3
import time

import pytest

from node import Node, make_csr, make_key
from test_api import Client, administrator, read_events, token

ROLES = ("auditor", "ra-operator", "administrator", "owner")


@pytest.fixture(scope="module")
def node():
    with Node(admin=True) as running:
        yield running


def own_token(client, name, role, account="demo"):
    answer = client.ask("POST", f"/accounts/{account}/tokens", {"name": name, "role": role})
    assert answer.status == 200, answer.body
    return Client(client.node, answer.json["secret"])


class Stream:
    """An open event stream of whoever asks."""

    def __init__(self, client):
        self.peer = client.context.wrap_socket(socket.create_connection(("localhost", client.node.admin_port), 20), server_hostname="localhost",
                                               suppress_ragged_eofs=True)
        lines = "".join(f"{name}: {value}\r\n" for name, value in client.headers("GET").items())
        self.peer.sendall(f"GET /api/v1/accounts/demo/events/stream HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        head = b""
        while b"retry:" not in head:
            part = self.peer.recv(65536)
            assert part, head
            head += part

    def ends(self):
        with self.peer:
            while self.peer.recv(65536):
                pass
        return True


def outcome(client, path="/accounts/demo/cas"):
    answer = client.ask("GET", path)
    return answer.status if answer.status == 200 else answer.json["code"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("how", ("remove", "lock", "withdraw"))
def test_co_23_nothing_is_left_in_hand(node, role, how):
    name = f"{role}-{how}"
    client = administrator(node, name, role, "demo")
    by_token = [own_token(client, f"{name}-{r}", r) for r in ROLES[:ROLES.index(role) + 1]] if role in ROLES[2:] else []
    streams = [Stream(one) for one in (client, *by_token[:1])]
    assert [outcome(one) for one in (client, *by_token)] == [200] * (1 + len(by_token))
    ended = node.ctl_json(*(("--account", "demo") if how == "withdraw" else ()), "administrator", how, name)["tokens_ended"]
    assert ended == len(by_token)
    assert {outcome(one) for one in (client, *by_token)} == {"signed_out"}
    assert all(stream.ends() for stream in streams)
    if how == "lock":
        node.ctl("administrator", "unlock", name)
        assert {outcome(one) for one in by_token} <= {"signed_out"}
    names = {entry["object"] for entry in node.ctl_json("audit", "list", "--limit", "40")["entries"]}
    assert {f"token {name}-{r}" for r in ROLES[:len(by_token)]} <= names
    node.ctl("audit", "verify")


@pytest.mark.parametrize("after", ROLES)
def test_co_23_a_lower_role_ends_what_is_above_it(node, after):
    name = f"lower-{after}"
    client = administrator(node, name, "owner", "demo")
    by_role = {r: own_token(client, f"{name}-{r}", r) for r in ROLES}
    node.ctl("--account", "demo", "administrator", "grant", name, "--role", after)
    for r in ROLES:
        assert outcome(by_role[r]) == (200 if ROLES.index(r) <= ROLES.index(after) else "signed_out"), r
    assert outcome(client) == "signed_out"


def test_co_23_a_token_s_children_are_its_maker_s(node):
    client = administrator(node, "parent", "administrator", "demo")
    child = own_token(own_token(client, "parent-1", "administrator"), "parent-2", "administrator")
    local = token(node, "local", "administrator", "demo")
    assert own_token(local, "local-child", "auditor").ask("GET", "/accounts/demo/cas").status == 200
    told = node.ctl_run("administrator", "remove", "parent")
    assert "parent removed" in told.stdout and "2 of their API tokens ended" in told.stderr
    assert outcome(child) == "signed_out"
    assert outcome(local) == 200


def last_seen(node, name, to=None):
    """As the store has it; `to` says otherwise."""
    whose = "administrator_id = (SELECT id FROM administrator WHERE name = ?)"
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db", timeout=20)) as store, store:
        if to is not None:
            store.execute(f"UPDATE session SET last_seen = ? WHERE {whose}", (to, name))
        return store.execute(f"SELECT last_seen FROM session WHERE {whose}", (name,)).fetchone()[0]


def test_co_01_a_stream_keeps_no_session_and_ends_with_it(node):
    client = administrator(node, "idle", "auditor", "demo")
    long_ago = int(time.time()) - 1800
    assert last_seen(node, "idle", long_ago) == long_ago
    stream = Stream(client)
    node.enroll(make_csr(make_key(), "seen"), passphrase="wrong")
    assert "bad_passphrase" in read_events(stream.peer, 1)  # so it has looked since
    assert client.ask("GET", "/accounts/demo/events?limit=1", Bestow_Background="1").status == 200
    assert last_seen(node, "idle") == long_ago
    last_seen(node, "idle", int(time.time()) - 3600)
    assert stream.ends()
    assert outcome(client) == "signed_out"
    awake = administrator(node, "awake", "auditor", "demo")
    last_seen(node, "awake", long_ago)
    assert outcome(awake) == 200
    node.wait(lambda: last_seen(node, "awake") > long_ago, "a person's request to count")
