"""Rows RN-*: when, by whom, for what names and with which key a certificate is renewed."""
import base64
import concurrent.futures
import contextlib
import datetime
import os
import signal
import sqlite3
import time

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from node import Identity, Node, make_csr, make_key


@pytest.fixture(scope="module")
def short():
    """A node whose certificates live for four seconds and may be renewed from two seconds before their end to four after."""
    with Node() as node:
        node.set_profile("demo", "validity=4s", "backdate=0s", "renewal.while_valid=in-window", "renewal.opens_before=2s",
                         "renewal.after_expiry=in-window", "renewal.closes_after=4s")
        node.set_profile("demo-tls", "validity=4s", "backdate=0s")
        node.wait(lambda: lifetime(node.device("short").certificate) < 10, "the short life", 5)
        yield node


def end_of(certificate):
    return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp()


def lifetime(certificate):
    return (certificate.not_valid_after - certificate.not_valid_before).total_seconds()


def sleep_until(moment):
    time.sleep(max(0, moment - time.time()))


def renew(node, device, name, **options):
    return node.reenroll(make_csr(make_key(), name), device, **options)


def test_rn_01_and_02_the_window(short):
    # on a busy machine an answer may come when the window is open already: that attempt says nothing
    for _ in range(20):
        device = short.device("rn-01")
        end = end_of(device.certificate)
        answer = renew(short, device, "rn-01")
        if time.time() < end - 2:
            break
    assert answer.status == 403 and "renewal_too_early" in answer.text
    sleep_until(end - 1.8)
    assert renew(short, device, "rn-01").status == 200  # still valid, within the window
    sleep_until(end + 1.1)
    expired = renew(short, device, "rn-01")
    assert expired.status == 200, expired.text  # expired, within the window (CL-06)
    sleep_until(end + 5.1)
    late = renew(short, device, "rn-01")
    assert late.status == 403 and "renewal_too_late" in late.text


def test_cl_05_an_expired_certificate_enrolls_nothing(short):
    device = short.device("cl-05")
    assert short.enroll(make_csr(make_key(), "cl-05"), profile="demo-tls", identity=device).status == 200
    sleep_until(end_of(device.certificate) + 1.1)
    answer = short.enroll(make_csr(make_key(), "cl-05"), profile="demo-tls", identity=device)
    assert answer.status == 403 and "cert_expired" in answer.text


def test_rn_07_names_may_not_change(node):
    device = node.device("rn-07", san=[x509.DNSName("a.example")])
    for name, san in (("rn-07x", "a.example"), ("rn-07", "b.example")):
        answer = node.reenroll(make_csr(make_key(), name, san=[x509.DNSName(san)]), device)
        assert answer.status == 403 and "subject_mismatch" in answer.text
    assert node.reenroll(make_csr(make_key(), "RN-07", san=[x509.DNSName("A.example")]), device).status == 200


def test_cs_45_a_key_keeps_serving_the_name_that_the_rules_made_of_the_request(node):
    """The rules drop the title: what is issued, not what was asked, tells whose key it is."""
    node.set_profile("demo", "repeat_answer=0s")
    try:
        time.sleep(0.3)
        key = make_key()
        asked = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cs-45"), x509.NameAttribute(NameOID.TITLE, "boss")])
        assert node.enroll(make_csr(key, subject=asked)).status == 200
        assert node.enroll(make_csr(key, subject=asked)).status == 200
        answer = node.enroll(make_csr(key, "cs-45 too"))
        assert answer.status == 403 and "key_reused" in answer.text
    finally:
        node.set_profile("demo", "repeat_answer=10m")


def test_ft_17_under_a_clock_that_was_set_back_nothing_is_issued():
    with Node() as node:
        device = node.device("ft-17")
        serial = node.serial(device.certificate)
        node.stop()
        with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store, store:
            store.execute("UPDATE certificate SET created = created + 3600 WHERE id = (SELECT max(id) FROM certificate)")
        node.start()
        answer = node.enroll(make_csr(make_key(), "next"))
        assert answer.status == 503
        # LD-09: who is sent away together does not come back together
        waits = {int(node.enroll(make_csr(make_key(), "next")).headers["Retry-After"]) for _ in range(12)}
        assert len(waits) > 1 and min(waits) >= 1 and max(waits) <= 2 * min(waits) + 20
        assert node.events("--refusals")[0]["reason"] == "clock"
        node.ctl("cert", "revoke", serial)
        assert node.enroll(make_csr(make_key(), "next")).status == 200


@pytest.mark.parametrize("rule,same,new", [("allowed", 200, 200), ("same", 200, 403), ("new", 403, 200)])
def test_rn_10_the_key_by_rule(node, rule, same, new):
    node.set_profile("demo", f"renewal.key={rule}")
    try:
        time.sleep(0.3)
        device = node.device("rn-10")
        assert node.reenroll(make_csr(device.key, "rn-10"), device).status == same
        assert renew(node, device, "rn-10").status == new
    finally:
        node.set_profile("demo", "renewal.key=allowed")


def test_rn_10_the_key_of_a_revoked_certificate(node):
    device = node.device("rn-10-revoked")
    node.ctl("cert", "revoke", node.serial(device.certificate), "--reason", "keyCompromise")
    answer = node.enroll(make_csr(device.key, "rn-10-revoked"))
    assert answer.status == 403 and "key_reused" in answer.text


def test_rn_15b_a_device_that_renews_in_a_loop_is_slowed(node):
    """A thousand in a minute: the burst and what a slow machine earns back meanwhile are issued, all the others read 429."""
    looping, other = node.device("rn-15b-loop"), node.device("rn-15b-other")
    request = make_csr(make_key(), "rn-15b-loop")
    assert node.reenroll(request, looping).status == 200
    start, answers = time.monotonic(), []
    while len(answers) < 1000 and time.monotonic() < start + 20:
        answers.append(renew(node, looping, "rn-15b-loop"))
    issued = [answer for answer in answers if answer.status == 200]
    slowed = [answer for answer in answers if answer.status == 429]
    assert len(issued) + len(slowed) == len(answers) and 59 <= len(issued) <= 59 + time.monotonic() - start + 1
    assert slowed and all(int(answer.headers["Retry-After"]) >= 1 and "renewal_rate" in answer.text for answer in slowed)
    assert node.reenroll(request, looping).status == 200  # what was issued already may be asked for again
    assert renew(node, other, "rn-15b-other").status == 200
    assert len(node.ctl_json("cert", "list", "--subject", "rn-15b-loop", "--limit", "1000")["certificates"]) == len(issued) + 2
    event = node.events("--refusals")[0]
    assert event["reason"] == "renewal_rate" and "60 renewals" in event["detail"]


def several(node, name, count):
    device = node.device(name)
    return [renew(node, device, name).status for _ in range(count)]


def test_rn_15b_the_rate_is_the_profiles(node):
    for rate, wanted in ((2, [200, 200, 429]), (0, [200] * 70)):
        node.set_profile("demo", f"renewal.per_minute={rate}")
        names = (f"rn-15b-{rate}-{number}" for number in range(1000))
        node.wait(lambda: several(node, next(names), len(wanted)) == wanted, f"{rate} renewals a minute", 10)
    node.set_profile("demo", "renewal.per_minute=60")


def test_rn_11_ft_03_fifty_times_the_same_at_once(node):
    device = node.device("rn-11")
    csr = make_csr(make_key(), "rn-11")
    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: node.reenroll(csr, device), range(50)))
    assert {a.status for a in answers} == {200}
    assert len({a.certificate.serial_number for a in answers}) == 1
    assert node.reenroll(csr, device).certificate == answers[0].certificate
    first = [c for c in node.certificates() if c["subject"] == "CN=rn-11"]
    assert len(first) == 2  # the first certificate and one renewal


def test_rn_11_ft_03_an_answer_that_got_lost_is_given_again(node):
    """The client is gone before the answer comes, and the authority dies after it was recorded: asked again, it is the same certificate."""
    device, csr = node.device("ft-03"), make_csr(make_key(), "ft-03")
    lost = node.connect(device)
    lost.request("POST", "/.well-known/est/demo/simplereenroll", base64.b64encode(csr), {"Content-Type": "application/pkcs10"})
    lost.sock.close()
    renewals = lambda: [c for c in node.certificates("--account", "demo") if c["subject"] == "CN=ft-03" and c["renews_id"]]
    node.wait(lambda: len(renewals()) == 1, "the certificate that nobody got", 10)
    for _ in range(2):
        answer = node.reenroll(csr, device)
        assert answer.status == 200 and node.serial(answer.certificate) == renewals()[0]["serial"]
        os.kill(node.children()["authority"], signal.SIGKILL)
        node.wait(node.accepts, "the authority to be back", 20)
        node.wait(lambda: node.ctl_run("status").returncode == 0, "the authority to answer", 20)
    assert len(renewals()) == 1


def test_rn_12_two_different_requests_at_once(node):
    device = node.device("rn-12")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda csr: node.reenroll(csr, device), [make_csr(make_key(), "rn-12") for _ in range(2)]))
    assert {a.status for a in answers} == {200}
    assert len({a.certificate.serial_number for a in answers}) == 2


def test_rn_13_a_suspended_profile_renews_nothing(node):
    device = node.device("rn-13")
    node.ctl("profile", "suspend", "demo")
    try:
        node.wait(lambda: renew(node, device, "rn-13").status == 404, "the suspension", 5)
    finally:
        node.ctl("profile", "resume", "demo")
    node.wait(lambda: renew(node, device, "rn-13").status == 200, "the resumption", 5)


def test_rn_13_the_issuing_ca_must_be_trusted(node):
    """Renewals fail when the CA is taken out of EST authentication, and work again when it is back."""
    device = node.device("rn-13-trust")
    (anchor,) = [a for a in node.ctl_json("trust", "list")["anchors"] if a["ca"] == "Demo Issuing"]
    confirm_removal(node, anchor["id"])
    try:
        node.wait(lambda: renew(node, device, "rn-13-trust").status == 403, "the removal", 5)
    finally:
        node.ctl("trust", "add", "--yes", "--ca", "Demo Issuing")
    node.wait(lambda: renew(node, device, "rn-13-trust").status == 200, "its return", 5)


def confirm_removal(node, anchor_id):
    """The refusal names the confirmation; it is given back."""
    import re
    from node import Refused
    try:
        node.ctl("trust", "remove", anchor_id)
    except Refused as refusal:
        word = re.search(r"--confirm[= ]'?([\w. -]+?)'?[\s,;.)]", refusal.text + refusal.output + " ")
        assert word, refusal.text
        node.ctl("trust", "remove", anchor_id, f"--confirm={word[1]}")


def test_old_certificates_by_rule(node):
    """Kept; revoked when the new one is first used."""
    kept = node.device("old-kept")
    assert renew(node, kept, "old-kept").status == 200
    assert renew(node, kept, "old-kept").status == 200
    node.set_profile("demo", "renewal.old_certificate=revoked-on-use")
    try:
        time.sleep(0.3)
        old = node.device("old-on-use")
        key = make_key()
        answer = node.reenroll(make_csr(key, "old-on-use"), old)
        new = Identity(node.folder, key, answer.certificate)
        assert renew(node, old, "old-on-use").status == 200  # the new one was not used yet
        assert renew(node, new, "old-on-use").status == 200
        answer = renew(node, old, "old-on-use")
        assert answer.status == 403 and "cert_revoked" in answer.text
    finally:
        node.set_profile("demo", "renewal.old_certificate=kept")


def test_the_end_of_an_old_certificate_stands_in_its_own_accounts_log():
    """Also where the new one is first used at another account, to which it is a third party's."""
    with Node() as node:
        node.set_profile("demo", "renewal.old_certificate=revoked-on-use")
        for arguments in (["account", "create", "other"], ["--account", "other", "allow", "add", "127.0.0.1"],
                          ["--account", "other", "ca", "create", "Other", "--subject", "CN=Other", "--no-trust"],
                          ["--account", "other", "profile", "create", "other", "--template", "generic-device", "--ca", "Other", "--auth",
                           "tls-certificate", "--alias", "other"],
                          ["--account", "other", "trust", "add", "--yes", node.folder / "ca.pem"]):
            node.ctl(*arguments)
        old, key = node.device("moves"), make_key()
        new = Identity(node.folder, key, node.reenroll(make_csr(key, "moves"), old).certificate)
        assert node.enroll(make_csr(make_key(), "moves"), profile="other", identity=new).status == 200
        logs = [node.ctl("--json", "--account", account, "audit", "list") for account in ("demo", "other")]
        assert [log.count("certificate.revoke") for log in logs] == [1, 0]


def test_rule_11_a_renewal_that_comes_as_simpleenroll(node):
    """A simpleenroll by a certificate of this very profile is a renewal, and keeps the renewal's rules."""
    bootstrap = node.device("own-cert")
    key = make_key()
    first = node.enroll(make_csr(key, "own-cert"), profile="demo-tls", identity=bootstrap)
    own = Identity(node.folder, key, first.certificate)
    assert node.enroll(make_csr(make_key(), "own-cert"), profile="demo-tls", identity=own).status == 200
    node.set_profile("demo-tls", "renewal.while_valid=in-window")
    try:
        node.wait(lambda: "renewal_too_early" in node.enroll(make_csr(make_key(), "own-cert"), profile="demo-tls", identity=own).text,
                  "the window", 5)
    finally:
        node.set_profile("demo-tls", "renewal.while_valid=any-time")
