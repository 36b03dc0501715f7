"""`bestow conformance`: our own server passes all of it, and a server that breaks one rule is caught by that rule's item."""
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from device import private_file
from est_server import PASSPHRASE, PEM, USER, name
from flawed_server import FlawedServer, write_many_cas
from node import BIN, ROOT, Node, free_port
from ra_proxy import make_ra

SOURCES = sorted((ROOT / "cmd" / "bestow").glob("conformance_*.c"))
ITEMS = [item for source in SOURCES for item in re.findall(r'^\t\{ "([A-Z]+-\d+)"', source.read_text(), re.MULTILINE)]
# nothing that Python's TLS can be made to do breaks it
NOT_BY_PYTHON = {"TLS-13"}
# of the flawed server without a flaw: what does not apply to it, and what Python's TLS cannot
NOT_APPLICABLE = {"ENR-03", "ENR-05", "CA-03", "POP-02", "POP-03", "POP-04", "POP-05", "ATT-05"}
PYTHONS_OWN = {"TLS-12"}
CMC_RA = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.28")


def run_kit(folder, url, ca, *arguments, passphrase=None, user="device"):
    credentials = []
    if passphrase:
        credentials = ["--user", user, "--pass-file", private_file(folder, "kit.pass", passphrase + "\n")]
    return subprocess.run([BIN / "bestow", "conformance", "--url", url, "--ca", ca, "--subject", "CN=dev-1", *credentials, *arguments],
                          capture_output=True, text=True, timeout=180)


def report(folder, url, ca, *arguments, **options):
    run = run_kit(folder, url, ca, "--json", *arguments, **options)
    found = json.loads(run.stdout)
    assert "items" in found, found
    assert run.returncode == (1 if found["failed"] else 0)
    return found, {item["id"]: item for item in found["items"]}


def of_node(node, folder, *arguments, profile="demo"):
    return report(folder, f"https://localhost:{node.port}/.well-known/est/{profile}", node.folder / "root.pem", *arguments,
                  passphrase=node.passphrase)


def of_flawed(server, folder, *arguments):
    return report(folder, server.url, server.folder / "root.pem", "--timeout", "20s", *arguments, passphrase=PASSPHRASE, user=USER)


def verdicts(items, *wanted):
    return {id for id, item in items.items() if item["verdict"] in wanted}


def test_our_own_server_passes_all_of_it(node, tmp_path):
    found, items = of_node(node, tmp_path)
    assert found["failed"] == found["warnings"] == 0, [item for item in items.values() if item["verdict"] in ("failed", "warning")]
    assert set(items) == set(ITEMS) and found["passed"] >= 38
    assert verdicts(items, "not applicable") == {"ENR-03", "ENR-05", "CA-03", "ATT-04", "ATT-05", "ATT-08", "POP-02", "POP-03", "POP-04",
                                                 "POP-05"}
    # requests that are repeated cost nothing here
    assert found["certificates"] <= 12


def test_our_own_server_where_requests_wait_are_bound_and_described(tmp_path):
    """What does not apply to the demo profile."""
    with Node() as node:
        node.set_profile("demo", "approval.hold=enrollments", "approval.retry_after=60s")
        node.wait(lambda: of_node(node, tmp_path, "--only", "ENR-05")[1]["ENR-05"]["verdict"] == "passed", "the rule", 10)
        _, items = of_node(node, tmp_path, "--only", "ENR")
        assert items["ENR-03"]["verdict"] == items["ENR-05"]["verdict"] == "passed" and not verdicts(items, "failed", "warning")
        node.set_profile("demo", "approval.hold=none", "binding=required")
        node.wait(lambda: of_node(node, tmp_path, "--only", "POP-02")[1]["POP-02"]["verdict"] == "passed", "the rule", 10)
        found, items = of_node(node, tmp_path, "--only", "POP", "--only", "ATT-01")
        assert verdicts(items, "passed") == {"POP-02", "POP-03", "POP-05", "ATT-01"} and found["certificates"] == 3
        node.set_profile("demo", "binding=optional", 'key.types=["p384"]')
        node.wait(lambda: of_node(node, tmp_path, "--only", "ATT-08")[1]["ATT-08"]["verdict"] == "passed", "the rule", 10)
        _, items = of_node(node, tmp_path, "--only", "ATT")
        assert verdicts(items, "passed") == {"ATT-01", "ATT-03", "ATT-04", "ATT-07", "ATT-08", "ATT-09"}
        node.set_profile("demo", "csrattrs=template")
        node.wait(lambda: of_node(node, tmp_path, "--only", "ATT-05")[1]["ATT-05"]["verdict"] == "passed", "the rule", 10)


def test_our_own_server_for_an_ra(tmp_path):
    with Node() as node:
        make_ra(node, tmp_path, "demo-tls")
        node.set_profile("demo-tls", "binding=required")
        ra = ("--cert", tmp_path / "ra.crt", "--key", tmp_path / "ra.key", "--only", "POP")
        url = f"https://localhost:{node.port}/.well-known/est/demo-tls"
        node.wait(lambda: report(tmp_path, url, node.folder / "root.pem", *ra)[1]["POP-04"]["verdict"] == "passed", "the rule", 10)
        _, items = report(tmp_path, url, node.folder / "root.pem", *ra)
        assert not verdicts(items, "failed", "warning") and verdicts(items, "not applicable") == {"POP-02", "POP-05"}, items


def test_our_own_server_while_its_root_is_rolled_over(tmp_path):
    with Node() as node:
        node.ctl("rollover", "start", "Demo Root", "Root 2")
        node.wait(lambda: of_node(node, tmp_path, "--only", "CA-03")[1]["CA-03"]["verdict"] == "passed", "the edges", 10)
        found, items = of_node(node, tmp_path, "--only", "CA", "--only", "ENC-06", "--only", "ENR-02")
        assert found["failed"] == found["warnings"] == 0, items


def test_a_server_without_a_flaw_passes(tmp_path):
    with FlawedServer() as server:
        _, items = of_flawed(server, tmp_path)
        assert verdicts(items, "failed") == set(), items
        assert verdicts(items, "warning") == PYTHONS_OWN, items
        assert verdicts(items, "not applicable") == NOT_APPLICABLE, items


def ra_of(server):
    """An RA that the server knows."""
    key, path = ec.generate_private_key(ec.SECP256R1()), server.folder / "ra.pem"
    certificate = server.issuing.sign(key.public_key(), name("ra"), usages=[ExtendedKeyUsageOID.CLIENT_AUTH, CMC_RA])
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(PEM))
    return "--cert", path, "--key", private_file(server.folder, "ra.key", private.decode())


@pytest.mark.parametrize("item", [item for item in ITEMS if item not in NOT_BY_PYTHON])
def test_each_item_notices_who_breaks_it(item, tmp_path):
    with FlawedServer(item) as server:
        _, items = of_flawed(server, tmp_path, "--only", item, *(ra_of(server) if item == "POP-04" else []))
        assert items[item]["verdict"] in ("failed", "warning"), items[item]
        assert items[item]["verdict"] == "failed" or items[item]["level"] == "should" or item == "ENR-02"
        assert items[item]["words"] and items[item]["rule"]


def test_tls_13_a_long_list_of_cas_is_noticed(tmp_path):
    """Python sends no list; openssl s_server does."""
    many, port = tmp_path / "many.pem", free_port()
    write_many_cas(many)
    with FlawedServer() as server:
        process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", server.folder / "server.pem", "-key",
             server.folder / "server.pem", "-cert_chain", server.folder / "server.pem", "-verify", "1", "-CAfile", many, "-www"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert any("ACCEPT" in line for line in process.stdout)
            _, items = report(tmp_path, f"https://localhost:{port}/.well-known/est", server.folder / "root.pem", "--only", "TLS-13",
                              "--timeout", "20s")
        finally:
            process.kill()
            process.wait()
    assert items["TLS-13"]["verdict"] == "warning", items


def test_nothing_is_issued_that_the_user_does_not_want(tmp_path):
    with FlawedServer() as server:
        found, items = of_flawed(server, tmp_path, "--no-enroll")
        assert not server.issued and found["certificates"] == 0
        assert {"CA-02", "TLS-01", "HTTP-15"} <= verdicts(items, "passed")
        found, items = of_flawed(server, tmp_path, "--max-certificates", "1", "--only", "ENR")
        assert len(server.issued) == found["certificates"] == 1 and items["ENR-02"]["verdict"] == "passed"
        assert "--max-certificates" in items["ENR-07"]["words"]


def test_people_and_ci_can_read_it(tmp_path):
    with FlawedServer("CA-01") as server:
        junit = tmp_path / "est.xml"
        run = run_kit(tmp_path, server.url, server.folder / "root.pem", "--only", "CA", "--junit", junit, "--no-enroll")
        assert run.returncode == 1 and "failed         CA-01" in run.stdout and "RFC 7030 4.1.2" in run.stdout
        assert "asks for no certificates" in run.stderr
        suite = ElementTree.parse(junit).getroot()
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 1
        assert suite.find("testcase/failure").get("message") == 'the type is "text/plain"'


def test_who_is_not_there_fails_no_item(tmp_path):
    with FlawedServer() as server:
        ca, url = server.folder / "root.pem", f"https://localhost:{free_port()}/.well-known/est"
        assert run_kit(tmp_path, url, ca).returncode == 7
        assert run_kit(tmp_path, server.url, ca, "--max-certificates", "many").returncode == 2
        assert run_kit(tmp_path, server.url, tmp_path / "none.pem").returncode == 10
