"""Rows PP-*, as far as they speak of enrollment codes: every carrier, guessing, locks, and where codes must not be found."""
import base64
import concurrent.futures
import csv
import io

import pytest
from cryptography.x509.oid import AttributeOID

from node import Node, make_csr, make_key


def profile(node, name, *settings):
    arguments = [part for setting in ("auth=device-code", *settings) for part in ("--set", setting)]
    node.ctl("profile", "create", name, "--template", "generic-device", "--ca", "Demo Issuing", "--alias", name, *arguments)
    node.wait(lambda: node.request("GET", f"/.well-known/est/{name}/cacerts").status == 200, "the profile", 5)


def make_codes(node, name, *arguments):
    return [row["code"] for row in csv.DictReader(io.StringIO(node.ctl("device", "codes", "--profile", name, *arguments)))]


def post(node, name, headers, cn="pp", attributes=(), **options):
    return node.post_csr("simpleenroll", make_csr(make_key(), cn, attributes=attributes), name, headers, **options)


def header(text, scheme="Basic"):
    return {"Authorization": f"{scheme} " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()}


@pytest.fixture(scope="module")
def anybody(node):
    profile(node, "pp-codes")
    return "pp-codes"


def test_pp_01_the_forms(node, anybody):
    (code,) = make_codes(node, anybody, "--count", "1", "--uses", "9")
    for text in (f"user:{code}", f":{code}", code, f"user:{code} ", f"user:\t{code}\r\n"):
        assert post(node, anybody, header(text)).status == 200
    assert post(node, anybody, header(f"user:{code}", "bAsIc ")).status == 200
    assert post(node, anybody, header(f"user:{code[:-1]}")).status == 401


def test_pp_02_03_and_07_wrong_ones(node, anybody):
    (code,) = make_codes(node, anybody, "--count", "1")
    wrong = [("y" if code[0] == "x" else "x") + code[1:], code[:-1] + "!", code[:8], code + "x", "", " ", "a" * 1000, code + "\0x", code.upper()]
    for text in wrong:
        assert post(node, anybody, header(f"user:{text}"), source="127.0.0.1").status == 401, text
    assert post(node, anybody, header(b"user:\xff\xfe\xfd" + code.encode())).status == 401
    assert post(node, anybody, None).status == 401
    assert post(node, anybody, header(f"user:{code}")).status == 200


def test_pp_03_a_profile_without_codes_lets_nobody_in(node, anybody):
    profile(node, "pp-no-codes", "devices.admit=registered")
    (code,) = make_codes(node, anybody, "--count", "1")
    for text in ("user:", ":", "", f"user:{node.passphrase}", f"user:{code}"):
        assert post(node, "pp-no-codes", header(text)).status == 401
    # another profile's code has not lost its use by this
    assert post(node, anybody, header(f"user:{code}")).status == 200


def test_pp_05_a_right_code_from_outside_reads_as_a_wrong_one(node, anybody):
    (code,) = make_codes(node, anybody, "--count", "1")
    answers = [post(node, anybody, header(f"u:{text}"), source="127.0.0.2") for text in (code, "wrong code here")]
    assert [a.status for a in answers] == [403, 403]
    assert len({(a.text.split("request=")[0], tuple(sorted(a.headers.keys()))) for a in answers}) == 1
    assert post(node, anybody, header(f"u:{code}")).status == 200


def short_codes(node, name, tmp_path, *lines):
    file = tmp_path / f"{name}.csv"
    file.write_text("serial,code,uses\n" + "".join(line + "\n" for line in lines))
    node.ctl("device", "import", file, "--profile", name)


def last_reason(node):
    (event,) = node.events("--limit", "1")
    return event["reason"]


def code_of(node, serial, name):
    return node.ctl_json("device", "show", serial, "--profile", name)["code"]


def test_pp_08_guessing_slows_the_guesser_and_nobody_else(node):
    profile(node, "pp-08", "devices.admit=registered", "devices.code_tries=4", "identity=any")
    for serial in ("G-1", "G-2"):
        node.ctl("device", "add", "--profile", "pp-08", "--serial", serial)
    (one,), (two,) = (make_codes(node, "pp-08", "--device", serial) for serial in ("G-1", "G-2"))
    node.ctl("allow", "add", "127.0.0.8")
    statuses = [post(node, "pp-08", header(f"G-1:guess-number-{i}"), source="127.0.0.8").status for i in range(60)]
    assert statuses[0] == 401 and 429 in statuses
    # the guesser's neighbour is served, and so is the device that was guessed at: its code cannot be guessed
    assert post(node, "pp-08", header(f"G-2:{two}"), "G-2").status == 200
    assert code_of(node, "G-1", "pp-08")["state"] == "live" and code_of(node, "G-1", "pp-08")["failures"] >= 20
    assert post(node, "pp-08", header(f"G-1:{one}"), "G-1").status == 200


def test_pp_08_guesses_at_a_short_code_shut_their_own_address_out_and_not_its_device(node, tmp_path):
    profile(node, "pp-08-short", "devices.admit=registered", "devices.code_tries=4")
    short_codes(node, "pp-08-short", tmp_path, "G-1,48151623,9", "G-2,87654321,9")
    node.ctl("allow", "add", "127.0.0.8")

    def ask(serial, code, source):
        return post(node, "pp-08-short", header(f"{serial}:{code}"), serial, source=source)

    wrong = [ask("G-1", f"guess-number-{i}", "127.0.0.8") for i in range(4)]
    assert last_reason(node) == "bad_code"
    for code in ("48151623", "another-guess", "48151623"):  # right or wrong, this address learns nothing more
        refused = ask("G-1", code, "127.0.0.8")
        assert last_reason(node) == "code_guessed"
        assert {(a.status, a.body.split(b"request=")[0], tuple(sorted(a.headers.keys()))) for a in (*wrong, refused)} == {
            (401, wrong[0].body.split(b"request=")[0], tuple(sorted(wrong[0].headers.keys())))}
    assert ask("G-2", "87654321", "127.0.0.8").status == 200  # another device behind the guesser's address
    assert ask("G-1", "48151623", "127.0.0.1").status == 200  # the holder
    assert code_of(node, "G-1", "pp-08-short")["state"] == "live"
    assert code_of(node, "G-1", "pp-08-short")["uses"] == 1
    assert ask("G-1", make_codes(node, "pp-08-short", "--device", "G-1")[0], "127.0.0.8").status == 200  # a new code begins anew


def test_pp_08_many_addresses_together_lock_a_short_code(node, tmp_path):
    profile(node, "pp-08-many", "devices.admit=registered", "devices.code_tries=1")
    short_codes(node, "pp-08-many", tmp_path, "M-1,48151623,9")
    node.ctl("allow", "add", "127.0.9.1-127.0.9.100")
    for i in range(1, 101):
        assert code_of(node, "M-1", "pp-08-many")["state"] == "live"
        assert post(node, "pp-08-many", header(f"M-1:guess-number-{i}"), "M-1", source=f"127.0.9.{i}").status == 401
    assert last_reason(node) == "code_locked"
    assert post(node, "pp-08-many", header("M-1:48151623"), "M-1").status == 401 and last_reason(node) == "code_locked"
    node.ctl("device", "resume", "M-1", "--profile", "pp-08-many")
    assert post(node, "pp-08-many", header("M-1:48151623"), "M-1").status == 200


def test_pp_08_many_guesses_at_once_are_no_more_guesses(node, tmp_path):
    profile(node, "pp-08-race", "devices.admit=registered", "devices.code_tries=5")
    short_codes(node, "pp-08-race", tmp_path, "R-1,48151623,")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda i: post(node, "pp-08-race", header(f"R-1:4815162{i % 3}x"), "R-1").status, range(24)))
    assert set(statuses) <= {401, 429, 503}
    for _ in range(6):
        post(node, "pp-08-race", header("R-1:4815162xx"), "R-1")
    assert code_of(node, "R-1", "pp-08-race")["failures"] == 5
    assert post(node, "pp-08-race", header("R-1:48151623"), "R-1").status in (401, 429)


def test_pp_09_a_flood_of_short_codes_runs_one_slow_function(node, tmp_path):
    profile(node, "pp-09-codes", "devices.admit=registered", "devices.code_tries=0")
    file = tmp_path / "codes.csv"
    file.write_text("serial,code,uses\nF-1,48151623,5\n")
    node.ctl("device", "import", file, "--profile", "pp-09-codes")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda i: post(node, "pp-09-codes", header(f"F-1:wrong guess {i}"), "F-1").status, range(25)))
    assert statuses <= {401, 429, 503}
    node.wait(lambda: post(node, "pp-09-codes", header("F-1:48151623"), "F-1").status == 200, "a try to be earned back", 20)


def test_pp_11_a_code_is_found_nowhere():
    with Node() as node:
        profile(node, "pp-11", "challenge_password=device-code")
        carried, asked = make_codes(node, "pp-11", "--count", "2")
        assert post(node, "pp-11", header(f"u:{carried}")).status == 200
        assert post(node, "pp-11", None, attributes=[(AttributeOID.CHALLENGE_PASSWORD, asked.encode())]).status == 200
        assert post(node, "pp-11", header(f"u:{asked}-wrong")).status == 401
        backup = node.folder / "state" / "backup.db"
        node.ctl("backup", backup)
        node.ctl("audit", "list")
        everything = node.log().encode() + b"".join(p.read_bytes() for p in (node.folder / "state").rglob("*") if p.is_file())
        assert b"pp-11" in everything
        assert carried.encode() not in everything and asked.encode() not in everything


def test_pp_12_other_schemes(node, anybody):
    (code,) = make_codes(node, anybody, "--count", "1")
    for text in ("Bearer abc", "Negotiate", "Digest username=x", "Basic", "Basic !!!", "garbage"):
        assert post(node, anybody, {"Authorization": text}).status in (400, 401)
    assert post(node, anybody, header(f"u:{code}")).status == 200


def test_pp_15_a_code_is_no_renewal(node, anybody):
    (code,) = make_codes(node, anybody, "--count", "1")
    answer = node.post_csr("simplereenroll", make_csr(make_key(), "pp"), anybody, header(f"u:{code}"))
    assert answer.status == 403 and "no_client_cert" in answer.text
    assert post(node, anybody, header(f"u:{code}")).status == 200


def test_pp_02_a_wrong_code_is_no_way_to_the_desk(node):
    profile(node, "pp-desk", "approval.hold=enrollments", "approval.without_credentials=true")
    (code,) = make_codes(node, "pp-desk", "--count", "1")
    assert post(node, "pp-desk", None).status == 202
    assert post(node, "pp-desk", header(f"user:{code[:-1]}")).status == 401
    assert post(node, "pp-desk", header(f"user:{code}")).status == 202
    asked_by = sorted(r["requested_by"] for r in node.ctl_json("request", "list", "--state", "pending")["requests"] if r["profile"] == "pp-desk")
    assert asked_by == ["device-code", "nobody"]
