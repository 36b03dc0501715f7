"""CI-02: every decision of the truth table against the oracle; not one may differ.

Needs the build folder in BESTOW_BIN (default: build)."""
import collections
import math
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import oracle  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = pathlib.Path(os.environ.get("BESTOW_BIN", ROOT / "build")) / "tests" / "test_policy_table"

# Reasons that policy finds by itself and that no dimension of the tables reaches are the C tests' matter.
REACHED = {
    "none", "unknown_operation", "ip_not_allowed", "no_client_cert", "no_credentials", "bad_passphrase",
    "untrusted_issuer", "cert_not_yet_valid", "cert_expired", "cert_revoked", "cert_unknown", "ra_scope",
    "pop_link_failed", "pop_link_missing", "renewal_not_allowed", "wrong_profile", "key_type_not_allowed",
    "key_too_weak", "extension_not_allowed", "subject_rule", "name_not_authorized", "renewal_too_early",
    "renewal_too_late", "subject_mismatch", "key_must_stay", "key_must_change", "key_reused", "ca_unavailable", "ca_retired",
    "ca_expired", "internal", "bad_code", "code_expired", "code_used_up", "code_locked", "device_not_registered", "device_suspended",
    "subject_limit",
}


def sizes(table):
    return [len(words) for words in oracle.TABLES[table].values()]


@pytest.fixture(scope="module")
def decisions():
    """Per table: {places: (reason, allowed, authenticated, renews)} as the program printed them."""
    printed = subprocess.run([PROGRAM, "print"], check=True, capture_output=True, text=True).stdout
    tables = collections.defaultdict(dict)
    for line in printed.splitlines():
        table, places, reason, *flags = line.split()
        assert places not in tables[table], f"{table} {places} twice"
        tables[table][places] = (reason, *(flag == "1" for flag in flags))
    return tables


@pytest.mark.parametrize("table", oracle.TABLES)
def test_ci_02_every_combination_is_there(decisions, table):
    assert len(decisions[table]) == math.prod(sizes(table))
    for places in decisions[table]:
        assert all(int(place) < size for place, size in zip(places, sizes(table), strict=True))


@pytest.mark.parametrize("table", oracle.TABLES)
def test_ci_02_no_decision_differs_from_the_oracle(decisions, table):
    differences = []
    for places, (reason, allowed, authenticated, renews) in decisions[table].items():
        values = [int(place) for place in places]
        expected = oracle.judge(table, values)
        if (reason, authenticated, renews) != expected or allowed != (expected[0] == oracle.LEAVE):
            differences.append((oracle.describe(table, values), (reason, allowed, authenticated, renews), expected))
    assert not differences, f"{len(differences)} differ; the first: {differences[:3]}"


def test_every_reason_is_reached(decisions):
    reached = {decision[0] for table in decisions.values() for decision in table.values()}
    assert reached == REACHED


@pytest.mark.parametrize("table", oracle.TABLES)
def test_every_value_of_every_dimension_is_allowed_somewhere_or_always_refuses(decisions, table):
    """A dimension that never matters would be a rule that is not there."""
    for place, (dimension, words) in enumerate(oracle.TABLES[table].items()):
        outcomes = collections.defaultdict(set)
        for places, decision in decisions[table].items():
            rest = places[:place] + "_" + places[place + 1:]
            outcomes[rest].add(decision)
        assert any(len(seen) > 1 for seen in outcomes.values()), f"{table}: {dimension} decides nothing"
