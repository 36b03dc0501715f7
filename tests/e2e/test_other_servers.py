"""What the device's side does with what other servers do: docs/reference/other-servers.md holds the same rows."""
import pathlib
import subprocess
import time

import pytest

from device import Device, private_file
from est_server import PASSPHRASE, USER, EstServer
from node import BIN, ROOT, free_port

DOC = ROOT / "docs" / "reference" / "other-servers.md"

# how it is called, the switches, the exit code of `bestow enroll`, the code of the error
ROWS = [
    ("base64 in one line", {}, 0, None),
    ("base64 without a line end", {"base64": "bare"}, 0, None),
    ("base64 wrapped at 64", {"base64": "64"}, 0, None),
    ("base64 wrapped at 76 with CRLF", {"base64": "76-crlf"}, 0, None),
    ("base64 with spaces and tabs", {"base64": "spaces"}, 0, None),
    ("PEM certificates instead of PKCS#7", {"form": "pem"}, 0, None),
    ("PEM PKCS#7", {"form": "pem-pkcs7"}, 0, None),
    ("DER without base64", {"form": "der"}, 0, None),
    ("chunked", {"framing": "chunked"}, 0, None),
    ("lower-case headers", {"lower": True}, 0, None),
    ("HTTP/1.0, closing after each answer", {"http": "1.0"}, 0, None),
    ("closing after each answer of a given length, without close_notify", {"framing": "length, close", "goodbye": False}, 0, None),
    ("a 100 before each answer", {"continue": True}, 0, None),
    ("TLS 1.2 only", {"tls": "1.2"}, 0, None),
    ("the chain with the certificate, root first", {"extra": "chain"}, 0, None),
    ("strangers' certificates besides", {"extra": "strangers"}, 0, None),
    ("Basic only", {"auth": "basic"}, 0, None),
    ("Digest SHA-256 only", {"auth": "digest-sha256"}, 0, None),
    ("Digest MD5 only", {"auth": "digest-md5"}, 0, None),
    ("csrattrs 404", {"csrattrs_status": 404}, 0, None),
    ("csrattrs 500", {"csrattrs_status": 500}, 0, None),
    ("csrattrs empty", {"csrattrs": bytes.fromhex("3000")}, 0, None),
    ("csrattrs in DER", {"csrattrs": bytes.fromhex("3000"), "csrattrs_raw": True}, 0, None),
    ("csrattrs with unknown attributes", {"csrattrs": bytes.fromhex("300e06032a0304300706032a03053100")}, 0, None),
    ("csrattrs that is garbage", {"csrattrs": b"\x30\x84garbage"}, 0, None),
    ("csrattrs that wants P-384", {"csrattrs": bytes.fromhex("3014" "3012" "06072a8648ce3d0201" "3107" "06052b81040022")}, 0, None),
    ("redirect 307 to a path", {"redirect": "/moved/.well-known/est/x"}, 0, None),
    ("redirect 301 to its own origin", {"redirect": "https://localhost:PORT/moved/x", "redirect_status": 301}, 0, None),
    ("202 once, with Retry-After", {"pending": 1, "retry_after": 1}, 0, None),
    ("a certificate with id-kp-cmcRA and another name", {"server": "cmc-ra"}, 0, None),
    ("reads base64 only in lines of at most 76", {"reads": "lines"}, 0, None),
    ("reads base64 only without white space", {"reads": "bare"}, 0, None),
    ("201 for what it issued", {"issued_status": 201}, 0, None),
    ("a renewal's names compared octet by octet, and SANs of its own", {"names": "by octets"}, 0, None),
    ("redirect to another origin", {"redirect": "https://127.0.0.1:PORT/x"}, 1, "redirect_refused"),
    ("redirect to http", {"redirect": "http://localhost:PORT/x"}, 1, "redirect_refused"),
    ("redirects in a circle", {"redirect": "/x"}, 1, "redirect_refused"),
    ("202 for ever", {"pending": 10**9, "retry_after": 10**9}, 6, "server_pending"),
    ("202 with a negative Retry-After", {"pending": 10**9, "retry_after": -5}, 6, "server_pending"),
    ("a certificate for another name", {"server": "other-host"}, 8, "server_untrusted"),
    ("a certificate of another root", {"server": "other-root"}, 8, "server_untrusted"),
    ("an ended certificate", {"server": "expired"}, 8, "server_untrusted"),
    ("a client's certificate", {"server": "client-only"}, 8, "server_untrusted"),
    ("TLS 1.1 only", {"tls": "1.1"}, 7, "server_unreachable"),
    ("no TLS at all", {"tls": "none"}, 7, "server_unreachable"),
    ("accepts and is silent", {"tls": "silent"}, 7, "server_unreachable"),
    ("issues for another key", {"leaf": "other-key"}, 1, "answer_unfit"),
    ("issues for another name", {"leaf": "other-name"}, 1, "answer_unfit"),
    ("issues a CA", {"leaf": "ca"}, 1, "answer_unfit"),
    ("issues from another CA", {"leaf": "other-ca"}, 1, "answer_unfit"),
    ("issues what has ended", {"leaf": "expired"}, 1, "answer_unfit"),
    ("issues for next month", {"leaf": "future"}, 1, "answer_unfit"),
    ("answers with random bytes", {"misbehave": "garbage"}, 1, "server_answer"),
    ("answers with no HTTP", {"misbehave": "no-http"}, 1, "server_answer"),
    ("answers with HTTP/0.9", {"misbehave": "http-0.9"}, 1, "server_answer"),
    ("answers with a captive portal's page", {"misbehave": "html"}, 1, "server_answer"),
    ("answers 200 with nothing", {"misbehave": "empty"}, 1, "server_answer"),
    ("answers with no base64", {"misbehave": "not-base64"}, 1, "server_answer"),
    ("answers with ten megabytes", {"misbehave": "huge"}, 1, "server_answer"),
    ("answers without end", {"misbehave": "endless"}, 1, "server_answer"),
    ("answers with 5,000 headers", {"misbehave": "many-headers"}, 1, "server_answer"),
    ("answers with a header of 500 kB", {"misbehave": "long-header"}, 1, "server_answer"),
    ("answers with a negative length", {"misbehave": "negative-length"}, 1, "server_answer"),
    ("answers with a chunk of 2^64", {"misbehave": "chunk-bomb"}, 7, "server_unreachable"),
    ("answers 418", {"misbehave": "418"}, 5, "server_refused"),
    ("answers 403 with words", {"misbehave": "403"}, 5, "server_refused"),
    ("answers 500", {"misbehave": "500"}, 7, "server_busy"),
    ("answers 503 with Retry-After", {"misbehave": "503"}, 7, "server_busy"),
    ("ends an answer of no given length without close_notify", {"http": "1.0", "goodbye": False}, 7, "server_unreachable"),
    ("cuts its answer off", {"misbehave": "cut"}, 7, "server_unreachable"),
    ("sends 103 and is gone", {"misbehave": "103"}, 7, "server_unreachable"),
    ("sends an octet now and then", {"misbehave": "slow"}, 7, "server_unreachable"),
    ("takes the request and hangs", {"misbehave": "hang"}, 7, "server_unreachable"),
]


def device_of(server, *options):
    secret = private_file(server.folder, "pass", PASSPHRASE)
    return Device(server.url, "--user", USER, "--pass-file", secret, "--subject", "CN=dev-1", "--timeout", "3s", *options,
                  ca=server.folder / "root.pem")


@pytest.mark.parametrize("called,switches,code,error", ROWS, ids=[row[0] for row in ROWS])
def test_other_servers(called, switches, code, error):
    with EstServer(**switches) as server, device_of(server) as device:
        begun = time.monotonic()
        run = device.run("enroll", "--json", "--wait", "3s")
        assert run.returncode == code, run.stdout + run.stderr
        assert time.monotonic() - begun < 30, "no server holds the client for longer than it wants"
        if code == 0:
            assert device.has_valid_pair() and device.certificate() == server.issued[-1]
            # what it got it can also renew there
            server.switches["pending"] = 0
            assert device.run("renew").returncode == 0 and device.has_valid_pair()
            return
        assert f'"code": "{error}"' in run.stdout, run.stdout
        assert not (device.state / "current").exists()
        # CB-02: whatever it was, a pair that is there stays
        assert not list(device.state.glob("*/cert.pem"))


@pytest.mark.parametrize("misbehave", ["garbage", "html", "huge", "empty", "cut"])
def test_cb_02_a_good_pair_survives(misbehave):
    with EstServer() as server, device_of(server) as device:
        assert device.run("enroll").returncode == 0
        before = device.certificate()
        server.switches["misbehave"] = misbehave
        assert device.run("renew").returncode in (1, 7)
        server.switches["misbehave"], server.switches["leaf"] = None, "other-key"
        assert device.run("renew").returncode == 1
        assert device.certificate() == before and device.has_valid_pair()
        server.switches["leaf"] = None
        assert device.run("renew").returncode == 0 and device.certificate() != before


def test_tls_08_no_credential_before_the_server_is_proven():
    for server_kind in ("other-host", "other-root", "expired"):
        with EstServer(server=server_kind, auth="basic") as server, device_of(server) as device:
            assert device.run("enroll").returncode == 8
            assert not server.requests


def test_cb_04_no_credential_leaves_its_origin():
    with EstServer() as elsewhere, EstServer(auth="basic", redirect=f"https://localhost:{elsewhere.port}/x") as server, \
            device_of(server) as device:
        assert device.refused("enroll")[1]["code"] == "redirect_refused"
        assert not elsewhere.requests


def test_a_fingerprint_sends_no_credential_on_the_first_session():
    with EstServer(auth="basic", server="other-root") as server:
        secret = private_file(server.folder, "pass", PASSPHRASE)
        print_of = subprocess.run(["openssl", "x509", "-in", server.folder / "root.pem", "-noout", "-fingerprint", "-sha256"],
                                  capture_output=True, text=True, check=True).stdout.partition("=")[2].strip()
        with Device(server.url, "--pass-file", secret, "--fingerprint", print_of) as device:
            # the fingerprint is right, but what this server shows in TLS does not lead there
            assert device.refused("enroll")[0] == 8
            assert all("authorization" not in request.headers for request in server.requests)
            assert [request.operation for request in server.requests] == ["cacerts"]


def test_csrattrs_choose_the_key():
    with EstServer(csrattrs=bytes.fromhex("3014" "3012" "06072a8648ce3d0201" "3107" "06052b81040022")) as server, \
            device_of(server) as device:
        assert device.run("enroll").returncode == 0 and device.key().curve.name == "secp384r1"


@pytest.mark.parametrize("http", ["1.1", "1.0"])
@pytest.mark.parametrize("auth", [None, "basic", "digest-sha256"])
def test_pop_01_tls_unique(http, auth):
    """Each connection has its own, whatever made the client begin anew."""
    wants_it = bytes.fromhex("300b" "06092a864886f70d010907")
    with EstServer(tls="1.2", tls_unique=True, csrattrs=wants_it, auth=auth, http=http, pending=1) as server, device_of(server) as device:
        assert device.run("enroll", "--binding", "none", "--wait", "3s").returncode == 5
        server.switches["pending"] = 1
        run = device.run("enroll", "--wait", "3s")
        assert run.returncode == 0, run.stderr
        assert device.run("renew").returncode == 0 and device.has_valid_pair()


def test_the_table_in_the_docs_is_this_one():
    shown = [line.split("|")[1].strip() for line in DOC.read_text().splitlines() if line.startswith("| ") and "|---" not in line]
    assert shown[1:] == [row[0] for row in ROWS]
    for row, line in zip(ROWS, [line for line in DOC.read_text().splitlines() if line.startswith("| ")][1:]):
        assert (row[3] or "works") in line and f"| {row[2]} |" in line, line
