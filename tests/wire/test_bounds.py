"""Deadlines, caps and memory under clients that mean no good."""
import concurrent.futures
import contextlib
import os
import resource
import select
import signal
import socket
import ssl
import time

import pytest

import wire

REQUEST = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"


@contextlib.contextmanager
def stopped(server):
    """What is sent meanwhile is all there when the process goes on."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def test_ht_14_continue_then_nothing(folder, identity):
    with wire.Server(folder, identity, request_ms=300) as server:
        for listener in ("plain", "tls"):
            with server.connect(listener) as peer:
                peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                reader = wire.Reader(peer)
                assert reader.answer().status == 100
                assert reader.answer().status == 408
                reader.assert_closed()


@pytest.mark.parametrize("listener", ["plain", "tls"])
def test_ld_01_dribbling_does_not_move_the_deadline(folder, identity, listener):
    with wire.Server(folder, identity, request_ms=600) as server:
        with server.connect(listener) as peer:
            start = time.monotonic()
            reader = wire.Reader(peer)
            for octet in b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200:
                if not wire.is_quiet(peer, 0.02):
                    break
                peer.send(bytes([octet]))
            assert reader.answer().status == 408
            assert 0.5 < time.monotonic() - start < 5
            reader.assert_closed()


def test_idle_connections_end_with_a_close_notify(folder, identity):
    with wire.Server(folder, identity, idle_ms=200) as server:
        for listener in ("plain", "tls"):
            with server.connect(listener) as peer:
                reader = wire.Reader(peer)
                wire.ask(peer, reader=reader)
                reader.assert_closed()


def test_empty_lines_do_not_move_the_deadline(folder, identity):
    with wire.Server(folder, identity, handshake_ms=400) as server:
        with server.connect() as peer:
            peer.sendall(b"\r\n")
            wire.Reader(peer).assert_closed()


def test_silent_and_half_handshaken_connections_are_dropped(folder, identity):
    with wire.Server(folder, identity, handshake_ms=300) as server:
        with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as silent, \
                socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as half:
            half.sendall(b"\x16\x03\x01\x02\x00\x01")
            assert silent.recv(1) == b"" and half.recv(1) == b""
        server.wait_for_log("the handshake took too long")


def spell_hello(server, pieces):
    """A whole handshake whose ClientHello comes in pieces; what a request then gets."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def run(step):
            while True:
                try:
                    return step()
                except ssl.SSLWantReadError:
                    peer.sendall(outgoing.read())
                    incoming.write(peer.recv(65536))

        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        size = -(-len(hello) // pieces)
        for at in range(0, len(hello), size):
            peer.sendall(hello[at:at + size])
            time.sleep(0.002)
        incoming.write(peer.recv(65536))
        run(tls.do_handshake)
        tls.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return run(lambda: tls.read(12))


def test_ld_01_a_slow_hello_is_a_hello(server):
    for pieces in (2, 7, 10_000):
        assert spell_hello(server, pieces) == b"HTTP/1.1 200"


def test_ld_01_a_hello_that_ends_half_way(server):
    for sent in (b"\x16", b"\x16\x03\x01\x02", b"\x16\x03\x01\x02\x00\x01"):
        with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as peer:
            peer.sendall(sent)
            time.sleep(0.02)
            peer.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert peer.recv(1) == b""
    assert spell_hello(server, 1) == b"HTTP/1.1 200"


def test_ld_05b_a_slow_reader_is_cut(folder, identity):
    with wire.Server(folder, identity, answer_ms=400) as server:
        for listener in ("plain", "tls"):
            with server.connect(listener) as peer:
                peer.sendall(b"GET /long/8000000 HTTP/1.1\r\nHost: a\r\n\r\n")
                time.sleep(1)
                with pytest.raises((wire.Closed, ConnectionResetError, ssl.SSLError)):
                    wire.Reader(peer).answer()


@pytest.mark.parametrize("listener", ["plain", "tls"])
def test_ht_26_pipelined_and_not_read(server, listener):
    """400 requests for 100 kB each before one answer is read: the order stays, memory does not grow with them."""
    before = server.resident_kib()
    with server.connect(listener) as peer:
        peer.sendall(b"".join(b"GET /long/%d HTTP/1.1\r\nHost: a\r\n\r\n" % (100_000 + i) for i in range(400)))
        time.sleep(0.3)
        assert server.resident_kib() - before < 32 * 1024
        reader = wire.Reader(peer)
        for i in range(400):
            assert len(reader.answer().body) == 100_000 + i


def test_pipelining_yields_to_others(server):
    with server.connect() as greedy, server.connect() as other:
        before = int(server.facts()["requests"])
        with stopped(server):
            greedy.sendall(b"".join(REQUEST % i for i in range(300)))
            other.sendall(REQUEST % 1)
        assert int(wire.Reader(other).answer().facts()["requests"]) < before + 100
        reader = wire.Reader(greedy)
        for i in range(300):
            assert reader.answer().facts()["path"] == f"/{i}"


def test_ht_02_the_answer_to_a_flood_is_readable(server):
    """A reset must not overtake the 413: the client sends 3 MB before it looks."""
    for listener in ("plain", "tls"):
        with server.connect(listener) as peer:
            peer.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000))
            reader = wire.Reader(peer)
            assert reader.answer().status == 413
            reader.assert_closed()


def test_ld_02_an_address_has_its_share(folder, identity):
    with wire.Server(folder, identity, connections_per_address=3) as server:
        peers = [server.connect(source="127.0.0.3") for _ in range(3)]
        for peer in peers:
            wire.ask(peer)
        with server.connect(source="127.0.0.3") as peer:
            with pytest.raises((wire.Closed, ConnectionError)):
                wire.ask(peer)
        with server.connect(source="127.0.0.4") as peer:
            assert wire.ask(peer)["turned_away"] == "1"
        peers.pop().close()
        deadline = time.monotonic() + wire.PATIENCE
        while True:
            try:
                with server.connect(source="127.0.0.3") as peer:
                    wire.ask(peer)
                break
            except (wire.Closed, ConnectionError):
                assert time.monotonic() < deadline
        for peer in peers:
            peer.close()


def test_ld_02_a_crowd_waits_for_the_others(folder, identity):
    """All say hello while the process is stopped, the single client last: it is served among the first."""
    with wire.Server(folder, identity) as server:
        with stopped(server):
            crowd = [wire.Memory(server, wire.client_context(), source="127.0.0.3") for _ in range(150)]
            single = wire.Memory(server, wire.client_context(), source="127.0.0.4")
            for client in [*crowd, single]:
                client.hello()
        select.select([single.peer], [], [], wire.PATIENCE)
        served = sum(not wire.is_quiet(client.peer, 0) for client in crowd)
        assert not wire.is_quiet(single.peer, 0)
        assert served < 75
        for client in crowd:
            assert not wire.is_quiet(client.peer, wire.PATIENCE)
            client.peer.close()
        single.peer.close()


def test_octets_one_by_one_do_not_hold_up_the_others(server):
    """A body in records of one octet is there at once; another client is served before all of it is read."""
    with server.connect("tls") as slow, server.connect() as other:
        slow.sendall(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n")
        before = int(server.facts()["requests"])
        with stopped(server):
            for _ in range(2000):
                slow.send(b"x")
            other.sendall(REQUEST % 1)
        assert int(wire.Reader(other).answer().facts()["requests"]) == before + 1
        assert wire.Reader(slow).answer().facts()["body"] == "2000"


def test_ld_03_the_longest_idle_makes_room(folder, identity):
    with wire.Server(folder, identity, connections_max=3) as server:
        first, second, third = (server.connect() for _ in range(3))
        for peer in (first, second, third):
            wire.ask(peer)
        wire.ask(first)
        with server.connect() as newcomer:
            wire.ask(newcomer)
            wire.Reader(second).assert_closed()
            wire.ask(first)
        first.close()
        third.close()


def test_ld_03_nobody_idle_then_newcomers_wait(folder, identity):
    with wire.Server(folder, identity, connections_max=2) as server:
        holder, other = server.connect(), server.connect()
        holder.sendall(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        other.sendall(b"GET /half")
        server.wait_for_log("")
        time.sleep(0.1)
        with server.connect() as waiting:
            waiting.sendall(b"GET /let-go HTTP/1.1\r\nHost: a\r\n\r\n")
            assert wire.is_quiet(waiting, 0.3)
            other.close()
            assert wire.Reader(waiting).answer().status == 200
        assert wire.Reader(holder).answer().status == 200
        holder.close()
        server.wait_for_log("all connections are in use")


def cpu_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_ft_15_no_descriptors_left(folder, identity):
    with wire.Server(folder, identity) as server:
        used = server.descriptors()
        limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 4, limits[1]))
        peers = [socket.create_connection(("127.0.0.1", server.ports["plain"]), wire.PATIENCE) for _ in range(12)]
        server.wait_for_log("Too many open files")
        before = cpu_seconds(server)
        time.sleep(1)
        assert cpu_seconds(server) - before < 0.1
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limits)
        for peer in peers:
            wire.ask(peer)
            peer.close()


def test_ten_10_silent_connections_cost_little(folder, identity):
    """Threats LD-01: 1,000 silent TCP connections to the TLS port; TLS state would be 40 MB."""
    with wire.Server(folder, identity, connections_per_address=5000) as server:
        before = server.resident_kib()
        peers = [socket.create_connection(("127.0.0.1", server.ports["tls"])) for _ in range(1000)]
        with server.connect("tls") as peer:
            assert int(wire.ask(peer)["open"]) == 1001
        assert server.resident_kib() - before < 12 * 1024
        for peer in peers:
            peer.close()


def test_log_lines_of_one_kind_are_bounded(folder, identity):
    with wire.Server(folder, identity) as server:
        for _ in range(200):
            with server.connect() as peer:
                peer.sendall(b"GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n")
                wire.Reader(peer).answer()
        with server.connect() as peer:
            peer.sendall(b"GET / HTTP/9.9\r\nHost: a\r\n\r\n")
            wire.Reader(peer).answer()
        log = server.log()
        assert 20 <= log.count("malformed percent") < 150
        assert "an HTTP version that we do not speak" in log
        assert server.facts()["refused_400"] == "200"


def test_retire_ends_idle_connections_and_says_so(folder, identity):
    with wire.Server(folder, identity) as server:
        idle_tls, idle_plain = server.connect("tls"), server.connect()
        wire.ask(idle_tls)
        wire.ask(idle_plain)
        with server.connect() as peer:
            peer.sendall(b"GET /retire HTTP/1.1\r\nHost: a\r\n\r\n")
            reader = wire.Reader(peer)
            assert reader.answer().fields["Connection"] == "close"
            reader.assert_closed()
        for idle in (idle_tls, idle_plain):
            wire.Reader(idle).assert_closed()
            idle.close()


def test_a_held_request_outlives_its_connection_and_its_server(folder, identity):
    """http_echo answers it after http_server_free(): the sanitizer watches."""
    with wire.Server(folder, identity) as server:
        peer = server.connect("tls")
        peer.sendall(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
        server.facts()
        peer.close()
        server.facts()


def test_a_held_request_whose_client_left_is_answered_to_nobody(folder, identity):
    with wire.Server(folder, identity) as server:
        for listener in ("plain", "tls"):
            peer = server.connect(listener)
            peer.sendall(b"GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
            server.facts()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
            with server.connect() as other:
                wire.ask(other, "/let-go")


def visit(server, number):
    listener = "tls" if number % 4 else "plain"
    with server.connect(listener) as peer:
        assert wire.ask(peer, f"/{number}", extra="Connection: close\r\n")["path"] == f"/{number}"


def test_two_thousand_connections_leave_nothing_behind(folder, identity):
    """Leaving the server checks for leaks; descriptors and connections are counted here."""
    with wire.Server(folder, identity, connections_per_address=5000) as server:
        visit(server, 1)
        descriptors = server.descriptors()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: visit(server, number), range(2000)))
        deadline = time.monotonic() + wire.PATIENCE
        while server.descriptors() > descriptors:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        facts = server.facts()
        assert (facts["open"], facts["requests"]) == ("1", "2002")
