"""bestow-ra before a real node: what devices, operators and the node see of each other through it."""
import base64
import os
import re
import shutil
import signal
import ssl
import subprocess

import pytest
from cryptography import x509

from der import tlv
from node import BIN, Identity, Node, make_csr, make_key
from ra_proxy import LocalCa, Proxy, make_ra
from test_serverkeygen import AES_256, ASYMMETRIC_DECRYPT_KEY_ID, SMIME_CAPABILITIES, capabilities, key_id, with_attributes


def before(node, *, ra="ra-1", **options):
    """A proxy that asks the node as an RA for profile demo."""
    proxy = Proxy(f"https://127.0.0.1:{node.port}", (node.folder / "ca.pem").read_bytes(), **options)
    make_ra(node, proxy.folder, "demo", name=ra)
    return proxy


@pytest.fixture(scope="module")
def proxy(node):
    with before(node) as running:
        yield running


def public(certificate):
    return certificate.public_key().public_numbers()


def test_a_device_enrolls_and_renews_through_the_proxy(node, proxy):
    key = make_key()
    answer = proxy.enroll(make_csr(key, "behind"))
    assert answer.status == 200, (answer.text, proxy.log()[-2000:])
    assert public(answer.certificate) == key.public_key().public_numbers()
    device = Identity(proxy.folder, key, answer.certificate)
    key = make_key()
    answer = proxy.reenroll(make_csr(key, "behind"), device)
    assert answer.status == 200, (answer.text, proxy.log()[-2000:])
    assert public(answer.certificate) == key.public_key().public_numbers()


def test_cacerts_and_csrattrs_pass_through(node, proxy):
    theirs = node.request("GET", "/.well-known/est/demo/cacerts")
    ours = proxy.request("GET", "/.well-known/est/site/cacerts")
    assert {c.subject for c in ours.certificates} == {c.subject for c in theirs.certificates}
    theirs = node.request("GET", "/.well-known/est/demo/csrattrs")
    ours = proxy.request("GET", "/.well-known/est/site/csrattrs")
    assert (ours.status, ours.body) == (theirs.status, theirs.body)


def test_the_gates_are_the_proxys_own(node, proxy):
    csr = make_csr(make_key(), "gate")
    assert proxy.post_csr("simpleenroll", csr, "site").status == 401
    assert proxy.enroll(csr, passphrase="a-passphrase-that-is-not-it").status == 401
    # the node's passphrase is none of the proxy's
    assert proxy.enroll(csr, passphrase=node.passphrase).status == 401
    assert proxy.enroll(csr, profile="elsewhere").status == 404
    stranger = LocalCa("Stranger")
    key = make_key()
    identity = Identity(proxy.folder, key, stranger.issue(key, "gate"))
    assert proxy.enroll(csr, identity=identity).status == 403
    device = proxy.device("gate-2")
    answer = proxy.reenroll(make_csr(make_key(), "gate-3"), device)
    assert answer.status == 403 and "subject_mismatch" in answer.text
    answer = proxy.enroll(make_csr(make_key(), "gate-3"), identity=device)
    assert answer.status == 403 and "name_not_authorized" in answer.text


def test_ip_19_a_balancer_before_the_proxy_names_devices_and_the_node_judges_the_ra(node):
    with before(node, ra="ra-balanced", label="balanced") as fronted:
        (fronted.folder / "conf.d").mkdir()
        (fronted.folder / "conf.d" / "balancer.conf").write_text(
            "[est]\nforwarded_header = x-forwarded-for\ntrusted_proxies = 127.0.0.8\n[profile site]\nallow = 203.0.113.7\n")
        fronted.stop()
        fronted.start()
        csr = make_csr(make_key(), "balanced")

        def enroll(**fields):
            return fronted.post_csr("simpleenroll", csr, "balanced", {**fronted.basic(), **fields}, source="127.0.0.8").status

        assert enroll() == 403
        assert enroll(**{"X-Forwarded-For": "203.0.113.9"}) == 403
        assert fronted.says("peer=203.0.113.9") or fronted.says('"peer":"203.0.113.9"')
        assert enroll(**{"X-Forwarded-For": "203.0.113.9, 203.0.113.7"}) == 200
        event = next(e for e in node.events("--limit", "20") if "balanced" in e["client"])
        assert event["peer"] == "127.0.0.1"


def test_the_node_knows_for_whom_the_ra_spoke(node, proxy):
    proxy.device("spoken-for")
    event = next(e for e in node.events("--limit", "20") if "spoken-for" in e["client"])
    assert "CN=spoken-for" in event["client"] and "CN=ra-1" in event["client"]


def test_an_upstream_refusal_reaches_the_operator_and_not_the_device(node, proxy):
    answer = proxy.enroll(make_csr(make_key("rsa2048"), "", san=[]))
    assert answer.status in (400, 403), answer.text
    request = answer.text.split("request=")[1].strip()
    assert proxy.says("ra.refused", request, "HTTP 40")
    assert "HTTP 40" not in answer.text


def test_no_ca_code_is_linked():
    """What is reachable in the program is told by its symbols: none of these folders is there."""
    listed = subprocess.run(["nm", "--defined-only", "--extern-only", BIN / "bestow-ra"], capture_output=True, text=True, check=True).stdout
    ours = {line.split()[-1] for line in listed.splitlines()}
    assert "upstream_new" in ours
    for layer in ("ca", "ra", "store", "manage", "jobs", "db", "api"):
        archive = BIN / f"lib{layer}.a"
        symbols = subprocess.run(["nm", "--defined-only", "--extern-only", archive], capture_output=True, text=True, check=True).stdout
        theirs = {line.split()[-1] for line in symbols.splitlines() if len(line.split()) == 3}
        theirs = {name for name in theirs if not name.startswith(("__", "_"))}
        assert theirs and not ours & theirs, (layer, sorted(ours & theirs)[:5])
    linked = subprocess.run(["ldd", BIN / "bestow-ra"], capture_output=True, text=True, check=True).stdout
    assert "libcurl" in linked and "libsqlite3" not in linked and "libargon2" not in linked


def test_who_is_told_of_a_reload_may_count_on_it(node):
    """The upstream process started anew for it, and edges know what it says."""
    with before(node, ra="ra-reload") as proxy:
        for turn in range(1, 4):
            label = f"site-{turn}"
            proxy.write(profile=f"label = {label}")
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait(lambda: proxy.log().count("node.reloaded") == turn, "the reload")
            assert proxy.request("GET", f"/.well-known/est/{label}/cacerts").status == 200, proxy.log()[-1500:]
            answer = proxy.enroll(make_csr(make_key(), "at-once"), label)
            assert answer.status == 200, (answer.text, proxy.log()[-1500:])


def test_a_reload_asked_for_during_the_start_is_not_forgotten(node):
    proxy = before(node, ra="ra-early")
    try:
        proxy.start(wait=False)
        proxy.wait(proxy.children, "the first process")
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait(lambda: proxy.says("node.reloaded"), "the reload")
    finally:
        proxy.__exit__()


@pytest.fixture(scope="module")
def outer(node, proxy):
    """A proxy behind the proxy, which takes it for an RA by its certificate."""
    outer = Proxy(f"https://localhost:{proxy.port}", proxy.ca.pem(), upstream_label="site")
    make_ra(node, outer.folder, "demo", name="ra-outer")
    (outer.folder / "devices.pem").write_bytes((node.folder / "ca.pem").read_bytes())
    proxy.write(profile="accept_ra = yes")
    proxy.process.send_signal(signal.SIGHUP)
    proxy.wait(lambda: proxy.says("node.reloaded"), "the reload")
    with outer:
        yield outer


def test_two_levels_deep(node, proxy, outer):
    key = make_key()
    answer = outer.enroll(make_csr(key, "far-away"))
    assert answer.status == 200, (answer.text, outer.log()[-1500:], proxy.log()[-1500:])
    device = Identity(outer.folder, key, answer.certificate)
    key = make_key()
    answer = outer.reenroll(make_csr(key, "far-away"), device)
    assert answer.status == 200, (answer.text, outer.log()[-1500:], proxy.log()[-1500:])
    assert public(answer.certificate) == key.public_key().public_numbers()
    # the node knows the inner one only
    event = next(e for e in node.events("--limit", "20") if "far-away" in e["client"])
    assert "by RA CN=ra-1" in event["client"]


def test_a_binding_is_compared_with_the_devices_own_session(proxy):
    """POP-04: the proxy compares it, and vouches for the device."""
    from cryptography.x509.oid import AttributeOID

    connection = proxy.connect(version=ssl.TLSVersion.TLSv1_2)
    connection.connect()
    right = base64.b64encode(connection.sock.get_channel_binding("tls-unique"))
    csr = make_csr(make_key(), "bound", attributes=[(AttributeOID.CHALLENGE_PASSWORD, right)])
    assert proxy.enroll(csr, connection=connection).status == 200
    answer = proxy.enroll(csr, version=ssl.TLSVersion.TLSv1_2)
    assert answer.status == 400 and "pop_link_failed" in answer.text


def test_curl_and_openssl_as_the_device(proxy, tmp_path):
    """As the guide has it."""
    script = f"""
        curl -fsS --cacert {proxy.folder}/ca.pem https://localhost:{proxy.port}/.well-known/est/site/cacerts | base64 -d |
            openssl pkcs7 -inform DER -print_certs > cacerts.pem
        openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout dev.key -outform DER -out dev.csr -subj /CN=pump-7
        base64 -w0 dev.csr | curl -fsS --cacert {proxy.folder}/ca.pem -u "pump:{proxy.passphrase}" -H "Content-Type: application/pkcs10" \\
            --data-binary @- https://localhost:{proxy.port}/.well-known/est/site/simpleenroll | base64 -d |
            openssl pkcs7 -inform DER -print_certs -out dev.crt
        openssl verify -CAfile cacerts.pem dev.crt
        cmp <(openssl x509 -in dev.crt -noout -pubkey) <(openssl pkey -in dev.key -pubout)
    """
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_strongswan_as_the_device(node, proxy, tmp_path):
    (tmp_path / "strongswan.conf").write_text("pki {\n load = random nonce x509 revocation constraints pubkey pkcs1 pkcs7 pkcs8 pem openssl\n}\n")
    anchors = [proxy.folder / "ca.pem"]
    # pki wants each CA in a file of its own
    for i, pem in enumerate((node.folder / "ca.pem").read_text().split("-----END CERTIFICATE-----\n")[:-1]):
        anchors.append(tmp_path / f"ca-{i}.pem")
        anchors[-1].write_text(pem + "-----END CERTIFICATE-----\n")
    key = make_key()
    (tmp_path / "dev.csr").write_bytes(make_csr(key, "swan-7"))
    run = subprocess.run(["pki", "--est", "--url", f"https://127.0.0.1:{proxy.port}/site", "--in", tmp_path / "dev.csr",
                          *(word for anchor in anchors for word in ("--cacert", anchor)),
                          "--userpass", f"pump:{proxy.passphrase}", "--outform", "pem"], capture_output=True, cwd=tmp_path,
                         env={"STRONGSWAN_CONF": str(tmp_path / "strongswan.conf"), "PATH": "/usr/bin:/bin"})
    assert run.returncode == 0, run.stderr.decode()
    assert public(x509.load_pem_x509_certificate(run.stdout)) == key.public_key().public_numbers()


def test_check_config_reads_what_the_file_names(proxy):
    check = [BIN / "bestow-ra", "--config", proxy.config, "--check-config"]
    assert subprocess.run(check, capture_output=True, text=True).stdout == "ok\n"
    key = proxy.folder / "ra.key"
    key.chmod(0o644)
    run = subprocess.run(check, capture_output=True, text=True)
    key.chmod(0o600)
    assert run.returncode == 1 and "[upstream main]" in run.stderr and "ra.key" in run.stderr
    run = subprocess.run([BIN / "bestow-ra", "--config", "/nonexistent", "--check-config"], capture_output=True, text=True)
    assert run.returncode == 1 and "/nonexistent" in run.stderr


def test_the_processes_are_locked_in():
    run = subprocess.run([BIN / "bestow-ra", "--self-test=lockdown"], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.endswith("ok\n"), run.stdout
    assert re.search(r"upstream +listen +refused", run.stdout)


def connects(node):
    try:
        node.connect().connect()
    except OSError:
        return False
    return True


def test_an_upstream_that_is_down_from_the_start():
    """Whoever asks is told when to come again; the proxy begins to serve once the upstream does, and asks nothing of anybody."""
    with Node() as node:
        proxy = before(node)
        node.stop()
        try:
            proxy.start(wait=False)
            proxy.wait(lambda: proxy.says("node.ready") and connects(proxy), "the proxy to start")
            for answer in (proxy.request("GET", "/.well-known/est/site/cacerts"), proxy.request("GET", "/.well-known/est/site/csrattrs"),
                           proxy.enroll(make_csr(make_key(), "early"))):
                assert answer.status == 503 and 0 < int(answer.headers["Retry-After"]) <= 60, (answer.status, answer.headers)
            proxy.wait(lambda: proxy.says("upstream.lost"), "the operator to be told")
            node.start()
            proxy.wait(proxy.accepts, "the proxy to serve")
            assert proxy.enroll(make_csr(make_key(), "early")).status == 200
        finally:
            proxy.__exit__()


def test_what_is_kept_is_asked_for_by_its_tag():
    """RFC 9110 13.1.2: 304 while nothing changes, and what changes goes on to devices."""
    with Node() as node, before(node) as proxy:
        def is_told_so():
            return any("cacerts" in line and re.search(r"status\W+304", line) for line in node.log().splitlines())
        proxy.wait(is_told_so, "the proxy to ask again")
        before_it = proxy.request("GET", "/.well-known/est/site/cacerts").body
        node.ctl("rollover", "start", "Demo Root", "Root 2")
        proxy.wait(lambda: len(proxy.request("GET", "/.well-known/est/site/cacerts").body) > len(before_it), "the new root to reach devices")


def test_skg_03_a_key_to_be_encrypted_is_asked_of_nobody_and_not_passed_plain(node):
    with before(node, ra="ra-keys", profile="serverkeygen = yes") as proxy:
        device = node.device("keyless")
        csr = with_attributes(make_csr(make_key(), "keyless"), (ASYMMETRIC_DECRYPT_KEY_ID, tlv(4, key_id(device))), (SMIME_CAPABILITIES, capabilities(AES_256)))
        answer = proxy.post_csr("serverkeygen", csr, "site", identity=device)
        assert answer.status == 400 and "decrypt_key" in answer.text, answer.text
        assert "serverkeygen" not in node.log()
