"""OCSP: answered from the records, judged by OpenSSL, GnuTLS and Python's cryptography."""
import base64
import datetime
import hashlib
import os
import secrets
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtensionOID, ExtendedKeyUsageOID
from node import Node, Refused, make_csr, make_key

GOOD, REVOKED, UNKNOWN = (ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN)
OK, MALFORMED, TRY_LATER, UNAUTHORIZED = (ocsp.OCSPResponseStatus.SUCCESSFUL, ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
                                          ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.UNAUTHORIZED)
NOCHECK = x509.ObjectIdentifier("1.3.6.1.5.5.7.48.1.5")


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        node.wait(lambda: ask(node, node.device("warm").certificate).response_status == OK, "the responder", 15)
        yield node


def issuing(node):
    return x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())


def root(node):
    return x509.load_pem_x509_certificate((node.folder / "root.pem").read_bytes())


def request_for(node, certificate, hash_=hashes.SHA1, nonce=None, issuer=None):
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer or issuing(node), hash_())
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def fetch(url, body=None, headers=None, method=None):
    headers = {**({"Content-Type": "application/ocsp-request"} if body is not None else {}), **(headers or {})}
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def post(node, body):
    status, headers, answer = fetch(node.va_url + "/ocsp", body)
    assert status == 200 and headers["Content-Type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(answer)


def ask(node, certificate, **options):
    return post(node, request_for(node, certificate, **options))


def status_of(node, certificate, **options):
    answer = ask(node, certificate, **options)
    assert answer.response_status == OK, answer.response_status
    return answer.certificate_status


def stranger(issuer_key, name, serial, subject="never"):
    """A certificate that no node ever issued."""
    now = datetime.datetime(2026, 1, 1)
    return (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(name).public_key(make_key().public_key()).serial_number(serial).not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=3650)).sign(issuer_key, hashes.SHA256()))


def pem(node, certificate, name="leaf.pem"):
    path = node.folder / name
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return path


def openssl(node, *arguments, issuer=None):
    run = subprocess.run(["openssl", "ocsp", "-issuer", pem(node, issuer or issuing(node), "issuer.pem"), "-CAfile", node.folder / "root.pem",
                          "-verify_other", node.folder / "ca.pem", "-url", node.va_url + "/ocsp", *arguments],
                         capture_output=True, text=True, timeout=30)
    return run.stdout + run.stderr


def ocsp_url(certificate):
    access = certificate.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_INFORMATION_ACCESS).value
    return [a.access_location.value for a in access if a.access_method == AuthorityInformationAccessOID.OCSP]


def test_the_certificate_names_the_responder_and_the_responder_is_delegated(node):
    certificate = node.device("first").certificate
    assert ocsp_url(certificate) == [node.va_url + "/ocsp"] and ocsp_url(issuing(node)) == [node.va_url + "/ocsp"]
    answer = ask(node, certificate)
    assert answer.response_status == OK and answer.certificate_status == GOOD
    assert answer.serial_number == certificate.serial_number and answer.issuer_key_hash
    assert answer.revocation_time is None and answer.next_update > answer.this_update
    (responder,) = answer.certificates
    issuing(node).public_key().verify(responder.signature, responder.tbs_certificate_bytes, ec.ECDSA(responder.signature_hash_algorithm))
    usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.OCSP_SIGNING]
    assert responder.extensions.get_extension_for_oid(NOCHECK).value is not None
    assert ExtensionOID.AUTHORITY_INFORMATION_ACCESS not in {e.oid for e in responder.extensions}
    assert answer.next_update <= responder.not_valid_after
    responder.public_key().verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(answer.signature_hash_algorithm))
    # the root speaks for the issuing CA by a responder of its own
    assert status_of(node, issuing(node), issuer=root(node)) == GOOD


@pytest.mark.parametrize("hash_", [hashes.SHA1, hashes.SHA256])
@pytest.mark.parametrize("nonce", [None, 1, 32, 128])
def test_good_revoked_hold_and_release(node, hash_, nonce):
    certificate = node.device("status").certificate
    options = {"hash_": hash_, "nonce": None if nonce is None else secrets.token_bytes(nonce)}
    for _ in range(2):
        answer = ask(node, certificate, **options)
        assert answer.certificate_status == GOOD
        echoed = [e.value.nonce for e in answer.extensions]
        assert echoed == ([] if nonce is None else [options["nonce"]])
    node.ctl("cert", "hold", node.serial(certificate))
    held = ask(node, certificate, **options)
    assert held.certificate_status == REVOKED and held.revocation_reason == x509.ReasonFlags.certificate_hold
    node.ctl("cert", "release", node.serial(certificate))
    assert status_of(node, certificate, **options) == GOOD
    before = datetime.datetime.utcnow().replace(microsecond=0)
    node.ctl("cert", "revoke", node.serial(certificate), "--reason", "keyCompromise", "--invalidity-date", "2026-01-02")
    revoked = ask(node, certificate, **options)
    assert revoked.certificate_status == REVOKED and revoked.revocation_reason == x509.ReasonFlags.key_compromise
    assert abs(revoked.revocation_time - before) < datetime.timedelta(seconds=30)


def test_unspecified_is_said_by_saying_nothing(node):
    certificate = node.device("unspecified").certificate
    node.ctl("cert", "revoke", node.serial(certificate))
    answer = ask(node, certificate)
    assert answer.certificate_status == REVOKED and answer.revocation_reason is None


def test_oc_01_what_was_never_issued_and_what_others_issued(node):
    other_key = make_key()
    never = stranger(other_key, issuing(node).subject, 0x1234567890)
    answer = ask(node, never)
    assert answer.response_status == OK and answer.certificate_status == UNKNOWN
    assert answer.next_update - answer.this_update < datetime.timedelta(minutes=5)
    # of another CA nothing is known, and it cannot be signed for: RFC 6960 2.3, RFC 5019 2.2.3
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Other CA")])
    other = stranger(other_key, name, 7, "Other CA")
    assert ask(node, never, issuer=other).response_status == UNAUTHORIZED
    # our name with another key, and an algorithm that nobody here hashes by
    same_name = stranger(other_key, issuing(node).subject, 8, "x")
    assert ask(node, never, issuer=same_name).response_status == UNAUTHORIZED
    assert ask(node, never, hash_=hashes.SHA512).response_status == UNAUTHORIZED


def test_several_certificates_in_one_request(node):
    certificates = [node.device(f"several-{i}").certificate for i in range(3)]
    node.ctl("cert", "revoke", node.serial(certificates[1]), "--reason", "superseded")
    never = stranger(make_key(), issuing(node).subject, 99)
    names = [pem(node, c, f"several-{i}.pem") for i, c in enumerate([*certificates, never])]
    arguments = [part for name in names for part in ("-cert", name)]
    for extra in ([], ["-no_nonce"], ["-sha256"]):
        words = openssl(node, *(["-sha256"] if extra == ["-sha256"] else []), *arguments, *(extra if extra != ["-sha256"] else []))
        assert "Response verify OK" in words, words
        states = [words.split(f"{name}: ")[1].split("\n")[0] for name in names]
        assert states == ["good", "revoked", "good", "unknown"], words
    # a certificate of another issuer beside ours: this responder cannot speak for it
    request = subprocess.run(["openssl", "ocsp", "-issuer", node.folder / "issuer.pem", "-cert", names[0], "-issuer", node.folder / "root.pem",
                              "-cert", pem(node, issuing(node), "issuer.pem"), "-no_nonce", "-url", node.va_url + "/ocsp",
                              "-CAfile", node.folder / "root.pem", "-verify_other", node.folder / "ca.pem"], capture_output=True, text=True)
    words = request.stdout + request.stderr
    assert f"{names[0]}: good" in words and "issuer.pem: unknown" in words, words


@pytest.mark.parametrize("form", ["quoted", "unquoted", "base64url", "unpadded", "doubled slash"])
def test_get(node, form):
    certificate = node.device("get").certificate
    der = request_for(node, certificate, hashes.SHA256)
    text = base64.b64encode(der).decode()
    path = {"quoted": urllib.parse.quote(text, safe=""), "unquoted": text, "base64url": base64.urlsafe_b64encode(der).decode(),
            "unpadded": base64.urlsafe_b64encode(der).decode().rstrip("="), "doubled slash": "/" + text}[form]
    status, headers, body = fetch(f"{node.va_url}/ocsp/{path}")
    answer = ocsp.load_der_ocsp_response(body)
    assert status == 200 and answer.response_status == OK and answer.certificate_status == GOOD
    assert headers["Content-Type"] == "application/ocsp-response"


def test_get_with_every_octet_that_base64_makes_of_a_slash_and_a_plus(node):
    """Until both odd characters stood in the path encoded."""
    seen = set()
    for i in range(200):
        certificate = stranger(make_key(), issuing(node).subject, int.from_bytes(b"\x3f\xff\xfb\xef" * 4 + bytes([i]), "big"))
        text = base64.b64encode(request_for(node, certificate)).decode()
        if not seen.issuperset(set("/+") & set(text)):
            seen |= set("/+") & set(text)
            status, _, body = fetch(f"{node.va_url}/ocsp/{urllib.parse.quote(text, safe='')}")
            assert status == 200 and ocsp.load_der_ocsp_response(body).certificate_status == UNKNOWN
        if seen == {"/", "+"}:
            return
    pytest.fail(f"only {seen}")


def test_caching_as_rfc_5019_has_it(node):
    certificate = node.device("cache").certificate
    url = f"{node.va_url}/ocsp/{urllib.parse.quote(base64.b64encode(request_for(node, certificate)).decode(), safe='')}"
    fetch(url)
    status, headers, body = fetch(url)
    answer = ocsp.load_der_ocsp_response(body)
    left = (answer.next_update - datetime.datetime.utcnow()).total_seconds()
    words = [word.strip() for word in headers["Cache-Control"].split(",")]
    assert {"public", "no-transform", "must-revalidate"} <= set(words)
    assert abs(int(words[0].removeprefix("max-age=")) - left) < 5
    assert headers["Date"]
    assert headers["Expires"] == answer.next_update.strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert headers["Last-Modified"] == answer.this_update.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for known in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
        status, again, empty = fetch(url, headers=known)
        assert status == 304 and empty == b"" and again["ETag"] == headers["ETag"]
    node.ctl("cert", "revoke", node.serial(certificate), "--reason", "superseded")
    status, after, body = fetch(url, headers={"If-None-Match": headers["ETag"]})
    assert status == 200 and ocsp.load_der_ocsp_response(body).certificate_status == REVOKED
    # what was made for one question only is for nobody else
    for once in (request_for(node, certificate, nonce=b"n" * 16), request_for(node, stranger(make_key(), issuing(node).subject, 5))):
        assert fetch(node.va_url + "/ocsp", once)[1]["Cache-Control"] == "no-store"


def test_bad_questions(node):
    certificate = node.device("bad").certificate
    good = request_for(node, certificate)
    for bad in (b"", b"\x30\x00", good[:-1], good + b"\x00", b"x" * 1000, request_for(node, certificate, nonce=b""),
                request_for(node, certificate, nonce=b"n" * 129)):
        assert post(node, bad).response_status == MALFORMED, bad
    for path in ("/ocsp/", "/ocsp/!!!", "/ocsp/MAA=/more", "/ocsp/%00"):
        status, _, body = fetch(node.va_url + path)
        assert status == 404 or ocsp.load_der_ocsp_response(body).response_status == MALFORMED
    assert fetch(node.va_url + "/ocsp", good, {"Content-Type": "text/plain"})[0] == 415
    assert fetch(node.va_url + "/ocsp", good, method="PUT")[0] in (405, 501)
    assert fetch(node.va_url + "/ocspx")[0] == 404
    assert fetch(node.va_url + "/ocsp", b"x" * 70000)[0] == 413
    assert fetch(node.va_url + "/ocsp/" + "M" * 65536)[0] in (414, 431)


def test_an_operator_sees_who_answers(node):
    certificate = node.device("shown").certificate
    before = node.ctl_json("ocsp", "show")
    (responder,) = ask(node, certificate).certificates
    shown = node.ctl_json("ocsp", "show")
    assert shown["url"] == node.va_url + "/ocsp" and shown["answers_made"] == before["answers_made"] + 1
    assert shown["answers_kept"] >= 1
    rows = {row["ca"]: row for row in shown["responders"]}
    assert set(rows) == {"Demo Issuing", "Demo Root"} and all(row["answers"] and not row["revoked"] for row in rows.values())
    assert int(rows["Demo Issuing"]["serial"], 16) == responder.serial_number and rows["Demo Issuing"]["key"] == "p256"
    text = node.ctl("ocsp", "show")
    assert "Demo Root" in text and node.va_url + "/ocsp" in text


def test_gnutls_agrees(node):
    certificate = node.device("gnutls").certificate
    leaf, issuer = pem(node, certificate), pem(node, issuing(node), "issuer.pem")

    def gnutls():
        run = subprocess.run(["ocsptool", "--ask=" + node.va_url + "/ocsp", f"--load-cert={leaf}", f"--load-issuer={issuer}",
                              f"--load-trust={node.folder / 'root.pem'}", "--nonce"], capture_output=True, text=True, timeout=30)
        return run.stdout + run.stderr
    words = gnutls()
    assert "Certificate Status: good" in words and "Success" in words, words
    node.ctl("cert", "revoke", node.serial(certificate), "--reason", "affiliationChanged")
    assert "Certificate Status: revoked" in gnutls()


def test_the_answers_outlive_the_authority(node):
    """What edges keep ready is served while the authority is away; the rest is to be tried later."""
    certificate = node.device("away").certificate
    for _ in range(8):
        assert status_of(node, certificate) == GOOD
    authority = node.children()["authority"]
    os.kill(authority, signal.SIGSTOP)
    try:
        answers = {ask(node, certificate).response_status for _ in range(4)}
        assert OK in answers
    finally:
        os.kill(authority, signal.SIGKILL)
    node.wait(lambda: node.children().get("authority") not in (None, authority), "the authority", 10)
    node.wait(lambda: ask(node, certificate, nonce=b"n" * 8).response_status == OK, "the authority to answer", 15)
    node.ctl("cert", "revoke", node.serial(certificate))
    assert status_of(node, certificate) == REVOKED


def test_a_retired_ca_answers_and_a_disabled_one_does_not():
    with Node(va_settings="") as node:
        certificate = node.device("old").certificate
        node.wait(lambda: ask(node, certificate).response_status == OK, "the responder", 15)
        node.ctl("ca", "retire", "Demo Issuing", "--confirm", "Demo Issuing")
        assert status_of(node, certificate) == GOOD
        node.ctl("cert", "revoke", node.serial(certificate))
        assert status_of(node, certificate) == REVOKED
        node.ctl("ca", "disable", "Demo Issuing", "--confirm", "Demo Issuing")
        assert ask(node, certificate).response_status == UNAUTHORIZED


def test_responders_renew_themselves_and_one_that_was_revoked_is_replaced():
    with Node(va_settings="ocsp_responder_validity = 1m\nocsp_validity = 1m") as node:
        certificate = node.device("renew").certificate

        def responder():
            answer = ask(node, certificate)
            return answer.certificates[0] if answer.response_status == OK else None
        node.wait(responder, "the responder", 15)
        first = responder()
        assert (ask(node, certificate).next_update <= first.not_valid_after)
        node.ctl("cert", "revoke", node.serial(first))
        node.wait(lambda: (now := responder()) is not None and now.serial_number != first.serial_number, "another responder", 15)
        second = responder()
        node.wait(lambda: (now := responder()) is not None and now.serial_number not in (first.serial_number, second.serial_number),
                  "the next one by itself", 60)
        keys = list((node.folder / "state" / "keys").iterdir())
        assert len(keys) == 4, keys  # of two CAs and their responders: those before are gone
        actions = [entry["action"] for entry in node.ctl_json("audit", "list")["entries"]]
        assert actions.count("ocsp.responder") >= 4


def test_without_a_url_nobody_answers():
    with Node() as node:
        assert not [c for c in node.certificates() if c["purpose"] == "ocsp"]
