"""Every kind of CA key in both places, every algorithm that it can sign with, every kind of device key: OpenSSL's strict
verification and GnuTLS's certtool accept what comes out, certificates and CRLs."""
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hsm import Token, needs_softhsm
from node import Node, Refused, make_csr, make_key

RSA = ["rsa-sha256", "rsa-sha384", "rsa-sha512", "rsa-pss-sha256", "rsa-pss-sha384", "rsa-pss-sha512"]
ECDSA = ["ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"]
CA_KEYS = {"rsa-2048": RSA, "rsa-4096": ["rsa-sha256", "rsa-pss-sha512"], "p256": ECDSA, "p384": ECDSA, "p521": ECDSA,
           "ed25519": ["ed25519"]}
DEVICE_KEYS = ["rsa2048", "p256", "p384", "p521", "ed25519"]
OPENSSL_NAMES = {"rsa-sha": "sha{}WithRSAEncryption", "rsa-pss-sha": "rsassaPss", "ecdsa-sha": "ecdsa-with-SHA{}", "ed25519": "ED25519"}


@pytest.fixture(params=["file", pytest.param("token", marks=needs_softhsm)])
def place(request, tmp_path):
    """(a node, the place of its CAs' keys)"""
    if request.param == "file":
        with Node() as node:
            yield node, "file"
    else:
        with Token(tmp_path / "token").node() as node:
            yield node, "token"


def openssl_name(algorithm):
    family = algorithm.rstrip("0123456789") if algorithm != "ed25519" else algorithm
    return OPENSSL_NAMES[family].format(algorithm[len(family):])


def text_of(folder, certificate):
    path = folder / "one.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return subprocess.run(["openssl", "x509", "-in", path, "-noout", "-text"], check=True, capture_output=True, text=True).stdout


def verify(folder, leaf, chain):
    """`chain` from the issuer up to the root, as PEM."""
    leaf_path, chain_path, root_path, whole = (folder / name for name in ("leaf.pem", "chain.pem", "root.pem", "whole.pem"))
    leaf_path.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    chain_path.write_text(chain)
    root_path.write_text("-----BEGIN" + chain.split("-----BEGIN")[-1])
    whole.write_text(leaf_path.read_text() + chain)
    subprocess.run(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", root_path, "-untrusted", chain_path,
                    leaf_path], check=True, capture_output=True)
    subprocess.run(["certtool", "--verify-chain", "--infile", whole], check=True, capture_output=True)


def verify_crl(folder, node, ca):
    crl = folder / f"{ca}.crl"
    crl.unlink(missing_ok=True)
    node.ctl("crl", "issue", ca)
    node.ctl("crl", "export", ca, "--out", crl)
    issuer = folder / "issuer.pem"
    issuer.write_text(node.ctl("ca", "export", ca))
    run = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", crl, "-noout", "-CAfile", issuer, "-text"], check=True,
                         capture_output=True, text=True)
    assert "verify OK" in run.stderr
    return run.stdout


@pytest.mark.parametrize("key", CA_KEYS)
def test_a_ca_of_each_kind_signs_every_way_for_every_device(place, key, tmp_path):
    node, where = place
    first = CA_KEYS[key][-1]
    node.ctl("ca", "create", "root", "--subject", "CN=Root of Kinds,O=Test", "--key", key, "--key-store", where, "--signature",
             first, "--no-trust")
    node.ctl("ca", "create", "below", "--subject", "CN=Below,O=Test", "--parent", "root", "--key", key, "--key-store", where, "--trust")
    root, below = (x509.load_pem_x509_certificate(node.ctl("ca", "export", name).encode()) for name in ("root", "below"))
    # what the CA signs itself: its own certificate, the CA below it, its CRL
    for certificate in (root, below):
        assert openssl_name(first) in text_of(tmp_path, certificate)
    assert openssl_name(first) in verify_crl(tmp_path, node, "root")
    node.ctl("profile", "create", "kinds", "--template", "client-authentication", "--ca", "below", "--auth", "passphrase",
             "--alias", "kinds", "--set", 'key.types=["rsa","p256","p384","p521","ed25519"]')
    out = tmp_path / "pass"
    node.ctl("profile", "passphrase", "kinds", "--generate", "--out", out)
    chain = node.ctl("ca", "export", "below", "--chain")
    for algorithm in CA_KEYS[key]:
        node.ctl("profile", "set", "kinds", f"signature={algorithm}")
        for device in DEVICE_KEYS if algorithm == CA_KEYS[key][0] else ["p256"]:
            answer = node.enroll(make_csr(make_key(device), f"{device}-{algorithm}"), "kinds", passphrase=out.read_text().strip())
            assert answer.status == 200, (algorithm, device, answer.text)
            assert openssl_name(algorithm) in text_of(tmp_path, answer.certificate)
            verify(tmp_path, answer.certificate, chain)
    # a CA is told to sign otherwise, and does
    node.ctl("ca", "set", "below", "--signature", CA_KEYS[key][0])
    assert openssl_name(CA_KEYS[key][0]) in verify_crl(tmp_path, node, "below")


def test_what_the_key_cannot_do_is_refused_in_words():
    with Node() as node:
        node.ctl("ca", "create", "rsa", "--subject", "CN=RSA,O=Test", "--key", "rsa-2048", "--no-trust")
        for arguments, words in (
                (("profile", "set", "demo", "signature=rsa-sha256"), "cannot sign with rsa-sha256; it can: ecdsa-sha256"),
                (("profile", "create", "x", "--template", "client-authentication", "--ca", "rsa", "--auth", "passphrase", "--set",
                  "signature=ed25519"), "cannot sign with ed25519"),
                (("ca", "set", "rsa", "--signature", "ecdsa-sha256"), "cannot sign with ecdsa-sha256"),
                (("ca", "set", "rsa", "--signature", "md5"), "not known"),
                (("ca", "create", "y", "--subject", "CN=y", "--key", "p256", "--signature", "rsa-sha256"), "a p256 key cannot sign"),
                (("ca", "create", "y", "--subject", "CN=y", "--key", "p256", "--signature", "sha1"), "not known")):
            with pytest.raises(Refused) as refused:
                node.ctl(*arguments)
            assert words in refused.value.text, refused.value.text
        node.ctl("profile", "set", "demo", "signature=ecdsa-sha512")
        with pytest.raises(Refused) as refused:
            node.ctl("profile", "set", "demo", "--ca", "rsa")
        assert "cannot sign with ecdsa-sha512" in refused.value.text
        node.ctl("ca", "set", "rsa", "--signature", "auto")
        assert node.ctl_json("ca", "show", "rsa")["ca"]["signature"] == "rsa-sha256"
