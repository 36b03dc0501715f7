"""CRLs: made by the clock and on demand, fetched by plain HTTP, judged by OpenSSL and Python's cryptography."""
import datetime
import subprocess
import urllib.error
import urllib.request

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID
from node import Node, Refused, make_csr, make_key


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        yield node


@pytest.fixture(scope="module")
def delta_node():
    with Node(va_settings="crl_after_revocation = 1s\ncrl_delta_interval = 1h") as node:
        yield node


def fetch(url, headers=None, method="GET"):
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def enroll(node, name):
    return node.enroll(make_csr(make_key(), name)).certificate


def serial(certificate):
    digits = f"{certificate.serial_number:x}"
    return digits.rjust(len(digits) + len(digits) % 2, "0")


def crl_url(certificate):
    points = certificate.extensions.get_extension_for_oid(ExtensionOID.CRL_DISTRIBUTION_POINTS)
    assert not points.critical
    return points.value[0].full_name[0].value


def issuer_url(certificate):
    access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    return next(a.access_location.value for a in access if a.access_method == AuthorityInformationAccessOID.CA_ISSUERS)


def load(node, certificate):
    status, _, body = fetch(crl_url(certificate))
    return x509.load_der_x509_crl(body) if status == 200 else None


def entry(node, certificate):
    crl = load(node, certificate)
    return None if crl is None else crl.get_revoked_certificate_by_serial_number(certificate.serial_number)


def number(crl):
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def verify(node, certificate, *extra):
    """What OpenSSL says of the path with every CRL of it."""
    leaf = node.folder / "leaf.pem"
    from cryptography.hazmat.primitives.serialization import Encoding
    leaf.write_bytes(certificate.public_bytes(Encoding.PEM))
    issuing = x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())
    crls = node.folder / "crls.pem"
    crls.write_bytes(load(node, certificate).public_bytes(Encoding.PEM) + load(node, issuing).public_bytes(Encoding.PEM))
    run = subprocess.run(["openssl", "verify", "-x509_strict", "-crl_check_all", "-CAfile", node.folder / "root.pem",
                          "-untrusted", node.folder / "ca.pem", "-CRLfile", crls, *extra, leaf], capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def test_a_new_ca_has_a_crl_that_its_certificates_name(node):
    certificate = enroll(node, "first")
    node.wait(lambda: load(node, certificate) is not None, "the first CRL", 10)
    crl = load(node, certificate)
    issuing = x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())
    assert crl.is_signature_valid(issuing.public_key()) and crl.issuer == issuing.subject
    key_id = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert key_id == issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert crl.next_update - crl.last_update > datetime.timedelta(days=6)
    status, headers, body = fetch(issuer_url(certificate))
    assert status == 200 and headers["Content-Type"] == "application/pkix-cert"
    assert x509.load_der_x509_certificate(body) == issuing
    code, words = verify(node, certificate)
    assert code == 0, words


def test_cr_06_revoked_held_and_released(node):
    kept, gone, held = (enroll(node, name) for name in ("kept", "gone", "held"))
    node.ctl("cert", "revoke", serial(gone), "--reason", "keyCompromise", "--invalidity-date", "2026-01-02")
    node.ctl("cert", "hold", serial(held))
    node.wait(lambda: entry(node, gone) and entry(node, held), "the next CRL", 10)
    reasons = entry(node, gone).extensions
    assert reasons.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.key_compromise
    assert reasons.get_extension_for_class(x509.InvalidityDate).value.invalidity_date == datetime.datetime(2026, 1, 2)
    assert entry(node, held).extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags.certificate_hold
    assert entry(node, kept) is None
    assert verify(node, kept)[0] == 0 and "certificate revoked" in verify(node, gone)[1]

    before = number(load(node, kept))
    node.ctl("cert", "release", serial(held))
    node.wait(lambda: entry(node, held) is None, "the hold to leave the CRL", 10)
    assert number(load(node, kept)) > before and verify(node, held)[0] == 0
    with pytest.raises(Refused) as refused:
        node.ctl("cert", "release", serial(gone))
    assert "for good" in refused.value.text
    # a hold may become a revocation for good, and then stays
    node.ctl("cert", "hold", serial(held))
    assert "is revoked" in node.ctl("cert", "revoke", serial(held), "--reason", "superseded")
    with pytest.raises(Refused):
        node.ctl("cert", "release", serial(held))


@pytest.mark.parametrize("reason,flag", [
    ("unspecified", None), ("cACompromise", "ca_compromise"), ("affiliationChanged", "affiliation_changed"),
    ("superseded", "superseded"), ("cessationOfOperation", "cessation_of_operation"),
    ("privilegeWithdrawn", "privilege_withdrawn"), ("aACompromise", "aa_compromise")])
def test_every_reason_of_rfc_5280(node, reason, flag):
    certificate = enroll(node, f"why-{reason}")
    node.ctl("cert", "revoke", serial(certificate), "--reason", reason)
    node.ctl("crl", "issue", "Demo Issuing")
    node.wait(lambda: entry(node, certificate), "the CRL", 10)
    extensions = entry(node, certificate).extensions
    if flag is None:
        assert len(extensions) == 0
    else:
        assert extensions.get_extension_for_class(x509.CRLReason).value.reason == x509.ReasonFlags[flag]


def test_at_once_on_demand_and_numbers_only_rise(node):
    certificate = enroll(node, "demand")
    numbers = [node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"] for _ in range(3)]
    assert numbers == sorted(set(numbers))
    node.wait(lambda: number(load(node, certificate)) == numbers[-1], "the edges", 5)
    listed = {(crl["ca"], crl["kind"]): crl for crl in node.ctl_json("crl", "list")["crls"]}
    assert listed["Demo Issuing", "full"]["number"] == numbers[-1]
    assert listed["Demo Issuing", "full"]["url"] == crl_url(certificate)
    exported = node.folder / "exported.crl"
    node.ctl("crl", "export", "Demo Issuing", "--out", exported)
    assert number(x509.load_der_x509_crl(exported.read_bytes())) == numbers[-1]
    assert "OpenSSL" not in subprocess.run(["openssl", "crl", "-inform", "DER", "-in", exported, "-noout", "-text"],
                                           capture_output=True, text=True, check=True).stderr


def test_caching(node):
    certificate = enroll(node, "cache")
    node.wait(lambda: load(node, certificate) is not None, "a CRL", 10)
    url = crl_url(certificate)
    status, headers, body = fetch(url)
    assert status == 200 and headers["Content-Type"] == "application/pkix-crl" and int(headers["Content-Length"]) == len(body)
    assert "max-age=" in headers["Cache-Control"] and headers["Expires"]
    for known in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}, {"If-None-Match": "*"}):
        status, again, empty = fetch(url, known)
        assert status == 304 and empty == b"" and again["ETag"] == headers["ETag"]
    assert fetch(url, {"If-None-Match": '"0"'})[0] == 200
    assert fetch(url, {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"})[0] == 200
    assert fetch(url, {"If-Modified-Since": "no date"})[0] == 200
    status, headers, empty = fetch(url, method="HEAD")
    assert status == 200 and empty == b"" and int(headers["Content-Length"]) == len(body)


def test_nothing_else_is_there(node):
    for path in ("/", "/crl/", "/crl/" + "0" * 40 + ".crl", "/crl/../ca/x", "/ca/" + "f" * 39 + ".cer", "/.well-known/est/demo/cacerts"):
        assert fetch(node.va_url + path)[0] == 404, path
    certificate = enroll(node, "method")
    node.wait(lambda: load(node, certificate) is not None, "a CRL", 10)
    assert fetch(crl_url(certificate), method="POST")[0] in (404, 405)


def test_the_crl_outlives_the_authority_and_the_edges(node):
    import os
    import signal
    certificate = enroll(node, "restart")
    node.wait(lambda: load(node, certificate) is not None, "a CRL", 10)
    before = number(load(node, certificate))
    for name in ("authority", "edge-1", "edge-2"):
        old = node.children()[name]
        os.kill(old, signal.SIGKILL)
        node.wait(lambda: node.children().get(name) not in (None, old), name, 10)
    node.wait(lambda: (crl := load(node, certificate)) is not None and number(crl) >= before, "the CRL to be served again", 10)
    node.wait(node.accepts, "the node", 10)


def test_deltas(delta_node):
    node = delta_node
    certificate, other = enroll(node, "delta"), enroll(node, "delta-hold")
    node.wait(lambda: load(node, certificate) is not None, "a CRL", 10)
    full = load(node, certificate)
    freshest = full.extensions.get_extension_for_class(x509.FreshestCRL).value[0].full_name[0].value
    node.ctl("cert", "hold", serial(other))
    node.ctl("crl", "issue", "Demo Issuing")
    node.wait(lambda: number(load(node, certificate)) > number(full), "the next base", 5)
    base = load(node, certificate)
    node.ctl("cert", "revoke", serial(certificate), "--reason", "superseded")
    node.ctl("cert", "release", serial(other))

    def delta():
        return x509.load_der_x509_crl(fetch(freshest)[2])

    def says(certificate, reason):
        entry = delta().get_revoked_certificate_by_serial_number(certificate.serial_number)
        return entry and entry.extensions.get_extension_for_class(x509.CRLReason).value.reason == reason
    # a delta may have been made between the two changes
    node.wait(lambda: says(certificate, x509.ReasonFlags.superseded) and says(other, x509.ReasonFlags.remove_from_crl), "the delta", 10)
    extension = delta().extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert extension.critical and extension.value.crl_number == number(base)
    assert number(delta()) > number(base) and number(load(node, certificate)) == number(base)
    # the next full one holds what the delta said, and its delta is empty and has its number
    node.ctl("crl", "issue", "Demo Issuing")
    node.wait(lambda: entry(node, certificate) and entry(node, other) is None, "the full CRL", 5)
    node.wait(lambda: number(delta()) == number(load(node, certificate)), "the empty delta", 5)


def test_what_nobody_configured_is_in_no_certificate():
    with Node() as node:
        certificate = enroll(node, "plain")
        oids = {e.oid for e in certificate.extensions}
        assert ExtensionOID.CRL_DISTRIBUTION_POINTS not in oids and ExtensionOID.AUTHORITY_INFORMATION_ACCESS not in oids
