"""What relying parties are told: CRLs and OCSP answers under hostile questions, lost keys and races."""
import datetime
import http.client
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from node import Node, Refused, make_csr, make_key

GOOD, REVOKED, UNKNOWN = (ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN)
OK, MALFORMED, TRY_LATER = (ocsp.OCSPResponseStatus.SUCCESSFUL, ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
                            ocsp.OCSPResponseStatus.TRY_LATER)


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        wait_for_responder(node)
        yield node


def wait_for_responder(node):
    certificate = node.device("warm").certificate
    node.wait(lambda: ask(node, request_for(node, certificate)).response_status == OK, "the responder", 20)


def issuing(node):
    return x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())


def request_for(node, certificate, nonce=None):
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuing(node), hashes.SHA256())
    if nonce:
        builder = builder.add_extension(x509.OCSPNonce(nonce), False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def send(connection, der):
    connection.request("POST", "/ocsp", der, {"Content-Type": "application/ocsp-request"})
    answer = connection.getresponse()
    assert answer.status == 200
    return ocsp.load_der_ocsp_response(answer.read())


def connect(node):
    return http.client.HTTPConnection("127.0.0.1", node.va_port, timeout=20)


def ask(node, der):
    connection = connect(node)
    try:
        return send(connection, der)
    finally:
        connection.close()


def tlv(tag, contents):
    length = len(contents)
    if length < 128:
        return bytes([tag, length]) + contents
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + contents


def request_for_serials(node, serials):
    ca = issuing(node)
    key = x509.SubjectKeyIdentifier.from_public_key(ca.public_key()).digest
    name = hashes.Hash(hashes.SHA1())
    name.update(ca.subject.public_bytes())
    sha1 = bytes.fromhex("300906052b0e03021a0500")
    hashed = sha1 + tlv(4, name.finalize()) + tlv(4, key)
    ids = [tlv(0x30, hashed + tlv(2, s.to_bytes(s.bit_length() // 8 + 1, "big"))) for s in serials]
    return tlv(0x30, tlv(0x30, tlv(0x30, b"".join(tlv(0x30, i) for i in ids))))


def crl_of(node):
    connection = connect(node)
    points = node.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    connection.request("GET", points[0].full_name[0].value.split(str(node.va_port))[1])
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return x509.load_der_x509_crl(body) if answer.status == 200 else None


def number(crl):
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


# -- OC --

def test_oc_01_two_hundred_certificates_are_too_many(node):
    certificate = node.device("many").certificate
    some = ask(node, request_for_serials(node, [certificate.serial_number] * 32))
    assert some.response_status == OK and len(list(some.responses)) == 32
    for count in (33, 200):
        assert ask(node, request_for_serials(node, range(1, count + 1))).response_status == MALFORMED


def test_oc_01_a_nonce_is_answered_with_itself_and_never_again(node):
    certificate = node.device("nonce").certificate
    seen = set()
    for nonce in (b"a" * 32, b"b" * 32, b"a" * 32):
        answer = ask(node, request_for(node, certificate, nonce))
        assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce
        seen.add(answer.signature)
    assert len(seen) == 3


def test_oc_05_no_good_after_the_revocation_has_returned(node):
    """Askers on kept connections, while edges are replaced by a reload; whoever asks after the return must hear of it."""
    for round_ in range(4):
        certificate = node.device(f"race-{round_}").certificate
        der = request_for(node, certificate)
        returned, stop, wrong, heard = threading.Event(), threading.Event(), [], []

        def keep_asking():
            connection = connect(node)
            while not stop.is_set():
                late = returned.is_set()  # before the question leaves
                try:
                    answer = send(connection, der)
                except (OSError, http.client.HTTPException):
                    connection.close()
                    connection = connect(node)
                    continue
                if answer.response_status != OK:
                    continue
                heard.append(answer.certificate_status)
                if late and answer.certificate_status != REVOKED:
                    wrong.append(answer.certificate_status)
            connection.close()
        askers = [threading.Thread(target=keep_asking) for _ in range(4)]
        for asker in askers:
            asker.start()
        node.wait(lambda: heard.count(GOOD) > 20, "answers", 20)
        if round_ % 2:
            node.process.send_signal(signal.SIGHUP)
        node.ctl("cert", "revoke", node.serial(certificate), "--reason", "keyCompromise")
        returned.set()
        node.wait(lambda: heard.count(REVOKED) > 50, "answers after it", 30)
        stop.set()
        for asker in askers:
            asker.join()
        assert not wrong and GOOD in heard


def test_strangers_who_ask_for_random_serials_hold_no_enrollment_up(node):
    stop, statuses = threading.Event(), []

    def flood(start):
        connection, serial = connect(node), start << 100
        while not stop.is_set():
            serial += 1
            statuses.append(send(connection, request_for_serials(node, [serial])).response_status)
        connection.close()
    strangers = [threading.Thread(target=flood, args=(i + 1,)) for i in range(4)]
    for stranger in strangers:
        stranger.start()
    try:
        node.wait(lambda: len(statuses) > 50, "the flood", 20)
        for i in range(10):
            answer = node.enroll(make_csr(make_key(), f"flooded-{i}"))
            assert answer.status == 200, answer.text
    finally:
        stop.set()
        for stranger in strangers:
            stranger.join()
    assert set(statuses) <= {OK, TRY_LATER}
    # nothing of what does not exist is kept
    shown = node.ctl_json("ocsp", "show")
    assert shown["answers_made"] > 50 and shown["answers_kept"] < 50


# -- CR --

def test_cr_06_an_entry_leaves_one_crl_after_its_certificates_end():
    with Node(va_settings="crl_after_revocation = 1h") as node:
        wait_for_responder(node)
        node.certificate = node.device("ends").certificate
        node.wait(lambda: crl_of(node) is not None, "a CRL", 10)
        empty = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"]
        node.wait(lambda: number(crl_of(node)) == empty, "it", 10)
        assert len(crl_of(node)) == 0
        node.ctl("cert", "revoke", node.serial(node.certificate), "--reason", "superseded")
        node.stop()
        store = sqlite3.connect(node.folder / "state" / "bestow.db")
        now = int(time.time())
        # as if the last CRL were half an hour old, and the certificate had ended since
        store.execute("UPDATE crl SET this_update = ?", (now - 1800,))
        store.execute("UPDATE certificate SET not_after = ? WHERE state = 2", (now - 600,))
        store.commit()
        store.close()
        node.start()

        def entry():
            return crl_of(node).get_revoked_certificate_by_serial_number(node.certificate.serial_number)
        for there in (True, False, False):
            made = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"]
            node.wait(lambda: number(crl_of(node)) == made, "the CRL", 10)
            assert (entry() is not None) == there
        # CR-09: nothing is ever purged from the records, so who asks is told for good
        answer = ask(node, request_for(node, node.certificate))
        assert answer.certificate_status == REVOKED and answer.revocation_reason == x509.ReasonFlags.superseded


def test_cr_06_a_hundred_thousand_entries(node):
    """Listed, and read by OpenSSL and cryptography alike."""
    with Node(va_settings="crl_after_revocation = 1h") as node:
        node.certificate = node.device("crowd").certificate
        node.stop()
        store = sqlite3.connect(node.folder / "state" / "bestow.db")
        (ca,) = store.execute("SELECT id FROM ca WHERE name = 'Demo Issuing'").fetchone()
        now = int(time.time())
        store.executemany(
            "INSERT INTO certificate (account_id, ca_id, profile_id, profile_version, state, purpose, serial, not_before, not_after, "
            "created, key_index, key_hash, identity_hash, subject_index, renews_id, renewed_by_id, revoked_at, revocation_reason, "
            "invalidity_date, subject, san, peer, requested_by, request_id, der) VALUES (1, ?, 1, 1, 2, 0, ?, ?, ?, ?, ?, "
            "zeroblob(32), zeroblob(32), ?, 0, 0, ?, ?, 0, 'CN=x', '', '', '', '', zeroblob(1))",
            ((ca, b"\x01" + i.to_bytes(16, "big"), now - 100, now + 86400, now - 100, i, i, now - 50, (0, 1, 3, 4, 5, 6, 9)[i % 7])
             for i in range(100_000)))
        store.commit()
        store.close()
        node.start()
        made = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]
        assert made["entries"] == 100_000
        node.wait(lambda: (crl := crl_of(node)) is not None and number(crl) == made["number"], "the CRL", 20)
        crl = crl_of(node)
        assert len(crl) == 100_000 and crl.is_signature_valid(issuing(node).public_key())
        path = node.folder / "crowd.crl"
        path.write_bytes(crl.public_bytes(serialization.Encoding.DER))
        run = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-CAfile", node.folder / "ca.pem"],
                             capture_output=True, text=True)
        assert "verify OK" in run.stderr, run.stderr


def test_cr_06_reasons_that_are_none(node):
    certificate = node.device("reasons").certificate
    for reason in ("7", "removeFromCRL", "certificateHold", "unused", ""):
        with pytest.raises(Refused):
            node.ctl("cert", "revoke", node.serial(certificate), "--reason", reason)
    assert ask(node, request_for(node, certificate)).certificate_status == GOOD


def test_cr_07_while_no_key_signs_the_last_crl_is_served():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        wait_for_responder(node)
        node.certificate = node.device("keyless").certificate
        node.wait(lambda: crl_of(node) is not None, "a CRL", 10)
        keys, away = node.folder / "state" / "keys", node.folder / "away"
        node.stop()
        shutil.move(keys, away)
        keys.mkdir(mode=0o700)
        node.start()
        node.wait(lambda: crl_of(node) is not None, "the CRL in force", 10)
        last = number(crl_of(node))
        node.ctl("cert", "revoke", node.serial(node.certificate))
        node.wait(lambda: "crl.failed" in node.log_path.read_text(), "the alarm", 15)
        assert number(crl_of(node)) == last
        # who signs answers has no key either: nothing is said, least of all "good"
        assert ask(node, request_for(node, node.certificate)).response_status == TRY_LATER
        for key in away.iterdir():
            shutil.move(key, keys)
        node.wait(lambda: number(crl_of(node)) > last, "the next CRL", 20)
        assert ask(node, request_for(node, node.certificate)).certificate_status == REVOKED


def test_cr_10_what_cannot_be_revoked(node):
    certificate = node.device("once").certificate
    with pytest.raises(Refused, match="not_found"):
        node.ctl("cert", "revoke", "00" + "ab" * 16)
    node.ctl("account", "create", "other")
    try:
        with pytest.raises(Refused, match="not_found"):
            node.ctl("--account", "other", "cert", "revoke", node.serial(certificate))
        tomorrow = (datetime.datetime.now() + datetime.timedelta(days=2)).strftime("%Y-%m-%d")
        first = [account["name"] for account in node.ctl_json("account", "list")["accounts"] if account["name"] != "other"][0]
        with pytest.raises(Refused, match="future"):
            node.ctl("--account", first, "cert", "revoke", node.serial(certificate), "--invalidity-date", tomorrow)
        with pytest.raises(Refused, match="needs_confirmation"):
            node.ctl("--account", first, "cert", "revoke", node.serial(issuing(node)))
        assert ask(node, request_for(node, certificate)).certificate_status == GOOD
        node.ctl("--account", first, "cert", "revoke", node.serial(certificate), "--reason", "keyCompromise")
        again = node.ctl_json("--account", first, "cert", "revoke", node.serial(certificate), "--reason", "superseded")
        assert again["already"]
        assert ask(node, request_for(node, certificate)).revocation_reason == x509.ReasonFlags.key_compromise
    finally:
        node.stop()
