"""Rows LD-*: many who want nothing good. Whoever means it is served meanwhile, and nothing grows for good."""
import os
import resource
import socket
import time

import pytest

from node import Node, make_csr, make_key

CROWD = 5000 if os.environ.get("BESTOW_LONG") else 600
SECONDS = 4  # of patience with a silent client


def resident_kib(node):
    return sum(int(line.split()[1]) for pid in node.children().values() for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))


def open_files(node):
    return {name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in node.children().items() if name.startswith("edge")}


def is_closed(connection):
    connection.settimeout(0.01)
    try:
        return connection.recv(64) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def await_closed(crowd, seconds):
    left, end = list(crowd), time.monotonic() + seconds
    while left and time.monotonic() < end:
        left = [connection for connection in left if not is_closed(connection)]
    return left


@pytest.fixture(scope="module")
def crowded():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * CROWD + 1000), hard))
    with Node(est_settings=f"connections_per_address = 100000\nconnections_max = 20000\nhandshake_timeout = {SECONDS}s\n"
                           f"request_timeout = {SECONDS}s") as node:
        for _ in range(20):  # each process and thread has its own first time, which takes memory once
            node.enroll(make_csr(make_key(), "warm"))
        yield node


@pytest.mark.parametrize("says", [b"", b"\x16"], ids=["nothing", "one octet"])
def test_ld_01_a_crowd_that_says(crowded, says):
    node = crowded
    files, before = open_files(node), resident_kib(node)
    crowd = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(CROWD)]
    try:
        for connection in crowd if says else ():
            connection.sendall(says)
        assert node.enroll(make_csr(make_key(), "served")).status == 200
        assert resident_kib(node) - before < 64 * 1024 * CROWD / 5000  # the row's: 64 MiB beside 5,000 of them
        assert not await_closed(crowd, 4 * SECONDS + CROWD / 100)
    finally:
        for connection in crowd:
            connection.close()
    node.wait(lambda: all(now <= files[name] for name, now in open_files(node).items()), "the edges to let go of their sockets")
    assert node.enroll(make_csr(make_key(), "served after")).status == 200


def test_ld_03_connect_and_reset(crowded):
    node = crowded
    files = open_files(node)
    for _ in range(CROWD):
        connection = socket.create_connection(("127.0.0.1", node.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
    assert node.enroll(make_csr(make_key(), "after resets")).status == 200
    node.wait(lambda: all(now <= files[name] for name, now in open_files(node).items()), "the edges to let go of their sockets")


def test_ld_02_and_03_one_address_takes_no_more_than_its_share():
    with Node(edges=1, est_settings="connections_per_address = 20") as node:
        node.ctl("--account", "demo", "allow", "add", "127.0.0.2")
        crowd = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(60)]
        try:
            time.sleep(0.3)
            assert 40 <= sum(is_closed(connection) for connection in crowd) <= 41
            csr = make_csr(make_key(), "neighbour")
            assert node.enroll(csr, source="127.0.0.2").status == 200
            assert node.ctl("status")
        finally:
            for connection in crowd:
                connection.close()
