"""A forwarding field from a trusted proxy names the client of each request; from anybody else it is ignored.

127.0.0.1 is http_echo's trusted proxy; connections from 127.0.0.2 are a stranger's."""
import pytest

import wire

UNSURE = {
    "absent": [],
    "empty": [""],
    "unknown": ["unknown"],
    "hidden": ["_hidden"],
    "host name": ["balancer.example"],
    "quoted": ['"198.51.100.7"'],
    "the proxy itself": ["127.0.0.1"],
    "1,000 entries": ["::1," * 999 + "198.51.100.7"],
    "port": ["198.51.100.7:50123"],
    "bracketed v6": ["[2001:db8::7]"],
    "bracketed v6 with port": ["[2001:db8::7]:443"],
    "an unsure hop behind": ["198.51.100.7, unknown"],
    "an empty field behind": ["198.51.100.7", ""],
}

SURE = {
    "one": (["198.51.100.7"], "198.51.100.7"),
    "a spoof before": (["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
    "a spoof in a field of its own": (["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
    "proxies behind": (["198.51.100.7, 127.0.0.1", "127.0.0.1"], "198.51.100.7"),
    "v6": (["2001:db8::7"], "2001:db8::7"),
}


def request(values, name="X-Forwarded-For", line="GET / HTTP/1.1", rest=""):
    fields = "".join(f"{name}: {value}\r\n" for value in values)
    return f"{line}\r\nHost: a\r\n{fields}{rest}\r\n".encode()


def facts_of(server, octets, listener="x_forwarded_for", source=None):
    with server.connect(listener, source=source) as peer:
        peer.sendall(octets)
        return wire.Reader(peer).answer().facts()


@pytest.mark.parametrize("name", UNSURE)
def test_ip_12_nobody_is_named(server, name):
    facts = facts_of(server, request(UNSURE[name]))
    assert (facts["peer"], facts["unknown"], facts["means"]) == ("127.0.0.1", "1", "X-Forwarded-For")


@pytest.mark.parametrize("name", SURE)
def test_ip_11_the_last_hop_that_is_no_proxy_is_named(server, name):
    values, address = SURE[name]
    facts = facts_of(server, request(values))
    assert (facts["peer"], facts["unknown"], facts["proxied"]) == (address, "0", "1")


def test_ip_11_forwarded_by_its_rfc(server):
    facts = facts_of(server, request(['for=1.1.1.1, for="[2001:db8::7]:4711";proto=https'], "forwarded"), "forwarded")
    assert (facts["peer"], facts["unknown"], facts["means"]) == ("2001:db8::7", "0", "Forwarded")


def test_only_the_field_that_was_set_counts(server):
    assert facts_of(server, request(["for=198.51.100.7"], "Forwarded"))["unknown"] == "1"
    assert facts_of(server, request(["198.51.100.7"]), "forwarded")["unknown"] == "1"


@pytest.mark.parametrize("listener", ["x_forwarded_for", "forwarded", "plain"])
def test_ip_10_a_strangers_fields_are_ignored(server, listener):
    octets = request(["198.51.100.7"], rest="Forwarded: for=198.51.100.7\r\nX-Real-IP: 198.51.100.7\r\n")
    facts = facts_of(server, octets, listener, source="127.0.0.2")
    assert (facts["peer"], facts["unknown"], facts["proxied"]) == ("127.0.0.2", "0", "0")


def test_ip_10_a_listener_without_the_setting_ignores_the_proxys_too(server):
    facts = facts_of(server, request(["198.51.100.7"]), "plain")
    assert (facts["peer"], facts["unknown"], facts["proxied"]) == ("127.0.0.1", "0", "0")


def test_ht_10_a_trailer_names_nobody(server):
    octets = (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Forwarded-For\r\n\r\n"
              b"1\r\nx\r\n0\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n")
    facts = facts_of(server, octets)
    assert (facts["peer"], facts["unknown"], facts["body"]) == ("127.0.0.1", "1", "1")


def test_each_request_of_a_kept_connection_has_its_own_client(server):
    """Balancers mix clients; one that names nobody does not speak for the one before."""
    with server.connect("x_forwarded_for") as peer:
        reader = wire.Reader(peer)
        for values, address, unknown in ((["198.51.100.7"], "198.51.100.7", "0"), ([], "127.0.0.1", "1"),
                                         (["198.51.100.8"], "198.51.100.8", "0")):
            peer.sendall(request(values))
            facts = reader.answer().facts()
            assert (facts["peer"], facts["unknown"]) == (address, unknown)


def test_pipelined_requests_have_each_their_own_client(server):
    with server.connect("x_forwarded_for") as peer:
        reader = wire.Reader(peer)
        peer.sendall(request(["198.51.100.7"]) + request([]) + request(["198.51.100.8"]))
        assert [reader.answer().facts()["peer"] for _ in range(3)] == ["198.51.100.7", "127.0.0.1", "198.51.100.8"]


def test_the_proxy_needs_no_admission_and_a_stranger_does(server):
    """http_echo turns 127.0.0.66 away, from the socket; whether a client that was named may speak is for the handler."""
    with server.connect("x_forwarded_for", source="127.0.0.66") as peer:
        with pytest.raises((wire.Closed, ConnectionResetError)):
            peer.sendall(request(["198.51.100.7"]))
            wire.Reader(peer).answer()
    assert facts_of(server, request(["127.0.0.66"]))["peer"] == "127.0.0.66"


def test_the_log_tells_the_client_that_was_named(server):
    start = len(server.log())
    with server.connect("x_forwarded_for") as peer:
        peer.sendall(request(["1.1.1.1, 198.51.100.7"], line="POST / HTTP/1.1", rest="Content-Length: 99999999\r\n"))
        assert wire.Reader(peer).answer().status == 413
    server.wait_for_log("status=413", start)
    assert "peer=198.51.100.7 " in server.log()[start:]


def test_what_is_refused_before_the_field_is_read_is_the_proxys(server):
    """A head that is malformed behind a spoof must not be logged as the spoof's."""
    start = len(server.log())
    with server.connect("x_forwarded_for") as peer:
        peer.sendall(request(["1.1.1.1"], rest="Broken field\r\nX-Forwarded-For: 198.51.100.7\r\n"))
        assert wire.Reader(peer).answer().status == 400
    server.wait_for_log("status=400", start)
    assert "peer=127.0.0.1 " in server.log()[start:]


def test_t12_the_proxys_own_certificate_is_not_its_clients(server, folder):
    """From a stranger to the same listener it is the client's own."""
    context = wire.client_context(wire.Credential(folder, "balancer"))
    for source, address, chain in (None, "198.51.100.7", "0"), ("127.0.0.2", "127.0.0.2", "1"):
        with context.wrap_socket(server.connect_raw("forwarded_tls", source)) as peer:
            peer.sendall(request(["for=198.51.100.7"], "Forwarded"))
            facts = wire.Reader(peer).answer().facts()
        assert (facts["peer"], facts["chain"]) == (address, chain)


def test_the_proxys_connections_are_no_clients(folder, identity):
    with wire.Server(folder, identity, connections_per_address=2) as server:
        peers = [server.connect("x_forwarded_for") for _ in range(5)]
        for last, peer in enumerate(peers):
            peer.sendall(request([f"198.51.100.{last}"]))
            assert wire.Reader(peer).answer().status == 200
        for peer in peers:  # none of them is anybody's connection now
            peer.sendall(request(["198.51.100.9"]))
            assert wire.Reader(peer).answer().status == 200
        for peer in peers:
            peer.close()


def test_a_clients_requests_at_once_are_its_connections(folder, identity):
    """The cap holds through the proxy, over connections and together with direct ones; an answer gives the place back."""
    head = request(["127.0.0.3"], line="POST / HTTP/1.1", rest="Content-Length: 1\r\n")
    with wire.Server(folder, identity, connections_per_address=2) as server:
        with server.connect("x_forwarded_for") as first, server.connect("x_forwarded_for") as third:
            first.sendall(request(["127.0.0.3"], line="POST / HTTP/1.1", rest="Content-Length: 1\r\nExpect: 100-continue\r\n"))
            assert first.recv(64).startswith(b"HTTP/1.1 100 ")  # the head is read, the body still to come
            with server.connect("plain", source="127.0.0.3") as second:
                second.sendall(request([]))
                assert wire.Reader(second).answer().status == 200
                third.sendall(head + b"x")
                assert wire.Reader(third).answer().status == 429
            first.sendall(b"x")
            assert wire.Reader(first).answer().facts()["peer"] == "127.0.0.3"
        with server.connect("x_forwarded_for") as again:
            again.sendall(head + b"x" + head + b"x")
            reader = wire.Reader(again)
            assert [reader.answer().status for _ in range(2)] == [200, 200]
