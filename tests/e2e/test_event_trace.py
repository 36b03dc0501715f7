"""Each event tells its steps: what the request passed, which rule refused it, and what that rule saw."""
import contextlib
import json

import pytest

from node import Node, make_csr, make_key


@pytest.fixture(scope="module")
def node():
    with Node() as node:
        yield node


def steps_of(node, reason):
    """Of the newest refusal with this reason."""
    found = []
    # what an edge refuses reaches the authority on its own way
    node.wait(lambda: found.extend(e for e in node.events("--trace", "--limit", "20") if e["reason"] == reason) or found, f"a refusal with {reason}", 20)
    event = found[0]
    return event, {step["step"]: step for step in event["trace"]}


def outcomes(event):
    return [step["outcome"] for step in event["trace"]]


def test_a_rule_that_refuses_is_shown_with_what_it_saw(node):
    node.set_profile("demo", 'key.types=["rsa"]')
    answer = node.enroll(make_csr(make_key(), "old-meter"))
    assert answer.status == 400, answer.text
    event, steps = steps_of(node, "key_type_not_allowed")
    assert steps["TLS"]["outcome"] == "passed" and steps["TLS"]["words"] == "TLSv1.3, without a client certificate"
    assert steps["address"] == {"step": "address", "outcome": "passed", "words": "127.0.0.1", "took_us": None}
    assert steps["authentication"] == {"step": "authentication", "outcome": "passed", "words": "passphrase", "took_us": None}
    assert [s["step"] for s in event["trace"] if s["took_us"] is not None] == ["request", "credentials", "records", "key"]
    assert all(0 <= s["took_us"] < 60_000_000 for s in event["trace"] if s["took_us"] is not None)
    assert " ms\n" in node.ctl("events", "--trace", "--limit", "1")
    assert steps["certificate time"]["outcome"] == "skipped" and steps["certificate time"]["words"]
    assert steps["key"]["outcome"] == "refused" and "p256" in steps["key"]["words"] and steps["key"]["words"] == event["detail"]
    assert outcomes(event)[-1] == "not-reached" and outcomes(event).count("refused") == 1
    assert "subject" not in steps, "what was not asked is not told of"
    node.set_profile("demo", 'key.types=["p256","p384","p521","ed25519","rsa"]')


def test_who_is_refused_before_the_rules_stops_there(node):
    assert node.enroll(make_csr(make_key("rsa1024"), "weak")).status == 400
    assert steps_of(node, "key_too_weak")[1]["request"]["outcome"] == "refused"
    answer = node.enroll(make_csr(make_key(), "thermostat"), passphrase="not-the-right-one")
    assert answer.status == 401
    event, steps = steps_of(node, "bad_passphrase")
    assert steps["authentication"]["outcome"] == "refused" and steps["address"]["outcome"] == "passed"
    node.request("POST", "/.well-known/est/nowhere/simpleenroll", b"", {"Content-Type": "application/pkcs10"})
    event, steps = steps_of(node, "unknown_label")
    assert [s["step"] for s in event["trace"]] == ["TLS", "address", "service", "request", "authentication", "rules", "signature"]
    assert outcomes(event) == ["passed", "passed", "refused", "not-reached", "not-reached", "not-reached", "not-reached"]
    assert steps["service"]["words"] == event["detail"]
    with mended(node, "127.0.0.1"):
        answer = node.enroll(make_csr(make_key(), "far-away"))
        assert answer.status == 403
    event, steps = steps_of(node, "ip_not_allowed")
    assert steps["address"]["outcome"] == "refused" and outcomes(event).count("refused") == 1


@contextlib.contextmanager
def mended(node, address):
    """Without `address` among the allowed for a while."""
    rows = [row for row in node.ctl_json("allow", "list")["addresses"] if row["first"] == address or row["text"].startswith("127.")]
    node.ctl("allow", "add", "192.0.2.1")
    for row in rows:
        node.ctl("allow", "remove", str(row["id"]))
    node.wait(lambda: node.enroll(make_csr(make_key(), "probe")).status == 403, "the list reaches the doors")
    yield
    node.ctl("allow", "add", "127.0.0.1")
    node.wait(lambda: node.enroll(make_csr(make_key(), "probe")).status == 200, "the list reaches the doors")


def test_what_is_issued_has_passed_every_step(node):
    identity = node.device("ok-1")
    event = node.events("--trace", "--limit", "1")[0]
    assert event["outcome"] == "issued" and set(outcomes(event)) == {"passed"} and len(outcomes(event)) == 7
    node.set_profile("demo", "renewal.while_valid=in-window", "renewal.opens_before=1d")
    answer = node.reenroll(make_csr(make_key(), "ok-1"), identity)
    assert answer.status == 403, answer.text
    event, steps = steps_of(node, "renewal_too_early")
    assert steps["TLS"]["words"] == "TLSv1.3, with a client certificate" and steps["renewal window"]["outcome"] == "refused"
    assert steps["subject"]["outcome"] == "skipped", "a renewal keeps its names"
    node.set_profile("demo", "renewal.while_valid=any-time")


def test_who_waits_for_a_person_has_passed_the_rules(node):
    node.set_profile("demo", "approval.hold=enrollments", "approval.without_credentials=false")
    answer = node.enroll(make_csr(make_key(), "patient"))
    assert answer.status == 202
    event = node.events("--trace", "--limit", "1")[0]
    assert event["outcome"] == "pending" and [(s["step"], s["outcome"]) for s in event["trace"]][-2:] == [("operator", "waiting"), ("signature", "not-reached")]
    assert "refused" not in outcomes(event)
    node.set_profile("demo", "approval.hold=none")


def test_the_steps_in_words_and_not_unasked(node):
    assert all("trace" not in event for event in node.events("--limit", "3"))
    text = node.ctl("events", "--refusals", "--trace")
    assert " 1. TLS: passed (TLSv1.3, without a client certificate)\n" in text and "key: refused (" in text
    assert json.dumps(node.events("--trace", "--limit", "1"))
