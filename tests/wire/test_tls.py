"""TLS as clients meet it: versions, client certificates, bindings, endings."""
import base64
import hashlib
import os
import re
import socket
import ssl
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

import wire

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [TLS12, TLS13], ids=["tls12", "tls13"])


def request(path="/", extra=""):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{extra}\r\n".encode()


def refused_by(server, context, words):
    start = len(server.log())
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with server.connect("tls", context=context) as peer:
            wire.ask(peer)
    server.wait_for_log(words, start)


@BOTH
def test_tls_01_both_versions(server, version):
    with server.connect("tls", context=wire.client_context(version=version)) as peer:
        facts = wire.ask(peer)
    assert facts["tls"] == {TLS12: "TLSv1.2", TLS13: "TLSv1.3"}[version]
    assert facts["chain"] == "0"


@BOTH
def test_wire_03_the_end_is_a_close_notify(server, version):
    """Reader.assert_closed() raises on an end without close_notify: suppress_ragged_eofs is off."""
    with server.connect("tls", context=wire.client_context(version=version)) as peer:
        peer.sendall(request(extra="Connection: close\r\n"))
        reader = wire.Reader(peer)
        assert reader.answer().fields["Connection"] == "close"
        reader.assert_closed()


@BOTH
def test_many_requests_on_one_connection(server, version):
    ids = set()
    with server.connect("tls", context=wire.client_context(version=version)) as peer:
        reader = wire.Reader(peer)
        for i in range(50):
            facts = wire.ask(peer, f"/{i}", reader=reader)
            assert facts["path"] == f"/{i}"
            ids.add(facts["id"])
    assert len(ids) == 50


@BOTH
def test_octet_by_octet(server, version):
    """One TLS record each."""
    with server.connect("tls", context=wire.client_context(version=version)) as peer:
        for octet in request("/slow"):
            peer.send(bytes([octet]))
        assert wire.Reader(peer).answer().facts()["path"] == "/slow"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_cl_01a_old_versions_are_refused(server, version):
    refused_by(server, wire.client_context(version=version), "reason=no_common_tls")


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256",
                                    "DHE-RSA-AES128-GCM-SHA256", "AECDH-AES128-SHA", "ECDHE-ECDSA-NULL-SHA"])
def test_cl_01a_weak_suites_are_refused(server, cipher):
    context = wire.client_context(version=TLS12)
    context.set_ciphers(f"{cipher}:@SECLEVEL=0")
    refused_by(server, context, "reason=no_common_tls")


@pytest.mark.parametrize("cipher", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-CCM"])
def test_cl_01a_sound_suites_twin(server, cipher):
    context = wire.client_context(version=TLS12)
    context.set_ciphers(cipher)
    with server.connect("tls", context=context) as peer:
        assert peer.cipher()[0] == cipher and peer.compression() is None
        wire.ask(peer)


@BOTH
def test_tls_12_with_an_rsa_server(folder, version):
    """libest and strongSwan, with an RSA certificate of the server."""
    with wire.Server(folder, wire.Credential(folder, "rsa-server", wire.rsa_key(2048))) as server:
        with server.connect("tls", context=wire.client_context(version=version)) as peer:
            wire.ask(peer)
            assert version == TLS13 or peer.cipher()[0] == "ECDHE-RSA-AES128-GCM-SHA256"


@pytest.mark.parametrize("curve", ["prime256v1", "secp384r1", "secp521r1"])
def test_groups(server, curve):
    context = wire.client_context()
    context.set_ecdh_curve(curve)
    with server.connect("tls", context=context) as peer:
        wire.ask(peer)


def test_an_unknown_group_is_refused(server):
    context = wire.client_context(version=TLS12)
    context.set_ecdh_curve("secp256k1")
    refused_by(server, context, "reason=no_common_tls")


@pytest.mark.parametrize("offered, chosen", [(["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"),
                                             (["h2"], None), (["x" * 200], None)])
def test_http_07_alpn(server, offered, chosen):
    context = wire.client_context()
    context.set_alpn_protocols(offered)
    with server.connect("tls", context=context) as peer:
        assert peer.selected_alpn_protocol() == chosen
        wire.ask(peer)


def clients(folder):
    """Client certificates that must all reach the handler, which judges them."""
    ca = wire.Credential(folder, "maker")
    yield "self-signed", wire.Credential(folder, "self-signed"), 1
    yield "expired", wire.Credential(folder, "expired", issuer=ca, start=-800, end=-400), 2
    yield "not-yet-valid", wire.Credential(folder, "future", issuer=ca, start=100, end=400), 2
    yield "rsa-1024", wire.Credential(folder, "rsa-1024", wire.rsa_key(1024)), 1
    yield "rsa-2048", wire.Credential(folder, "rsa-2048", wire.rsa_key(2048), ca), 2
    yield "sha1-signed", wire.Sha1Credential(folder), 1
    yield "p384", wire.Credential(folder, "p384", ec.generate_private_key(ec.SECP384R1()), ca), 2
    yield "p521", wire.Credential(folder, "p521", ec.generate_private_key(ec.SECP521R1()), ca), 2
    yield "ed25519", wire.Credential(folder, "ed25519", ed25519.Ed25519PrivateKey.generate(), ca), 2
    deep = ca
    for level in range(5):
        deep = wire.Credential(folder, f"deep-{level}", issuer=deep)
    yield "six deep", deep, 6


@BOTH
def test_wire_13_any_client_certificate_reaches_the_handler(server, folder, version):
    for name, credential, count in clients(folder):
        with server.connect("tls", context=wire.client_context(credential, version)) as peer:
            reader = wire.Reader(peer)
            for _ in range(2):
                facts = wire.ask(peer, reader=reader)
                assert int(facts["chain"]) == count, name
                assert bytes.fromhex(facts["certificate0"]) == credential.der(), name
                assert hashlib.sha256(bytes.fromhex(facts[f"certificate{count - 1}"])).digest() == \
                    credential.chain[-1].fingerprint(hashes.SHA256())


def openssl(server, *arguments, text=b""):
    port = server.ports["tls"]
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments], input=text,
                          capture_output=True, timeout=30)


def test_tls_13_no_ca_names_are_sent(server):
    shown = openssl(server, "-tls1_2").stdout.decode()
    assert "No client certificate CA names sent" in shown
    assert "RSA+SHA256" in shown and "ECDSA+SHA256" in shown  # trap 13


def records(octets):
    while octets:
        length = 5 + int.from_bytes(octets[3:5], "big")
        yield octets[:length]
        octets = octets[length:]


def certificate_verify(change):
    """Lets `change` loose on TLS 1.2's CertificateVerify, which travels in the open."""
    def over(octets):
        return b"".join(change(r) if r[0] == 22 and r[5] == 15 else r for r in records(octets))
    return over


@pytest.mark.parametrize("change", [
    pytest.param(lambda record: b"", id="left-out"),
    pytest.param(lambda record: record[:-1] + bytes([record[-1] ^ 1]), id="of-another-key"),
    pytest.param(lambda record: record[:9] + b"\x02\x03" + record[11:], id="sha-1"),
])
def test_cl_13_a_certificate_without_proof_of_its_key(folder, server, change):
    before = server.facts()
    credential = wire.Credential(folder, "unproven")
    with wire.Memory(server, wire.client_context(credential, TLS12)) as client:
        with pytest.raises((ssl.SSLError, wire.Closed)):
            client.drive(client.session.do_handshake, change=certificate_verify(change))
    after = server.facts()
    assert int(after["handshakes_failed"]) == int(before["handshakes_failed"]) + 1


@BOTH
def test_threat_3_nothing_is_resumed(server, version):
    context = wire.client_context(version=version)
    with server.connect("tls", context=context) as peer:
        wire.ask(peer)
        session = peer.session
    raw = socket.create_connection(("127.0.0.1", server.ports["tls"]))
    with context.wrap_socket(raw, session=session) as peer:
        wire.ask(peer)
        assert not peer.session_reused
    assert session is None or not session.has_ticket


def test_cl_02_no_ticket_so_no_early_data(server):
    shown = openssl(server, "-tls1_3", "-ign_eof", text=request(extra="Connection: close\r\n")).stdout
    assert b"path=/" in shown and b"New Session Ticket" not in shown


def test_cl_01a_renegotiation_is_refused(server):
    before = server.facts()["requests"]
    done = openssl(server, "-tls1_2", "-legacy_renegotiation", text=b"R\n")
    assert b"no renegotiation" in done.stderr or b"RENEGOTIATING" in done.stdout + done.stderr
    assert int(server.facts()["requests"]) == int(before) + 1


def test_pop_03_tls_unique(server):
    with server.connect("tls", context=wire.client_context(version=TLS12)) as peer:
        facts = wire.ask(peer)
        assert base64.b64decode(facts["unique"]) == peer.get_channel_binding("tls-unique")
        assert len(base64.b64decode(facts["exporter"])) == 32


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_pop_03_tls_exporter(server, version):
    """s_client shows what it exports itself."""
    done = openssl(server, version, "-ign_eof", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32",
                   text=b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    text = done.stdout.decode()
    ours = base64.b64decode(re.search(r"^exporter=(.*)$", text, re.M).group(1)).hex().upper()
    theirs = re.search(r"Keying material: ([0-9A-F]{64})", text).group(1)
    assert len(ours) == 64
    if version == "-tls1_3":
        assert ours == theirs and re.search(r"^unique=$", text, re.M)
    else:
        assert ours != theirs  # RFC 9266 wants an empty context, s_client has none: two things in TLS 1.2


def test_every_connection_has_its_own_binding(server):
    seen = set()
    for _ in range(3):
        with server.connect("tls") as peer:
            seen.add(wire.ask(peer)["exporter"])
    assert len(seen) == 3


def test_ht_18b_plain_http_on_the_tls_port(server):
    start = len(server.log())
    with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as peer:
        peer.sendall(request())
        while peer.recv(4096):
            pass
    server.wait_for_log("http request", start)


def test_cl_01b_junk_instead_of_a_hello(server):
    for seed in range(100):
        with socket.create_connection(("127.0.0.1", server.ports["tls"]), wire.PATIENCE) as peer:
            octets = hashlib.sha512(bytes([seed])).digest() * 4
            try:
                peer.sendall((b"\x16\x03\x01\x00\xf0\x01\x00\x00\xec" if seed % 2 else b"") + octets)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    server.facts()


def test_cl_01b_client_hello_in_small_pieces(server):
    with wire.Memory(server, wire.client_context()) as client:
        client.drive(client.session.do_handshake, piece=1)
        client.session.write(request("/pieces"))
        assert b"path=/pieces" in client.drive(lambda: client.session.read(65536), piece=7)


@BOTH
def test_close_notify_after_the_request_is_a_half_close(server, version):
    with wire.Memory(server, wire.client_context(version=version)) as client:
        client.drive(client.session.do_handshake)
        client.session.write(request("/bye"))
        with pytest.raises(ssl.SSLWantReadError):
            client.session.unwrap()
        client.flush()
        client.incoming.write(client.read_to_the_end())
        assert b"path=/bye" in client.session.read(65536)


def test_wire_03_head_and_body_are_one_record(server):
    """The first record after the handshake holds all of an answer that fits."""
    with wire.Memory(server, wire.client_context()) as client:
        client.drive(client.session.do_handshake)
        client.session.write(request("/long/16000"))
        client.flush()
        octets = b""
        while len(octets) < 5 or len(octets) < 5 + int.from_bytes(octets[3:5], "big"):
            octets += client.peer.recv(65536)
        assert len(octets) == 5 + int.from_bytes(octets[3:5], "big")
        client.incoming.write(octets)
        head, body = client.session.read(65536).split(b"\r\n\r\n", 1)
    assert b"Content-Length: 16000" in head and len(body) == 16000


@pytest.mark.parametrize("kind", ["long", "lent"])
@pytest.mark.parametrize("listener", ["plain", "tls"])
def test_long_answers(server, kind, listener):
    with server.connect(listener) as peer:
        reader = wire.Reader(peer)
        for length in (0, 16384, 16385, 4_000_000):
            peer.sendall(request(f"/{kind}/{length}"))
            assert reader.answer().body == bytes(length)
        wire.ask(peer, reader=reader)


def test_a_scan_of_the_port_is_no_event(server):
    before, start = server.facts(), len(server.log())
    for _ in range(5):
        socket.create_connection(("127.0.0.1", server.ports["tls"])).close()
    with server.connect("tls") as peer:
        facts = wire.ask(peer)
    assert facts["handshakes_failed"] == before["handshakes_failed"]
    assert "tls.failed" not in server.log()[start:]
