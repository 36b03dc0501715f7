"""Rows IP-10 to IP-12 and IP-19 where a listener takes its clients' addresses from a forwarding field. 127.0.0.8 is the trusted proxy."""
import http.client
import json
import signal
import ssl

import pytest

from node import Node, make_csr, make_key

PROXY = "127.0.0.8"
SETTINGS = f"forwarded_header = %s\ntrusted_proxies = {PROXY}\n"
CACERTS = "/.well-known/est/demo/cacerts"
SPOOF = "127.0.0.1"  # listed, as every allowed client's address a stranger may guess


def through(node, values, source=PROXY, name="X-Forwarded-For", connection=None):
    """GET cacerts with a field for each value."""
    connection = connection or node.connect(source=source)
    connection.putrequest("GET", CACERTS)
    for value in values:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def refusal(node, body):
    """The event of the request that was answered so."""
    request_id = body.strip().rsplit("request=", 1)[1]
    node.wait(lambda: node.events("--request", request_id), "the event", 10)
    return node.events("--request", request_id)[0]


@pytest.fixture(scope="module")
def fronted():
    with Node(est_settings=SETTINGS % "x-forwarded-for") as node:
        node.ctl("allow", "add", "203.0.113.7")
        node.ctl("allow", "add", PROXY)
        node.ctl("allow", "add", "2001:db8::7")
        node.wait(lambda: through(node, ["2001:db8::7"])[0] == 200, "the list", 10)
        yield node


@pytest.mark.parametrize("values", [["203.0.113.7"], ["2001:db8::7"], ["203.0.113.9, 203.0.113.7"],
                                    ["203.0.113.9", "203.0.113.7"], [f"203.0.113.7, {PROXY}"]])
def test_ip_11_the_last_hop_that_is_no_proxy_is_judged(fronted, values):
    assert through(fronted, values)[0] == 200


@pytest.mark.parametrize("values", [[f"{SPOOF}, 203.0.113.9"], [SPOOF, "203.0.113.9"], [f"{SPOOF}, 203.0.113.9, {PROXY}"]])
def test_ip_11_a_spoof_before_it_does_not_help(fronted, values):
    status, body = through(fronted, values)
    assert status == 403 and body.startswith("denied"), body
    event = refusal(fronted, body)
    assert (event["peer"], event["reason"]) == ("203.0.113.9", "ip_not_allowed")
    assert f"the proxy {PROXY} named (X-Forwarded-For)" in event["detail"]


@pytest.mark.parametrize("values", [[], [""], ["unknown"], ["_hidden"], ["balancer.example"], ["::1," * 999 + "203.0.113.7"], ['"203.0.113.7"'], ["[2001:db8::7]:443"], ["[2001:db8::7]"], ["203.0.113.7:50123"],
                                    ["203.0.113.7, unknown"], ["203.0.113.7", ""], [PROXY], ["fe80::1%eth0"], ["for=203.0.113.7"]])
def test_ip_12_no_sure_hop_is_no_source(fronted, values):
    """The proxy's own address is listed, and yet it is nobody's client address."""
    status, body = through(fronted, values)
    event = refusal(fronted, body)
    assert (status, event["reason"]) == (403, "no_source_address")
    assert event["detail"] == f"the proxy {PROXY} named no client (X-Forwarded-For)"


def test_ip_10_from_anybody_else_the_field_is_ignored(fronted):
    status, body = through(fronted, ["203.0.113.7"], source="127.0.0.2")
    event = refusal(fronted, body)
    assert (status, event["peer"], event["reason"]) == (403, "127.0.0.2", "ip_not_allowed")
    assert "its X-Forwarded-For is ignored" in event["detail"]
    assert through(fronted, ["203.0.113.9"], source="127.0.0.1")[0] == 200  # on the TCP address alone


def test_clients_on_one_kept_connection_are_told_apart(fronted):
    connection = fronted.connect(source=PROXY)
    statuses = [through(fronted, values, connection=connection)[0] for values in (["203.0.113.7"], ["203.0.113.9"], [], ["203.0.113.7"])]
    assert statuses == [200, 403, 403, 200]


def test_pp_08_guesses_count_for_the_client_that_was_named(fronted):
    connection = fronted.connect(source=PROXY)
    csr = make_csr(make_key())

    def ask(client, passphrase):
        return fronted.post_csr("simpleenroll", csr, headers={**fronted.basic(passphrase), "X-Forwarded-For": client}, connection=connection).status

    guesses = [ask("203.0.113.7", f"wrong-guess-{i}") for i in range(60)]
    assert guesses[0] == 401 and 429 in guesses
    assert ask("2001:db8::7", None) == 200


def test_t12_the_proxys_certificate_is_no_devices(fronted):
    """A balancer that shows a certificate of an EST-authentication CA must not make holders of all who come through it."""
    device = fronted.device("t12")
    csr = make_csr(device.key, "t12")
    assert fronted.reenroll(csr, device).status == 200
    answer = fronted.post_csr("simplereenroll", csr, identity=device, source=PROXY, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.status == 403, answer.text
    assert refusal(fronted, answer.text)["reason"] == "no_client_cert"


def test_relying_parties_are_logged_by_the_field_and_served_without():
    with Node(settings="log_level = debug", va_settings=SETTINGS % "x-forwarded-for", setup=False) as node:
        def ask(path, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", node.va_port, timeout=20, source_address=(PROXY, 0))
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status

        assert ask("/none", **{"X-Forwarded-For": "203.0.113.7"}) == ask("/none") == 404
        assert ask("/ocsp/none", **{"X-Forwarded-For": "203.0.113.7"}) == ask("/ocsp/none")
        peers = [json.loads(line)["peer"] for line in node.log().splitlines() if '"va.request"' in line or '"va.ocsp"' in line]
        assert sorted(peers) == [PROXY] * 2 + ["203.0.113.7"] * 2


def test_ip_11_forwarded_as_its_rfc_writes_it():
    with Node(est_settings=SETTINGS % "forwarded", edges=1) as node:
        node.ctl("allow", "add", "203.0.113.7")
        node.ctl("allow", "add", "2001:db8::7")

        def ask(*values, name="Forwarded"):
            return through(node, values, name=name)[0]

        node.wait(lambda: ask("for=203.0.113.7") == 200, "the list", 10)
        assert ask('for=203.0.113.9, For="[2001:db8::7]:4711";proto=https') == 200
        assert ask('for="203.0.113.7:_obscured";by=127.0.0.8') == 200
        assert ask('for="2001:db8::7"') == 403
        assert ask('for=203.0.113.7;x="', "for=203.0.113.9") == 403
        assert ask("for=203.0.113.7, for=unknown") == 403
        assert ask("203.0.113.7", name="X-Forwarded-For") == 403


def test_drop_unlisted_drops_no_proxy_and_no_client_of_one():
    with Node(est_settings=SETTINGS % "x-forwarded-for" + "drop_unlisted = yes\n", edges=1) as node:
        connection = node.connect(source=PROXY)
        assert [through(node, [client], connection=connection)[0] for client in ("203.0.113.9", "127.0.0.1")] == [403, 200]
        with pytest.raises(OSError):
            through(node, ["127.0.0.1"], source="127.0.0.2")


def test_a_proxy_that_is_trusted_no_more_is_not_believed_after_a_reload():
    """The addresses that are listened on stay as they were, in every process."""
    node = Node(setup=False, admin=True, metrics=True)
    plain = node.config.read_text()
    for section in ("admin", "metrics"):
        node.config.write_text(node.config.read_text().replace(f"[{section}]\n", f"[{section}]\n" + SETTINGS % "x-forwarded-for"))
    with node:
        before = {name: node.children().get(name) for name in ("admin", "monitor")}
        assert None not in before.values()
        for text, changes in ((node.config.read_text(), False), (node.config.read_text().replace(PROXY, "127.0.0.9"), True), (plain, True)):
            node.config.write_text(text)
            reloads = node.log().count("node.reloaded")
            node.process.send_signal(signal.SIGHUP)
            node.wait(lambda: node.log().count("node.reloaded") > reloads, "the reload")
            now = {name: node.children().get(name) for name in before}
            assert all((now[name] != before[name]) == changes for name in before), (before, now)
            before = now


def test_the_console_takes_the_client_from_the_field_and_nobody_unnamed():
    node = Node(setup=False, admin=True)
    node.config.write_text(node.config.read_text().replace("[admin]\n", "[admin]\n" + SETTINGS % "x-forwarded-for"))
    with node:
        context = ssl._create_unverified_context()
        wrong = json.dumps({"name": "nobody", "password": "x" * 300})  # too long for the slow function

        def sign_in(**headers):
            connection = http.client.HTTPSConnection("localhost", node.admin_port, context=context, timeout=20, source_address=(PROXY, 0))
            connection.request("POST", "/api/v1/session", wrong, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

        def sign_in_as(client):
            return sign_in(**{"X-Forwarded-For": client})[0]

        status, body = sign_in()
        assert status == 403 and "no_source_address" in body
        guesses = [sign_in_as("203.0.113.7") for _ in range(60)]
        assert guesses[0] == 401 and 429 in guesses
        assert sign_in_as("203.0.113.8") == 401
        assert "peer=203.0.113.8" in node.log() or '"peer":"203.0.113.8"' in node.log()
