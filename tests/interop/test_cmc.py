"""fullcmc with messages that Bouncy Castle makes and reads."""
import base64
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from cmc import post
from http_clients import java
from node import make_csr, make_key


def cmc_client(*arguments):
    done = subprocess.run([*java("CmcClient.java"), *map(str, arguments)], capture_output=True, timeout=120, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def keep_identity(folder, device):
    store = folder / "identity.p12"
    store.write_bytes(pkcs12.serialize_key_and_certificates(b"device", device.key, device.certificate, None, BestAvailableEncryption(b"identity")))
    return store


def ask(node, folder, device, *request):
    message, answer = folder / "request.der", folder / "response.der"
    cmc_client(*request, keep_identity(folder, device), message)
    response = post(node, message.read_bytes(), "demo")
    assert response.status == 200, response.text
    answer.write_bytes(base64.b64decode(response.body))
    return cmc_client("response", answer)


def ask_by_pkcs10(node, folder, device, name):
    csr = folder / "csr.der"
    csr.write_bytes(make_csr(make_key(), name))
    return ask(node, folder, device, "request", csr)


@pytest.fixture(scope="module")
def cmc_node(node):
    node.set_profile("demo", "fullcmc=true")
    node.wait(lambda: post(node, b"probe", "demo").status != 404, "fullcmc", 10)
    return node


@pytest.mark.parametrize("kind", ["p256", "rsa2048", "ed25519"])
def test_bouncycastle_renews_by_cmc(cmc_node, tmp_path, kind):
    device = cmc_node.device(f"cmc-{kind}", kind)
    said = ask_by_pkcs10(cmc_node, tmp_path, device, f"cmc-{kind}")
    assert {"content 1.3.6.1.5.5.7.12.3", "signature true", "status 0 part 7", "transaction 4711", f"certificate CN=cmc-{kind}"} <= set(said)
    said = ask_by_pkcs10(cmc_node, tmp_path, device, "somebody-else")
    assert "status 2 part 7 fail 7" in said and "certificate CN=somebody-else" not in said


def test_bouncycastle_renews_by_crmf(cmc_node, tmp_path):
    device = cmc_node.device("by-crmf")
    assert {"signature true", "status 0 part 7", "certificate CN=by-crmf"} <= set(ask(cmc_node, tmp_path, device, "crmf", "CN=by-crmf"))
    said = ask(cmc_node, tmp_path, device, "crmf", "CN=somebody-else")
    assert "status 2 part 7 fail 7" in said and "certificate CN=somebody-else" not in said


def test_bouncycastle_gets_a_crl(cmc_node, tmp_path):
    device = cmc_node.device("crl-by-cmc")
    issuer = ",".join(rdn.rfc4514_string() for rdn in device.certificate.issuer.rdns)  # in Bouncy Castle's order
    assert f"crl {issuer}" in ask(cmc_node, tmp_path, device, "getcrl", issuer)
    said = ask(cmc_node, tmp_path, device, "getcrl", "CN=nobody")
    assert "status 2 part 8 fail 4" in said and not [line for line in said if line.startswith("crl ")]


def test_bouncycastle_waits_and_asks_by_its_token(cmc_node, tmp_path):
    device, waits = cmc_node.device("waits-by-cmc"), "status 3 part 7 waits"
    cmc_node.set_profile("demo", "approval.hold=enrollments-and-renewals")
    try:
        cmc_node.wait(lambda: waits in ask(cmc_node, tmp_path, device, "crmf", "CN=waits-by-cmc"), "the rule", 60)
        kept = tmp_path / "waits.der"
        (tmp_path / "response.der").rename(kept)
        assert "status 3 part 9" in ask(cmc_node, tmp_path, device, "pending", kept)
        for request in cmc_node.ctl_json("request", "list", "--state", "pending")["requests"]:
            cmc_node.ctl("request", "approve", request["request_id"])
        assert {"status 0 part 9", "certificate CN=waits-by-cmc"} <= set(ask(cmc_node, tmp_path, device, "pending", kept))
    finally:
        cmc_node.set_profile("demo", "approval.hold=none")
