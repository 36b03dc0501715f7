"""CRT-07: what the issuing CA and the CAs above it may certify is honoured before anything is signed."""
import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from node import Node, make_csr, make_key

CONSTRAINTS = x509.NameConstraints([x509.DNSName("corp.example")], [x509.DNSName("secret.corp.example")])


def make_ca(name, key, issuer, issuer_key, constraints):
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=900))
               .add_extension(x509.BasicConstraints(True, None), True)
               .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False))
    if issuer:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
    if constraints:
        builder = builder.add_extension(constraints, True)
    return builder.sign(issuer_key or key, hashes.SHA256())


@pytest.fixture(scope="module", params=["issuing", "above"])
def profile(request, node):
    """A passphrase profile whose issuing CA is constrained itself, or by the CA above it."""
    root_key, key = make_key(), make_key()
    root = make_ca("Root of " + request.param, root_key, None, None, CONSTRAINTS if request.param == "above" else None)
    issuing = make_ca("Issuing of " + request.param, key, root, root_key, CONSTRAINTS if request.param == "issuing" else None)
    pem = node.folder / f"{request.param}.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + issuing.public_bytes(Encoding.PEM)
                    + root.public_bytes(Encoding.PEM))
    name = f"constrained-{request.param}"
    node.ctl("ca", "import", name, pem)
    node.ctl("profile", "create", name, "--template", "generic-device", "--ca", name, "--auth", "passphrase", "--alias", name)
    secret = node.folder / "passphrase"
    node.ctl("profile", "passphrase", name, "--passphrase-file", secret)
    return name


def enroll(node, profile, *dns):
    return node.enroll(make_csr(make_key(), "device", san=[x509.DNSName(name) for name in dns]), profile=profile)


def test_crt_07_a_permitted_name_is_issued(node, profile):
    answer = enroll(node, profile, "a.corp.example")
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("names", [["a.other.example"], ["a.corp.example", "b.other.example"], ["x.secret.corp.example"]])
def test_crt_07_a_name_outside_the_constraints_is_refused(node, profile, names):
    before = len(node.certificates())
    answer = enroll(node, profile, *names)
    assert answer.status == 403 and answer.text.startswith("name_constraints:"), answer.text
    assert node.events("--refusals")[0]["reason"] == "name_constraints"
    assert len(node.certificates()) == before
    assert enroll(node, profile, "next.corp.example").status == 200


@pytest.mark.parametrize("revoked", ["Test Issuing", "Test Root"])
def test_with_a_revoked_ca_all_that_it_issued_is_not_believed_and_it_issues_no_more(revoked):
    with Node() as node:
        device = node.device("below")
        assert node.enroll(make_csr(make_key(), "below"), profile="demo-tls", identity=device).status == 200
        (ca,) = [c for c in node.certificates() if c["purpose"] == "ca" and revoked in c["subject"]]
        node.ctl("cert", "revoke", ca["serial"], "--confirm=ca", "--reason", "cACompromise")
        for answer in (node.enroll(make_csr(make_key(), "below"), profile="demo-tls", identity=device),
                       node.reenroll(make_csr(make_key(), "below"), device)):
            assert answer.status == 403
            assert node.events("--refusals")[0]["reason"] == "cert_revoked"
        assert node.enroll(make_csr(make_key(), "new")).status == 503
        assert node.events("--refusals")[0]["reason"] == "ca_unavailable"
        assert "revoked" in node.ctl("ca", "list")
