"""Answers that go on: chunked to HTTP/1.1, until the end of the connection to HTTP/1.0, and gone when the client is."""
import http.client
import time

import pytest

import wire


def read_chunks(octets):
    """The body, and whether it came to its end."""
    body = b""
    while octets:
        size, _, octets = octets.partition(b"\r\n")
        length = int(size, 16)
        if length == 0:
            return body, octets == b"\r\n"
        body, octets = body + octets[:length], octets[length + 2:]
    return body, False


def read_all(peer):
    octets = b""
    while True:
        try:
            more = peer.recv(65536)
        except ConnectionResetError:
            return octets
        if not more:
            return octets
        octets += more


def ask(server, listener, path, version="1.1"):
    with server.connect(listener) as peer:
        peer.settimeout(20)
        peer.sendall(f"GET {path} HTTP/{version}\r\nHost: a\r\n\r\n".encode())
        head, _, body = read_all(peer).partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("listener", ["plain", "tls"])
@pytest.mark.parametrize("path, count", [("/feed/0", 0), ("/feed/20000", 20000), ("/feed-slowly/5", 5)])
def test_a_feed_is_chunked_and_whole(server, listener, path, count):
    head, body = ask(server, listener, path)
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nTransfer-Encoding: chunked" in head and b"Content-Length" not in head
    assert b"\r\nConnection: close" in head
    text, whole = read_chunks(body)
    assert whole
    assert text == b"first\n" + b"".join(b"%d\n" % i for i in range(count + 1))


@pytest.mark.parametrize("listener", ["plain", "tls"])
def test_http_1_0_gets_it_as_it_is(server, listener):
    head, body = ask(server, listener, "/feed/3", "1.0")
    assert b"Transfer-Encoding" not in head
    assert body == b"first\n0\n1\n2\n3\n"


def test_a_part_is_not_taken_for_the_whole(server):
    _, body = ask(server, "plain", "/feed-broken/3")
    assert not read_chunks(body)[1]


def wait_until_open(server, count):
    deadline = time.monotonic() + wire.PATIENCE
    while int(server.facts()["open"]) > count:
        assert time.monotonic() < deadline, "feeds of clients that left are still open"
        time.sleep(0.05)


def test_a_client_that_leaves_is_noticed(server):
    for _ in range(20):
        with server.connect("plain") as peer:
            peer.sendall(b"GET /feed-slowly/1000000 HTTP/1.1\r\nHost: a\r\n\r\n")
            peer.recv(10)
    wait_until_open(server, 1)


def test_a_client_that_takes_nothing_is_let_go(folder, identity):
    with wire.Server(folder, identity, answer_ms=300) as server:
        with server.connect("plain") as peer:
            peer.sendall(b"GET /feed/9999999 HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_until_open(server, 1)


def test_head_has_no_body(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.ports["plain"])
    connection.request("HEAD", "/feed/3")
    answer = connection.getresponse()
    assert answer.status == 200 and answer.read() == b""
