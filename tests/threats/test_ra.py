"""The rows RA-01 to RA-06: what an RA may do, and what a proxy makes of an upstream that does wrong."""
import base64
import signal

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import AttributeOID

from est_server import PASSPHRASE, USER, EstServer
from node import Identity, make_csr, make_key
from ra_proxy import LocalCa, Proxy, make_ra


@pytest.fixture(scope="module")
def ra(node, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ra")
    certificate = make_ra(node, folder, "demo-tls")
    return Identity(folder, serialization.load_pem_private_key((folder / "ra.key").read_bytes(), None), certificate)


def behind(server, **options):
    """A proxy before a server that the test misleads."""
    proxy = Proxy(f"https://localhost:{server.port}", (server.folder / "root.pem").read_bytes(), upstream_label="",
                  credential=f"user = {USER}\npassphrase_file = upstream.pass", **options)
    secret = proxy.folder / "upstream.pass"
    secret.touch(mode=0o600)
    secret.write_text(PASSPHRASE + "\n")
    return proxy


def test_ra_01_without_id_kp_cmcra_nobody_relays_another_identity(node):
    device = node.device("plain-device")
    answer = node.enroll(make_csr(make_key(), "somebody-else"), profile="demo-tls", identity=device)
    assert answer.status == 403 and "name_not_authorized" in answer.text


def test_ra_02_an_ra_stays_within_its_scope(node, ra):
    answer = node.reenroll(make_csr(make_key(), "whoever"), ra, profile="demo")
    assert answer.status == 403 and "ra_scope" in answer.text


def test_ra_03_an_altered_request_breaks_its_proof_and_a_replay_repeats(node, ra):
    csr = make_csr(make_key(), "altered-1")
    assert node.enroll(csr.replace(b"altered-1", b"altered-2"), profile="demo-tls", identity=ra).status == 400
    first = node.enroll(csr, profile="demo-tls", identity=ra)
    again = node.enroll(csr, profile="demo-tls", identity=ra)
    assert (first.status, again.status) == (200, 200) and first.certificate == again.certificate


def test_ra_04_a_binding_to_the_devices_session_passes_by_the_ras_word_alone(node, ra):
    elsewhere = base64.b64encode(b"a session with the proxy, not me")
    csr = make_csr(make_key(), "bound-1", attributes=[(AttributeOID.CHALLENGE_PASSWORD, elsewhere)])
    answer = node.enroll(csr)
    assert answer.status == 400 and "pop_link_failed" in answer.text
    assert node.enroll(csr, profile="demo-tls", identity=ra).status == 200


MISDEEDS = {
    "500": ("misbehave", "500", (502, 503)),
    "503": ("misbehave", "503", (503,)),
    "half an answer": ("misbehave", "cut", (502, 503)),
    "garbage": ("misbehave", "garbage", (502, 503)),
    "a page": ("misbehave", "html", (502,)),
    "nothing": ("misbehave", "empty", (502,)),
    "too much": ("misbehave", "huge", (502,)),
    "slow": ("misbehave", "slow", (504,)),
    "silent": ("misbehave", "hang", (504,)),
    "another's certificate": ("leaf", "other-key", (502,)),
    "another CA's": ("leaf", "other-ca", (502,)),
    "a CA's certificate": ("leaf", "ca", (502,)),
    "an expired one": ("leaf", "expired", (502,)),
}


@pytest.fixture(scope="module")
def misled():
    with EstServer(auth="basic") as server, behind(server, upstream="timeout = 2s") as proxy:
        yield server, proxy


@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_ra_05_a_device_gets_no_wrong_answer(misled, misdeed):
    server, proxy = misled
    switch, value, wanted = MISDEEDS[misdeed]
    server.switches |= {switch: value, "only": "simpleenroll"}
    try:
        answer = proxy.enroll(make_csr(make_key(), "patient"))
    finally:
        del server.switches[switch]
    assert answer.status in wanted, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert proxy.enroll(make_csr(make_key(), "patient")).status == 200


def test_ra_05_an_upstream_that_waits_for_a_person_is_waited_for(misled):
    server, proxy = misled
    server.switches |= {"pending": 1, "retry_after": 7}
    csr = make_csr(make_key(), "waiting")
    answer = proxy.enroll(csr)
    assert answer.status == 202 and int(answer.headers["Retry-After"]) >= 7
    assert proxy.enroll(csr).status == 200


def test_ra_05_the_upstreams_words_are_the_operators(misled):
    server, proxy = misled
    server.switches |= {"misbehave": "403", "only": "simpleenroll"}
    answer = proxy.enroll(make_csr(make_key(), "unwanted"))
    del server.switches["misbehave"]
    assert answer.status == 403 and "not your profile" not in answer.text
    assert proxy.says("ra.refused", "not your profile", "CN=unwanted")


def test_ra_05_a_server_of_another_ca_is_told_nothing():
    with EstServer(auth="basic", server="other-root") as server:
        proxy = behind(server)
        try:
            proxy.start(wait=False)
            proxy.wait(lambda: proxy.says("upstream.lost", "upstream_broken"), "the proxy to see it")
            proxy.wait(lambda: proxy.says("node.ready"), "the proxy to serve")
            answer = proxy.request("GET", "/.well-known/est/site/cacerts")
            assert answer.status == 503 and answer.headers["Retry-After"]
            assert proxy.enroll(make_csr(make_key(), "early")).status == 502
            assert server.requests == []
        finally:
            proxy.__exit__()


def test_traps_01_an_upstream_that_reads_only_lines():
    """libest's server does, and Foundries.io's says 201."""
    with EstServer(auth="basic", reads="lines", issued_status=201) as server, behind(server) as proxy:
        answer = proxy.enroll(make_csr(make_key("rsa2048"), "long-request"))
        assert answer.status == 200, answer.text
        assert answer.certificate == server.issued[-1]


def test_ra_05_many_requests_share_few_connections(misled):
    server, proxy = misled
    before = len(server.requests)
    connection = proxy.connect()
    for i in range(5):
        assert proxy.enroll(make_csr(make_key(), f"kept-{i}"), connection=connection).status == 200
    asked = [r for r in server.requests[before:] if r.operation == "simpleenroll"]
    # a new connection would be asked without a credential first
    assert sum("authorization" not in r.headers for r in asked) <= 1 + 5
    assert all("bestow-ra-" in r.headers["via"] for r in asked)


def test_serverkeygen_is_relayed_and_its_pair_checked():
    maker = LocalCa("Maker")
    with EstServer(auth="basic") as server, behind(server, profile="serverkeygen = yes") as proxy:
        (proxy.folder / "devices.pem").write_bytes(maker.pem())
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait(lambda: proxy.says("node.reloaded"), "the reload")
        key = make_key()
        identity = Identity(proxy.folder, key, maker.issue(key, "keyless"))
        answer = proxy.post_csr("serverkeygen", make_csr(key, "keyless"), "site", identity=identity)
        assert answer.status == 200, answer.text
        server.switches["leaf"] = "other-key"
        answer = proxy.post_csr("serverkeygen", make_csr(key, "keyless"), "site", identity=identity)
        assert answer.status == 502


def test_ra_06_a_revoked_ra_is_refused_at_the_next_request(node):
    proxy = Proxy(f"https://127.0.0.1:{node.port}", (node.folder / "ca.pem").read_bytes())
    certificate = make_ra(node, proxy.folder, "demo", name="ra-to-revoke")
    with proxy:
        assert proxy.enroll(make_csr(make_key(), "before")).status == 200
        node.ctl("cert", "revoke", node.serial(certificate), "--reason", "keyCompromise")
        assert proxy.enroll(make_csr(make_key(), "after")).status == 403
        assert proxy.says("ra.refused", "CN=after", "upstream_refused")


def test_ra_06_a_proxy_that_is_led_to_itself_says_so():
    with EstServer(auth="basic") as server, behind(server) as proxy:
        anchors = proxy.folder / "anchors.pem"
        anchors.write_bytes(anchors.read_bytes() + proxy.ca.pem())
        # by its address it does not even take the file
        proxy.write(url=f"https://127.0.0.1:{proxy.port}")
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait(lambda: proxy.says("node.reload_refused", "own address"), "the refusal")
        proxy.write(url=f"https://localhost:{proxy.port}", upstream_label="site")
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait(lambda: proxy.says("upstream_loop"), "the loop to be told")
        answer = proxy.enroll(make_csr(make_key(), "round-and-round"))
        assert answer.status in (502, 503)
