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
    wrong = ["x" + code[1:], code[:-1] + "!", code[:8], code + "x", "", " ", "a" * 1000, code + "\0x", code.upper()]
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


def test_pp_08_guessing_is_slowed_and_locks_its_device_alone(node):
    profile(node, "pp-08", "devices.admit=registered", "devices.code_tries=4", "identity=any")
    for serial in ("G-1", "G-2"):
        node.ctl("device", "add", "--profile", "pp-08", "--serial", serial)
    (one,), (two,) = (make_codes(node, "pp-08", "--device", serial) for serial in ("G-1", "G-2"))
    node.ctl("allow", "add", "127.0.0.8")
    statuses = [post(node, "pp-08", header(f"G-1:guess-number-{i}"), source="127.0.0.8").status for i in range(60)]
    assert statuses[0] == 401 and 429 in statuses
    # the guesser's neighbour, and every other device, is served
    assert post(node, "pp-08", header(f"G-2:{two}"), "G-2").status == 200
    assert post(node, "pp-08", header(f"G-1:{one}"), "G-1").status == 401
    node.ctl("device", "resume", "G-1", "--profile", "pp-08")
    assert post(node, "pp-08", header(f"G-1:{one}"), "G-1").status == 200


def test_pp_08_many_guesses_at_once_do_not_outrun_the_lock(node, tmp_path):
    profile(node, "pp-08-race", "devices.admit=registered", "devices.code_tries=5")
    file = tmp_path / "codes.csv"
    file.write_text("serial,code\nR-1,48151623\n")
    node.ctl("device", "import", file, "--profile", "pp-08-race")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda i: post(node, "pp-08-race", header(f"R-1:4815162{i % 3}x"), "R-1").status, range(24)))
    assert set(statuses) <= {401, 429, 503}
    assert node.ctl_json("device", "show", "R-1", "--profile", "pp-08-race")["code"]["state"] == "locked"


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
