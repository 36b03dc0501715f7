"""Devices on a profile's list, and the codes with which they enroll."""
import concurrent.futures
import contextlib
import csv
import datetime
import email
import io
import os
import pathlib
import sqlite3
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID, NameOID, ObjectIdentifier

import cmc
from node import Identity, Node, Refused, make_csr, make_key, spki, load_certificates

NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
DAY = datetime.timedelta(days=1)
OTP_CHALLENGE = ObjectIdentifier("1.2.840.113549.1.9.16.2.56")
HARDWARE_MODULE_NAME = ObjectIdentifier("1.3.6.1.5.5.7.8.4")


def subject(cn=None, serial=None, *others):
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, cn)] if cn else []
    attributes += [x509.NameAttribute(NameOID.SERIAL_NUMBER, serial)] if serial else []
    return x509.Name(attributes + [x509.NameAttribute(oid, value) for oid, value in others])


class Maker:
    """A manufacturer whose CA the account trusts."""

    def __init__(self, node, folder):
        self.folder, self.key, self.name = folder, make_key(), subject("Maker Root")
        self.certificate = (self.builder(self.name, self.key)
                            .add_extension(x509.BasicConstraints(True, None), True).sign(self.key, hashes.SHA256()))
        pem = folder / "maker.pem"
        pem.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        node.ctl("trust", "add", "--yes", pem)

    def builder(self, name, key):
        return (x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + 99 * DAY))

    def device(self, cn="device", serial=None, san=()):
        key = make_key()
        builder = self.builder(subject(cn, serial), key)
        if san:
            builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
        return Identity(self.folder, key, builder.sign(self.key, hashes.SHA256()))


def hardware_module(serial, kind="1.3.6.1.4.1.99999.1"):
    oid = x509.ObjectIdentifier(kind)
    arcs = [int(arc) for arc in oid.dotted_string.split(".")]
    contents = bytes([40 * arcs[0] + arcs[1]])
    for arc in arcs[2:]:
        groups = [arc & 127]
        while arc := arc >> 7:
            groups.append(128 | arc & 127)
        contents += bytes(reversed(groups))
    der = b"\x06" + bytes([len(contents)]) + contents + b"\x04" + bytes([len(serial)]) + serial
    return x509.OtherName(HARDWARE_MODULE_NAME, b"\x30" + bytes([len(der)]) + der)


@pytest.fixture(scope="module")
def maker(node, tmp_path_factory):
    return Maker(node, tmp_path_factory.mktemp("maker"))


def profile(node, name, auth, *settings, template="generic-device"):
    arguments = [part for setting in ("renewal.while_valid=any-time", *settings) for part in ("--set", setting)]
    node.ctl("profile", "create", name, "--template", template, "--ca", "Demo Issuing", "--auth", auth, "--alias", name, *arguments)
    node.wait(lambda: node.request("GET", f"/.well-known/est/{name}/cacerts").status == 200, "the profile", 5)


def codes(node, name, *arguments):
    """Device (or "") to code."""
    text = node.ctl("device", "codes", "--profile", name, *arguments)
    return [(row["device"], row["code"]) for row in csv.DictReader(io.StringIO(text))]


def by_code(node, name, code, cn="dev", user="device", key=None, csr=None, **options):
    csr = csr or make_csr(key or make_key(), cn)
    return node.post_csr("simpleenroll", csr, name, node.basic(code, user), **options)


def last_reason(node):
    return node.events("--limit", "1")[0]["reason"]


def refusal(node, answer, status, reason):
    assert answer.status == status, answer.text
    assert last_reason(node) == reason
    return answer


# -- the list --

def test_only_registered_devices_are_admitted(node, maker):
    profile(node, "listed", "tls-certificate", "devices.admit=registered", "identity=any")
    stranger, known = maker.device("stranger", "SN-9"), maker.device("known", "SN-1")
    by_print = maker.device("by-print")
    print_hex = by_print.certificate.fingerprint(hashes.SHA256()).hex()
    node.ctl("device", "add", "--profile", "listed", "--serial", "sn-1", "--name", "gate-1")
    node.ctl("device", "add", "--profile", "listed", "--fingerprint", ":".join(print_hex[i:i + 2].upper() for i in range(0, 64, 2)))

    def enroll(identity, cn="x"):
        return node.enroll(make_csr(make_key(), cn), "listed", identity=identity)

    refused = refusal(node, enroll(stranger), 403, "device_not_registered")
    assert enroll(known).status == 200 and enroll(by_print).status == 200
    assert node.ctl_json("device", "show", "SN-1", "--profile", "listed")["device"]["state"] == "enrolled"

    node.ctl("device", "suspend", "SN-1", "--profile", "listed")
    suspended = refusal(node, enroll(known), 403, "device_suspended")
    # a stranger cannot tell who is on the list
    assert suspended.text.split("request=")[0] == refused.text.split("request=")[0] == "denied "
    node.ctl("device", "resume", "SN-1", "--profile", "listed")
    assert enroll(known).status == 200

    node.ctl("device", "remove", print_hex, "--profile", "listed")
    refusal(node, enroll(by_print), 403, "device_not_registered")
    with pytest.raises(Refused) as gone:
        node.ctl("device", "show", print_hex, "--profile", "listed")
    assert gone.value.code == 3


def test_a_suspended_device_does_not_renew(node, maker):
    profile(node, "renewing", "tls-certificate", "devices.admit=registered")
    node.ctl("device", "add", "--profile", "renewing", "--serial", "R-1")
    key = make_key()
    answer = node.enroll(make_csr(key, "R-1"), "renewing", identity=maker.device("R-1", "R-1"))
    assert answer.status == 200, answer.text
    own = Identity(node.folder, key, answer.certificate)
    node.ctl("device", "suspend", "R-1", "--profile", "renewing")
    refusal(node, node.reenroll(make_csr(key, "R-1"), own, "renewing"), 403, "device_suspended")
    node.ctl("device", "resume", "R-1", "--profile", "renewing")
    # the issued certificate has no serialNumber of its own: it is known by its record
    assert node.reenroll(make_csr(key, "R-1"), own, "renewing").status == 200


def test_a_list_is_one_profiles(node, maker):
    for name in ("list-a", "list-b"):
        profile(node, name, "tls-certificate", "devices.admit=registered")
    node.ctl("device", "add", "--profile", "list-a", "--serial", "ONE")
    device = maker.device("ONE", "ONE")
    assert node.enroll(make_csr(make_key(), "ONE"), "list-a", identity=device).status == 200
    refusal(node, node.enroll(make_csr(make_key(), "ONE"), "list-b", identity=device), 403, "device_not_registered")


# -- import --

def test_import_tells_each_line(node, tmp_path):
    profile(node, "import", "device-code", "devices.admit=registered")
    file = tmp_path / "list.csv"
    file.write_bytes(b"\xef\xbb\xbfserial,name,remark\r\nI-1,\"gate, \"\"north\"\"\",\r\n\r\nI-2,,plant 3\r\nI-1,again,\r\n"
                     b"I-3,only two\r\n,nobody,\r\n\"I-4,open,\r\nI-5,\"shut\"open,\r\nI-6,\x00,\r\nI-7\x80,,\r\n" + b"x" * 65 + b",,\r\nI-8,,")
    run = node.ctl_run("--json", "device", "import", file, "--profile", "import")
    import json
    result = json.loads(run.stdout)
    assert run.returncode == 1
    assert (result["added"], result["present"], result["refused_count"]) == (3, 1, 7)
    assert [refused["line"] for refused in result["refused"]] == [6, 7, 8, 9, 10, 11, 12]
    listed = node.ctl_json("device", "list", "--profile", "import")["devices"]
    assert [(d["identity"], d["name"]) for d in listed] == [("I-1", 'gate, "north"'), ("I-2", ""), ("I-8", "")]
    # again: nothing new, nothing lost
    file.write_text("serial\nI-1\nI-2\nI-8\n")
    assert node.ctl_json("device", "import", file, "--profile", "import")["present"] == 3


@pytest.mark.parametrize("text", ["", "\n", "name,remark\nx,y\n", "serial,colour\nx,y\n", "serial,serial\nx,y\n", "\"serial\nx\n"])
def test_import_refuses_a_list_that_it_cannot_read(node, tmp_path, text):
    file = tmp_path / "list.csv"
    file.write_text(text)
    profile_name = "import" if "import" in node.ctl("profile", "list") else "demo-tls"
    with pytest.raises(Refused):
        node.ctl("device", "import", file, "--profile", profile_name)


def test_a_long_list_goes_in_pieces(node):
    profile(node, "long", "device-code")
    text = "serial,name\n" + "".join(f"L-{i},name of {i}\n" for i in range(9000))
    assert node.ctl_json("device", "import", "-", "--profile", "long", input=text)["added"] == 9000
    seen, after = 0, 0
    while after is not None:
        page = node.ctl_json("device", "list", "--profile", "long", "--limit", "1000", "--after", after)
        seen, after = seen + len(page["devices"]), page["next"]
    assert seen == 9000


# -- codes --

def lock_code(node, serial):
    """As many guesses from many addresses do it (threats, PP-08)."""
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db", timeout=20)) as store, store:
        store.execute("UPDATE device_code SET locked_at = 1790000000 WHERE device_id = (SELECT id FROM device WHERE identity = ?)", (serial,))


def test_five_reasons_for_the_operator_and_one_answer_for_strangers(node, tmp_path):
    profile(node, "codes", "device-code", "devices.admit=registered", "identity=any", "devices.code_tries=3")
    for serial in ("C-1", "C-2", "C-3"):
        node.ctl("device", "add", "--profile", "codes", "--serial", serial)
    made = dict(codes(node, "codes"))
    assert sorted(made) == ["C-1", "C-2", "C-3"] and all(len(code) >= 26 for code in made.values())

    assert by_code(node, "codes", made["C-1"]).status == 200
    assert node.ctl_json("device", "show", "C-1", "--profile", "codes")["code"]["state"] == "used-up"
    answers = [refusal(node, by_code(node, "codes", made["C-1"]), 401, "code_used_up")]
    answers.append(refusal(node, by_code(node, "codes", "no-such-code-of-any"), 401, "bad_code"))
    file = tmp_path / "short.csv"
    file.write_text("serial,code,uses\nC-4,12345678,2\n")
    node.ctl("device", "import", file, "--profile", "codes")
    for serial in ("C-2", "C-4"):
        for _ in range(3):
            refusal(node, by_code(node, "codes", "wrong-guess", user=serial), 401, "bad_code")
    refusal(node, by_code(node, "codes", "wrong-guess", user="C-2"), 401, "bad_code")
    answers.append(refusal(node, by_code(node, "codes", "12345678", user="C-4"), 401, "code_guessed"))
    lock_code(node, "C-2")
    answers.append(refusal(node, by_code(node, "codes", made["C-2"], user="C-2"), 401, "code_locked"))
    ((_, short_lived),) = codes(node, "codes", "--device", "C-3", "--ends", "1s", "--uses", "1000")
    node.wait(lambda: by_code(node, "codes", short_lived).status == 401, "the code to end", 10)
    answers.append(refusal(node, by_code(node, "codes", short_lived), 401, "code_expired"))
    assert len({(a.body, tuple(sorted(a.headers.keys())), a.headers["WWW-Authenticate"]) for a in answers}) == 1

    node.ctl("device", "resume", "C-2", "--profile", "codes")
    assert by_code(node, "codes", made["C-2"], user="C-2").status == 200
    # the log and the store know no code
    everything = node.log().encode() + b"".join(p.read_bytes() for p in (node.folder / "state").rglob("*") if p.is_file())
    assert not any(code.encode() in everything for code in made.values())


def test_a_lost_answer_costs_no_second_use(node):
    profile(node, "lost", "device-code")
    ((_, code),) = codes(node, "lost", "--count", "1")
    key = make_key()
    csr = make_csr(key, "lost-1")
    first, second = (by_code(node, "lost", code, csr=csr) for _ in range(2))
    assert first.status == second.status == 200
    assert first.certificate == second.certificate
    refusal(node, by_code(node, "lost", code, csr=make_csr(make_key(), "lost-1")), 401, "code_used_up")


@pytest.mark.parametrize("uses", [1, 3])
def test_fifty_at_once_get_as_many_certificates_as_the_code_has_uses(node, uses):
    name = f"race-{uses}"
    profile(node, name, "device-code", "identity=any")
    ((_, code),) = codes(node, name, "--count", "1", "--uses", uses)
    requests = [make_csr(make_key(), f"racer-{i}") for i in range(50)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda csr: by_code(node, name, code, csr=csr), requests))
    good = [a for a in answers if a.status == 200]
    assert len(good) == uses == len({a.certificate.serial_number for a in good})
    assert {a.status for a in answers} <= {200, 401, 429}
    assert sum(c["subject"].startswith("CN=racer-") and c["profile"] == name for c in node.certificates()) == uses


def test_fifty_times_the_same_request_is_one_certificate(node):
    profile(node, "same", "device-code")
    ((_, code),) = codes(node, "same", "--count", "1")
    csr = make_csr(make_key(), "same-1")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: by_code(node, "same", code, csr=csr), range(50)))
    assert {a.status for a in answers} == {200} and len({a.certificate.serial_number for a in answers}) == 1


def test_a_short_code_needs_its_device_and_slows_who_guesses(node, tmp_path):
    profile(node, "short", "device-code", "devices.admit=registered", "devices.code_tries=5")
    file = tmp_path / "codes.csv"
    file.write_text("serial,code,uses\nS-1,12345678,2\nS-2,87654321,\nS-3,1234567,\n")
    run = node.ctl_run("device", "import", file, "--profile", "short")
    assert run.returncode == 1 and "line 4" in run.stderr
    refusal(node, by_code(node, "short", "12345678", "S-9", user="anybody"), 401, "bad_code")
    refusal(node, by_code(node, "short", "12345678", "S-2", user="S-2"), 401, "bad_code")
    assert by_code(node, "short", "12345678", "S-1", user="S-1").status == 200
    assert by_code(node, "short", "12345678", "S-1", user="anything").status == 200  # the request names it
    refusal(node, by_code(node, "short", "12345678", "S-1", user="S-1"), 401, "code_used_up")
    for _ in range(4):
        by_code(node, "short", "guessed-wrong", "S-2", user="S-2")
    refusal(node, by_code(node, "short", "87654321", "S-2", user="S-2"), 401, "code_guessed")
    # the same list again gives no use back
    node.ctl_run("device", "import", file, "--profile", "short")
    refusal(node, by_code(node, "short", "12345678", "S-1", user="S-1"), 401, "code_used_up")


def test_a_code_speaks_for_its_device_alone(node):
    """CL-16, CS-33 for codes."""
    profile(node, "own-name", "device-code", "devices.admit=registered", "subject_unlisted=refuse")
    node.ctl("device", "add", "--profile", "own-name", "--serial", "N-1", "--name", "gate-1.example")

    def ask(cn, *san):
        ((_, code),) = codes(node, "own-name", "--device", "N-1")
        return by_code(node, "own-name", code, csr=make_csr(make_key(), cn, [x509.DNSName(d) for d in san]))

    for cn, san in (("N-2", ()), ("N-1", ("gate-2.example",)), ("N-1", ("gate-1.example", "gate-2.example"))):
        refusal(node, ask(cn, *san), 403, "name_not_authorized")
    assert ask("n-1").status == 200
    assert ask("gate-1.example", "gate-1.example").status == 200


def test_certificate_and_code_together(node, maker):
    profile(node, "both", "certificate-and-code", "devices.admit=registered")
    for serial in ("B-1", "B-2"):
        node.ctl("device", "add", "--profile", "both", "--serial", serial)
    made = dict(codes(node, "both"))
    one, two = (maker.device(serial, serial) for serial in ("B-1", "B-2"))

    def ask(code, identity, cn):
        headers = node.basic(code) if code else None
        return node.post_csr("simpleenroll", make_csr(make_key(), cn), "both", headers, identity=identity)

    refusal(node, ask(made["B-1"], None, "B-1"), 403, "no_client_cert")
    refusal(node, ask(None, one, "B-1"), 401, "no_credentials")
    refusal(node, ask("wrong-code-here", one, "B-1"), 401, "bad_code")
    refusal(node, ask(made["B-2"], one, "B-1"), 401, "bad_code")
    assert ask(made["B-1"], one, "B-1").status == 200
    assert ask(made["B-2"], two, "B-2").status == 200


def test_codes_in_the_request(node):
    profile(node, "in-csr", "device-code", "challenge_password=device-code", "identity=any")
    (_, one), (_, two), (_, three) = codes(node, "in-csr", "--count", "3")

    def ask(oid, code):
        return node.post_csr("simpleenroll", make_csr(make_key(), "in-csr", attributes=[(oid, code.encode())]), "in-csr")

    assert ask(AttributeOID.CHALLENGE_PASSWORD, "wrong code").status == 401
    assert ask(AttributeOID.CHALLENGE_PASSWORD, one).status == 200
    node.set_profile("in-csr", "challenge_password=ignored")
    node.wait(lambda: ask(AttributeOID.CHALLENGE_PASSWORD, one).status == 401, "the change", 5)
    refusal(node, ask(AttributeOID.CHALLENGE_PASSWORD, two), 401, "no_credentials")


def test_a_code_as_otp_challenge_through_each_door(node):
    """RFC 7894 3.1: in simpleenroll, in serverkeygen, and in a request within a CMC message."""
    profile(node, "otp", "device-code", "devices.admit=registered", "serverkeygen=true", "fullcmc=true")
    for serial in ("O-1", "O-2", "O-3", "O-4"):
        node.ctl("device", "add", "--profile", "otp", "--serial", serial)
    made = dict(codes(node, "otp"))

    def csr(code, serial, key=None):
        return make_csr(key or make_key(), serial, attributes=[(OTP_CHALLENGE, code.encode())])

    refusal(node, node.post_csr("simpleenroll", csr("wrong code", "O-1"), "otp"), 401, "bad_code")
    refusal(node, node.post_csr("simpleenroll", csr(made["O-2"], "O-1"), "otp"), 403, "name_not_authorized")
    assert node.post_csr("simpleenroll", csr(made["O-1"], "O-1"), "otp").status == 200
    refusal(node, node.post_csr("serverkeygen", csr(made["O-1"], "O-1"), "otp"), 401, "code_used_up")
    assert node.post_csr("serverkeygen", csr(made["O-2"], "O-2"), "otp").status == 200
    key = make_key()
    for code, outcome in (("wrong code", (cmc.FAILED, cmc.BAD_IDENTITY)), (made["O-3"], (cmc.SUCCESS, None))):
        response = cmc.ask(node, cmc.unsigned(cmc.pki_data(cmc.pkcs10(1, csr(code, "O-3", key)))), "otp")
        assert response.status(1) == outcome
    assert response.certificate_for(key).subject == subject("O-3")
    # each has spent its use, and the fourth is nobody else's
    for serial, uses in (("O-1", 1), ("O-2", 1), ("O-3", 1), ("O-4", 0)):
        assert node.ctl_json("device", "show", serial, "--profile", "otp")["code"]["uses"] == uses


def test_skg_05_a_key_is_made_for_who_has_a_devices_own_code(node, maker):
    profile(node, "skg-code", "device-code", "serverkeygen=true", "identity=any")
    node.ctl("device", "add", "--profile", "skg-code", "--serial", "K-1")
    one = dict(codes(node, "skg-code"))["K-1"]
    ((_, anybodys),) = codes(node, "skg-code", "--count", "1", "--uses", "9")

    def ask(code=None, **options):
        return node.post_csr("serverkeygen", make_csr(make_key(), "K-1"), "skg-code", node.basic(code) if code else None, **options)

    refusal(node, ask(), 401, "no_credentials")
    refusal(node, ask("wrong-code-here"), 401, "bad_code")
    # what many devices may know gets nobody a private key, and a certificate is not what the profile asks for
    refusal(node, ask(anybodys), 403, "no_client_cert")
    refusal(node, ask(identity=maker.device("K-1", "K-1")), 401, "no_credentials")
    message = email.message_from_bytes(b"Content-Type: " + (answer := ask(one)).headers["Content-Type"].encode() + b"\r\n\r\n" + answer.body)
    key_part, certificate_part = message.get_payload()
    key = serialization.load_der_private_key(key_part.get_payload(decode=True), None)
    (certificate,) = pkcs7.load_der_pkcs7_certificates(certificate_part.get_payload(decode=True))
    assert spki(certificate) == spki(key)
    refusal(node, ask(one), 401, "code_used_up")
    # its renewal asks for none
    assert ask(identity=Identity(node.folder, key, certificate)).status == 200


def test_skg_05_certificate_and_code_are_both_needed(node, maker):
    profile(node, "skg-both", "certificate-and-code", "serverkeygen=true", "devices.admit=registered")
    node.ctl("device", "add", "--profile", "skg-both", "--serial", "KB-1")
    code, identity = dict(codes(node, "skg-both"))["KB-1"], maker.device("KB-1", "KB-1")

    def ask(headers, identity):
        return node.post_csr("serverkeygen", make_csr(make_key(), "KB-1"), "skg-both", headers, identity=identity)

    refusal(node, ask(None, identity), 401, "no_credentials")
    refusal(node, ask(node.basic(code), None), 403, "no_client_cert")
    assert ask(node.basic(code), identity).status == 200


def test_a_profile_says_that_it_has_no_codes_yet(node):
    made = node.ctl_json("profile", "create", "no-codes-yet", "--template", "generic-device", "--ca", "Demo Issuing", "--auth", "device-code")
    assert [w for w in made["warnings"] if "no device codes yet" in w]
    codes(node, "no-codes-yet", "--count", "1")
    assert not [w for w in node.ctl_json("profile", "show", "no-codes-yet")["warnings"] if "no device codes yet" in w]


def test_a_code_for_each_who_lacks_one(node):
    profile(node, "each", "device-code")
    node.ctl("device", "import", "-", "--profile", "each", input="serial\n" + "".join(f"E-{i}\n" for i in range(1203)))
    made = node.ctl_json("device", "codes", "--profile", "each")["codes"]
    assert len(made) == 1203 == len({m["code"] for m in made}) and {m["device"] for m in made} == {f"E-{i}" for i in range(1203)}
    assert node.ctl_json("device", "codes", "--profile", "each")["codes"] == []


def test_a_file_of_codes_is_secret(node, tmp_path):
    profile(node, "filed", "device-code")
    out = tmp_path / "codes.csv"
    node.ctl("device", "codes", "--profile", "filed", "--count", "3", "--out", out)
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    assert len(list(csv.DictReader(out.open()))) == 3
    with pytest.raises(Refused):
        node.ctl("device", "codes", "--profile", "filed", "--count", "1", "--out", out)


def test_guessing_at_codes_is_slowed_for_its_source(node):
    profile(node, "guessed", "device-code")
    node.ctl("allow", "add", "127.0.0.6")
    statuses = [by_code(node, "guessed", f"guess-number-{i}", source="127.0.0.6").status for i in range(60)]
    assert statuses[0] == 401 and 429 in statuses
    ((_, code),) = codes(node, "guessed", "--count", "1")
    assert by_code(node, "guessed", code).status == 200


def test_renewal_asks_for_no_code(node):
    profile(node, "renew-code", "device-code")
    ((_, code),) = codes(node, "renew-code", "--count", "1")
    key = make_key()
    answer = by_code(node, "renew-code", code, "renewer", key=key)
    assert answer.status == 200
    own = Identity(node.folder, key, answer.certificate)
    assert node.reenroll(make_csr(make_key(), "renewer"), own, "renew-code").status == 200
    refusal(node, node.post_csr("simplereenroll", make_csr(make_key(), "renewer"), "renew-code", node.basic(code)), 403, "no_client_cert")


# -- where names come from --

def test_names_from_the_client_certificate(node, maker):
    profile(node, "origin", "tls-certificate", "identity=any",
            'subject=[{"attribute":"CN","source":"client-certificate","from":"serialNumber","pattern":"SN-[0-9]+"},'
            '{"attribute":"serialNumber","source":"client-certificate","from":"hwSerialNum"}]',
            "san.uri.source=fixed", "san.uri.value=urn:example:fleet", "san.dns.source=client-certificate", "san.dns.from=CN")
    key = make_key()
    device = maker.device("gate-7.example", "SN-7", [hardware_module(b"HW 7/+,=")])
    answer = node.enroll(make_csr(key, "whatever"), "origin", identity=device)
    assert answer.status == 200, answer.text
    names = answer.certificate.subject
    assert names.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "SN-7"
    assert names.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == "HW 7/+,="
    san = answer.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["gate-7.example"]
    assert san.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:example:fleet"]
    # the request that was good once is good for the renewal
    own = Identity(node.folder, key, answer.certificate)
    assert node.reenroll(make_csr(key, "whatever"), own, "origin").status == 200

    for other, words in ((maker.device("a.example", "XX-7", [hardware_module(b"HW")]), "does not match"),
                         (maker.device("a.example", None, [hardware_module(b"HW")]), "serialNumber"),
                         (maker.device("a.example", "SN-8"), "hwSerialNum"),
                         (maker.device("a.example", "SN-8", [hardware_module(b"\x01\x02")]), "printable")):
        answer = refusal(node, node.enroll(make_csr(make_key(), "x"), "origin", identity=other), 400, "subject_rule")
        assert words in answer.text, answer.text


def test_names_from_an_ra(node, tmp_path):
    profile(node, "ra-word", "either", 'subject=[{"attribute":"CN","source":"ra","pattern":"fleet-.*"}]', "san.dns.source=ra")
    key = make_key()
    csr = tmp_path / "ra.csr"
    csr.write_bytes(make_csr(key, "proxy"))
    out = tmp_path / "ra.pem"
    node.ctl("ra", "enroll", "proxy", "--ca", "Demo Issuing", "--profile", "ra-word", "--csr", csr, "--out", out)
    proxy = Identity(tmp_path, key, *load_certificates(out.read_bytes()))
    good = make_csr(make_key(), "fleet-1", [x509.DNSName("one.example")])
    assert node.enroll(good, "ra-word", identity=proxy).status == 200
    for bad in (make_csr(make_key(), "other-1", [x509.DNSName("one.example")]), make_csr(make_key(), None, [x509.DNSName("one.example")])):
        refusal(node, node.enroll(bad, "ra-word", identity=proxy), 400, "subject_rule")
    node.ctl("profile", "passphrase", "ra-word", "--generate", "--out", tmp_path / "pass")
    passphrase = (tmp_path / "pass").read_text().strip()
    node.wait(lambda: node.enroll(good, "ra-word", passphrase).status == 400, "the passphrase", 5)
    refusal(node, node.enroll(good, "ra-word", passphrase), 400, "subject_rule")


# -- limits --

def test_a_subject_has_so_many_live_certificates(node):
    profile(node, "limited", "device-code", "certificates_per_subject=2", "identity=any")
    (_, code), = codes(node, "limited", "--count", "1", "--uses", "1000")
    key = make_key()
    answers = [by_code(node, "limited", code, "Twin 1", key=key), by_code(node, "limited", code, "TWIN  1")]
    assert [a.status for a in answers] == [200, 200]
    refused = refusal(node, by_code(node, "limited", code, "twin 1"), 403, "subject_limit")
    assert "allows 2" in refused.text
    assert by_code(node, "limited", code, "other 1").status == 200
    # a renewal takes the place of what it renews, and once only (RN-08, RN-12)
    own = Identity(node.folder, key, answers[0].certificate)
    assert node.reenroll(make_csr(make_key(), "Twin 1"), own, "limited").status == 200
    refusal(node, node.reenroll(make_csr(make_key(), "Twin 1"), own, "limited"), 403, "subject_limit")
    # what is revoked is no longer live
    serial = node.serial(answers[1].certificate)
    node.ctl("cert", "revoke", serial, "--reason", "superseded")
    assert by_code(node, "limited", code, "twin 1").status == 200


def test_a_limit_holds_when_all_come_at_once(node):
    profile(node, "crowd", "device-code", "certificates_per_subject=1", "identity=any")
    (_, code), = codes(node, "crowd", "--count", "1", "--uses", "1000")
    requests = [make_csr(make_key(), "crowd-1") for _ in range(40)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda csr: by_code(node, "crowd", code, csr=csr).status, requests))
    assert sorted(statuses) == [200] + 39 * [403]


# -- a list that is looked at first --

def test_a_dry_run_tells_what_would_come_of_a_list_and_changes_nothing(node, tmp_path):
    profile(node, "looked-at", "device-code")
    fleet = tmp_path / "fleet.csv"
    fleet.write_text("serial,name,remark,code\nSN-1,gate-1.example,hall 3,\nSN-2,,,a-code-of-its-own\n,nameless,,\n")
    node.ctl("device", "add", "--profile", "looked-at", "--serial", "SN-1")
    run = node.ctl_run("device", "import", fleet, "--profile", "looked-at", "--dry-run")
    assert run.returncode == 1 and run.stdout.startswith("as it would be: 1 devices are new on the list, 1 were there, 1 codes are set, 1 lines are refused"), run.stdout
    assert "line 4" in run.stderr
    assert [d["identity"] for d in node.ctl_json("device", "list", "--profile", "looked-at")["devices"]] == ["SN-1"]
    assert not any(entry["action"] == "device.import" and "looked-at" in entry["object"] for entry in node.ctl_json("audit", "list", "--limit", "50")["entries"])
    run = node.ctl_run("device", "import", fleet, "--profile", "looked-at")
    assert "1 devices are new" in run.stdout and "as it would be" not in run.stdout
    assert len(node.ctl_json("device", "list", "--profile", "looked-at")["devices"]) == 2
