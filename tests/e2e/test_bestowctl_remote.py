"""bestowctl against a node elsewhere: every verb over the REST API, as over the local socket."""
import http.server
import json
import os
import pathlib
import re
import ssl
import subprocess
import threading

import pytest

from node import BIN, Node, make_csr, make_key
from test_bestowctl import CTL, FAILED, LOCAL, NOT_FOUND, OK, REFUSED, UNREACHABLE, USAGE, commands

UNAUTHENTICATED, UNTRUSTED = 4, 8


class Way:
    """One way to ask a node: its local socket, or its API with an owner's token."""

    def __init__(self, node, remote):
        self.node, self.remote, self.folder = node, remote, node.folder
        self.token_file = node.folder / "owner.token"
        if remote:
            node.ctl("token", "create", "way", "--role", "owner", "--out", self.token_file)

    def run(self, *arguments, token_file=None, **options):
        if not self.remote:
            return self.node.ctl_run(*arguments, **options)
        return subprocess.run([CTL, "--server", f"https://localhost:{self.node.admin_port}", "--token-file",
                               token_file or self.token_file, "--ca-file", self.folder / "root.pem", "--no-input",
                               *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)

    def json(self, *arguments):
        run = self.run("--json", *arguments)
        assert run.returncode == OK, (arguments, run.stderr, run.stdout)
        return json.loads(run.stdout)

    def save(self, name, content):
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture(scope="module")
def ways():
    with Node(admin=True) as here, Node(admin=True) as there:
        yield Way(here, False), Way(there, True)


VOLATILE = (
    (r"-----BEGIN [^-]+-----.*?-----END [^-]+-----\n?", "PEM"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"), (r"\d{4}-\d\d-\d\d", "DAY"),
    (r"2\.25\.\d+", "OID"), (r"(?<![0-9a-f])(?:[0-9a-f]{2}:?){4,}(?![0-9a-f])", "HEX"),
    (r"est_[A-Za-z0-9_-]+", "TOKEN"), (r"localhost:\d+", "HOST"), (r"/l/\S+", "LINK"),
    (r"(operator|token):\w+", "ACTOR"), (r"\b[a-z0-9]{5}(-[a-z0-9]{5}){4}-[a-z0-9]\b", "CODE"),
)
# what is random, or counts what else was done
FREE = {"id", "secret", "passphrase", "url", "csr", "der", "pem", "p12", "hash", "head", "number", "entries", "last_used",
        "cpu", "uptime", "started", "after", "cursor", "next_cursor", "content", "base64", "csv", "codes", "audit"}


def steady(value, name=""):
    """What must be the same, whatever node, key and moment."""
    if isinstance(value, dict):
        return {key: steady(item, key) for key, item in value.items()}
    if name == "crls":
        value = value[:1]  # those of new CAs are made by the clock
    if isinstance(value, list):
        return [steady(item, name) for item in value]
    if name in FREE and value is not None:
        return type(value).__name__
    if isinstance(value, str):
        for pattern, word in VOLATILE:
            value = re.sub(pattern, word, value, flags=re.S)
    return value


class Walk:
    """The same command both ways; what it answered is kept for what comes next."""

    def __init__(self, ways):
        self.ways, self.seen, self.last = ways, set(), None

    def __call__(self, *arguments, code=OK):
        """`arguments` may hold functions of a way and of what the last command answered there."""
        self.seen.add(tuple(word for word in arguments[:2] if not callable(word)))
        runs = []
        for i, way in enumerate(self.ways):
            known = self.last[i] if self.last else None
            filled = [argument(way, known) if callable(argument) else argument for argument in arguments]
            runs.append(way.run("--account", "demo", "--json", *filled))
        here, there = runs
        assert here.returncode == there.returncode == code, (arguments, code, here, there)
        try:
            self.last = [json.loads(run.stdout) for run in runs]
        except ValueError:
            assert steady(here.stdout, "csv") == steady(there.stdout, "csv"), arguments
            self.last = None
            return
        assert steady(self.last[0]) == steady(self.last[1]), arguments


def saved(name, make):
    return lambda way, last: way.save(name, make(way, last))


def from_last(*path):
    def find(_, last):
        for step in path:
            last = last[step]
        return last
    return find


def new_csr(name):
    return saved(f"{name}.csr", lambda *_: make_csr(make_key(), name))


def self_signed(way, _):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=olga",
                    "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", way.folder / "olga.key", "-out", way.folder / "olga.pem"],
                   check=True, capture_output=True)
    return way.folder / "olga.pem"


def openssl_root(way, _):
    """A CA with its key in one file, as others make them."""
    key, certificate = way.folder / "imported.key", way.folder / "imported.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
                    "-subj", "/CN=Imported", "-keyout", key, "-out", certificate,
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign"], check=True, capture_output=True)
    return way.save("imported-both.pem", key.read_bytes() + certificate.read_bytes())


def in_folder(name):
    return lambda way, _: way.folder / name


def walk_account(walk):
    walk("account", "set", "--oid-arc", "1.3.6.1.4.1.99999.5")
    walk("account", "list")
    walk("account", "show")
    walk("account", "create", "second")
    walk("account", "create", "second", code=REFUSED)
    walk("status")
    walk("key", "block", saved("blocked", lambda *_: "ab" * 32 + "\n"), "--remark", "a list")
    walk("key", "list")
    walk("key", "unblock", "ab" * 32)
    walk("administrator", "create", "olga", "--role", "owner")
    walk("administrator", "list")
    walk("administrator", "grant", "olga", "--role", "auditor")
    walk("administrator", "withdraw", "olga")
    walk("administrator", "link", "olga")
    walk("administrator", "cert", "olga", self_signed)
    walk("administrator", "no-cert", "olga")
    walk("administrator", "lock", "olga")
    walk("administrator", "unlock", "olga")
    walk("administrator", "remove", "olga")
    walk("token", "create", "ci", "--role", "auditor")
    walk("token", "list")
    walk("token", "revoke", "ci")
    walk("token", "revoke", "ci", code=NOT_FOUND)


def walk_cas(walk):
    walk("ca", "create", "Root 2", "--subject", "CN=Root 2", "--no-trust")
    walk("ca", "set", "Root 2", "--signature", "ecdsa-sha384")
    walk("ca", "list")
    walk("ca", "show", "Root 2")
    walk("ca", "export", "Root 2")
    walk("ca", "renew", "Root 2", "--validity", "5y")
    walk("ca", "request", "Sub", "--subject", "CN=Sub")
    walk("ca", "sign", "Root 2", saved("sub.csr", lambda _, last: last["ca"]["csr"]), "--out", in_folder("sub.pem"))
    walk("ca", "certificate", "Sub", in_folder("sub.pem"), "--no-trust")
    walk("ca", "request", "Other Sub", "--subject", "CN=Other Sub")
    walk("ca", "cancel", "Other Sub")
    walk("ca", "import", "Imported", openssl_root, "--no-trust")
    walk("ca", "disable", "Imported")
    walk("ca", "activate", "Imported")
    walk("ca", "retire", "Imported", "--confirm", "Imported")
    walk("ca", "show", "no such", code=NOT_FOUND)
    walk("crl", "issue", "Demo Issuing")
    walk("crl", "list")
    walk("crl", "export", "Demo Issuing")
    walk("crl", "import", lambda way, _: kept_crl(way))
    walk("ocsp", "show")
    walk("profile", "create", "by-sub", "--template", "generic-device", "--ca", "Sub")
    walk("rollover", "start", "Sub", "Sub 2", "--no-trust")
    walk("rollover", "list")
    walk("rollover", "show", "Sub")
    walk("rollover", "export", "Sub", code=NOT_FOUND)  # only roots have cross certificates
    walk("rollover", "switch", "Sub")
    walk("rollover", "finish", "Sub")


def kept_crl(way):
    way.node.ctl("--account", "demo", "crl", "export", "Demo Issuing", "--out", way.folder / "kept.crl")
    return way.folder / "kept.crl"


def walk_profiles(walk):
    walk("profile", "create", "sensors", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "device-code", "--alias", "sensors")
    walk("profile", "set", "sensors", "validity=90d")
    walk("profile", "set", "sensors", "validity=never ever", code=REFUSED)
    walk("profile", "list")
    walk("profile", "show", "sensors")
    walk("profile", "suspend", "sensors")
    walk("profile", "resume", "sensors")
    walk("profile", "default", "sensors")
    walk("profile", "passphrase", "demo", "--passphrase-file", saved("pass", lambda *_: "a passphrase that was chosen\n"))
    walk("profile", "test", "demo", "--csr", new_csr("tried"), "--passphrase", "--address", "127.0.0.1", "--trace")
    walk("device", "add", "--profile", "sensors", "--serial", "S-1")
    walk("device", "import", saved("devices.csv", lambda *_: "serial,name\nS-2,pump\n"), "--profile", "sensors")
    walk("device", "list", "--profile", "sensors")
    walk("device", "show", "S-2", "--profile", "sensors")
    walk("device", "codes", "--profile", "sensors", "--device", "S-1")
    walk("device", "suspend", "S-1", "--profile", "sensors")
    walk("device", "resume", "S-1", "--profile", "sensors")
    walk("device", "remove", "S-1", "--profile", "sensors")


def walk_doors(walk):
    walk("allow", "add", "cidr 192.0.2.0/24", "--comment", "plant 3")
    walk("allow", "list")
    walk("allow", "test", "192.0.2.7")
    walk("allow", "test", "198.51.100.7", code=REFUSED)
    walk("allow", "remove", lambda way, _: allowed(way, "192.0.2.0"))
    walk("trust", "add", lambda way, last: way.save("anchor.pem", (way.folder / "imported.pem").read_bytes()), "--yes")
    walk("trust", "list")
    walk("trust", "remove", lambda way, _: trusted(way, "Imported"), "--confirm", "last")
    walk("ra", "enroll", "proxy", "--ca", "Demo Issuing", "--all-profiles", "--csr", new_csr("proxy"))
    walk("ra", "list")
    walk("ra", "show", "proxy")
    walk("ra", "set", "proxy", "--profile", "sensors")
    walk("ra", "rotate", "proxy", "--csr", new_csr("successor"), "--overlap", "1h")
    walk("ra", "admit", "other proxy", "--serial", "00" * 16, "--all-profiles", code=NOT_FOUND)
    walk("ra", "rotate", "proxy", "--csr", new_csr("proxy-2"))
    walk("ra", "revoke", "proxy")


def allowed(way, first):
    entries = way.json("--account", "demo", "allow", "list")["addresses"]
    return next(str(entry["id"]) for entry in entries if first in json.dumps(entry))


def trusted(way, name):
    anchors = way.json("--account", "demo", "trust", "list")["anchors"]
    return next(str(anchor["id"]) for anchor in anchors if name in json.dumps(anchor))


def walk_certificates(walk):
    for way in walk.ways:
        way.node.ctl("--account", "demo", "profile", "set", "demo", "approval.hold=enrollments")
        assert way.node.enroll(make_csr(make_key(), "waits"), passphrase="a passphrase that was chosen").status == 202
        assert way.node.enroll(make_csr(make_key(), "waits too"), passphrase="a passphrase that was chosen").status == 202
        way.node.ctl("--account", "demo", "profile", "set", "demo", "approval.hold=none")
        assert way.node.enroll(make_csr(make_key(), "dev-1"), passphrase="a passphrase that was chosen").status == 200
    walk("request", "list")
    walk("request", "show", waiting)
    walk("request", "approve", waiting)
    walk("request", "reject", waiting)
    walk("cert", "list", "--subject-begins", "CN=dev")
    walk("cert", "show", issued)
    walk("cert", "export", issued)
    walk("cert", "hold", issued)
    walk("cert", "release", issued)
    walk("cert", "revoke", issued, "--reason", "superseded")
    walk("cert", "revoke", issued)
    walk("cert", "unknown")
    walk("cert", "adopt", "00" * 16, "--profile", "demo", code=NOT_FOUND)
    walk("cert", "adopt", "--file", in_folder("ca.pem"), "--profile", "demo", code=FAILED)
    walk("events", "--limit", "2")
    walk("audit", "list", "--limit", "1")
    walk("audit", "verify")
    walk("node", "show")
    walk("node", "token", code=NOT_FOUND)
    walk("node", "certificate", "--ca", "Demo Issuing", "--host", "localhost")


def waiting(way, _):
    return next(request["request_id"] for request in way.json("--account", "demo", "request", "list")["requests"] if request["state"] == "pending")


def issued(way, _):
    return way.json("--account", "demo", "cert", "list", "--subject-begins", "CN=dev-1")["certificates"][0]["serial"]


PARTS = (walk_account, walk_cas, walk_profiles, walk_doors, walk_certificates)


@pytest.fixture(scope="module")
def walk(ways):
    return Walk(ways)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_verb_does_the_same_there_as_here(walk, part):
    part(walk)


def test_no_verb_was_left_out(walk):
    words = {command[:len(known)] for command in walk.seen for known in map(tuple, commands()) if command[:len(known)] == known}
    assert set(map(tuple, commands())) - words == {("backup",), ("completion", "bash")}


def test_what_a_person_reads_is_the_same_too(ways):
    for arguments in (["account", "list"], ["--account", "demo", "ca", "list"], ["--account", "demo", "--plain", "profile", "list"]):
        here, there = (way.run(*arguments) for way in ways)
        assert here.returncode == there.returncode == OK
        assert steady(here.stdout) == steady(there.stdout), arguments


# -- what it may and what it may not --

def test_a_token_reaches_as_far_as_its_role(ways):
    there = ways[1]
    for role, may, may_not in (("auditor", ["ca", "list"], ["crl", "issue", "Demo Issuing"]),
                               ("ra-operator", ["crl", "issue", "Demo Issuing"], ["allow", "add", "192.0.2.9"]),
                               ("administrator", ["allow", "add", "192.0.2.9"], ["account", "create", "mine"])):
        token = there.folder / f"{role}.token"
        there.node.ctl("--account", "demo", "token", "create", f"reach-{role}", "--role", role, "--out", token)
        assert there.run("--account", "demo", *may, token_file=token).returncode == OK, role
        refused = there.run("--account", "demo", *may_not, token_file=token)
        assert refused.returncode == REFUSED and "[not_permitted]" in refused.stderr, (role, refused)
        hidden = there.run("--account", "second", "ca", "list", token_file=token)
        assert hidden.returncode == NOT_FOUND, hidden
    there.node.ctl("--account", "demo", "token", "revoke", "reach-auditor")
    ended = there.run("--account", "demo", "ca", "list", token_file=there.folder / "auditor.token")
    assert ended.returncode == UNAUTHENTICATED and "[signed_out]" in ended.stderr


def test_the_node_s_own_disk_is_no_remote_caller_s(ways):
    there = ways[1]
    refused = there.run("backup", "/tmp/of-somebody-else.db")
    assert refused.returncode == REFUSED and "run it on the node" in refused.stderr


def test_a_token_that_others_can_read_is_not_used(ways, tmp_path):
    there = ways[1]
    assert there.token_file.stat().st_mode & 0o777 == 0o600
    loose = tmp_path / "loose.token"
    loose.write_text(there.token_file.read_text())
    for mode in (0o644, 0o640, 0o604):
        loose.chmod(mode)
        refused = there.run("status", token_file=loose)
        assert refused.returncode == LOCAL and "[secret_file]" in refused.stderr, oct(mode)
    loose.chmod(0o600)
    assert there.run("status", token_file=loose).returncode == OK
    for content in ("", "\n", "est_a\r\nX-Injected: 1", "est_a b", "x" * 500):
        loose.write_text(content)
        assert there.run("status", token_file=loose).returncode == LOCAL, content
    assert there.run("status", token_file=tmp_path / "none").returncode == LOCAL
    again = there.node.ctl_run("token", "create", "again", "--role", "auditor", "--out", loose)
    assert again.returncode == LOCAL and "again" not in there.node.ctl("token", "list")  # nothing is made for a file that is in use


def test_a_token_file_that_is_no_file_is_refused_at_once(ways, tmp_path):
    _, there = ways
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe, 0o600)  # nobody writes to it
    link.symlink_to(there.token_file)
    for path in (pipe, link, tmp_path, "/dev/zero"):
        refused = there.run("status", token_file=path)
        assert refused.returncode == LOCAL and "secret_file" in refused.stderr, path


def test_options_that_do_not_go_together(ways, tmp_path):
    there = ways[1]
    server, token = f"https://localhost:{there.node.admin_port}", str(there.token_file)
    for options in (["--server", server], ["--token-file", token], ["--ca-file", "x"],
                    ["--server", server, "--token-file", token, "--socket", "x"], ["--server", server, "--token-file", token, "--config", "x"],
                    ["--server", "http://localhost", "--token-file", token], ["--server", "https://a:b@localhost", "--token-file", token],
                    ["--server", server + "/api", "--token-file", token], ["--server", server + "/?x=1", "--token-file", token],
                    ["--server", "localhost", "--token-file", token], ["--server", "https://", "--token-file", token]):
        wrong = subprocess.run([CTL, *options, "status"], capture_output=True, text=True, timeout=60)
        assert wrong.returncode == USAGE and wrong.stderr, (options, wrong)
    empty = tmp_path / "empty.pem"
    empty.touch()
    for ca_file in (empty, tmp_path / "none.pem", there.token_file):
        wrong = subprocess.run([CTL, "--server", server, "--token-file", token, "--ca-file", ca_file, "status"], capture_output=True, text=True, timeout=60)
        assert wrong.returncode == LOCAL, wrong


# -- servers that are not who they should be --

class Thief(http.server.BaseHTTPRequestHandler):
    """Whatever it is asked, it keeps what came along."""
    heard, answer, status = [], b"{}", 200

    def do_POST(self):
        Thief.heard.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(Thief.status)
        self.send_header("Location", "https://localhost:1/")
        self.send_header("Content-Length", str(len(Thief.answer)))
        self.end_headers()
        self.wfile.write(Thief.answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def thief(tmp_path):
    """A server of somebody else, with its own certificate for localhost."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                    "/CN=thief", "-addext", "subjectAltName=DNS:localhost", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "thief.pem"],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "thief.pem", tmp_path / "key.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Thief)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.pem = tmp_path / "thief.pem"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Thief.heard = []
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port, token, *options, host="localhost", **run_options):
    return subprocess.run([CTL, "--server", f"https://{host}:{port}", "--token-file", token, *options, "account", "list"],
                          capture_output=True, text=True, timeout=60, **run_options)


def test_no_token_goes_to_a_server_that_is_not_proven(ways, thief, tmp_path):
    there, port = ways[1], thief.server_address[1]
    token = there.token_file
    root = there.folder / "root.pem"
    for options in ([], ["--ca-file", root]):
        refused = ask(port, token, *options)
        assert refused.returncode == UNTRUSTED and "--ca-file names who may vouch" in refused.stderr, refused
    assert ask(there.node.admin_port, token).returncode == UNTRUSTED  # the system knows no such CA
    assert ask(there.node.admin_port, token, "--ca-file", thief.pem).returncode == UNTRUSTED
    wrong_name = ask(port, token, "--ca-file", thief.pem, host="127.0.0.1")
    assert wrong_name.returncode == UNTRUSTED, wrong_name
    assert Thief.heard == []
    # the environment does not lead it elsewhere
    asked = ask(there.node.admin_port, token, "--ca-file", root,
                env={**os.environ, "https_proxy": f"http://127.0.0.1:{port}", "ALL_PROXY": f"http://127.0.0.1:{port}"})
    assert asked.returncode == OK and Thief.heard == []


def test_answers_that_are_not_the_api_s(ways, thief):
    port, token = thief.server_address[1], ways[1].token_file
    for status, answer in ((200, b""), (200, b"[]"), (200, b"<html>"), (502, b"bad gateway"), (404, b"{}"), (302, b""), (500, b'{"code":1}'),
                           (200, b"x" * (5 * 1024 * 1024))):
        Thief.status, Thief.answer = status, answer
        run = ask(port, token, "--ca-file", thief.pem)
        assert run.returncode == FAILED and "bestowctl: " in run.stderr and "est_" not in run.stderr, (status, run)
    assert len(Thief.heard) == 8  # nothing was followed
    assert {path for path, _ in Thief.heard} == {"/api/v1/verbs/account.list"}


def test_co_15_a_server_s_words_do_not_steer_the_terminal(ways, thief):
    evil = "a\x1b[2J\x9b1m\x07\u202eb"
    problem = {"code": "not_found", "title": evil, "detail": evil, "remedy": evil}
    for status, answer in ((404, problem), (200, {"accounts": [{"name": evil}]})):
        Thief.status, Thief.answer = status, json.dumps(answer).encode()
        run = ask(thief.server_address[1], ways[1].token_file, "--ca-file", thief.pem)
        shown = run.stdout + run.stderr
        assert not any(c in shown for c in "\x1b\x9b\x07\u202e"), shown
        assert "[2J" in shown, run


def test_a_server_that_is_not_there(ways, tmp_path):
    from node import free_port
    away = ask(free_port(), ways[1].token_file, "--ca-file", ways[1].folder / "root.pem")
    assert away.returncode == UNREACHABLE


def test_what_is_too_long_is_told_as_such(ways):
    there = ways[1]
    files = [way.save("long.bin", b"x" * 1_000_000) for way in (there,)]
    refused = there.run("--account", "demo", "profile", "test", "demo", "--csr", files[0], "--client-cert", files[0], "--chain", files[0])
    assert refused.returncode == REFUSED and "no request so long" in refused.stderr, refused


# -- the route itself --

def test_the_route_begins_no_session_and_takes_no_other_verb(ways):
    import http.client
    there = ways[1]
    context = ssl.create_default_context(cafile=there.folder / "root.pem")

    def post(verb, body, headers=None, query=""):
        connection = http.client.HTTPSConnection("localhost", there.node.admin_port, context=context, timeout=30)
        connection.request("POST", f"/api/v1/verbs/{verb}{query}", body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    bearer = {"Authorization": "Bearer " + there.token_file.read_text().strip()}
    code = there.json("administrator", "create", "redeemer", "--role", "auditor")["link"]["code"]
    for verb in ("session.create", "session.redeem", "session.show", "session.end", "node.backup", "nothing", "ca.create/x"):
        status, problem = post(verb, json.dumps({"params": {"code": code}}), bearer)
        assert status == 404, (verb, problem)
    assert post("status", "{}")[0] == 401
    for body in ("[]", "{", '{"verb":"account.list"}', '{"params":[]}', '{"account":1}', '{"nothing":1}', '{"params":{"nothing":1}}'):
        assert post("ca.list", body, bearer)[0] == 400, body
    assert post("account.list", "{}", bearer, "?name=x")[0] == 400
    assert post("account.list", "{}", {**bearer, "Content-Type": "text/plain"})[0] == 415
    assert post("account.list", "{}", {**bearer, "Origin": "https://evil.example"})[0] == 403
    assert post("account.list", "{}", bearer)[0] == 200
