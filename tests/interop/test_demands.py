"""What clients demand that cannot be had as packages: read from their sources, and held against the node with tools that nobody here wrote.

docs/reference/clients.md has the same rows under "Read, not run"."""
import base64
import re
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from node import load_certificates, make_csr, make_key


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60, **options)


def answers(node):
    """A body of each kind that holds certificates, as a client without a name gets it."""
    yield node.request("GET", "/.well-known/est/demo/cacerts").body, 2
    yield node.enroll(make_csr(make_key("rsa4096"), "demanding")).body, 1


def test_aziot_certd_makes_pem_of_a_body(node):
    """It writes the lines around it and has OpenSSL read it: the body's last line has to end, and no empty line may follow."""
    for body, count in answers(node):
        pem = b"-----BEGIN PKCS7-----\n" + body + b"-----END PKCS7-----\n"
        assert openssl("pkcs7", "-print_certs", input=pem).stdout.count(b"BEGIN CERTIFICATE") == count


def test_est_ca_decodes_by_the_letter(node):
    """Rust's base64 takes no white space but at the ends, where est-ca trims it."""
    for body, count in answers(node):
        der = base64.b64decode(body.strip(), validate=True)
        assert len(pkcs7.load_der_pkcs7_certificates(der)) == count


def test_rusts_der_wants_sets_in_order(node):
    """The `der` crate refuses a SET OF that is not sorted; OpenSSL writes it anew in order, so both have to be the same."""
    for body, _ in answers(node):
        der = base64.b64decode(body)
        assert openssl("cms", "-cmsout", "-inform", "DER", "-outform", "DER", input=der).stdout == der


def test_globalsigns_client_wants_one_certificate(node):
    answer = node.enroll(make_csr(make_key(), "single"))
    assert len(answer.certificates) == 1
    assert answer.headers["Content-Transfer-Encoding"] == "base64" and answer.headers.get_params() == [
        ("application/pkcs7-mime", ""), ("smime-type", "certs-only")]


def test_trustedge_sends_pem_with_crlf(node):
    pem = x509.load_der_x509_csr(make_csr(make_key(), "armoured")).public_bytes(Encoding.PEM).replace(b"\n", b"\r\n")
    answer = node.request("POST", "/.well-known/est/demo/simpleenroll", pem, {**node.basic(), "Content-Type": "application/pkcs10"})
    assert answer.status == 200, answer.text


def test_lgttis_client_compares_media_types_by_octets(node):
    assert node.request("GET", "/.well-known/est/demo/cacerts").headers["Content-Type"] == "application/pkcs7-mime"
    assert node.enroll(make_csr(make_key(), "octets")).headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"


def test_lgttis_client_verifies_each_certificate_of_cacerts(node, tmp_path):
    certificates = pkcs7.load_der_pkcs7_certificates(base64.b64decode(node.request("GET", "/.well-known/est/cacerts").body))
    roots = [c for c in certificates if c.issuer == c.subject]
    (tmp_path / "roots.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in roots))
    (tmp_path / "all.pem").write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    assert roots
    for i, certificate in enumerate(load_certificates((tmp_path / "all.pem").read_bytes())):
        (tmp_path / f"{i}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        done = openssl("verify", "-CAfile", tmp_path / "roots.pem", "-untrusted", tmp_path / "all.pem", tmp_path / f"{i}.pem")
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_lgttis_client_reads_until_the_end(node, version):
    """Its head has no Accept-Encoding, says close, and names the host without the port."""
    connection = node.connect(version=version)
    connection.connect()
    connection.sock.sendall(b"GET /.well-known/est/demo/cacerts HTTP/1.1\r\nConnection: close\r\nUser-Agent: RFC7030-ESTClient-1.0.0\r\n"
                            b"Host: localhost\r\nAccept: */*\r\n\r\n")
    said = b""
    while (piece := connection.sock.recv(512)):
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    assert re.search(rb"^Content-Length: (\d+)", head, re.M)[1] == str(len(body)).encode()
