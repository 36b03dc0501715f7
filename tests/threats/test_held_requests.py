"""What an operator's desk must stand: strangers that flood it, requests that change under the operator's eyes, approvals that
somebody else would like to have."""
import contextlib
import sqlite3

import pytest

from node import Node, Refused, make_csr, make_key


@pytest.fixture(scope="module")
def desk():
    with Node() as node:
        node.set_profile("demo", "approval.hold=enrollments-and-renewals", "approval.without_credentials=true", "approval.retry_after=60s",
                         "approval.waiting_max=8", "approval.waiting_max_per_address=5")
        node.ctl("allow", "add", "127.0.0.3")
        yield node


@pytest.fixture(autouse=True)
def cleared(desk):
    """Each test finds an empty desk."""
    for request in desk.ctl_json("request", "list", "--state", "pending")["requests"]:
        desk.ctl("request", "reject", request["request_id"])


def rows(node):
    node.ctl("request", "list")  # what was held a moment ago is on disk now
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store:
        return store.execute("SELECT count(*) FROM held_request WHERE state = 0").fetchone()[0]


def ask(node, key, name, headers=None, **options):
    return node.post_csr("simpleenroll", make_csr(key, name), headers=headers, **options)


def waiting(node, name):
    (request,) = [r for r in node.ctl_json("request", "list", "--state", "pending")["requests"] if r["subject"] == f"CN={name}"]
    return request["request_id"]


def test_strangers_cannot_fill_the_desk_for_others(desk):
    statuses = [ask(desk, make_key(), f"flood-{i}").status for i in range(20)]
    assert statuses.count(202) == 5 and statuses.count(429) == 15
    assert rows(desk) == 5
    # another address still finds a place, and the profile has an end too
    statuses = [ask(desk, make_key(), f"other-{i}", source="127.0.0.3").status for i in range(6)]
    assert statuses == [202] * 3 + [429] * 3
    assert rows(desk) == 8


def test_one_key_has_one_place_however_many_names_it_tries(desk):
    key = make_key()
    assert [ask(desk, key, f"many-{i}").status for i in range(12)] == [202] * 12
    assert rows(desk) == 1


def test_what_was_shown_is_what_is_approved(desk):
    key = make_key()
    assert ask(desk, key, "harmless").status == 202
    shown = waiting(desk, "harmless")
    # while the operator reads, the device asks for something else
    assert ask(desk, key, "root-of-all").status == 202
    with pytest.raises(Refused):
        desk.ctl("request", "approve", shown)
    assert ask(desk, key, "root-of-all").status == 202


def test_an_approval_is_not_for_another_identity_or_key(desk):
    key = make_key()
    assert ask(desk, key, "mine", desk.basic()).status == 202
    desk.ctl("request", "approve", waiting(desk, "mine"))
    assert ask(desk, make_key(), "mine", desk.basic()).status == 202  # another key
    assert ask(desk, key, "mine").status == 202  # the same key, but nobody's
    assert ask(desk, key, "mine", desk.basic()).status == 200


def test_gates_that_closed_meanwhile_stay_closed(desk):
    key = make_key()
    assert ask(desk, key, "gated", desk.basic(), source="127.0.0.3").status == 202
    desk.ctl("request", "approve", waiting(desk, "gated"))
    desk.ctl("profile", "suspend", "demo")
    assert ask(desk, key, "gated", desk.basic(), source="127.0.0.3").status == 404
    desk.ctl("profile", "resume", "demo")
    assert ask(desk, key, "gated", desk.basic("not-the-passphrase"), source="127.0.0.3").status == 401
    assert ask(desk, key, "gated", desk.basic(), source="127.0.0.3").status == 200


def test_another_accounts_operator_sees_and_decides_nothing():
    with Node() as node:
        node.set_profile("demo", "approval.hold=enrollments")
        assert ask(node, make_key(), "apart", node.basic()).status == 202
        identity = waiting(node, "apart")
        node.ctl("account", "create", "neighbour")
        assert node.ctl_json("--account", "neighbour", "request", "list")["requests"] == []
        for verb in ("show", "approve", "reject"):
            with pytest.raises(Refused, match="not_found"):
                node.ctl("--account", "neighbour", "request", verb, identity)
