"""Relying parties that others wrote judge whole paths by our CRLs and OCSP answers, found where the certificates say."""
import pathlib
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from http_clients import JARS, java
from node import Node


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        kept, gone = node.device("kept").certificate, node.device("gone").certificate
        node.ctl("cert", "revoke", node.serial(gone), "--reason", "keyCompromise")
        for ca in ("Demo Issuing", "Demo Root"):
            node.ctl("crl", "issue", ca)
        node.wait(lambda: len([r for r in node.ctl_json("ocsp", "show")["responders"] if r["answers"]]) == 2, "the responders", 20)
        above = (node.folder / "ca.pem").read_bytes()
        for name, certificate in (("kept", kept), ("gone", gone)):
            (node.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
            (node.folder / f"{name}-chain.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + above)
        yield node


@pytest.mark.skipif(not shutil.which("java") or not pathlib.Path(JARS.split(":")[0]).exists(), reason="needs Java and Bouncy Castle")
@pytest.mark.parametrize("how", ["ocsp", "crl"])
@pytest.mark.parametrize("who", ["SUN", "BC"])
def test_java_judges_the_path(node, who, how):
    def judge(name):
        return run(*java("RevocationCheck.java"), who, how, node.folder / "root.pem", node.folder / f"{name}-chain.pem")
    code, words = judge("kept")
    assert code == 0 and "valid" in words, words
    code, words = judge("gone")
    assert code == 1 and "revo" in words and ("KEY_COMPROMISE" in words.upper() or "keyCompromise" in words), words


@pytest.mark.skipif(not shutil.which("ocsptool"), reason="needs GnuTLS's tools")
def test_gnutls_asks_where_the_certificate_says(node):
    for name, status in (("kept", "good"), ("gone", "revoked")):
        code, words = run("ocsptool", "--ask", f"--load-cert={node.folder / f'{name}.pem'}", f"--load-issuer={node.folder / 'ca.pem'}",
                          f"--load-trust={node.folder / 'root.pem'}", "--nonce", "--verify-allow-broken")
        assert f"Certificate Status: {status}" in words, words


@pytest.mark.skipif(not shutil.which("certtool"), reason="needs GnuTLS's tools")
def test_gnutls_takes_the_crls(node):
    """certtool judges a path by the CRLs beside it."""
    crls = b""
    for pem in ("kept", "ca"):
        certificate = x509.load_pem_x509_certificate((node.folder / f"{pem}.pem").read_bytes())
        url = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0].full_name[0].value
        path = node.folder / f"{pem}.crl"
        assert run("curl", "-sSf", "-o", path, url)[0] == 0
        crls += x509.load_der_x509_crl(path.read_bytes()).public_bytes(Encoding.PEM)
    (node.folder / "crls.pem").write_bytes(crls)
    for name, verdict in (("kept", True), ("gone", False)):
        code, words = run("certtool", "--verify", f"--load-ca-certificate={node.folder / 'root.pem'}", f"--load-crl={node.folder / 'crls.pem'}",
                          f"--infile={node.folder / f'{name}-chain.pem'}")
        assert (code == 0 and "Verified" in words and "Not verified" not in words) == verdict, words
        assert verdict or "revoked" in words.lower(), words


def test_openssl_asks_by_curl_and_reads_what_was_saved(node):
    """GET as RFC 5019 has it, by curl, judged by openssl from the file."""
    request, answer = node.folder / "request.der", node.folder / "answer.der"
    for name, status in (("kept", "good"), ("gone", "revoked")):
        assert run("openssl", "ocsp", "-issuer", node.folder / "ca.pem", "-cert", node.folder / f"{name}.pem", "-no_nonce", "-reqout", request)[0] == 0
        text = run("openssl", "base64", "-A", "-in", request)[1].strip()
        encoded = text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        assert run("curl", "-sSf", "-o", answer, f"{node.va_url}/ocsp/{encoded}")[0] == 0
        code, words = run("openssl", "ocsp", "-issuer", node.folder / "ca.pem", "-cert", node.folder / f"{name}.pem", "-respin", answer,
                          "-CAfile", node.folder / "root.pem", "-verify_other", node.folder / "ca.pem", "-no_nonce")
        assert "Response verify OK" in words and f"{name}.pem: {status}" in words, words
