"""fullcmc (RFC 7030 4.3, RFC 5272): requests signed, and responses verified, by openssl cms."""
import contextlib
import datetime
import sqlite3
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import cmc
from cmc import ask, control, pkcs10, pki_data, post, revoke_request, sign, unsigned
from der import integer, oid, tlv
from node import Identity, Node, make_csr, make_key, spki, load_certificates


@pytest.fixture(scope="module")
def node():
    with Node() as running:
        running.set_profile("demo-tls", "fullcmc=true")
        running.set_profile("demo", "fullcmc=true")
        running.wait(lambda: post(running, b"probe").status != 404 and post(running, b"probe", "demo").status != 404, "fullcmc", 10)
        yield running


def device_of(node, name, kind="p256"):
    """A device with a certificate of demo-tls, by way of one of demo."""
    first = node.device(name, kind)
    key = make_key(kind)
    answer = node.enroll(make_csr(key, name), profile="demo-tls", identity=first)
    assert answer.status == 200, answer.text
    return Identity(node.folder, key, answer.certificate)


def self_signed(folder, key):
    """A key that signs messages, with no certificate that anybody trusts."""
    path = folder / "self.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", path, "-subj", "/CN=self", "-out", folder / "self.pem", "-days", "2"], check=True,
                   capture_output=True)
    return Identity(folder, key, x509.load_pem_x509_certificate((folder / "self.pem").read_bytes()))


def ra_of(node, folder, name):
    key, csr, out = make_key(), folder / "ra.csr", folder / "ra.pem"
    csr.write_bytes(make_csr(key, name))
    node.ctl("ra", "enroll", name, "--ca", "Demo Issuing", "--profile", "demo-tls", "--csr", csr, "--out", out)
    return Identity(node.folder, key, load_certificates(out.read_bytes())[0])


def waiting_as(node, name):
    return [one for one in node.ctl_json("request", "list", "--state", "pending")["requests"] if one["subject"] == f"CN={name}"]


def is_issued(node, name, count):
    return len([one for one in node.certificates() if one["subject"] == f"CN={name}"]) == count


# -- there or not --

def test_cmc_01_off_until_switched_on():
    with Node() as node:
        device = node.device("off")
        assert post(node, sign(pki_data(), device)).status == 404


def test_cmc_01_what_is_no_cms_is_refused_by_http(node):
    assert post(node, b"\x30\x03\x02\x01\x00").status == 400
    assert post(node, b"not DER").status == 400
    device = node.device("media")
    for kind, status in (("image/png", 415), ("application/pkcs10", 400)):  # a signed message is no PKCS#10 request
        assert post(node, sign(pki_data(), device), headers={"Content-Type": kind}).status == status
    # BER is no DER: indefinite lengths are refused, in words
    streamed = sign(pki_data(), device, "-stream")
    assert post(node, streamed).status == 400 and "cms_malformed" in post(node, streamed).text
    assert node.request("GET", "/.well-known/est/demo-tls/fullcmc").status == 405


def test_a_simple_request_gets_a_simple_response(node):
    """RFC 5272 3.1 and 4.1: bare PKCS#10, answered by certs-only; refused as simpleenroll would."""
    csr = make_csr(make_key(), "simple")
    headers = {"Content-Type": "application/pkcs10"}
    answer = post(node, csr, "demo", headers={**headers, **node.basic()})
    assert answer.status == 200 and "certs-only" in answer.headers["Content-Type"]
    assert is_issued(node, "simple", 1)
    assert post(node, csr, "demo", headers={**headers, **node.basic("wrong")}).status == 401
    assert post(node, b"\x30\x00", "demo", headers=headers).status == 400


# -- who signs --

@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_cmc_05_a_holder_renews_with_a_new_key(node, kind):
    device, key = device_of(node, f"rekey-{kind}", kind), make_key()
    data = pki_data(pkcs10(7, make_csr(key, f"rekey-{kind}")), controls=[control(1, 5, integer(4711)), control(2, 6, tlv(4, b"my nonce")),
                                                                        control(3, 4, tlv(4, b"state")), control(4, 18, tlv(4, b"info"))])
    response = ask(node, sign(data, device))
    assert response.status(7) == (cmc.SUCCESS, None)
    certificate = response.certificate_for(key)
    assert certificate.subject == device.certificate.subject
    # CMC-03: what is repeated
    assert response.control(5) == integer(4711) and response.control(7) == tlv(4, b"my nonce") and response.control(4) == tlv(4, b"state")
    assert len(response.control(6)) == 18 and response.control(6) != tlv(4, b"my nonce")
    # it was a renewal, by the same rules as any
    assert [one for one in node.ctl_json("audit", "list")["entries"] if one["action"] == "certificate.renew"]


def test_cmc_05_the_signer_by_key_identifier_and_two_requests_at_once(node):
    device, keys = device_of(node, "by-ski"), [make_key(), make_key()]
    data = pki_data(*(pkcs10(part, make_csr(key, "by-ski")) for part, key in enumerate(keys, 4000000000)))
    response = ask(node, sign(data, device, "-keyid"))
    for part, key in enumerate(keys, 4000000000):
        assert response.status(part) == (cmc.SUCCESS, None)
        assert response.certificate_for(key)


def test_cmc_05_who_is_no_ra_names_only_itself(node):
    device = device_of(node, "myself")
    response = ask(node, sign(pki_data(pkcs10(1, make_csr(make_key(), "somebody-else"))), device))
    assert response.status(1)[0] == cmc.FAILED and is_issued(node, "somebody-else", 0)
    assert node.events("--refusals")[0]["reason"] in ("subject_mismatch", "name_not_authorized")


def test_cmc_05_an_ra_speaks_for_devices(node, tmp_path):
    ra = ra_of(node, tmp_path, "cmc-ra")
    device_key = make_key()
    response = ask(node, sign(pki_data(pkcs10(1, make_csr(device_key, "behind-cmc"))), ra))
    assert response.status(1) == (cmc.SUCCESS, None)
    issued = response.certificate_for(device_key)
    response = ask(node, sign(pki_data(controls=[revoke_request(1, issued, 1)]), ra))
    assert response.status(1) == (cmc.SUCCESS, None)
    assert node.ctl_json("cert", "show", node.serial(issued))["certificate"]["state"] == "revoked"


def test_cmc_05_nobody_signed_so_tls_and_http_say_who_asks(node):
    key = make_key()
    data = pki_data(pkcs10(1, make_csr(key, "first-time")))
    assert ask(node, unsigned(data), "demo").status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    assert ask(node, unsigned(data), "demo", headers=node.basic("wrong")).status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    assert is_issued(node, "first-time", 0)
    response = ask(node, unsigned(data), "demo", headers=node.basic())
    assert response.status(1) == (cmc.SUCCESS, None) and response.certificate_for(key)
    first = Identity(node.folder, key, response.certificate_for(key))
    second = make_key()
    response = ask(node, unsigned(pki_data(pkcs10(1, make_csr(second, "first-time")))), identity=first)
    assert response.status(1) == (cmc.SUCCESS, None) and response.certificate_for(second)


def test_cmc_05_the_requested_key_signs_but_says_nothing_of_who_asks(node, tmp_path):
    key = make_key()
    alone = self_signed(tmp_path, key)
    message = sign(pki_data(pkcs10(1, make_csr(key, "self-signed"))), alone, "-keyid", "-nocerts")
    assert ask(node, message, "demo").status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    assert ask(node, message, "demo", headers=node.basic()).status(1) == (cmc.SUCCESS, None)
    # and a certificate that nobody trusts is nobody's word
    message = sign(pki_data(pkcs10(1, make_csr(make_key(), "self-made"))), alone)
    assert ask(node, message).status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)


def test_cmc_05_a_wrong_signature_fails_the_message(node):
    device = device_of(node, "wrong-signature")
    message = bytearray(sign(pki_data(pkcs10(1, make_csr(make_key(), "wrong-signature")), controls=[control(2, 5, integer(1))]), device))
    message[-4] ^= 1
    response = ask(node, bytes(message))
    assert response.status(0) == (cmc.FAILED, cmc.BAD_MESSAGE_CHECK) and 1 not in response.statuses
    # the digest covers the content
    altered = sign(pki_data(pkcs10(1, make_csr(make_key(), "wrong-signature"))), device).replace(b"wrong-signature", b"other-signature", 1)
    assert ask(node, altered).status(0) == (cmc.FAILED, cmc.BAD_MESSAGE_CHECK)
    assert is_issued(node, "wrong-signature", 2) and is_issued(node, "other-signature", 0)


def test_a_revoked_signer_is_refused(node):
    device = device_of(node, "was-revoked")
    node.ctl("cert", "revoke", node.serial(device.certificate))
    response = ask(node, sign(pki_data(pkcs10(1, make_csr(make_key(), "was-revoked"))), device))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)


# -- what is asked --

def test_cmc_02_unknown_controls_and_broken_lists_fail(node):
    device = device_of(node, "broken")
    csr = make_csr(make_key(), "broken")
    response = ask(node, sign(pki_data(pkcs10(1, csr), controls=[control(9, 99, b"\x05\0")]), device))
    assert response.status(9) == (cmc.FAILED, cmc.BAD_REQUEST) and 1 not in response.statuses
    for data in (pki_data(pkcs10(1, csr), pkcs10(1, csr)), pki_data(pkcs10(0, csr)), pki_data(pkcs10(1 << 32, csr)),
                 pki_data(pkcs10(1, csr), controls=[control(1, 5, integer(1))]),
                 pki_data(pkcs10(1, csr), controls=[control(2, 5, integer(1)), control(3, 5, integer(1))]),
                 pki_data(*(pkcs10(part, csr) for part in range(1, 10))),
                 pki_data(pkcs10(1, csr)) + b"\0", tlv(0x30), b""):
        response = ask(node, sign(data, device))
        assert response.status(0) == (cmc.FAILED, cmc.BAD_REQUEST), data
    assert ask(node, sign(pki_data(), device)).status(0) == (cmc.FAILED, cmc.BAD_REQUEST)
    response = ask(node, sign(pki_data(), device, content_type="1.3.6.1.5.5.7.12.3"))
    assert response.status(0) == (cmc.FAILED, cmc.BAD_REQUEST)
    assert is_issued(node, "broken", 2)


def test_cmc_02_messages_within_are_not_taken(node):
    device = device_of(node, "within")
    content = tlv(0x30, integer(6), tlv(0x30))
    other = tlv(0x30, integer(8), oid("1.2.3"), b"\x05\0")
    key = make_key()
    response = ask(node, sign(pki_data(pkcs10(1, make_csr(key, "within")), contents=[content], others=[other]), device))
    assert response.status(6) == (cmc.FAILED, cmc.BAD_REQUEST) and 8 not in response.statuses
    assert response.status(1) == (cmc.SUCCESS, None)


# -- CRMF (RFC 4211) --

def test_cmc_02_crmf_proves_possession_by_its_own_signature(node):
    device, key = device_of(node, "unproven"), make_key()
    for proof in (b"", tlv(0x80), tlv(0xa2, tlv(0x81, b"\0"))):
        response = ask(node, sign(pki_data(cmc.crmf(1, key, "unproven", proof=proof)), device))
        assert response.status(1) == (cmc.FAILED, cmc.POP_REQUIRED) and "pop_missing" in response.text(1)
    response = ask(node, sign(pki_data(cmc.crmf(1, key, "unproven", signed_by=make_key())), device))
    assert response.status(1) == (cmc.FAILED, cmc.POP_FAILED)
    assert is_issued(node, "unproven", 2)
    assert node.events("--refusals")[0]["reason"] == "pop_failed"


def test_cmc_03_no_ra_vouches_for_possession(node, tmp_path):
    """RFC 5272 6.8: popFailed says that an RA is not asked; what proves itself needs no witness."""
    ra, key = ra_of(node, tmp_path, "vouching-ra"), make_key()
    witness = control(9, 11, tlv(0x30, integer(0), tlv(0x30, integer(1), integer(2))))
    requests = [cmc.crmf(part, key, "vouched", proof=tlv(0x80)) for part in (1, 2, 3)]
    response = ask(node, sign(pki_data(*requests, controls=[witness]), ra))
    assert response.status(1) == response.status(2) == (cmc.FAILED, cmc.POP_FAILED) and "lraPOPWitness" in response.text(1)
    assert response.status(3) == (cmc.FAILED, cmc.POP_REQUIRED) and is_issued(node, "vouched", 0)
    response = ask(node, sign(pki_data(cmc.crmf(1, key, "vouched"), controls=[witness]), ra))
    assert response.status(1) == (cmc.SUCCESS, None) and response.certificate_for(key)


def test_cmc_02_crmf_opens_no_second_door(node):
    """What a CSR may not ask for, a template may not either."""
    device = device_of(node, "template")
    refused = ((cmc.crmf(1, make_key(), "somebody-else"), cmc.BAD_IDENTITY), (cmc.crmf(1, make_key(), "template", extensions=[cmc.san_extension("other.example")]),
               cmc.BAD_IDENTITY), (tlv(0xa1, tlv(0x30, integer(1), tlv(0x30))), cmc.BAD_REQUEST),
               (cmc.crmf(1, make_key(), "template", tlv(0x30, oid("1.3.6.1.5.5.7.5.1.1"), tlv(12, b"secret"))), cmc.BAD_REQUEST),
               (cmc.crmf(1, make_key(), "template", issuer=cmc.distinguished("another CA")), cmc.BAD_CERT_ID),
               (cmc.crmf(1, make_key(), "template", cmc.old_cert_id(device_of(node, "template-2").certificate)), cmc.BAD_CERT_ID))
    for request, fail in refused:
        assert ask(node, sign(pki_data(request), device)).status(1) == (cmc.FAILED, fail)
    assert is_issued(node, "template", 2) and is_issued(node, "somebody-else", 0)
    assert ask(node, unsigned(pki_data(cmc.crmf(1, make_key(), "template"))), "demo").status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)


def test_cmc_02_crmf_beside_pkcs10(node):
    device, keys = device_of(node, "crmf"), [make_key(), make_key()]
    ca = device.certificate.issuer.public_bytes()
    request = cmc.crmf(4000000000, keys[0], "crmf", cmc.old_cert_id(device.certificate), issuer=ca)
    response = ask(node, sign(pki_data(request, pkcs10(1, make_csr(keys[1], "crmf"))), device))
    assert response.status(4000000000) == response.status(1) == (cmc.SUCCESS, None)
    for key in keys:
        assert response.certificate_for(key).subject == device.certificate.subject


def test_cmc_02_crmf_renews_what_tls_shows(node):
    device, other, key = device_of(node, "by-tls"), device_of(node, "by-tls-2"), make_key()
    for named, status in ((other, (cmc.FAILED, cmc.BAD_CERT_ID)), (device, (cmc.SUCCESS, None))):
        request = cmc.crmf(1, key, "by-tls", cmc.old_cert_id(named.certificate))
        assert ask(node, unsigned(pki_data(request)), identity=device).status(1) == status
    assert ask(node, unsigned(pki_data(request))).status(1) == (cmc.FAILED, cmc.BAD_CERT_ID)


def test_cmc_02_crmf_without_a_certificate(node, tmp_path):
    """By passphrase, unsigned; and signed by the key that it asks to certify."""
    key, extension = make_key(), cmc.san_extension("crmf-first.example")
    data = pki_data(cmc.crmf(1, key, "crmf-first", extensions=[extension]))
    assert ask(node, unsigned(data), "demo").status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    response = ask(node, unsigned(data), "demo", headers=node.basic())
    assert response.status(1) == (cmc.SUCCESS, None), response.text(1)
    names = response.certificate_for(key).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["crmf-first.example"]
    own = make_key()
    alone = self_signed(tmp_path, own)
    message = sign(pki_data(cmc.crmf(1, own, "crmf-self")), alone, "-keyid", "-nocerts")
    assert ask(node, message, "demo", headers=node.basic()).status(1) == (cmc.SUCCESS, None)


def test_cmc_04_fail_info_tells_what(node):
    device = device_of(node, "numbers")
    csr = make_csr(make_key(), "numbers")
    spoilt = csr[:-2] + bytes([csr[-2] ^ 1, csr[-1]])
    assert ask(node, sign(pki_data(pkcs10(1, spoilt)), device)).status(1) == (cmc.FAILED, cmc.POP_FAILED)
    assert ask(node, sign(pki_data(pkcs10(1, make_csr(make_key("rsa1024"), "numbers"))), device)).status(1) == (cmc.FAILED, cmc.BAD_ALG)
    response = ask(node, sign(pki_data(pkcs10(1, tlv(0x30))), device))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_REQUEST) and "csr_malformed" in response.text(1)
    node.set_profile("demo-tls", "renewal.key=new")
    try:
        again = make_csr(device.key, "numbers")
        node.wait(lambda: ask(node, sign(pki_data(pkcs10(1, again)), device)).status(1) == (cmc.FAILED, cmc.NO_KEY_REUSE), "the rule", 10)
    finally:
        node.set_profile("demo-tls", "renewal.key=allowed")


def test_cmc_03_a_secret_that_nobody_shares_fails_the_message(node):
    data = pki_data(pkcs10(1, make_csr(make_key(), "proof")), controls=[control(2, 2, tlv(12, b"device-1")),
                    control(3, 34, tlv(0x30, cmc.SHA256, tlv(0x30, oid("1.2.840.113549.2.9")), tlv(4, b"w" * 32)))])
    response = ask(node, unsigned(data), "demo", headers=node.basic())
    assert response.status(3) == (cmc.FAILED, cmc.BAD_IDENTITY) and is_issued(node, "proof", 0)


def test_cmc_03_revocation_of_ones_own(node):
    device, other = device_of(node, "leaver"), device_of(node, "stayer")
    response = ask(node, sign(pki_data(controls=[revoke_request(1, other.certificate)]), device))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    for bad in (6, 8, 2, 7, 200):
        response = ask(node, sign(pki_data(controls=[revoke_request(1, device.certificate, bad)]), device))
        assert response.status(1) == (cmc.FAILED, cmc.BAD_REQUEST)
    assert ask(node, unsigned(pki_data(controls=[revoke_request(1, device.certificate)]))).status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    unknown = control(1, 17, tlv(0x30, device.certificate.issuer.public_bytes(), integer(4711), tlv(0x0a, b"\0")))
    assert ask(node, sign(pki_data(controls=[unknown]), device)).status(1) == (cmc.FAILED, cmc.BAD_CERT_ID)
    response = ask(node, sign(pki_data(controls=[revoke_request(1, device.certificate, 4)]), device))
    assert response.status(1) == (cmc.SUCCESS, None)
    shown = node.ctl_json("cert", "show", node.serial(device.certificate))["certificate"]
    assert shown["state"] == "revoked" and shown["revocation"]["reason"] == "superseded"
    # the new CRL may be in the log already
    entry = next(e for e in node.ctl_json("audit", "list")["entries"] if e["action"] == "certificate.revoke")
    assert "leaver" in entry["actor"]
    # it speaks for nothing any more, not even for itself
    response = ask(node, sign(pki_data(controls=[revoke_request(1, device.certificate, 4)]), device))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    assert node.ctl_json("cert", "show", node.serial(other.certificate))["certificate"]["state"] == "issued"


def test_cmc_03_getting_a_certificate(node):
    device, other = device_of(node, "getter"), device_of(node, "gotten")
    response = ask(node, sign(pki_data(controls=[cmc.get_cert(1, other.certificate), cmc.get_cert(2, device.certificate)]), device))
    assert response.status(1) == response.status(2) == (cmc.SUCCESS, None)
    assert other.certificate in response.certificates and device.certificate in response.certificates
    response = ask(node, unsigned(pki_data(controls=[cmc.get_cert(1, other.certificate)])))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY) and other.certificate not in response.certificates


def test_several_requests_of_a_message_wait_for_approval_each_for_itself(node):
    device, keys = device_of(node, "held"), [make_key(), make_key(), make_key()]
    node.set_profile("demo-tls", "approval.hold=enrollments-and-renewals")

    def all_at_once():
        response = ask(node, sign(pki_data(*(pkcs10(part, make_csr(key, "held")) for part, key in enumerate(keys, 1))), device))
        return response, [response.status(part)[0] for part in (1, 2, 3)]

    try:
        assert all_at_once()[1] == [cmc.PENDING] * 3
        requests = node.ctl_json("request", "list", "--state", "pending")["requests"]
        assert len({request["request_id"] for request in requests}) == len(requests) == 3
        for request in requests[:2]:
            node.ctl("request", "approve", request["request_id"])
        response, statuses = all_at_once()
        assert sorted(statuses) == sorted([cmc.SUCCESS, cmc.SUCCESS, cmc.PENDING])
        assert sum(spki(key) in [spki(one) for one in response.certificates] for key in keys) == 2
    finally:
        node.set_profile("demo-tls", "approval.hold=none")


def test_cmc_03_nothing_is_pending_under_a_token(node):
    device = device_of(node, "pending")
    for token in (b"token", b"", tlv(0xa0, integer(1)), tlv(0xa2, integer(1)), pkcs10(1, make_csr(make_key(), "pending")) + b"\0"):
        response = ask(node, sign(pki_data(controls=[cmc.query_pending(1, token)]), device))
        assert response.status(1) == (cmc.FAILED, cmc.BAD_REQUEST)
    token = pkcs10(1, make_csr(make_key(), "pending"))
    response = ask(node, sign(pki_data(token, controls=[cmc.query_pending(part, token) for part in range(2, 10)]), device))
    assert response.status(0) == (cmc.FAILED, cmc.BAD_REQUEST) and len(response.statuses) == 1
    response = ask(node, sign(pki_data(controls=[control(1, 24, tlv(0x30, device.certificate.issuer.public_bytes(),
                                                                    integer(device.certificate.serial_number)))]), device))
    assert response.status(1) == (cmc.SUCCESS, None)


def test_cmc_03_who_waits_asks_by_the_token(node):
    device, keys = device_of(node, "waits"), [make_key(), make_key()]
    key = make_key()
    other = Identity(node.folder, key, ask(node, sign(pki_data(pkcs10(1, make_csr(key, "waits"))), device)).certificate_for(key))
    node.set_profile("demo-tls", "approval.hold=enrollments-and-renewals", "approval.retry_after=2h")

    def query(identity, *tokens):
        return ask(node, sign(pki_data(controls=[cmc.query_pending(part, token) for part, token in enumerate(tokens, 20)]), identity))

    try:
        unasked = pkcs10(1, make_csr(make_key(), "waits"))
        node.wait(lambda: query(device, unasked).status(20) == (cmc.FAILED, cmc.BAD_CERT_ID), "the rule", 10)
        response = ask(node, sign(pki_data(pkcs10(7, make_csr(keys[0], "waits")), cmc.crmf(8, keys[1], "waits")), device))
        assert response.status(7)[0] == response.status(8)[0] == cmc.PENDING
        tokens, at = zip(*(response.tokens[part] for part in (7, 8)))
        away = (at[0] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        assert 7200 - 60 < away <= 2 * 7200  # spread, as Retry-After is
        waiting = waiting_as(node, "waits")
        assert len(waiting) == 2
        # another certificate of the same name has nothing that waits, and begins no waiting by asking
        assert query(other, tokens[0]).status(20) == (cmc.FAILED, cmc.BAD_CERT_ID)
        assert query(device, *tokens).statuses.keys() == {20, 21}
        response = query(device, *tokens)
        assert response.status(20)[0] == response.status(21)[0] == cmc.PENDING and not response.tokens
        assert len(waiting_as(node, "waits")) == 2
        for request in waiting:
            node.ctl("request", "approve", request["request_id"])
        assert query(other, tokens[0]).status(20) == (cmc.FAILED, cmc.BAD_CERT_ID)
        response = query(device, *tokens)
        assert response.status(20) == response.status(21) == (cmc.SUCCESS, None)
        first = [response.certificate_for(key) for key in keys]
        response = query(device, *tokens)  # an answer that was lost is given again
        assert [response.certificate_for(key) for key in keys] == first
    finally:
        node.set_profile("demo-tls", "approval.hold=none")
    node.wait(lambda: ask(node, sign(pki_data(pkcs10(1, make_csr(make_key(), "waits"))), device)).status(1)[0] == cmc.SUCCESS, "no rule", 10)


def test_cmc_03_who_has_no_certificate_yet_asks_by_the_token(tmp_path):
    """Signed by the key of the request that waits, its holder known by the passphrase."""
    with Node() as node:
        node.set_profile("demo", "fullcmc=true", "approval.hold=enrollments")
        node.wait(lambda: post(node, b"probe", "demo").status != 404, "fullcmc", 10)
        key = make_key()
        alone = self_signed(tmp_path, key)
        answer = ask(node, sign(pki_data(cmc.crmf(3, key, "waits")), alone, "-keyid", "-nocerts"), "demo", headers=node.basic())
        token, _ = answer.tokens[3]
        query = sign(pki_data(controls=[cmc.query_pending(5, token)]), alone, "-keyid", "-nocerts")
        assert ask(node, query, "demo").status(5) == (cmc.FAILED, cmc.BAD_IDENTITY)
        assert ask(node, query, "demo", headers=node.basic()).status(5)[0] == cmc.PENDING
        (request,) = node.ctl_json("request", "list", "--state", "pending")["requests"]
        node.ctl("request", "approve", request["request_id"])
        answer = ask(node, query, "demo", headers=node.basic())
        assert answer.status(5) == (cmc.SUCCESS, None) and answer.certificate_for(key)


def test_cmc_03_a_batch_opens_no_door(node):
    """RFC 5272 6.17: each message is what it would have been by itself; the signature around them vouches for nothing."""
    device, other = device_of(node, "batch"), device_of(node, "batch-2")
    csr = make_csr(make_key(), "batch")
    stranger = unsigned(pki_data(pkcs10(1, make_csr(make_key(), "batch"))))
    own = sign(pki_data(pkcs10(1, make_csr(make_key(), "batch"))), other)
    spoilt = bytearray(sign(pki_data(pkcs10(1, csr)), device))
    spoilt[-4] ^= 1
    contents = [cmc.content(part, bytes(message)) for part, message in enumerate((stranger, own, spoilt, tlv(0x30)), 11)]
    response = ask(node, sign(pki_data(controls=[cmc.batch(1, 11, 12, 13, 14)], contents=contents), device))
    assert response.status(1) == (cmc.SUCCESS, None)
    first, second, third, fourth = response.messages.values()
    assert first.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY) and second.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY)
    assert third.status(0) == (cmc.FAILED, cmc.BAD_MESSAGE_CHECK) and fourth.status(0) == (cmc.FAILED, cmc.BAD_REQUEST)
    # a batch within a batch, one that names what is not there, nothing, or a request
    inner = sign(pki_data(controls=[cmc.batch(1, 2)], contents=[cmc.content(2, stranger)]), device)
    response = ask(node, sign(pki_data(controls=[cmc.batch(1, 11)], contents=[cmc.content(11, inner)]), device))
    (within,) = response.messages.values()
    assert within.status(1) == (cmc.FAILED, cmc.BAD_REQUEST) and not within.messages
    for batch in (cmc.batch(1, 11, 99), cmc.batch(1), cmc.batch(1, 5), cmc.batch(1, 11, 11), cmc.batch(1, 11, 0)):
        response = ask(node, sign(pki_data(pkcs10(5, csr), controls=[batch], contents=[cmc.content(11, own)]), device))
        assert response.status(1) == (cmc.FAILED, cmc.BAD_REQUEST) and 5 not in response.statuses and not response.messages
    # requests of all messages count together
    several = [sign(pki_data(*(pkcs10(part, csr) for part in range(1, count))), device) for count in (6, 6)]
    response = ask(node, sign(pki_data(controls=[cmc.batch(1, 11, 12)], contents=[cmc.content(part, one) for part, one in enumerate(several, 11)]), device))
    first, second = response.messages.values()
    assert first.status(5) == (cmc.SUCCESS, None) and second.status(0) == (cmc.FAILED, cmc.BAD_REQUEST)


def test_cmc_03_a_batch_of_two_devices(node):
    devices, keys = [device_of(node, f"batched-{number}") for number in (1, 2)], [make_key(), make_key()]
    contents = [cmc.content(20 + number, sign(pki_data(cmc.crmf(7, key, f"batched-{number}"), controls=[control(3, 5, integer(4710 + number))]), device))
                for number, (device, key) in enumerate(zip(devices, keys), 1)]
    response = ask(node, unsigned(pki_data(controls=[cmc.batch(9, 21, 22)], contents=contents)))
    assert response.status(9) == (cmc.SUCCESS, None) and not set(map(spki, keys)) & set(map(spki, response.certificates))
    assert response.control(29) == tlv(0x30, *map(integer, response.messages))
    for number, (answer, key) in enumerate(zip(response.messages.values(), keys), 1):
        assert answer.status(7) == (cmc.SUCCESS, None) and answer.control(5) == integer(4710 + number)
        assert answer.certificate_for(key).subject == devices[number - 1].certificate.subject


def test_cmc_03_getting_a_crl(node):
    device, leaver = device_of(node, "crl-getter"), device_of(node, "crl-leaver")
    issuer = device.certificate.issuer
    (ca,) = [one for one in ask(node, sign(pki_data(), device)).certificates if one.subject == issuer]
    node.ctl("cert", "revoke", node.serial(leaver.certificate))
    node.ctl("crl", "issue", "Demo Issuing")
    query = pki_data(controls=[cmc.get_crl(1, issuer), cmc.get_crl(2, issuer, tlv(0x18, b"20990101000000Z") + tlv(3, b"\1\6"))])
    response = ask(node, sign(query, device))
    assert response.status(1) == response.status(2) == (cmc.SUCCESS, None)
    (crl,) = response.crls()
    assert crl.is_signature_valid(ca.public_key()) and crl.get_revoked_certificate_by_serial_number(leaver.certificate.serial_number)
    # no other CA's, no earlier one, and no other place's; nor for who is nobody
    place = tlv(0x86, b"http://elsewhere.example/ca.crl")
    for more in (cmc.get_crl(1, x509.Name([])), cmc.get_crl(1, issuer, tlv(0x18, b"20200101000000Z")), cmc.get_crl(1, issuer, place)):
        response = ask(node, sign(pki_data(controls=[more]), device))
        assert response.status(1) == (cmc.FAILED, cmc.BAD_CERT_ID) and not response.crls()
    assert ask(node, sign(pki_data(controls=[cmc.get_crl(1, issuer, b"\x05\0")]), device)).status(1)[0] == cmc.FAILED
    # four lists, and no more
    others = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"CRL {number}")]) for number in range(4)]
    for number, name in enumerate(others):
        node.ctl("ca", "create", f"CRL {number}", "--subject", name.rfc4514_string())
        node.ctl("crl", "issue", f"CRL {number}")
    response = ask(node, sign(pki_data(controls=[cmc.get_crl(part, name) for part, name in enumerate([issuer, *others], 1)]), device))
    assert [response.status(part) for part in range(1, 6)] == [(cmc.SUCCESS, None)] * 4 + [(cmc.FAILED, cmc.BAD_REQUEST)]
    assert {crl.issuer for crl in response.crls()} == {issuer, *others[:3]}
    response = ask(node, unsigned(pki_data(controls=[cmc.get_crl(1, issuer)])))
    assert response.status(1) == (cmc.FAILED, cmc.BAD_IDENTITY) and not response.crls()


def test_a_crl_too_long_for_an_answer_is_fetched_by_its_url(node):
    device = device_of(node, "long-crl")
    node.ctl("ca", "create", "Long CRL", "--subject", "CN=Long CRL")
    node.ctl("crl", "issue", "Long CRL")
    query = sign(pki_data(controls=[cmc.get_crl(1, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Long CRL")]))]), device)
    assert ask(node, query).status(1) == (cmc.SUCCESS, None)
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db", timeout=20)) as store, store:
        store.execute("UPDATE crl SET der = zeroblob(4 * 1024 * 1024 + 1) WHERE ca_id = (SELECT id FROM ca WHERE name = 'Long CRL')")
    response = ask(node, query)
    assert response.status(1) == (cmc.FAILED, cmc.BAD_REQUEST) and "too_large" in response.text(1) and not response.crls()


def test_a_repeated_message_gets_the_same_certificate(node):
    device, key = device_of(node, "twice"), make_key()
    message = sign(pki_data(pkcs10(1, make_csr(key, "twice"))), device)
    assert ask(node, message).certificate_for(key) == ask(node, message).certificate_for(key)


def test_a_passphrase_profile_is_renewed_by_signature(node):
    device, key = node.device("by-passphrase"), make_key()
    response = ask(node, sign(pki_data(pkcs10(1, make_csr(key, "by-passphrase"))), device), "demo")
    assert response.status(1) == (cmc.SUCCESS, None) and response.certificate_for(key)


def test_a_held_request_is_pending_until_it_is_approved():
    with Node() as node:
        node.set_profile("demo", "fullcmc=true", "approval.hold=enrollments")
        message = unsigned(pki_data(pkcs10(7, make_csr(make_key(), "held"))))
        node.wait(lambda: post(node, message, "demo").status == 200, "fullcmc", 10)
        for _ in range(2):
            assert ask(node, message, "demo", headers=node.basic()).status(7) == (cmc.PENDING, None)
        (request,) = [one for one in node.ctl_json("request", "list")["requests"] if one["requested_by"] == "passphrase"]
        node.ctl("request", "approve", request["request_id"])
        response = ask(node, message, "demo", headers=node.basic())
        assert response.status(7) == (cmc.SUCCESS, None) and len(response.certificates) == 2


def test_ld_05_refusals_that_the_ca_signs_are_not_without_end():
    """Each costs a signature of the CA's, and needs nothing of the client."""
    with Node() as node:
        node.set_profile("demo", "fullcmc=true")
        node.wait(lambda: post(node, b"probe", "demo").status != 404, "fullcmc", 10)
        node.ctl("allow", "add", "127.0.0.7")
        message = unsigned(pki_data(pkcs10(1, make_csr(make_key(), "nobody"))))
        connection = node.connect(source="127.0.0.7")
        answers = [post(node, message, "demo", connection=connection)]
        while answers[-1].status == 200 and len(answers) < 5000:  # a slow machine earns some back meanwhile
            answers.append(post(node, message, "demo", connection=connection))
        assert len(answers) > 100 and answers[-1].status == 429 and answers[-1].headers["Retry-After"]
        # everybody else is answered, and so is plain EST from there
        assert post(node, message, "demo").status == 200
        assert node.enroll(make_csr(make_key(), "dev"), connection=connection).status == 200
