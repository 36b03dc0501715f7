"""Proof of possession tied to the TLS session by tls-exporter (RFC 9266), with a client that can tell it: openssl s_client."""
import base64
import re
import ssl
import subprocess

import pytest
from cryptography.x509.oid import AttributeOID, ObjectIdentifier

from node import Node, make_csr, make_key

EST_IDENTITY_LINKING = ObjectIdentifier("1.2.840.113549.1.9.16.2.58")


class SClient:
    """One TLS 1.3 connection whose exported keying material is known."""

    def __init__(self, node):
        self.process = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{node.port}", "-tls1_3", "-keymatexport", "EXPORTER-Channel-Binding",
             "-keymatexportlen", "32", "-ign_eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.binding = None
        for line in self.process.stdout:
            found = re.search(rb"Keying material: ([0-9A-F]+)", line)
            if found:
                self.binding = base64.b64encode(bytes.fromhex(found[1].decode()))
                break

    def post(self, node, csr):
        body = base64.b64encode(csr)
        lines = ["POST /.well-known/est/demo/simpleenroll HTTP/1.1", "Host: localhost", "Connection: close", "Content-Type: application/pkcs10",
                 f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in node.basic().items()), "", ""]
        self.process.stdin.write("\r\n".join(lines).encode() + body)
        self.process.stdin.flush()
        said = self.process.stdout.read()
        self.process.wait(10)
        return int(re.search(rb"HTTP/1\.1 (\d+)", said)[1])


def bound(value, oid=AttributeOID.CHALLENGE_PASSWORD):
    return make_csr(make_key(), "bound", attributes=[(oid, value)])


def test_pop_03_tls_exporter(node):
    connection = SClient(node)
    assert connection.binding and connection.post(node, bound(connection.binding)) == 200
    other = SClient(node)
    assert other.post(node, bound(connection.binding)) == 400


def bound_connection(node, version):
    """What Python calls tls-unique on a connection of its own, in TLS 1.3 too."""
    connection = node.connect(version=version)
    connection.connect()
    return connection, base64.b64encode(connection.sock.get_channel_binding("tls-unique"))


@pytest.mark.parametrize("end", [b"", b"\r\n"], ids=["bare", "as GlobalSign's client sends it"])
def test_pop_03_tls_unique_as_others_tell_it(node, end):
    connection, binding = bound_connection(node, ssl.TLSVersion.TLSv1_2)
    other, _ = bound_connection(node, ssl.TLSVersion.TLSv1_2)
    assert node.enroll(bound(binding + end), connection=other).status == 400
    assert node.enroll(bound(binding + end), connection=connection).status == 200


def test_pop_03_tls_1_3_has_no_tls_unique(node):
    connection, binding = bound_connection(node, ssl.TLSVersion.TLSv1_3)
    answer = node.enroll(bound(binding), connection=connection)
    assert answer.status == 400 and "pop_link_failed" in answer.text


def test_pop_05_rfc_7894_says_what_it_is():
    with Node() as node:
        node.set_profile("demo", "challenge_password=ignored", "binding=required")
        node.wait(lambda: "pop_link_missing" in node.enroll(make_csr(make_key(), "free")).text, "the rule", 5)
        connection = SClient(node)
        # the attribute is a DirectoryString; the library writes it as one
        assert connection.post(node, bound(connection.binding, EST_IDENTITY_LINKING)) == 200
        other = SClient(node)
        assert other.post(node, bound(connection.binding, EST_IDENTITY_LINKING)) == 400
        # what challengePassword says counts for nothing here
        last = SClient(node)
        assert last.post(node, bound(last.binding)) == 400


def test_pop_02_csrattrs_lists_what_is_required():
    with Node() as node:
        node.set_profile("demo", "binding=required")
        challenge_password = bytes.fromhex("06092a864886f70d010907")
        node.wait(lambda: challenge_password in base64.b64decode(node.request("GET", "/.well-known/est/demo/csrattrs").body), "csrattrs", 5)
