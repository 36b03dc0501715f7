"""A CSR that somebody else made (ENR-09), here `openssl req`: sent as it is, and answered for its key or not at all."""
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from der import oid, tlv
from device import Device, private_file
from est_server import EstServer, name
from node import BIN, Node, make_key, spki

DER = serialization.Encoding.DER


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *map(str, arguments)], cwd=folder, capture_output=True, check=True).stdout


def request(folder, subject="/CN=dev-1", kind=("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), form="PEM"):
    openssl(folder, "req", "-new", "-newkey", *kind, "-nodes", "-keyout", "own.key", "-out", "own.csr", "-outform", form, "-subj", subject)
    return folder / "own.csr"


def bestow(folder, command, url, ca, *arguments):
    return subprocess.run([BIN / "bestow", command, "--url", url, "--ca", ca, "--timeout", "10s", *map(str, arguments)], cwd=folder,
                          capture_output=True, text=True)


@pytest.fixture(scope="module")
def server():
    with EstServer() as running:
        yield running


def spoilt(folder):
    der = openssl(folder, "req", "-in", request(folder), "-outform", "DER")
    return der[:-1] + bytes([der[-1] ^ 1])


@pytest.mark.parametrize("words,make", [
    ("neither DER nor PEM", lambda folder: b"hello"),
    ("neither DER nor PEM", lambda folder: b""),
    ("neither DER nor PEM", lambda folder: request(folder).read_bytes() * 2),
    ("private key", lambda folder: b"\x30\x03\x02\x01\x00"),
    ("signature", spoilt),
    ("1024", lambda folder: request(folder, kind=("rsa:1024",)).read_bytes()),
    ("longer", lambda folder: b"-" * 70000),
], ids=["words", "nothing", "two", "other DER", "signature", "weak", "long"])
def test_enr_09_what_is_no_csr_is_sent_to_nobody(server, tmp_path, words, make):
    (tmp_path / "bad.csr").write_bytes(make(tmp_path))
    run = bestow(tmp_path, "enroll", server.url, server.folder / "root.pem", "--csr", "bad.csr")
    assert run.returncode == 10 and words in run.stderr, run.stderr
    assert not (tmp_path / "device.crt").exists()
    assert all(request.operation != "simpleenroll" for request in server.requests)


def test_a_csr_goes_with_no_other_key_and_no_identity(server, tmp_path):
    csr = request(tmp_path)
    for command in (("enroll", "--new-key", tmp_path / "own.key"), ("renew",)):
        assert bestow(tmp_path, command[0], server.url, server.folder / "root.pem", *command[1:], "--csr", csr).returncode == 2
    with Device(server.url, ca=server.folder / "root.pem") as device:
        assert device.run("enroll", "--csr", csr).returncode == 2 and device.run("renew", "--csr", csr).returncode == 2


@pytest.mark.parametrize("leaf", ["other-key", "other-name", "other-ca"])
def test_enr_09_an_answer_for_another_key_is_refused(tmp_path, leaf):
    with EstServer(leaf=leaf) as server:
        run = bestow(tmp_path, "enroll", server.url, server.folder / "root.pem", "--json", "--csr", request(tmp_path))
        assert run.returncode == 1 and "answer_unfit" in run.stdout and not (tmp_path / "device.crt").exists()


@pytest.mark.parametrize("kind", [("rsa:2048",), ("ec", "-pkeyopt", "ec_paramgen_curve:P-384")], ids=["rsa", "p384"])
@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_enr_09_it_is_sent_as_it_is(server, tmp_path, kind, form):
    csr = request(tmp_path, kind=kind, form=form)
    run = bestow(tmp_path, "enroll", server.url, server.folder / "root.pem", "--csr", csr)
    assert run.returncode == 0, run.stderr
    sent = subprocess.run(["openssl", "base64", "-d"], input=server.requests[-1].body, capture_output=True).stdout
    assert sent == openssl(tmp_path, "req", "-in", csr, "-inform", form, "-outform", "DER")
    certificate = x509.load_pem_x509_certificate((tmp_path / "device.crt").read_bytes())
    assert spki(certificate) == openssl(tmp_path, "pkey", "-in", "own.key", "-pubout", "-outform", "DER")
    assert not (tmp_path / "device.key").exists(), "its key is with whoever made it"
    again = bestow(tmp_path, "enroll", server.url, server.folder / "root.pem", "--csr", csr)
    assert again.returncode == 5 and "device.crt" in again.stderr


def test_enr_09_at_a_node_first_and_again(tmp_path):
    with Node() as node:
        url, ca = f"https://localhost:{node.port}/.well-known/est/demo", node.folder / "root.pem"
        secret = private_file(tmp_path, "pass", node.passphrase)
        run = bestow(tmp_path, "enroll", url, ca, "--user", "device", "--pass-file", secret, "--csr", request(tmp_path))
        assert run.returncode == 0, run.stderr
        (tmp_path / "own.key").rename(tmp_path / "old.key")
        (tmp_path / "device.crt").rename(tmp_path / "old.crt")
        old = ("--cert", "old.crt", "--key", "old.key")
        # RFC 7030 4.2.2: not with another subject
        run = bestow(tmp_path, "renew", url, ca, *old, "--json", "--csr", request(tmp_path, "/CN=dev-2"))
        assert run.returncode == 5 and not (tmp_path / "device.crt").exists()
        run = bestow(tmp_path, "renew", url, ca, *old, "--csr", request(tmp_path))
        assert run.returncode == 0, run.stderr
        verify = ["openssl", "verify", "-CAfile", ca, "-untrusted", tmp_path / "ca.pem", tmp_path / "device.crt"]
        assert subprocess.run(verify, capture_output=True).returncode == 0
        certificate = x509.load_pem_x509_certificate((tmp_path / "device.crt").read_bytes())
        assert spki(certificate) == openssl(tmp_path, "pkey", "-in", "own.key", "-pubout", "-outform", "DER")


def change_subject_csr(key, old, new):
    """RFC 6402 2.8: the CSR bears the old name, an attribute the new one."""
    change = tlv(0x30, oid("1.3.6.1.5.5.7.7.36"), tlv(0x31, tlv(0x30, name(new).public_bytes())))
    public = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    info = tlv(0x30, b"\x02\x01\x00", name(old).public_bytes(), public, tlv(0xa0, change))
    signature = key.sign(info, ec.ECDSA(hashes.SHA256()))
    return tlv(0x30, info, bytes.fromhex("300a06082a8648ce3d040302"), tlv(3, b"\0", signature))


def test_enr_09_another_name_by_changesubjectname(tmp_path):
    with Node() as node:
        node.set_profile("demo", "renewal.change_subject=true", "renewal.while_valid=any-time")
        url, ca = f"https://localhost:{node.port}/.well-known/est/demo", node.folder / "root.pem"
        secret = private_file(tmp_path, "pass", node.passphrase)
        old = ("--cert", "device.crt", "--key", "own.key", "--out-cert", "new.crt")
        assert bestow(tmp_path, "enroll", url, ca, "--user", "device", "--pass-file", secret, "--csr", request(tmp_path)).returncode == 0
        (tmp_path / "changed.csr").write_bytes(change_subject_csr(make_key(), "dev-1", "dev-one"))
        node.wait(lambda: bestow(tmp_path, "renew", url, ca, *old, "--csr", "changed.csr").returncode == 0, "the profile's switch")
        assert openssl(tmp_path, "x509", "-in", "new.crt", "-noout", "-subject").decode().strip().endswith("dev-one")
