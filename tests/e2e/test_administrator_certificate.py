"""Administrators who must sign in with a TLS certificate beside their password, as curl and openssl show it."""
import base64
import json
import subprocess

import pytest

from node import Node
from test_api import Client, administrator, link_code, token

PASSWORD = "correct horse battery staple"


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """An organisation's own CA for its people, made by openssl."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", f"/CN={name}",
                "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")

    def issue(self, who, key=None, days=30):
        """One file with certificate and key, as curl takes it."""
        own, request, pem = (self.folder / f"{who}.{end}" for end in ("key", "csr", "crt"))
        if key:
            own.write_bytes(key.read_bytes())
            openssl("req", "-new", "-key", own, "-subj", f"/CN={who}", "-out", request)
        else:
            openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={who}", "-keyout", own, "-out", request)
        if days < 0:  # openssl x509 of Debian 12 knows no dates: an hour long ago by `openssl ca`
            self.issue_ended(request, pem)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{self.name}.pem", "-CAkey", self.folder / f"{self.name}.key",
                    "-CAcreateserial", "-out", pem, "-days", days)
        return pem, own

    def issue_ended(self, request, pem):
        config = self.folder / "ca.conf"
        (self.folder / "index.txt").write_text("")
        config.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.folder}/index.txt\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
                          "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", config, "-in", request, "-out", pem, "-notext", "-cert", self.folder / f"{self.name}.pem",
                "-keyfile", self.folder / f"{self.name}.key", "-startdate", "20200101000000Z", "-enddate", "20210101000000Z")


@pytest.fixture(scope="module")
def node():
    with Node(admin=True) as running:
        yield running


@pytest.fixture(scope="module")
def staff(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("staff"), "Staff CA")


def asked(node):
    """Whose certificates the listener asks for: None where it asks for none."""
    run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{node.admin_port}", "-CAfile", node.folder / "ca.pem"],
                         input="", capture_output=True, text=True, timeout=30)
    if "Requested Signature Algorithms" not in run.stdout:
        return None
    names = run.stdout.split("Acceptable client certificate CA names\n")
    return [line for line in names[1].splitlines() if "CN" in line.split("=")[0]] if len(names) > 1 else []


def sign_in(node, name, identity=None, password=PASSWORD, path="/session", body=None):
    """As curl does it: status and the problem without its request id."""
    certificate = ["--cert", identity[0], "--key", identity[1]] if identity else []
    run = subprocess.run(["curl", "--silent", "--cacert", node.folder / "ca.pem", *certificate, "--write-out", "\n%{http_code}", "--json",
                          json.dumps(body or {"name": name, "password": password}), f"https://localhost:{node.admin_port}/api/v1{path}"],
                         capture_output=True, text=True, timeout=60, check=True)
    text, status = run.stdout.rsplit("\n", 1)
    answer = json.loads(text)
    answer.pop("request_id", None)
    return int(status), answer


def refusals(node):
    entries = node.ctl_json("audit", "list", "--limit", "30")["entries"]
    return [json.loads(entry["after"])["reason"] if isinstance(entry["after"], str) else entry["after"]["reason"]
            for entry in entries if entry["object"].startswith("refused sign-in of")]


def somebody(node, name, role="auditor"):
    client = administrator(node, name, role, "demo")
    assert client.ask("PUT", "/session/password", {"password": PASSWORD}).status == 200
    return client


def test_nobody_is_asked_until_somebody_s_is_registered(node, staff):
    assert asked(node) is None
    somebody(node, "anna")
    pem, _ = staff.issue("anna-1")
    shown = node.ctl_json("administrator", "cert", "anna", pem)["administrator"]
    assert shown["certificate"]["of"] == "certificate" and len(shown["certificate"]["sha256"]) == 64
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    assert asked(node) == ["CN = Staff CA"] or asked(node) == ["CN=Staff CA"]
    node.ctl("administrator", "no-cert", "anna")
    node.wait(lambda: asked(node) is None, "the listener not to ask")


def test_the_password_alone_opens_nothing_any_more(node, staff, tmp_path):
    somebody(node, "berta")
    mine, other = staff.issue("berta-1"), staff.issue("berta-2")
    stranger = Authority(tmp_path, "Stranger CA").issue("berta-1")
    before = sign_in(node, "berta")
    assert before[0] == 200
    node.ctl("administrator", "cert", "berta", mine[0])
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    wrong_password = sign_in(node, "berta", mine, password="wrong " + PASSWORD)
    assert wrong_password[0] == 401
    seen = len(refusals(node))
    for identity, reason in ((None, "admin_certificate_missing"), (other, "admin_certificate_wrong"), (stranger, "admin_certificate_wrong")):
        refused = sign_in(node, "berta", identity)
        assert refused == wrong_password, reason  # strangers learn nothing
        seen += 1
        told = refusals(node)
        assert len(told) == seen and told[0] == reason
    assert sign_in(node, "berta", mine)[0] == 200
    assert len(refusals(node)) == seen
    node.ctl("audit", "verify")


def test_a_key_outlives_its_certificate_and_an_ended_one_is_none(node, staff):
    somebody(node, "carla")
    first = staff.issue("carla-1")
    ended = staff.issue("carla-ended", key=first[1], days=-1)
    renewed, other = staff.issue("carla-renewed", key=first[1]), staff.issue("carla-other")
    node.ctl("administrator", "cert", "carla", first[0], "--key")
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    assert [sign_in(node, "carla", identity)[0] for identity in (first, renewed)] == [200, 200]
    assert sign_in(node, "carla", other)[0] == 401 and refusals(node)[0] == "admin_certificate_wrong"
    assert sign_in(node, "carla", ended)[0] == 401 and refusals(node)[0] == "admin_certificate_ended"
    node.ctl("administrator", "cert", "carla", first[0])  # now itself, and not its key
    assert sign_in(node, "carla", renewed)[0] == 401
    assert sign_in(node, "carla", first)[0] == 200


def test_a_link_asks_for_it_too_and_is_not_used_up_by_a_refusal(node, staff):
    somebody(node, "dora")
    mine = staff.issue("dora-1")
    node.ctl("administrator", "cert", "dora", mine[0])
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    code = {"code": link_code(node.ctl("administrator", "link", "dora"))}
    assert sign_in(node, "dora", path="/session/link", body=code)[0] == 401
    assert sign_in(node, "dora", mine, path="/session/link", body=code)[0] == 200
    assert sign_in(node, "dora", mine, path="/session/link", body=code)[0] == 401


def test_others_sign_in_as_before(node, staff):
    somebody(node, "erna"), somebody(node, "frieda")
    node.ctl("administrator", "cert", "erna", staff.issue("erna-1")[0])
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    assert sign_in(node, "frieda")[0] == 200
    assert sign_in(node, "frieda", staff.issue("frieda-1"))[0] == 200
    assert token(node, "unasked", "auditor", "demo").ask("GET", "/accounts/demo/cas").status == 200


def test_one_registers_one_s_own_with_the_present_password(node, staff):
    client = somebody(node, "gerda")
    mine = staff.issue("gerda-1")
    file = base64.b64encode(mine[0].read_bytes()).decode()
    assert client.ask("PUT", "/session/certificate", {"certificate": file}).status == 401
    assert client.ask("PUT", "/session/certificate", {"certificate": file, "present": "wrong " + PASSWORD}).status == 401
    answer = client.ask("PUT", "/session/certificate", {"certificate": file, "present": PASSWORD})
    assert answer.status == 200 and answer.json["administrator"]["certificate"]["of"] == "certificate", answer.body
    assert client.ask("GET", "/session").status == 200
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    assert sign_in(node, "gerda")[0] == 401 and sign_in(node, "gerda", mine)[0] == 200
    assert client.ask("PUT", "/session/certificate", {"present": PASSWORD}).json["administrator"]["certificate"] is None
    assert sign_in(node, "gerda")[0] == 200
    program = token(node, "no-session", "owner")
    assert program.ask("PUT", "/session/certificate", {"certificate": file}).status == 403


def test_only_the_node_s_owner_says_who_needs_one(node, staff):
    somebody(node, "hanna")
    file = base64.b64encode(staff.issue("hanna-1")[0].read_bytes()).decode()
    for role, account in (("owner", "demo"), ("administrator", None), ("auditor", None)):
        eve = token(node, f"eve-{role}-{account}", role, account)
        assert eve.ask("PUT", "/administrators/hanna/certificate", {"certificate": file}).status == 403, role
        assert eve.ask("DELETE", "/administrators/hanna/certificate").status == 403, role
    owner = token(node, "says-who", "owner")
    for bad in ("", "AAAA", base64.b64encode((node.folder / "root.pem").read_bytes()).decode()):
        assert owner.ask("PUT", "/administrators/hanna/certificate", {"certificate": bad}).status == 400, bad
    assert owner.ask("PUT", "/administrators/nobody/certificate", {"certificate": file}).status == 404
    assert owner.ask("PUT", "/administrators/hanna/certificate", {"certificate": file}).status == 200
    assert owner.ask("DELETE", "/administrators/hanna/certificate").json["administrator"]["certificate"] is None
    node.ctl("administrator", "cert", "hanna", staff.issue("hanna-2")[0])
    node.ctl("administrator", "remove", "hanna")


def ask(node, cookie, identity=None, path="/session"):
    """One request of a session, as curl makes it on a connection of its own."""
    certificate = ["--cert", identity[0], "--key", identity[1]] if identity else []
    run = subprocess.run(["curl", "--silent", "--cacert", node.folder / "ca.pem", *certificate, "--write-out", "\n%{http_code}", "--cookie", cookie,
                          f"https://localhost:{node.admin_port}/api/v1{path}"], capture_output=True, text=True, timeout=60, check=True)
    text, status = run.stdout.rsplit("\n", 1)
    return int(status), json.loads(text)


def begin(node, name, identity=None):
    certificate = ["--cert", identity[0], "--key", identity[1]] if identity else []
    run = subprocess.run(["curl", "--silent", "--cacert", node.folder / "ca.pem", *certificate, "--include", "--json",
                          json.dumps({"name": name, "password": PASSWORD}), f"https://localhost:{node.admin_port}/api/v1/session"],
                         capture_output=True, text=True, timeout=60, check=True)
    (cookie,) = [line.split(": ", 1)[1].split(";")[0] for line in run.stdout.splitlines() if line.lower().startswith("set-cookie")]
    return cookie


@pytest.mark.parametrize("of_key", (False, True))
def test_a_session_is_worth_nothing_without_its_certificate(node, staff, tmp_path, of_key):
    name = f"ida{of_key:d}"
    somebody(node, name)
    mine, other = staff.issue(f"{name}-1"), staff.issue(f"{name}-2")
    renewed, ended = staff.issue(f"{name}-3", key=mine[1]), staff.issue(f"{name}-4", key=mine[1], days=-1)
    stranger = Authority(tmp_path, "Stranger CA").issue(f"{name}-1")
    node.ctl("administrator", "cert", name, mine[0], *["--key"][:of_key])
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    cookie = begin(node, name, mine)
    assert ask(node, cookie, mine)[0] == 200
    for identity in (None, other, stranger, ended):
        for path in ("/session", "/accounts/demo/cas", "/accounts/demo/events/stream", "/accounts/demo/certificates?format=csv"):
            status, problem = ask(node, cookie, identity, path)
            assert (status, problem["code"]) == (401, "session_certificate"), (identity, path)
    assert ask(node, cookie, renewed)[0] == (200 if of_key else 401)
    assert ask(node, cookie, mine)[0] == 200  # refusing has not ended it
    node.ctl("administrator", "no-cert", name)
    assert ask(node, cookie, mine)[1]["code"] == "signed_out"
    free = begin(node, name)  # and one that began without is not bound
    assert ask(node, free)[0] == 200


def test_one_s_own_session_outlives_the_change_of_one_s_own_certificate(node, staff):
    client = somebody(node, "jana")
    mine = staff.issue("jana-1")
    file = base64.b64encode(mine[0].read_bytes()).decode()
    assert client.ask("PUT", "/session/certificate", {"certificate": file, "present": PASSWORD}).status == 200
    assert client.ask("GET", "/session").status == 200
    node.wait(lambda: asked(node) is not None, "the listener to ask")
    bound = Client(node)
    bound.context.load_cert_chain(*mine)
    answer = bound.ask("POST", "/session", {"name": "jana", "password": PASSWORD})
    bound.cookie, bound.csrf = answer.headers["Set-Cookie"].split(";")[0], answer.json["csrf"]
    assert bound.ask("PUT", "/session/certificate", {"present": PASSWORD}).json["administrator"]["certificate"] is None
    assert ask(node, bound.cookie)[0] == 200
