"""Requests that wait for an operator, as other people's clients wait: each is told to, asks again and fetches its certificate."""
import base64
import shutil
import subprocess

import pytest
from cryptography import x509

from http_clients import java
from node import make_csr, make_key
from test_clients import Curl, Libest, StrongSwan, run

# Stands in for sleep(): tells how long the client would have waited, and returns when the operator has decided.
SHORT_SLEEP = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
unsigned int sleep(unsigned int seconds)
{
	FILE *told = fopen(getenv("SLEEP_TOLD"), "a");
	fprintf(told, "%u\\n", seconds);
	fclose(told);
	while (access(getenv("SLEEP_ENDS"), F_OK) != 0)
		usleep(50000);
	return 0;
}
"""


@pytest.fixture(autouse=True)
def held(node):
    node.set_profile("demo", "approval.hold=enrollments", "approval.retry_after=60s")
    yield
    node.set_profile("demo", "approval.hold=none", "approval.without_credentials=false")


def waiting(node, name):
    return [r for r in node.ctl_json("request", "list", "--state", "pending")["requests"] if r["subject"] == f"CN={name}"]


def approve(node, name):
    node.wait(lambda: waiting(node, name), "the request to wait", 30)
    (request,) = waiting(node, name)
    node.ctl("request", "approve", request["request_id"])


def run_until_approved(node, folder, name, command, environment):
    """The client's run: it asks, is told to wait, and asks again after the operator has approved."""
    source, library, told, ends = (folder / file for file in ("sleep.c", "sleep.so", "told", "ends"))
    source.write_text(SHORT_SLEEP)
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert run(compiler, "-shared", "-fPIC", "-o", library, source).returncode == 0
    environment = {**environment, "LD_PRELOAD": str(library), "SLEEP_TOLD": str(told), "SLEEP_ENDS": str(ends)}
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment)
    try:
        node.wait(told.exists, "the client to wait", 30)
        approve(node, name)
        ends.touch()
        out, said = process.communicate(timeout=60)
    finally:
        process.kill()
    # as long as it was told
    assert [60 <= int(line) <= 120 for line in told.read_text().split()] == [True]
    return process.returncode, out, said


def strongswan(node, folder, name, *credentials):
    client = StrongSwan(node, folder)
    csr = folder / f"{name}.csr"
    csr.write_bytes(make_csr(make_key(), name))
    command = ["pki", "--est", "--url", client.base(), "--in", csr, *client.cas, *credentials, "--interval", "5", "--maxpolltime", "3600",
               "--outform", "pem"]
    code, pem, said = run_until_approved(node, folder, name, command, client.environment)
    assert code == 0, said.decode()
    return x509.load_pem_x509_certificate(pem)


def test_strongswan_polls_until_it_is_approved(node, tmp_path):
    certificate = strongswan(node, tmp_path, "swan-1", "--userpass", f"device:{node.passphrase}")
    assert certificate.subject.rfc4514_string() == "CN=swan-1"


def test_strongswan_without_credentials(node, tmp_path):
    """As its cert-enroll does at first: rule 18 of clients."""
    node.set_profile("demo", "approval.without_credentials=true")
    certificate = strongswan(node, tmp_path, "swan-2")
    assert certificate.subject.rfc4514_string() == "CN=swan-2"


def test_bouncycastle_asks_again(node, tmp_path):
    out = tmp_path / "bc.pem"
    process = subprocess.Popen([*java("EstClient.java"), f"127.0.0.1:{node.port}", "demo", str(node.folder / "ca.pem"),
                                "enroll-and-poll", "castle-1", "device", node.passphrase, "-", str(out)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        first = process.stdout.readline()
        assert first.startswith("status 202"), first + process.communicate(timeout=30)[0]
        assert 50_000 < int(first.split()[-1]) <= 120_000
        approve(node, "castle-1")
        said, _ = process.communicate("again\n", timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert x509.load_pem_x509_certificate(out.read_bytes()).subject.rfc4514_string() == "CN=castle-1"


def test_curl_as_the_guide_has_it(node, tmp_path):
    curl = Curl(node, tmp_path)
    identity, said = curl.enroll("curl-1", node.passphrase)
    assert identity is None and "status 202" in said
    body = tmp_path / "curl-1.b64"

    def again():
        return run("curl", "-sS", "-D", "-", "-o", tmp_path / "answer", "--cacert", node.folder / "ca.pem", "--user",
                   f"device:{node.passphrase}", "-H", "Content-Type: application/pkcs10", "--data-binary", f"@{body}",
                   curl.url("simpleenroll")).stdout.decode()

    head = again()
    assert "202" in head.splitlines()[0] and "Retry-After: " in head and "Content-Length: 0" in head
    approve(node, "curl-1")
    assert "200" in again().splitlines()[0]
    assert b"BEGIN CERTIFICATE" in run("openssl", "pkcs7", "-inform", "DER", "-print_certs",
                                       input=base64.b64decode((tmp_path / "answer").read_bytes())).stdout


@pytest.mark.skipif(not shutil.which("estclient"), reason="no estclient here")
def test_libest_waits_and_asks_again(node, tmp_path):
    client = Libest(node, tmp_path)
    command = ["estclient", "-e", "-s", "127.0.0.1", "-p", node.port, "-o", tmp_path, "-u", "device", "-h", node.passphrase,
               "--common-name", "libest-1", "-x", client.key]
    environment = {"EST_OPENSSL_CACERT": str(node.folder / "ca.pem"), "PATH": "/usr/bin:/bin"}
    _, out, said = run_until_approved(node, tmp_path, "libest-1", command, environment)
    (written,) = tmp_path.glob("cert-*")
    pem = run("openssl", "pkcs7", "-inform", "DER", "-print_certs", input=base64.b64decode(written.read_bytes())).stdout
    assert x509.load_pem_x509_certificate(pem).subject.rfc4514_string() == "CN=libest-1", out + said
