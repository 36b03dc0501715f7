"""`bestow` gets keys that a server makes (RFC 7030 4.4): from a node, and from a server whose envelopes `openssl cms` makes."""
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from der import tlv
from device import Device
from est_server import EstServer, name
from node import BIN, Node, spki

PEM = serialization.Encoding.PEM
USAGES = 'key_usage=["digitalSignature","keyEncipherment","keyAgreement"]'


# -- a server of another make --

def born(server, key):
    """Certificate and key of a manufacturer, known to the server."""
    certificate = server.issuing.sign(key.public_key(), name("born"))
    (server.folder / "born.pem").write_bytes(certificate.public_bytes(PEM))
    (server.folder / "born.key").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (server.folder / "born.key").chmod(0o600)
    return certificate


def device_of(server, key, kind="server-encrypted"):
    server.born = born(server, key)
    return Device(server.url, "--cert", server.folder / "born.pem", "--key", server.folder / "born.key", "--subject", "CN=dev-1",
                  "--new-key", kind, "--timeout", "10s", ca=server.folder / "root.pem")


def elliptic():
    return ec.generate_private_key(ec.SECP256R1())


REFUSED = {
    "unsigned": "CMS", "other-signer": "no path to a trusted CA", "changed": "not those of the content", "other-recipient": "this key opens", "other-type": "no key package",
    "no-package": "package of one", "two-keys": "package of one", "no-keys": "package of one", "garbage-key": "PrivateKeyInfo",
    "for-nobody": "EnvelopedData", "cut": "EnvelopedData", "trailing": "EnvelopedData",
}


@pytest.mark.parametrize("how", REFUSED)
def test_skg_03_an_envelope_that_is_not_right_is_refused(how):
    with EstServer(envelope=how) as server, device_of(server, elliptic()) as device:
        code, error = device.refused("enroll")
        assert (code, error["code"]) == (1, "server_answer"), error
        if how != "unsigned":
            assert REFUSED[how] in error["detail"], error
        assert not (device.state / "current").exists()
        # and the same device takes a right one
        server.switches["envelope"] = "right"
        assert device.run("enroll").returncode == 0 and device.has_valid_pair()


def test_skg_03_a_key_that_was_to_be_encrypted_is_not_taken_plain():
    with EstServer() as server, device_of(server, elliptic()) as device:
        code, error = device.refused("enroll")
        assert code == 1 and "no part holds a private key as it was asked for" in error["detail"]
        assert not (device.state / "current").exists()


def test_skg_03_nothing_can_be_encrypted_without_a_certificate_or_to_ed25519():
    with EstServer(envelope="right") as server:
        with Device(server.url, "--subject", "CN=dev-1", "--new-key", "server-encrypted", ca=server.folder / "root.pem") as device:
            assert device.refused("enroll")[0] == 2
        with device_of(server, elliptic()) as device:
            subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", server.folder / "born.key"], check=True)
            key = serialization.load_pem_private_key((server.folder / "born.key").read_bytes(), None)
            born(server, key)
            code, error = device.refused("enroll")
            assert code == 2 and "ed25519" in error["detail"]
        assert all(request.operation != "serverkeygen" for request in server.requests)


@pytest.mark.parametrize("how", ["right", "nocerts", "streamed", "oaep"])
@pytest.mark.parametrize("make", [elliptic, lambda: ec.generate_private_key(ec.SECP384R1()), lambda: rsa.generate_private_key(65537, 2048)],
                         ids=["p256", "p384", "rsa2048"])
def test_skg_03_an_envelope_by_openssl_cms(how, make):
    key = make()
    if how == "oaep" and not isinstance(key, rsa.RSAPrivateKey):
        pytest.skip("OAEP is RSA's")
    with EstServer(envelope=how, order="certificate-first" if how == "nocerts" else None,
                   envelope_type='application/pkcs7-mime; name="key.p7m"; smime-type="server-generated-key"') as server, device_of(server, key) as device:
        assert device.run("enroll").returncode == 0 and device.has_valid_pair()
        asked = [request for request in server.requests if request.operation == "serverkeygen"][-1]
        identifier = server.born.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        csr = subprocess.run(["openssl", "base64", "-d"], input=asked.body, capture_output=True, check=True).stdout
        assert tlv(4, identifier) in csr and spki(device.key()) != spki(key)
        parsed = subprocess.run(["openssl", "asn1parse", "-inform", "DER"], input=csr, capture_output=True, check=True).stdout.decode()
        assert "S/MIME Capabilities" in parsed and "aes-256-cbc" in parsed and ("rsaesOaep" in parsed) == isinstance(key, rsa.RSAPrivateKey)
        # the next is encrypted for the key that came, an EC key
        server.switches["envelope"] = "right"
        assert device.run("renew").returncode == 0 and device.has_valid_pair()


def test_a_key_by_the_server_without_an_identity(tmp_path):
    with EstServer(envelope="right") as server:
        born(server, elliptic())
        run = subprocess.run([BIN / "bestow", "enroll", "--url", server.url, "--ca", server.folder / "root.pem", "--cert", server.folder / "born.pem",
                              "--key", server.folder / "born.key", "--subject", "CN=loose", "--new-key", "server-encrypted"],
                             cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        key = serialization.load_pem_private_key((tmp_path / "device.key").read_bytes(), None)
        assert spki(key) == spki(x509.load_pem_x509_certificate((tmp_path / "device.crt").read_bytes()))


# -- a node --

@pytest.fixture(scope="module")
def node():
    with Node() as running:
        running.set_profile("demo", USAGES)
        running.set_profile("demo-tls", "serverkeygen=true", "identity=any", USAGES)
        yield running


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_skg_03_the_node_encrypts_the_key(node, kind):
    identity = node.device(f"born-{kind}", kind)
    certificate = node.folder / f"born-{kind}.pem"
    certificate.write_bytes(identity.certificate.public_bytes(PEM))
    with Device(f"https://localhost:{node.port}/.well-known/est/demo-tls", "--cert", certificate, "--key", identity.path, "--subject", f"CN=born-{kind}",
                "--new-key", "server-encrypted", ca=node.folder / "root.pem") as device:
        node.wait(lambda: device.run("enroll").returncode == 0, "the profile's switch")
        assert device.has_valid_pair() and spki(device.key()) != spki(identity.key)
        first = device.certificate()
        assert device.run("renew").returncode == 0 and device.has_valid_pair() and device.certificate() != first


def test_skg_03_a_certificate_that_may_not_decrypt_is_told_why():
    with Node() as node:
        node.set_profile("demo-tls", "serverkeygen=true", "identity=any")
        identity = node.device("signs-only")
        certificate = node.folder / "signs.pem"
        certificate.write_bytes(identity.certificate.public_bytes(PEM))
        with Device(f"https://localhost:{node.port}/.well-known/est/demo-tls", "--cert", certificate, "--key", identity.path, "--subject", "CN=signs-only",
                    "--new-key", "server-encrypted", ca=node.folder / "root.pem") as device:
            node.wait(lambda: device.run("enroll", "--json").stdout.find("decrypt_key") > 0, "the profile's switch")
            assert device.refused("enroll")[0] == 5
