"""bestowctl profile test says what a real enrollment then gets, over allowed requests and each kind of refusal."""
import base64
import contextlib
import datetime
import json
import sqlite3
import zlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from node import Identity, Node, Refused, make_csr, make_key, valid_from, valid_until

PASSPHRASE = ("--passphrase",)


@pytest.fixture(scope="module")
def site():
    with Node() as node:
        node.vendor = Vendor("Vendor CA")
        node.stranger = Vendor("Stranger CA")
        (node.folder / "vendor.pem").write_bytes(node.vendor.certificate.public_bytes(serialization.Encoding.PEM))
        node.ctl("trust", "add", node.folder / "vendor.pem", "--yes")
        node.set_profile("demo-tls", "identity=any")
        for name, *settings in (("strict", "key.types=[\"rsa\"]"),
                                ("narrow", 'subject=[{"attribute":"CN","source":"csr-required","pattern":"dev-[0-9]+"}]',
                                 "subject_unlisted=refuse", "extension_unlisted=refuse"),
                                ("bound", "binding=required"),
                                ("held", "approval.hold=enrollments"),
                                ("short", "renewal.while_valid=in-window", "renewal.opens_before=1d"),
                                ("late", "renewal.after_expiry=in-window", "renewal.closes_after=10d",
                                 "renewal.while_valid=in-window", "renewal.opens_before=30d")):
            arguments = [part for setting in settings for part in ("--set", setting)]
            node.ctl("profile", "create", name, "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "either",
                     "--alias", name, *arguments)
            # every profile takes the one passphrase
            node.ctl("profile", "passphrase", name, "--passphrase-file", node.folder / "passphrase")
        node.ctl("profile", "create", "silent", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase",
                 "--alias", "silent")
        node.ctl("profile", "create", "asleep", "--template", "client-authentication", "--ca", "Demo Issuing", "--auth", "passphrase",
                 "--alias", "asleep")
        node.ctl("profile", "passphrase", "asleep", "--passphrase-file", node.folder / "passphrase")
        node.ctl("profile", "suspend", "asleep")
        yield node


def test_a_request_is_read_as_est_clients_send_it(site):
    path = site.folder / "as-sent.csr"
    path.write_bytes(base64.encodebytes(make_csr(make_key(), "as-sent")))
    assert site.ctl_json("profile", "test", "demo", "--csr", path, *PASSPHRASE)["outcome"] == "issued"
    path.write_bytes(base64.encodebytes(b"no request"))
    assert site.ctl_run("profile", "test", "demo", "--csr", path, *PASSPHRASE).returncode == 5


class Vendor:
    """A manufacturer's CA."""

    def __init__(self, name):
        self.key = make_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self.sign(self.name, self.key.public_key(), ca=True)

    def sign(self, subject, key, ca=False, end=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=30))
                   .not_valid_after(end or now + datetime.timedelta(days=300)))
        builder = builder.add_extension(x509.BasicConstraints(ca, None), True)
        if ca:
            usage = x509.KeyUsage(*(name in (5, 6) for name in range(9)))
        else:
            usage = x509.KeyUsage(*(name == 0 for name in range(9)))
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        return builder.add_extension(usage, True).sign(self.key, hashes.SHA256())

    def device(self, folder, name, **options):
        key = make_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return Identity(folder, key, self.sign(subject, key.public_key(), **options))


def rehearse_unwritten(node, arguments):
    """What a refusal or a revocation before has set going may be entered only now, once; a rehearsal that enters something does
    so each time."""
    for _ in range(10):
        before = written(node)
        run = node.ctl_run("--json", "profile", "test", *arguments)
        text = node.ctl_run("profile", "test", *arguments, "--trace")
        if written(node) == before:
            return run, text
    raise AssertionError("each rehearsal entered something")


def rehearse(node, csr, profile, *arguments, identity=None):
    """The document, the text of it, and that nothing was written on the way."""
    path = node.folder / "test.csr"
    path.write_bytes(csr)
    arguments = [profile, "--csr", path, *arguments]
    if identity:
        public = node.folder / "test-client.pem"
        public.write_bytes(identity.certificate.public_bytes(serialization.Encoding.PEM))
        arguments += ["--client-cert", public]
    run, text = rehearse_unwritten(node, arguments)
    assert run.returncode == text.returncode and not run.stderr, run.stderr
    document = json.loads(run.stdout)
    assert run.returncode == {"issued": 0, "repeated": 0, "waits": 6}.get(document.get("outcome"), run.returncode)
    return document, text.stdout


def written(node):
    """All rows of the store that anything could add to; what waits to be committed with others is, before this is answered."""
    node.ctl("events", "--limit", "1")
    with contextlib.closing(sqlite3.connect(node.folder / "state" / "bestow.db")) as store:
        return [store.execute(f"SELECT count(*), coalesce(max(id), 0) FROM {table}").fetchone()
                for table in ("certificate", "event", "audit", "held_request")]


def last_reason(node):
    """What the node itself says of the request that was answered last."""
    return json.loads([line for line in node.log().splitlines() if "est.request" in line][-1])["reason"]


# name, profile, how it is asked: (csr options), rehearsal's arguments, what is expected
ROWS = [
    ("plain", "demo", {}, PASSPHRASE, "issued"),
    ("names", "demo", {"san": [x509.DNSName("dev.example"), x509.DNSName("b.example")]}, PASSPHRASE, "issued"),
    ("rsa", "demo", {"kind": "rsa2048"}, PASSPHRASE, "issued"),
    ("key type", "strict", {}, PASSPHRASE, "key_type_not_allowed"),
    ("pattern", "narrow", {"name": "router-1"}, PASSPHRASE, "subject_rule"),
    ("pattern met", "narrow", {"name": "dev-77"}, PASSPHRASE, "issued"),
    ("no name", "demo", {"name": ""}, PASSPHRASE, "subject_rule"),
    ("extension", "narrow", {"name": "dev-78", "extensions": [(x509.BasicConstraints(True, None), True)]}, PASSPHRASE,
     "extension_not_allowed"),
    ("binding", "bound", {}, PASSPHRASE, "pop_link_missing"),
    ("held", "held", {}, PASSPHRASE, "waits"),
    ("suspended", "asleep", {}, PASSPHRASE, "profile_suspended"),
    ("no passphrase in force", "silent", {}, PASSPHRASE, "bad_passphrase"),
    ("no credentials", "demo", {}, (), "no_credentials"),
    ("address", "demo", {}, (*PASSPHRASE, "--address", "127.0.0.77"), "ip_not_allowed"),
    ("reenroll by passphrase", "demo", {}, (*PASSPHRASE, "--renew"), "no_client_cert"),
]


def real(node, csr, profile, arguments, identity=None):
    operation = "simplereenroll" if "--renew" in arguments else "simpleenroll"
    headers = node.basic() if "--passphrase" in arguments else None
    source = "127.0.0.77" if "--address" in arguments else None
    return node.post_csr(operation, csr, profile, headers, identity=identity, source=source)


def compare(node, csr, profile, arguments, expected, identity=None):
    document, text = rehearse(node, csr, profile, *arguments, identity=identity)
    said = document["refusal"]["code"] if document["outcome"] == "refused" else document["outcome"]
    assert said == expected, (document["refusal"], document["trace"])
    answer = real(node, csr, profile, arguments, identity)
    if expected in ("issued", "repeated"):
        assert answer.status == 200, answer.text
        same_certificate(document["certificate"], answer.certificate, expected == "repeated")
        return document, text
    if expected == "waits":
        assert answer.status == 202
        return document, text
    assert answer.status >= 400 and document["certificate"] is None
    # of a suspended profile the edges know nothing, and strangers read nothing
    assert last_reason(node) == expected.replace("profile_suspended", "unknown_label"), (answer.status, answer.text)
    assert document["refusal"]["words"] and document["refusal"]["remedy"] and document["refusal"]["rule"] in text
    return document, text


def same_certificate(told, certificate, exactly):
    assert told["issuer"] == ", ".join(f"{a.rfc4514_attribute_name}={a.value}" for a in certificate.issuer)
    names = {extension.oid.dotted_string: extension.critical for extension in certificate.extensions}
    assert {extension["oid"]: extension["critical"] for extension in told["extensions"]} == names
    assert [extension["oid"] for extension in told["extensions"]] == list(names)
    spki = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    assert told["key_fingerprint"] == digest.finalize().hex()
    words = {extension["name"]: extension["words"] for extension in told["extensions"]}
    with contextlib.suppress(x509.ExtensionNotFound):
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert words["subjectAltName"] == ", ".join(f"dns:{name}" for name in san.get_values_for_type(x509.DNSName))
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert ("digitalSignature" in words["keyUsage"]) == usage.digital_signature
    assert ("keyEncipherment" in words["keyUsage"]) == usage.key_encipherment
    begins = datetime.datetime.fromisoformat(told["not_before"].replace("Z", "+00:00"))
    slack = 0 if exactly else 60
    assert abs((valid_from(certificate) - begins).total_seconds()) <= slack


@pytest.mark.parametrize("label,profile,options,arguments,expected", ROWS, ids=[row[0] for row in ROWS])
def test_its_word_is_what_an_enrollment_gets(site, label, profile, options, arguments, expected):
    options = {"name": f"dev-{zlib.crc32(label.encode())}", **options}
    csr = make_csr(make_key(options.pop("kind", "p256")), **options)
    compare(site, csr, profile, arguments, expected)


def test_certificates_of_the_device_are_judged_as_in_tls(site):
    good = site.vendor.device(site.folder, "cl-1")
    document, text = compare(site, make_csr(make_key(), "cl-1"), "demo-tls", (), "issued", good)
    assert "client proves in TLS" in " ".join(document["assumptions"]) and "assuming: the client proves" in text
    ended = site.vendor.device(site.folder, "cl-2", end=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1))
    compare(site, make_csr(make_key(), "cl-2"), "demo-tls", (), "cert_expired", ended)
    unknown = site.stranger.device(site.folder, "cl-3")
    compare(site, make_csr(make_key(), "cl-3"), "demo-tls", (), "chain_incomplete", unknown)
    compare(site, make_csr(make_key(), "cl-4"), "demo-tls", (), "no_client_cert")
    # names that are not the certificate's
    site.set_profile("demo-tls", "identity=must-match")
    try:
        document, _ = compare(site, make_csr(make_key(), "cl-5"), "demo-tls", (), "name_not_authorized", good)
        assert document["refusal"]["rule"] == "identity"
    finally:
        site.set_profile("demo-tls", "identity=any")


def test_renewals_are_rehearsed_with_their_windows(site):
    device = site.device("rn-1", profile="short")
    early = make_csr(make_key(), "rn-1")
    compare(site, early, "short", ("--renew",), "renewal_too_early", device)
    near_end = (valid_until(device.certificate) - datetime.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    document, _ = rehearse(site, early, "short", "--renew", "--at", near_end, identity=device)
    assert document["outcome"] == "issued" and document["renewal"] and document["at"] == near_end
    after_end = (valid_until(device.certificate) + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
    document, _ = rehearse(site, early, "short", "--renew", "--at", after_end, identity=device)
    assert document["refusal"]["code"] in ("cert_expired", "renewal_too_late")

    device = site.device("rn-2", profile="demo")
    compare(site, make_csr(make_key(), "rn-2"), "demo", ("--renew",), "issued", device)
    document, _ = rehearse(site, make_csr(make_key(), "rn-other"), "demo", "--renew", identity=device)
    compare(site, make_csr(make_key(), "rn-other"), "demo", ("--renew",), document["refusal"]["code"], device)
    compare(site, make_csr(make_key(), "rn-2"), "short", ("--renew",), "wrong_profile", device)
    site.ctl("cert", "revoke", site.serial(device.certificate), "--reason", "keyCompromise")
    compare(site, make_csr(make_key(), "rn-2"), "demo", ("--renew",), "cert_revoked", device)


def test_a_lost_answer_comes_again_and_a_decision_is_known(site):
    key = make_key()
    assert site.enroll(make_csr(key, "again-1")).status == 200
    compare(site, make_csr(key, "again-1"), "demo", PASSPHRASE, "repeated")

    key = make_key()
    compare(site, make_csr(key, "wait-1"), "held", PASSPHRASE, "waits")
    document, _ = rehearse(site, make_csr(key, "wait-1"), "held", *PASSPHRASE)
    identity = document["request_id"]
    assert site.ctl_json("request", "show", identity)["request"]["subject"] == "CN=wait-1"
    site.ctl("request", "reject", identity, "--reason", "no such device")
    compare(site, make_csr(key, "wait-1"), "held", PASSPHRASE, "request_rejected")
    site.ctl("request", "approve", identity)
    compare(site, make_csr(key, "wait-1"), "held", PASSPHRASE, "issued")


def test_a_blocked_key_is_found_before_any_is_used(site):
    key = make_key()
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    listed = site.folder / "blocked"
    listed.write_text(digest.finalize().hex() + "\n")
    site.ctl("key", "block", listed)
    document, _ = compare(site, make_csr(key, "blocked-1"), "demo", PASSPHRASE, "key_blocklisted")
    assert document["refusal"]["rule"] == "certificate"


def test_bytes_that_are_no_request_are_refused_as_the_edge_does(site):
    csr = bytearray(make_csr(make_key(), "bad-1"))
    csr[-1] ^= 1
    document, _ = rehearse(site, bytes(csr), "demo", *PASSPHRASE)
    assert document["refusal"]["rule"] == "request" and document["refusal"]["code"] in ("pop_failed", "csr_malformed")
    document, _ = rehearse(site, b"nonsense", "demo", *PASSPHRASE)
    assert document["refusal"]["code"] == "csr_malformed"


def test_no_key_is_taken_and_a_chain_needs_its_leaf(site):
    device = site.vendor.device(site.folder, "nokey-1")
    csr = site.folder / "nokey.csr"
    csr.write_bytes(make_csr(make_key(), "nokey-1"))
    with pytest.raises(Refused, match="private_key_refused"):
        site.ctl("profile", "test", "demo-tls", "--csr", csr, "--client-cert", device.path)
    with pytest.raises(Refused, match="client_cert"):
        site.ctl("profile", "test", "demo-tls", "--csr", csr, "--chain", site.folder / "vendor.pem")
    with pytest.raises(Refused, match="profile"):
        site.ctl("profile", "test", "none-such", "--csr", csr)


def test_the_text_tells_it_in_words(site):
    document, text = rehearse(site, make_csr(make_key(), "words-1"), "demo", *PASSPHRASE)
    for words in ("would be issued by profile demo", "subject", "CN=words-1", "keyUsage (critical): digitalSignature",
                  "extKeyUsage: clientAuth", "assuming: the passphrase that it sends is right",
                  "assuming: it comes from an address that the account lists", "authentication", "passed"):
        assert words in text, text
    assert [step["rule"] for step in document["trace"]][:4] == ["operation", "profile", "address", "authentication"]
