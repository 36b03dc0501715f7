"""The REST API over HTTPS: who gets in, what each may, and that nothing makes it fall."""
import base64
import concurrent.futures
import http.client
import json
import random
import socket
import ssl
import string
import time

import pytest

from node import ROOT, Node, make_csr, make_key

PROBLEM = {"type", "title", "status", "code", "detail", "remedy", "request_id"}


class Client:
    """A browser's session, a program's token, or a stranger."""

    def __init__(self, node, token=None):
        self.node, self.token, self.cookie, self.csrf = node, token, None, None
        self.context = ssl.create_default_context(cafile=node.folder / "ca.pem")

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self.node.admin_port, context=self.context, timeout=30)
        connection.request(method, "/api/v1" + path, body, headers or {})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def headers(self, method):
        headers = {}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if self.cookie:
            headers["Cookie"] = "theme=dark; " + self.cookie
            if method != "GET" and self.csrf:
                headers["X-CSRF-Token"] = self.csrf
        return headers

    def ask(self, method, path, body=None, **headers):
        headers = {**self.headers(method), **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            body = json.dumps(body)
        answer = self.raw(method, path, body, headers)
        answer.json = json.loads(answer.body) if answer.body and (answer.headers["Content-Type"] or "").endswith("json") and "ndjson" not in answer.headers["Content-Type"] else None
        return answer

    def sign_in(self, code):
        answer = self.ask("POST", "/session/link", {"code": code})
        assert answer.status == 200, answer.body
        self.cookie, self.csrf = answer.headers["Set-Cookie"].split(";")[0], answer.json["csrf"]
        return answer


def link_code(output):
    return output.strip().rsplit("/", 1)[1]


def administrator(node, name, role, account=None):
    where = ("--account", account) if account else ()
    client = Client(node)
    client.sign_in(link_code(node.ctl(*where, "administrator", "create", name, "--role", role)))
    return client


def token(node, name, role, account=None):
    where = ("--account", account) if account else ()
    return Client(node, node.ctl(*where, "token", "create", name, "--role", role).strip())


@pytest.fixture(scope="module")
def node():
    with Node(admin=True) as running:
        running.ctl("account", "create", "other")
        running.ctl("--account", "other", "ca", "create", "Other Root", "--subject", "CN=Other Root")
        yield running


def test_co_01_a_link_makes_one_session_that_no_script_can_read(node):
    code = link_code(node.ctl("administrator", "create", "first", "--role", "owner"))
    client = Client(node)
    answer = client.sign_in(code)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-") and "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Strict" in cookie
    assert "token" not in answer.json
    assert client.ask("GET", "/session").json["administrator"]["name"] == "first"
    again = Client(node).ask("POST", "/session/link", {"code": code})
    assert (again.status, again.json["code"]) == (401, "bad_sign_in")
    assert client.ask("DELETE", "/session").status == 200
    assert client.ask("GET", "/session").status == 401


def test_co_03_changes_need_the_page_s_own_token_and_origin(node):
    client = administrator(node, "careful", "owner")
    good, client.csrf = client.csrf, None
    body = {"name": "made-by-another-site"}
    for csrf, extra in ((None, {}), ("0" * 64, {}), (good, {"Origin": "https://evil.example"}), (good, {"Origin": "null"}),
                        (good, {"Sec_Fetch_Site": "cross-site"})):
        client.csrf = csrf
        answer = client.ask("POST", "/accounts", body, **extra)
        assert (answer.status, answer.json["code"]) == (403, "forged"), (csrf, extra)
    client.csrf = good
    assert client.ask("POST", "/accounts", body, Content_Type="text/plain").status == 415
    assert "made-by-another-site" not in node.ctl("account", "list")
    assert client.ask("POST", "/accounts", {"name": "made-by-our-own"}, Origin=f"https://localhost:{node.admin_port}",
                      Sec_Fetch_Site="same-origin").status == 200


def test_passwords_and_a_second_factor(node):
    client = administrator(node, "pat", "auditor", "demo")
    password = "correct horse battery staple"
    assert client.ask("PUT", "/session/password", {"password": "short"}).status == 400
    assert client.ask("PUT", "/session/password", {"password": password}).status == 200
    assert Client(node).ask("POST", "/session", {"name": "pat", "password": password}).status == 200
    wrong = Client(node).ask("POST", "/session", {"name": "pat", "password": "wrong " + password})
    nobody = Client(node).ask("POST", "/session", {"name": "nobody", "password": password})
    wrong.json.pop("request_id"), nobody.json.pop("request_id")
    assert wrong.status == 401 and wrong.json == nobody.json
    assert client.ask("PUT", "/session/totp", {"enable": True}).status == 401  # the present password is missing
    secret = client.ask("PUT", "/session/totp", {"enable": True, "present": password}).json["secret"]
    wanted = Client(node).ask("POST", "/session", {"name": "pat", "password": password})
    assert (wanted.status, wanted.json["code"]) == (401, "totp_wanted")
    code = totp(secret)
    assert Client(node).ask("POST", "/session", {"name": "pat", "password": password, "totp": code}).status == 200
    assert Client(node).ask("POST", "/session", {"name": "pat", "password": password, "totp": code}).status == 401


def totp(secret):
    """RFC 6238 as others have implemented it."""
    import base64
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.twofactor.totp import TOTP
    return TOTP(base64.b32decode(secret), 6, hashes.SHA1(), 30, enforce_key_length=False).generate(int(time.time())).decode()


def test_problems_tell_code_words_and_remedy_and_strangers_learn_nothing(node):
    answer = Client(node).ask("GET", "/accounts/demo/profiles")
    assert answer.status == 401 and answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json) == PROBLEM and answer.headers["WWW-Authenticate"] == "Bearer"
    unknown = Client(node).ask("GET", "/accounts/nothing/profiles")
    assert (unknown.status, unknown.json["detail"]) == (401, answer.json["detail"])
    for headers in ({"Authorization": "Basic eDp5"}, {"Authorization": "Bearer " + "x" * 500}, {"Cookie": "__Host-bestow=%"}):
        assert Client(node).raw("GET", "/status", headers=headers).status == 401
    assert Client(node).ask("GET", "/nowhere").status == 404
    assert Client(node).ask("PATCH", "/session").headers["Allow"] == "POST, GET, DELETE"


def test_co_17_every_answer_carries_the_security_fields(node):
    for answer in (Client(node).ask("GET", "/status"), Client(node).ask("GET", "/nowhere"), Client(node).ask("GET", "/openapi.json")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_listener_never_asks_for_a_client_certificate(node):
    import subprocess
    run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.admin_port}", "-CAfile", node.folder / "ca.pem"],
                         input="", capture_output=True, text=True, timeout=30)
    assert "No client certificate CA names sent" in run.stdout and "Requested Signature Algorithms" not in run.stdout


def routes(node):
    document = json.loads(Client(node).ask("GET", "/openapi.json").body)
    assert document["openapi"] == "3.1.0"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_reference_names_each_group_of_routes(node):
    reference = (ROOT / "docs" / "reference" / "api.md").read_text().split("## Routes")[1]
    whole, below = reference.split("Below `/api/v1/accounts/ACCOUNT`")
    for _, path, _ in routes(node):
        parts = path.removeprefix("/api/v1").strip("/").split("/")
        if parts[0] == "accounts" and len(parts) > 2:
            assert f"`/{parts[2]}`" in below, path
        else:
            assert f"`/{parts[0]}`" in whole, path


def fill(path, account):
    return path.replace("{account}", account).replace("{name}", "x").replace("{serial}", "00112233445566").replace(
        "{id}", "1").replace("{ca}", "x").replace("{fingerprint}", "00" * 32).replace("{verb}", "node.show")


def test_co_04_no_route_of_another_account_answers_any_role(node):
    """Every route, as every role of the other account; with the twin that the account's own reader is answered."""
    own = token(node, "own-reader", "auditor", "demo")
    assert own.ask("GET", "/accounts/demo/cas").status == 200
    for role in ("auditor", "ra-operator", "administrator", "owner"):
        eve = token(node, f"eve-{role}", role, "other")
        assert eve.ask("GET", "/accounts/other/cas").status == 200
        for method, path, _ in routes(node):
            if "{account}" not in path:
                continue
            answer = eve.ask(method, fill(path, "demo"), {} if method in ("POST", "PUT", "PATCH") else None)
            assert (answer.status, answer.json["code"]) == (404, "not_found"), (role, method, path, answer.body)
            assert "account demo" in answer.json["detail"]


def test_co_04_node_routes_are_the_node_s(node):
    eve = token(node, "eve-node", "owner", "other")
    for method, path, _ in routes(node):
        if "{account}" in path or path.startswith("/session") or path == "/accounts" and method == "GET":
            continue
        answer = eve.ask(method, fill(path, ""), {} if method in ("POST", "PUT", "PATCH") else None)
        assert answer.status == 403, (method, path, answer.body)
    assert [account["name"] for account in eve.ask("GET", "/accounts").json["accounts"]] == ["other"]


def test_co_06_a_certificate_of_another_account_is_not_there(node):
    device = node.device("co-06")
    serial = node.serial(device.certificate)
    eve = token(node, "eve-06", "owner", "other")
    for method, suffix in (("GET", ""), ("GET", "/export"), ("POST", "/revoke"), ("POST", "/hold")):
        assert eve.ask(method, f"/accounts/other/certificates/{serial}{suffix}", {} if method == "POST" else None).status == 404
    assert node.reenroll(make_csr(make_key(), "co-06"), device).status == 200


def test_pp_14_what_opens_one_door_opens_no_other(node):
    owner = token(node, "doors", "owner")
    csr = make_csr(make_key(), "pp-14")
    for text in (owner.token, f"owner:{owner.token}", f":{owner.token}"):
        basic = {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}
        assert node.post_csr("simpleenroll", csr, headers=basic).status == 401, text
    assert node.post_csr("simpleenroll", csr, headers={"Authorization": "Bearer " + owner.token}).status == 401
    assert node.post_csr("simpleenroll", csr, headers={"Cookie": "__Host-bestow=" + owner.token}).status == 401
    for headers in ({"Authorization": "Bearer " + node.passphrase}, node.basic(), {"Cookie": "__Host-bestow=" + node.passphrase}):
        assert Client(node).raw("GET", "/session", headers=headers).status == 401, headers
    for body in ({"name": "device", "password": node.passphrase}, {"name": "doors", "password": owner.token}):
        assert Client(node).ask("POST", "/session", body).status == 401
    assert Client(node).ask("POST", "/session/link", {"code": node.passphrase}).status == 401
    assert owner.ask("GET", "/session").status == 200 and node.enroll(csr).status == 200  # each at its own


def test_no_other_tag_passes_for_the_one_that_get_gave(node):
    owner = token(node, "tags", "owner")
    path = "/accounts/demo/profiles/demo-tls"
    tag = owner.ask("GET", path).headers["ETag"]
    number = tag.strip('"')[1:]
    for other in ("*", "W/" + tag, tag + ', "v999"', '"v999", ' + tag, tag + "x", tag[:-1], tag[1:], f'"v {number}"', f'"v+{number}"', f'"v-{number}"',
                  f'"v{number}x"', '"v"', '""', '"v' + "9" * 40 + '"'):
        answer = owner.ask("PATCH", path, {}, If_Match=other)
        assert (answer.status, answer.json["code"]) == (412, "precondition"), other
    assert owner.ask("GET", path).headers["ETag"] == tag
    assert owner.ask("PATCH", path, {}, If_Match=tag).status == 200


def test_co_05_streams_and_lists_of_one_account_leave_room_for_others(node):
    greedy, other = token(node, "greedy", "auditor", "demo"), token(node, "modest", "auditor", "other")
    context, open_ones, answers = greedy.context, [], []
    try:
        for _ in range(40):
            peer = context.wrap_socket(socket.create_connection(("localhost", node.admin_port), 20), server_hostname="localhost")
            open_ones.append(peer)
            peer.sendall(f"GET /api/v1/accounts/demo/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {greedy.token}\r\n\r\n".encode())
            answers.append(int(peer.recv(65536).split()[1]))
        assert set(answers) == {200, 503} and answers.index(503) >= 16
        assert greedy.ask("GET", "/accounts/demo/certificates?format=csv").status == 503
        assert other.ask("GET", "/accounts/other/certificates?format=csv").status == 200
        assert other.ask("GET", "/accounts/other/certificates", Accept="application/x-ndjson").status == 200
        one = context.wrap_socket(socket.create_connection(("localhost", node.admin_port), 20), server_hostname="localhost")
        open_ones.append(one)
        one.sendall(f"GET /api/v1/accounts/other/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {other.token}\r\n\r\n".encode())
        assert one.recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        for peer in open_ones:
            peer.close()
    node.wait(lambda: greedy.ask("GET", "/accounts/demo/certificates?format=csv").status == 200, "the streams' places")


def test_what_is_called_like_a_route_is_reached_all_the_same():
    """Words of routes are names like any other; only "." and ".." are none, as no URL holds them."""
    words = ("import", "request", "sign", "test", "preview", "new", "export")
    with Node(admin=True) as node:
        client = token(node, "words", "owner")
        base = "/accounts/demo"
        for word in words:
            made = client.ask("POST", f"{base}/cas", {"name": word, "subject": f"CN={word}", "validity": "1y"})
            assert made.status == 200, made.body
            assert client.ask("GET", f"{base}/cas/{word}").json["ca"]["name"] == word
            assert client.ask("PATCH", f"{base}/cas/{word}", {"signature": "ecdsa-sha384"}).json["ca"]["signature"] == "ecdsa-sha384"
            made = client.ask("POST", f"{base}/profiles", {"name": word, "template": "client-authentication", "ca": word, "auth": "passphrase"})
            assert made.status == 200, made.body
            assert client.ask("GET", f"{base}/profiles/{word}").json["profile"]["name"] == word
            assert client.ask("POST", f"{base}/profiles/{word}/devices", {"serial": word}).status == 200
            device = f"{base}/profiles/{word}/devices/{word}"
            assert client.ask("GET", device).json["device"]["identity"] == word
            assert client.ask("POST", f"{device}/suspend").status == 200 and client.ask("DELETE", device).status == 200
            enrolled = client.ask("POST", f"{base}/ra-certificates", {"name": word, "ca": word, "all_profiles": True, "passphrase": "long enough a word"})
            assert enrolled.status == 200, enrolled.body
            assert client.ask("POST", f"{base}/ra-certificates/{word}/revoke").status == 200
        for name in (".", ".."):
            answers = [client.ask("POST", f"{base}/cas", {"name": name, "subject": "CN=x"}), client.ask("POST", f"{base}/profiles/new/devices", {"serial": name})]
            assert [(answer.status, answer.json["code"]) for answer in answers] == [(400, "invalid")] * 2, [answer.body for answer in answers]


def test_etag_and_if_match(node):
    adam = token(node, "adam", "administrator", "demo")
    path = "/accounts/demo/profiles/demo-tls"
    first = adam.ask("GET", path)
    tag = first.headers["ETag"]
    assert adam.ask("GET", path, If_None_Match=tag).status == 304
    changed = adam.ask("PATCH", path, {"patch": {"validity": "90d"}}, If_Match=tag)
    assert changed.status == 200, changed.body
    lost = adam.ask("PATCH", path, {"patch": {"validity": "80d"}}, If_Match=tag)
    assert (lost.status, lost.json["code"]) == (412, "precondition")
    assert adam.ask("GET", path).json["profile"]["validity"] == "90d"
    assert adam.ask("GET", path, If_None_Match=tag).status == 200


def test_a_request_sent_again_is_done_once(node):
    adam = token(node, "again", "administrator", "demo")
    body = {"name": "again-token", "role": "auditor"}
    first = adam.ask("POST", "/accounts/demo/tokens", body, Idempotency_Key="k-1")
    again = adam.ask("POST", "/accounts/demo/tokens", body, Idempotency_Key="k-1")
    assert first.status == again.status == 200 and first.json == again.json
    assert adam.ask("POST", "/accounts/demo/tokens", {**body, "name": "other"}, Idempotency_Key="k-1").status == 409
    assert adam.ask("POST", "/accounts/demo/tokens", body).status == 409  # without the key it is a second one
    somebody = token(node, "somebody", "administrator", "demo")
    assert somebody.ask("POST", "/accounts/demo/tokens", body, Idempotency_Key="k-1").status == 409  # and another's key is another key
    assert adam.ask("POST", "/accounts/demo/tokens", body, Idempotency_Key="x" * 129).status == 400
    refused = {"name": "later", "role": "nobody"}
    assert adam.ask("POST", "/accounts/demo/tokens", refused, Idempotency_Key="k-2").status == 400
    assert adam.ask("POST", "/accounts/demo/tokens", {**refused, "role": "auditor"}, Idempotency_Key="k-2").status == 200


def test_co_04_one_tenants_answers_are_not_told_to_a_namesake_of_another(node):
    """Two accounts may each call a token "ci": the answer kept for one, a secret in it, is nothing to the other."""
    body, path = {"name": "of-demo", "role": "auditor"}, "/accounts/demo/tokens"
    ours, theirs = token(node, "ci", "administrator", "demo"), token(node, "ci", "administrator", "other")
    made = ours.ask("POST", path, body, Idempotency_Key="nightly")
    assert made.status == 200
    crossed = theirs.ask("POST", path, body, Idempotency_Key="nightly")
    assert crossed.status == 404 and made.json["secret"] not in crossed.body.decode()
    # nor to who has the name after it
    node.ctl("--account", "demo", "token", "revoke", "ci")
    crossed = token(node, "ci", "administrator", "demo").ask("POST", path, body, Idempotency_Key="nightly")
    assert crossed.status == 409 and made.json["secret"] not in crossed.body.decode()


def test_co_02_sign_ins_wait_for_no_thread_of_the_enrollments(node):
    """Passwords are checked one at a time; who comes meanwhile is told to come again, and no thread stands still for it."""
    client = administrator(node, "crowd", "auditor")
    password = {"name": "crowd", "password": "correct horse battery"}
    assert client.ask("PUT", "/session/password", {"password": password["password"]}).status == 200
    answers = []
    with concurrent.futures.ThreadPoolExecutor(16) as crowd:
        for _ in range(20):
            answers += crowd.map(lambda _: Client(node).ask("POST", "/session", password), range(16))
            if any(answer.status == 503 for answer in answers):
                break
    assert {answer.status for answer in answers} == {200, 503}
    assert all(answer.headers["Retry-After"] for answer in answers if answer.status == 503)
    assert Client(node).ask("POST", "/session", password).status == 200


def test_os_01_large_bodies_of_strangers_are_not_all_the_memory(node):
    """Many large requests that nobody has signed are held only so far; what is small is read all the same."""
    context, crowd, refused = ssl.create_default_context(cafile=node.folder / "ca.pem"), [], set()
    for _ in range(48):
        stranger = context.wrap_socket(socket.create_connection(("localhost", node.admin_port), timeout=20), server_hostname="localhost")
        crowd.append(stranger)
        try:
            stranger.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             b"Content-Length: 2000001\r\n\r\n" + b" " * 2000000)
        except OSError:
            refused.add(stranger)
    for stranger in crowd:
        stranger.settimeout(0.1)
        try:
            if b" 503 " in stranger.recv(64):
                refused.add(stranger)
        except (TimeoutError, OSError):
            pass
    assert len(refused) >= 8
    assert Client(node).ask("POST", "/session", {"name": "nobody", "password": "wrong wrong wrong"}).status == 401
    for stranger in crowd:
        stranger.close()
    assert token(node, "after-the-crowd", "auditor", "demo").ask("GET", "/accounts/demo").status == 200


def test_pages_and_whole_lists(node):
    for i in range(5):
        node.device(f"page-{i}")
    reader = token(node, "pages", "auditor", "demo")
    seen, path = [], "/accounts/demo/certificates?limit=2"
    while path:
        answer = reader.ask("GET", path)
        seen += [certificate["serial"] for certificate in answer.json["certificates"]]
        link = answer.headers["Link"]
        path = link.split(">")[0].removeprefix("</api/v1") if link else None
    assert len(seen) == len(set(seen)) == len(node.certificates("--account", "demo"))
    lines = reader.ask("GET", "/accounts/demo/certificates", Accept="application/x-ndjson").body.splitlines()
    assert [json.loads(line)["serial"] for line in lines] == seen
    rows = reader.ask("GET", "/accounts/demo/certificates?format=csv&subject=page-").body.decode().split("\r\n")
    assert rows[0].startswith('"id","serial"') and len(rows) == 1 + 5 + 1


def test_co_15_csv_holds_no_formula(node):
    node.ctl("--account", "demo", "profile", "set", "demo", 'subject=[{"attribute":"CN","source":"csr-required"}]')
    key = make_key()
    from cryptography import x509
    from cryptography.x509.oid import NameOID
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, '=HYPERLINK("http://evil")')])
    assert node.enroll(make_csr(key, subject=subject)).status == 200
    requester = token(node, "csv", "auditor", "demo")
    text = requester.ask("GET", "/accounts/demo/certificates?format=csv").body.decode()
    assert ',"=' not in text and ',"+' not in text and ',"@' not in text
    assert "HYPERLINK" in text


def read_events(peer, count):
    text = b""
    deadline = time.monotonic() + 20
    while text.count(b"\ndata:") < count:
        assert time.monotonic() < deadline, text
        text += peer.recv(65536)
    return text.decode()


def test_events_arrive_as_they_happen(node):
    reader = token(node, "stream", "auditor", "demo")
    with socket.create_connection(("localhost", node.admin_port), 20) as raw:
        with reader.context.wrap_socket(raw, server_hostname="localhost") as peer:
            peer.sendall(f"GET /api/v1/accounts/demo/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {reader.token}\r\n\r\n".encode())
            head = b""
            while b"retry:" not in head:
                head += peer.recv(65536)
            assert b"text/event-stream" in head
            node.device("streamed")
            node.enroll(make_csr(make_key(), "streamed"), passphrase="wrong")
            text = read_events(peer, 2)
    assert "event: enrollment" in text and '"outcome":"issued"' in text and '"reason":"bad_passphrase"' in text
    refused = Client(node).ask("GET", "/accounts/demo/events/stream")
    assert refused.status == 401 and refused.json["code"] == "signed_out"
    other = token(node, "eve-stream", "owner", "other")
    assert other.ask("GET", "/accounts/demo/events/stream").status == 404


def test_a_stream_ends_with_its_token(node):
    reader = token(node, "short", "auditor", "demo")
    with socket.create_connection(("localhost", node.admin_port), 20) as raw:
        with reader.context.wrap_socket(raw, server_hostname="localhost", suppress_ragged_eofs=True) as peer:
            peer.sendall(f"GET /api/v1/accounts/demo/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {reader.token}\r\n\r\n".encode())
            peer.recv(100)
            node.ctl("--account", "demo", "token", "revoke", "short")
            while peer.recv(65536):
                pass


def test_co_10_co_12_what_no_request_should_hold(node):
    adam = token(node, "hostile", "administrator", "demo")
    path = "/accounts/demo/profiles"
    bad = [b"", b"[]", b"null", b"{", b'{"name":1}', b'{"name":"a","name":"b"}', b"\xff\xfe", b'{"__proto__":{}}',
           b'{"name":"x","account_id":1}', b"[" * 100000, b'{"a":' * 100000, b'{"name":"' + b"x" * 100000 + b'"}']
    for body in bad:
        answer = adam.raw("POST", path, body, {**adam.headers("POST"), "Content-Type": "application/json"})
        assert answer.status == 400, (body[:60], answer.status, answer.body)
    huge = adam.raw("POST", path, b" " * (3 * 1024 * 1024), {**adam.headers("POST"), "Content-Type": "application/json"})
    assert huge.status == 413
    for query in ("limit=0", "limit=x", "limit=2&limit=3", "cursor=-1", "state=%27", "nothing=1", "%zz=1", "subject=%00", "limit=99999999999999999999"):
        answer = adam.ask("GET", "/accounts/demo/certificates?" + query)
        assert answer.status == 400, (query, answer.body)
    for serial in ("*", "%25", "_", "'; DROP TABLE certificate; --".replace(" ", "%20"), "%F0%9F%92%A9"):
        assert adam.ask("GET", f"/accounts/demo/certificates/{serial}").status in (400, 404), serial
    assert adam.ask("GET", "/accounts/demo/certificates?limit=1").status == 200


def test_no_input_makes_a_500(node):
    """Random values for every parameter that the description names, as the owner of everything."""
    owner = token(node, "fuzzer", "owner")
    dice = random.Random(20261125)
    odd = ["", "x", "0", "-1", "true", "'", '"', "\u202e", "%", "../..", "1y", "2027-01-31", "a" * 1024, [], {}, 0, -1, 2**63, 1.5, True, None,
           ["x", 1], {"a": {"b": []}}]
    spared = {"/accounts", "/tokens", "/administrators"}  # what they make would stay
    for method, path, operation in routes(node):
        if path in spared and method == "POST" or path.startswith("/session") or path.endswith("/tokens"):
            continue
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        names = list(schema.get("properties", {})) + [p["name"] for p in operation["parameters"] if p["in"] == "query"]
        if path == "/accounts/{account}":
            names = [name for name in names if name != "name"]  # the account is needed under its own
        for _ in range(6):
            values = {name: dice.choice(odd) for name in names if dice.random() < 0.7}
            segment = "".join(dice.choice(string.ascii_letters) for _ in range(6))
            target = path.replace("{account}", "demo").replace("{id}", segment).replace("{name}", segment)
            target = target.replace("{verb}", dice.choice(["ca.list", "profile.show", "cert.list", "no.such"]))
            for name in ("serial", "ca", "fingerprint"):
                target = target.replace("{%s}" % name, segment)
            if method in ("GET", "DELETE"):
                from urllib.parse import urlencode
                target += "?" + urlencode({k: v for k, v in values.items() if isinstance(v, str)})
                answer = owner.ask(method, target)
            else:
                answer = owner.ask(method, target, values)
            assert answer.status < 500 or answer.status == 503, (method, target, values, answer.body)
    assert owner.ask("GET", "/status").status == 200


def test_a_reloaded_page_gets_its_csrf_text_and_no_token_does(node):
    client = administrator(node, "reloader", "owner")
    assert client.ask("GET", "/session").json["csrf"] == client.csrf
    assert "csrf" not in token(node, "no-csrf", "auditor", "demo").ask("GET", "/session").json


def test_graphs_count_what_happened_and_what_ends(node):
    reader = token(node, "graphs", "auditor", "demo")
    def sums():
        graph = reader.ask("GET", "/accounts/demo/graphs/enrollments?minutes=60").json
        return {name: sum(graph[name]) for name in ("enrolled", "renewed", "refused", "pending")}, graph
    before, _ = sums()
    identity = node.device("graphed")
    node.reenroll(make_csr(make_key(), "graphed"), identity)
    node.enroll(make_csr(make_key(), "graphed"), passphrase="wrong")
    reader.ask("GET", "/accounts/demo/events")  # a refusal is on disk once somebody looks
    after, graph = sums()
    assert {name: after[name] - before[name] for name in after} == {"enrolled": 1, "renewed": 1, "refused": 1, "pending": 0}
    assert all(len(graph[name]) == 60 for name in before) and "bad_passphrase" in {row["code"] for row in graph["reasons"]}
    bars = reader.ask("GET", "/accounts/demo/graphs/ends?bars=53&days=7").json["bars"]
    count = sum(bar["count"] for bar in bars)
    assert count >= 2 and len(bars) == 53
    node.ctl("--account", "demo", "cert", "revoke", node.serial(identity.certificate))
    assert sum(bar["count"] for bar in reader.ask("GET", "/accounts/demo/graphs/ends?bars=53&days=7").json["bars"]) == count - 1
    for bad in ("ends?bars=0", "ends?bars=61", "ends?days=0", "ends?days=367", "enrollments?minutes=0", "enrollments?minutes=1441"):
        assert reader.ask("GET", "/accounts/demo/graphs/" + bad).status == 400, bad


def test_a_profile_s_versions_are_what_it_was(node):
    reader = token(node, "versions", "auditor", "demo")
    was = reader.ask("GET", "/accounts/demo/profiles/demo-tls").json["profile"]
    node.ctl("--account", "demo", "profile", "set", "demo-tls", "validity=33d")
    versions = reader.ask("GET", "/accounts/demo/profiles/demo-tls/versions").json["versions"]
    assert [v["version"] for v in versions[:2]] == [was["version"] + 1, was["version"]]
    assert (versions[0]["settings"]["validity"], versions[1]["settings"]["validity"]) == ("33d", was["validity"])
    stranger = token(node, "versions-eve", "owner", "other")
    assert stranger.ask("GET", "/accounts/demo/profiles/demo-tls/versions").status == 404
