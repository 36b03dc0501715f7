"""Requests that wait for an operator: held, shown, approved or rejected, and fetched by the client that asks again."""
import concurrent.futures
import contextlib
import sqlite3

import pytest
from cryptography.hazmat.primitives import hashes

from device import Device, private_file
from node import Identity, Node, Refused, make_csr, make_key, spki


@pytest.fixture(scope="module")
def held():
    with Node() as node:
        node.set_profile("demo", "approval.hold=enrollments", "approval.retry_after=60s")
        node.set_profile("demo-tls", "approval.hold=enrollments-and-renewals", "approval.retry_after=60s")
        yield node


def waiting(node, name=None, state="pending"):
    requests = node.ctl_json("request", "list", "--state", state, "--limit", "1000")["requests"]
    return [request for request in requests if name is None or request["subject"] == f"CN={name}"]


def ask(node, key, name, expect=202, **options):
    answer = node.enroll(make_csr(key, name), **options)
    assert answer.status == expect, (answer.status, answer.text)
    return answer


def hold(node, name, key=None):
    """A request that waits: its key and its id."""
    key = key or make_key()
    ask(node, key, name)
    (request,) = waiting(node, name)
    return key, request["request_id"]


def test_a_request_waits_and_the_approved_certificate_is_fetched(held):
    key = make_key()
    first = ask(held, key, "wait-1")
    assert 60 <= int(first.headers["Retry-After"]) <= 120
    assert first.headers["Content-Length"] == "0" and first.body == b""
    (request,) = waiting(held, "wait-1")
    assert request["requested_by"] == "passphrase" and request["peer"] == "127.0.0.1" and request["polls"] == 1
    ask(held, key, "wait-1")
    (request,) = waiting(held, "wait-1")
    assert request["polls"] == 2

    shown = held.ctl_json("request", "show", request["request_id"][:8])["request"]["certificate"]
    held.ctl("request", "approve", request["request_id"])
    certificate = ask(held, key, "wait-1", 200).certificate
    assert spki(certificate) == spki(key)
    # what was approved is what was issued
    words = {extension["oid"]: extension["critical"] for extension in shown["extensions"]}
    assert words == {extension.oid.dotted_string: extension.critical for extension in certificate.extensions}
    assert shown["issuer"] == "CN=Test Issuing, O=Test" and shown["key"] == "p256"
    usage = next(e["words"] for e in shown["extensions"] if e["name"] == "extKeyUsage")
    assert usage == "clientAuth"
    # and again, as after a lost answer (ENR-11)
    assert ask(held, key, "wait-1", 200).certificate == certificate
    (request,) = waiting(held, "wait-1", "issued")
    assert request["certificate_id"] > 0


def test_it_is_matched_by_key_and_never_by_bytes(held):
    key, identity = hold(held, "wait-2")
    assert waiting(held, "wait-2")[0]["request_id"] == identity
    other = make_key()
    ask(held, other, "wait-2")  # the same name with another key is another request
    assert len(waiting(held, "wait-2")) == 2
    held.ctl("request", "approve", identity)
    ask(held, other, "wait-2")
    # ECDSA signs differently each time, so these bytes were never sent before
    assert spki(ask(held, key, "wait-2", 200).certificate) == spki(key)


def test_other_names_under_an_approved_key_are_another_request(held):
    key, identity = hold(held, "wait-3")
    held.ctl("request", "approve", identity)
    ask(held, key, "wait-3-admin")
    (other,) = waiting(held, "wait-3-admin")
    assert other["request_id"] != identity
    # the decision fell with the request that it was about
    with pytest.raises(Refused, match="request"):
        held.ctl("request", "show", identity)
    ask(held, key, "wait-3")
    assert len(waiting(held, "wait-3")) == 1


def test_a_rejected_client_reads_why(held):
    key, identity = hold(held, "wait-4")
    held.ctl("request", "reject", identity, "--reason", "not on the delivery note")
    answer = ask(held, key, "wait-4", 403)
    assert "request_rejected" in answer.text and "not on the delivery note" in answer.text
    # a decision may be changed while nothing was fetched
    with pytest.raises(Refused, match="already"):
        held.ctl("request", "reject", identity)
    held.ctl("request", "approve", identity)
    ask(held, key, "wait-4", 200)
    with pytest.raises(Refused, match="issued"):
        held.ctl("request", "reject", identity)


def test_fifty_polls_get_one_certificate(held):
    key, identity = hold(held, "wait-5")
    held.ctl("request", "approve", identity)
    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: ask(held, key, "wait-5", 200), range(50)))
    assert len({answer.certificate.fingerprint(hashes.SHA256()) for answer in answers}) == 1
    assert len([c for c in held.certificates() if c["subject"] == "CN=wait-5"]) == 1


def test_fifty_requests_wait_as_one(held):
    key = make_key()
    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        list(pool.map(lambda _: ask(held, key, "wait-6"), range(50)))
    (request,) = waiting(held, "wait-6")
    assert request["polls"] == 50


def test_polls_do_not_fill_the_list_of_events(held):
    key, identity = hold(held, "wait-7")
    for _ in range(3):
        ask(held, key, "wait-7")
    (event,) = [event for event in held.events("--limit", "200") if event["client"] == "CN=wait-7"]
    assert event["outcome"] == "pending" and event["reason"] == "pending_approval" and identity in event["detail"]


def test_a_changed_profile_asks_for_a_new_decision(held):
    key, identity = hold(held, "wait-8")
    held.ctl("request", "approve", identity)
    held.set_profile("demo", 'ext_key_usage=["clientAuth","serverAuth"]')
    try:
        ask(held, key, "wait-8")
        (request,) = waiting(held, "wait-8")
        assert request["request_id"] != identity
        # longer than approved is not what was approved; shorter is
        held.ctl("request", "approve", request["request_id"])
        held.set_profile("demo", "validity=730d")
        ask(held, key, "wait-8")
        (request,) = waiting(held, "wait-8")
        held.ctl("request", "approve", request["request_id"])
        held.set_profile("demo", "validity=30d")
        certificate = ask(held, key, "wait-8", 200).certificate
        assert (certificate.not_valid_after - certificate.not_valid_before).days == 30
    finally:
        held.set_profile("demo", "validity=365d", 'ext_key_usage=["clientAuth"]')


def test_what_policy_no_longer_allows_is_refused_although_approved(held):
    key, identity = hold(held, "wait-9")
    held.ctl("request", "approve", identity)
    held.set_profile("demo", 'key.types=["rsa"]')
    try:
        assert "key_type_not_allowed" in ask(held, key, "wait-9", 400).text
    finally:
        held.set_profile("demo", 'key.types=["rsa","p256","p384","p521","ed25519"]')
    ask(held, key, "wait-9", 200)


def test_what_would_be_refused_never_waits(held):
    before = len(waiting(held))
    ask(held, make_key(), "wait-10", 401, passphrase="wrong" * 5)
    ask(held, make_key(), "", 400)
    assert len(waiting(held)) == before


def test_rn_14_a_renewal_waits_too_and_a_revoked_certificate_gets_none(held):
    held.set_profile("demo-tls", "approval.hold=none", "identity=any")
    key, identity = hold(held, "rn-14-parent")
    held.ctl("request", "approve", identity)
    parent = Identity(held.folder, key, ask(held, key, "rn-14-parent", 200).certificate)
    own = make_key()
    first = held.enroll(make_csr(own, "rn-14"), "demo-tls", identity=parent)
    assert first.status == 200, first.text
    device = Identity(held.folder, own, first.certificate)
    held.set_profile("demo-tls", "approval.hold=enrollments-and-renewals")

    new = make_key()
    for _ in range(2):
        answer = held.reenroll(make_csr(new, "rn-14"), device, "demo-tls")
        assert answer.status == 202 and int(answer.headers["Retry-After"]) >= 60
    (request,) = waiting(held, "rn-14")
    assert request["renewal"] and request["operation"] == "simplereenroll" and request["polls"] == 2
    held.ctl("request", "approve", request["request_id"])
    renewed = held.reenroll(make_csr(new, "rn-14"), device, "demo-tls")
    assert renewed.status == 200, renewed.text

    # approved, then revoked before it was fetched
    newer = make_key()
    assert held.reenroll(make_csr(newer, "rn-14"), device, "demo-tls").status == 202
    (request,) = waiting(held, "rn-14")
    held.ctl("request", "approve", request["request_id"])
    held.ctl("cert", "revoke", held.serial(device.certificate), "--reason", "keyCompromise")
    refused = held.reenroll(make_csr(newer, "rn-14"), device, "demo-tls")
    assert refused.status == 403 and "cert_revoked" in refused.text


def test_only_so_many_wait_of_a_profile_and_of_an_address(held):
    held.ctl("allow", "add", "127.0.0.9")
    already = len([r for r in waiting(held) if r["profile"] == "demo" and r["peer"] == "127.0.0.1"])
    held.set_profile("demo", f"approval.waiting_max={already + 2}", f"approval.waiting_max_per_address={already + 1}")
    try:
        key = make_key()
        ask(held, key, "many-1")
        full = ask(held, make_key(), "many-2", 429)
        assert "quota" in full.text and int(full.headers["Retry-After"]) >= 600
        ask(held, key, "many-1")  # who waits already goes on
        ask(held, make_key(), "many-3", source="127.0.0.9")
        ask(held, make_key(), "many-4", 429, source="127.0.0.9")
    finally:
        held.set_profile("demo", "approval.waiting_max=1000", "approval.waiting_max_per_address=100")


def test_decisions_are_audited_and_have_hints(held):
    _, identity = hold(held, "wait-11")
    (account,) = held.ctl_json("status")["accounts"]
    assert account["waiting_requests"] == len(waiting(held)) > 0
    assert "request list --state pending" in held.ctl_run("status").stderr
    run = held.ctl_run("request", "show", identity)
    assert run.returncode == 0 and f"request approve {identity}" in run.stderr and "keyUsage (critical)" in run.stdout
    run = held.ctl_run("request", "approve", identity)
    assert run.returncode == 0 and "asks again" in run.stderr
    entry = next(e for e in held.ctl_json("audit", "list")["entries"] if e["object"] == f"request {identity}")
    assert entry["action"] == "request.approve" and entry["actor"].startswith("operator:")


def test_a_request_is_explained_by_the_id_that_its_client_reads(held):
    refused = ask(held, make_key(), "", 400)
    identity = refused.text.rsplit("request=", 1)[1].strip()
    (event,) = held.events("--request", identity[:8])
    assert event["request_id"] == identity and event["reason"] == "subject_rule" and event["remedy"]
    with pytest.raises(Refused, match="no request id"):
        held.events("--request", "x" * 8)
    assert held.events("--request", "f" * 16) == []


def test_requests_are_called_by_their_ids(held):
    for wrong, words in (("abc", "4 to 16 digits"), ("ABCD", "no request id"), ("f" * 17, "4 to 16 digits"), ("f" * 16, "not_found")):
        with pytest.raises(Refused, match=words):
            held.ctl("request", "show", wrong)


def test_who_has_no_credentials_waits_only_where_the_profile_says_so(held):
    key = make_key()
    assert held.post_csr("simpleenroll", make_csr(key, "nobody-1")).status == 401
    held.set_profile("demo", "approval.without_credentials=true")
    try:
        assert any("no credentials" in warning for warning in held.ctl_json("profile", "show", "demo")["warnings"])
        answer = held.post_csr("simpleenroll", make_csr(key, "nobody-1"))
        assert answer.status == 202 and answer.body == b""
        # a wrong passphrase is no way to the operator's desk, nor is a renewal
        ask(held, make_key(), "nobody-2", 401, passphrase="wrong" * 5)
        assert held.post_csr("simplereenroll", make_csr(key, "nobody-1")).status == 403
        (request,) = waiting(held, "nobody-1")
        assert request["requested_by"] == "nobody"
        held.ctl("request", "reject", request["request_id"], "--reason", "unknown device")
        refused = held.post_csr("simpleenroll", make_csr(key, "nobody-1"))
        assert refused.status == 403 and "unknown device" in refused.text
        held.ctl("request", "approve", request["request_id"])
        # who comes with a passphrase is another identity: nobody's approval is not theirs
        ask(held, key, "nobody-1")
        assert held.post_csr("simpleenroll", make_csr(key, "nobody-1")).status == 200
    finally:
        held.set_profile("demo", "approval.without_credentials=false")
    assert held.post_csr("simpleenroll", make_csr(make_key(), "nobody-3")).status == 401


def test_a_profile_says_what_makes_no_sense(held):
    for change, words in (("approval.retry_after=59s", "retry_after"), ("approval.retry_after=49h", "retry_after"),
                          ("approval.expires_after=10m", "expires_after"), ("approval.waiting_max=0", "waiting_max")):
        with pytest.raises(Refused, match=words):
            held.set_profile("demo", change)
    with pytest.raises(Refused, match="needs approval.hold"):
        held.set_profile("demo", "approval.hold=none", "approval.without_credentials=true")


def test_a_decision_outlives_a_restart_and_ends_by_the_clock():
    with Node() as node:
        node.set_profile("demo", "approval.hold=enrollments")
        kept, identity = hold(node, "kept")
        lost, _ = hold(node, "lost")
        node.ctl("request", "approve", identity)
        node.stop()
        with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store, store:
            store.execute("UPDATE held_request SET ends = 1 WHERE subject = 'CN=lost'")
        node.start()
        node.wait(node.accepts, "the edges to serve")
        assert spki(ask(node, kept, "kept", 200).certificate) == spki(kept)
        assert not waiting(node, "lost")
        # the job forgets it, and the client begins anew
        def count():
            with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store:
                return store.execute("SELECT count(*) FROM held_request WHERE subject = 'CN=lost'").fetchone()[0]
        node.wait(lambda: count() == 0, "the job to forget it")
        ask(node, lost, "lost")
        assert len(waiting(node, "lost")) == 1


def test_our_own_client_keeps_its_key_and_fetches_later(held):
    secret = private_file(held.folder, "device.pass", held.passphrase + "\n")
    url = f"https://localhost:{held.port}/.well-known/est/demo"
    with Device(url, "--user", "device", "--pass-file", secret, "--subject", "CN=own-client", ca=held.folder / "root.pem") as device:
        code, error = device.refused("enroll", "--wait", "1s")
        assert (code, error["code"]) == (6, "server_pending")
        (request,) = waiting(held, "own-client")
        assert device.refused("enroll", "--wait", "1s")[0] == 6
        assert [again["request_id"] for again in waiting(held, "own-client")] == [request["request_id"]]
        held.ctl("request", "approve", request["request_id"])
        device.json("enroll", "--wait", "1s")
        assert device.has_valid_pair() and device.certificate().subject.rfc4514_string() == "CN=own-client"
