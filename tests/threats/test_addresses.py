"""Rows IP-*: every notation, and what does not count as an address."""
import socket
import time

import pytest

from node import Node, Refused, make_csr, make_key


def status_from(node, source, path="/.well-known/est/demo/cacerts", **options):
    return node.request("GET", path, source=source, **options).status


@pytest.mark.parametrize("wrong", ["127.1.0.10/5", "127.1.0.0/256", "127.1.0.0/-1", "127.1.0.0/032", "1.2.3", "01.2.3.4", "0x7f.1", "1.2.3.4/5/6",
                                   "nonsense", "1.2.3.4-1.2.3.3", "::1-1.2.3.4", "fe80::1%eth0", "cidr 127.1.0.1/24"])
def test_ip_03_what_is_no_notation_is_refused(node, wrong):
    with pytest.raises(Refused) as refusal:
        node.ctl("allow", "add", wrong)
    assert refusal.value.code in (1, 2, 5)


@pytest.mark.parametrize("prefix", [0, 8, 24, 32])
def test_ip_04_an_ambiguous_prefix_is_never_guessed(node, prefix):
    with pytest.raises(Refused) as refusal:
        node.ctl("allow", "add", f"10.0.0.0/{prefix}")
    text = refusal.value.text + refusal.value.output
    assert "cidr" in text and "last-octet" in text


def test_ip_02_the_forms_let_in_exactly_whom_they_name():
    with Node() as node:
        node.ctl("allow", "add", "127.1.0.10/40")
        node.ctl("allow", "add", "last-octet 127.2.0.10/20")
        node.ctl("allow", "add", "cidr 127.3.0.0/30")
        node.ctl("allow", "add", "127.4.0.5-127.4.1.2")
        node.wait(lambda: status_from(node, "127.4.1.2") == 200, "the list", 5)
        inside = ["127.1.0.10", "127.1.0.40", "127.2.0.10", "127.2.0.20", "127.3.0.0", "127.3.0.3", "127.4.0.5", "127.4.0.255", "127.4.1.2"]
        outside = ["127.1.0.9", "127.1.0.41", "127.2.0.9", "127.2.0.21", "127.3.0.4", "127.4.0.4", "127.4.1.3"]
        assert {a: status_from(node, a) for a in inside} == dict.fromkeys(inside, 200)
        assert {a: status_from(node, a) for a in outside} == dict.fromkeys(outside, 403)


def test_ip_05_and_06_nobody_and_everybody():
    with Node() as node:
        with pytest.raises(Refused):
            node.ctl("allow", "add", "0.0.0.0/0")
        (only,) = node.ctl_json("allow", "list")["addresses"]
        with pytest.raises(Refused):
            node.ctl("allow", "remove", only["id"])  # would lock everybody out, and was not confirmed
        assert status_from(node, "127.0.0.9") == 403
        node.ctl("allow", "add", "0.0.0.0/0", "--confirm=any")
        node.wait(lambda: status_from(node, "127.0.0.9") == 200, "everybody", 5)


def test_ip_10_headers_name_nobody(node):
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        value = "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"
        answer = node.request("GET", "/.well-known/est/demo/cacerts", headers={header: value}, source="127.0.0.2")
        assert answer.status == 403


def test_ip_20_a_change_is_felt_on_a_kept_connection():
    with Node() as node:
        node.ctl("allow", "add", "127.0.0.7")
        node.wait(lambda: status_from(node, "127.0.0.7") == 200, "the list", 5)
        connection = node.connect(source="127.0.0.7")
        assert status_from(node, None, connection=connection) == 200
        seven = next(a for a in node.ctl_json("allow", "list")["addresses"] if "127.0.0.7" in str(a))
        node.ctl("allow", "remove", seven["id"])
        node.wait(lambda: status_from(node, None, connection=connection) == 403, "the removal", 5)


def test_ip_15_to_17_the_proxy_protocol():
    with Node(est_settings="proxy_protocol = yes\ntrusted_proxies = 127.0.0.8", setup=False) as node:
        node.ctl("account", "create", "demo")
        node.ctl("allow", "add", "203.0.113.7")
        node.ctl("ca", "create", "Demo Issuing", "--subject", "CN=Root", "--trust")
        node.ctl("node", "certificate", "--ca", "Demo Issuing", "--host", "localhost", "--host", "127.0.0.1")
        node.ctl("profile", "create", "demo", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase", "--alias", "demo")
        (node.folder / "ca.pem").write_text(node.ctl("ca", "export", "Demo Issuing"))

        def ask(header, source="127.0.0.8"):
            import http.client
            raw = socket.create_connection(("127.0.0.1", node.port), 10, (source, 0))
            raw.sendall(header)
            try:
                tls = node.tls().wrap_socket(raw, server_hostname="localhost")
                tls.sendall(b"GET /.well-known/est/demo/cacerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = http.client.HTTPResponse(tls)
                answer.begin()
                return answer.status
            except OSError:
                return "closed"
            finally:
                raw.close()

        listed = b"PROXY TCP4 203.0.113.7 127.0.0.1 1234 443\r\n"
        node.wait(lambda: ask(listed) == 200, "the node", 10)
        assert ask(b"PROXY TCP4 203.0.113.8 127.0.0.1 1234 443\r\n") == 403
        assert ask(b"PROXY UNKNOWN\r\n") == 403
        assert ask(b"") == "closed"
        assert ask(listed + listed) == "closed"
        assert ask(b"PROXY TCP4 nonsense\r\n") == "closed"
        assert ask(listed, source="127.0.0.1") == "closed"  # not a trusted proxy


def test_a_flood_of_refusals_holds_no_enrollment_up_and_fills_no_log():
    """From an address that nobody lists: each refusal used to be an event, in the queue where enrollments stand."""
    with Node(edges=1) as node:
        turn, turns = b"GET /.well-known/est/nobody/cacerts HTTP/1.1\r\nHost: a\r\n\r\n" * 100, 100
        before = len(node.log())
        raw = socket.create_connection(("127.0.0.1", node.port), source_address=("127.0.0.9", 0))
        with node.tls().wrap_socket(raw, server_hostname="localhost") as connection:
            for _ in range(turns):
                connection.sendall(turn)
                answers = b""
                while answers.count(b"HTTP/1.1 403") < 100:
                    answers += connection.recv(65536)
        asked = time.monotonic()
        assert node.enroll(make_csr(make_key())).status == 200
        assert time.monotonic() - asked < 5
        told = [event for event in node.events("--refusals", "--limit", "1000") if event["peer"] == "127.0.0.9"]
        assert 0 < len(told) < 2000 and all(event["reason"] == "ip_not_allowed" for event in told)
        assert len(node.log()) - before < 1000000
        time.sleep(1.1)
        node.request("GET", "/.well-known/est/nobody/cacerts", source="127.0.0.9")
        node.wait(lambda: "more that are not told" in node.events("--refusals", "--limit", "1")[0]["detail"], "the number withheld", 5)
