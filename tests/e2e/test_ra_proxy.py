"""bestow-ra before a real node: what devices, operators and the node see of each other through it."""
import base64
import os
import pathlib
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization

from node import BIN, Identity, make_csr, make_key
from ra_proxy import LocalCa, Proxy, make_ra


def before(node, *, ra="ra-1", **options):
    """A proxy that asks the node as an RA for profile demo."""
    proxy = Proxy(f"https://127.0.0.1:{node.port}", (node.folder / "ca.pem").read_bytes(), **options)
    make_ra(node, proxy.folder, "demo", name=ra)
    return proxy


@pytest.fixture(scope="module")
def proxy(node):
    with before(node) as running:
        yield running


def public(certificate):
    return certificate.public_key().public_numbers()


def test_a_device_enrolls_and_renews_through_the_proxy(node, proxy):
    key = make_key()
    answer = proxy.enroll(make_csr(key, "behind"))
    assert answer.status == 200, (answer.text, proxy.log()[-2000:])
    assert public(answer.certificate) == key.public_key().public_numbers()
    device = Identity(proxy.folder, key, answer.certificate)
    key = make_key()
    answer = proxy.reenroll(make_csr(key, "behind"), device)
    assert answer.status == 200, (answer.text, proxy.log()[-2000:])
    assert public(answer.certificate) == key.public_key().public_numbers()


def test_cacerts_and_csrattrs_pass_through(node, proxy):
    theirs = node.request("GET", "/.well-known/est/demo/cacerts")
    ours = proxy.request("GET", "/.well-known/est/site/cacerts")
    assert {c.subject for c in ours.certificates} == {c.subject for c in theirs.certificates}
    theirs = node.request("GET", "/.well-known/est/demo/csrattrs")
    ours = proxy.request("GET", "/.well-known/est/site/csrattrs")
    assert (ours.status, ours.body) == (theirs.status, theirs.body)


def test_the_gates_are_the_proxys_own(node, proxy):
    csr = make_csr(make_key(), "gate")
    assert proxy.post_csr("simpleenroll", csr, "site").status == 401
    assert proxy.enroll(csr, passphrase="a-passphrase-that-is-not-it").status == 401
    # the node's passphrase is none of the proxy's
    assert proxy.enroll(csr, passphrase=node.passphrase).status == 401
    assert proxy.enroll(csr, profile="elsewhere").status == 404
    stranger = LocalCa("Stranger")
    key = make_key()
    identity = Identity(proxy.folder, key, stranger.issue(key, "gate"))
    assert proxy.enroll(csr, identity=identity).status == 403
    device = proxy.device("gate-2")
    answer = proxy.reenroll(make_csr(make_key(), "gate-3"), device)
    assert answer.status == 403 and "subject_mismatch" in answer.text
    answer = proxy.enroll(make_csr(make_key(), "gate-3"), identity=device)
    assert answer.status == 403 and "name_not_authorized" in answer.text


def test_the_node_knows_for_whom_the_ra_spoke(node, proxy):
    proxy.device("spoken-for")
    event = next(e for e in node.events("--limit", "20") if "spoken-for" in e["client"])
    assert "CN=spoken-for" in event["client"] and "CN=ra-1" in event["client"]


def test_an_upstream_refusal_reaches_the_operator_and_not_the_device(node, proxy):
    answer = proxy.enroll(make_csr(make_key("rsa2048"), "", san=[]))
    assert answer.status in (400, 403), answer.text
    request = answer.text.split("request=")[1].strip()
    assert proxy.says("ra.refused", request, "HTTP 40")
    assert "HTTP 40" not in answer.text


def test_no_ca_code_is_linked():
    """What is reachable in the program is told by its symbols: none of these folders is there."""
    listed = subprocess.run(["nm", "--defined-only", "--extern-only", BIN / "bestow-ra"], capture_output=True, text=True, check=True).stdout
    ours = {line.split()[-1] for line in listed.splitlines()}
    assert "upstream_new" in ours
    for layer in ("ca", "ra", "store", "manage", "jobs", "db", "api"):
        archive = BIN / f"lib{layer}.a"
        symbols = subprocess.run(["nm", "--defined-only", "--extern-only", archive], capture_output=True, text=True, check=True).stdout
        theirs = {line.split()[-1] for line in symbols.splitlines() if len(line.split()) == 3}
        theirs = {name for name in theirs if not name.startswith(("__", "_"))}
        assert theirs and not ours & theirs, (layer, sorted(ours & theirs)[:5])
    linked = subprocess.run(["ldd", BIN / "bestow-ra"], capture_output=True, text=True, check=True).stdout
    assert "libcurl" in linked and "libsqlite3" not in linked and "libargon2" not in linked
