"""The first minutes of an empty node: the link that it prints leads somewhere, and can be told from a stranger's."""
import hashlib
import http.client
import json
import re
import ssl
import subprocess

import pytest

from node import Node


def served(node, port=None):
    """The certificate that a browser meets."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port or node.admin_port), timeout=20))


def fingerprint(der):
    return hashlib.sha256(der).hexdigest()


def told(run):
    """As it stands beside the link."""
    found = re.search(r"must have SHA-256 ([0-9A-F:]{95})", run.stderr)
    return found and found.group(1).replace(":", "").lower()


@pytest.fixture
def empty():
    with Node(admin=True, setup=False) as node:
        yield node


def wait_for_console(node):
    def answers():
        try:
            return bool(served(node))
        except OSError:
            return False
    node.wait(answers, "the console to answer")


def test_the_first_link_works_on_a_node_that_has_nothing(empty):
    wait_for_console(empty)
    made = empty.ctl_run("administrator", "create", "olga", "--role", "owner")
    der = served(empty)
    assert made.returncode == 0 and told(made) == fingerprint(der)
    assert empty.ctl_json("node", "show")["console"]["self_made"]["fingerprint"] == fingerprint(der)
    assert fingerprint(der).upper() in empty.ctl("node", "show").replace(":", "").upper()

    # believing that certificate and nothing else, as a browser does after its warning
    context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(der))
    connection = http.client.HTTPSConnection("localhost", empty.admin_port, context=context, timeout=30)
    connection.request("POST", "/api/v1/session/link", json.dumps({"code": made.stdout.strip().rsplit("/", 1)[1]}),
                       {"Content-Type": "application/json"})
    assert connection.getresponse().status == 200


def test_curl_and_openssl_and_bestowctl_believe_it_when_told_to(empty, tmp_path):
    wait_for_console(empty)
    pem = tmp_path / "self.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(served(empty)))
    url = f"https://localhost:{empty.admin_port}"
    assert subprocess.run(["curl", "--silent", "--output", "/dev/null", url], timeout=30).returncode == 60
    subprocess.run(["curl", "--silent", "--fail", "--output", "/dev/null", "--cacert", pem, url + "/api/v1/openapi.json"], check=True, timeout=30)
    subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost", "-CAfile", pem, pem], check=True,
                   capture_output=True)
    token = tmp_path / "token"
    empty.ctl("token", "create", "first", "--role", "owner", "--out", token)
    from test_bestowctl import CTL
    remote = subprocess.run([CTL, "--server", url, "--token-file", token, "--ca-file", pem, "account", "create", "demo"], capture_output=True,
                            text=True, timeout=30)
    assert remote.returncode == 0, remote


def test_it_stays_over_a_restart_and_goes_when_the_node_has_a_certificate(empty):
    wait_for_console(empty)
    first = served(empty)
    empty.stop()
    empty.start()
    wait_for_console(empty)
    assert served(empty) == first
    with pytest.raises(OSError):
        served(empty, empty.port)  # devices are not shown it
    empty.set_up()
    assert served(empty) != first
    context = ssl.create_default_context(cafile=empty.folder / "root.pem")
    http.client.HTTPSConnection("localhost", empty.admin_port, context=context, timeout=30).connect()
    made = empty.ctl_run("administrator", "create", "olga", "--role", "owner")
    assert made.returncode == 0 and told(made) is None
    assert empty.ctl_json("node", "show")["console"]["self_made"] is None
    empty.ctl("audit", "verify")


def test_a_certificate_of_the_configuration_is_shown_instead(tmp_path):
    key, pem = tmp_path / "tls.key", tmp_path / "tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=own",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem], check=True, capture_output=True)
    key.chmod(0o600)
    with Node(admin=True, setup=False, est_settings=f"certificate = {pem}\nprivate_key = {key}") as node:
        wait_for_console(node)
        assert served(node) == ssl.PEM_cert_to_DER_cert(pem.read_text())
        made = node.ctl_run("administrator", "create", "olga", "--role", "owner")
        assert made.returncode == 0 and told(made) is None
