"""Hierarchies and states of CAs, judged by OpenSSL, GnuTLS and Python's cryptography."""
import ipaddress
import subprocess

import pytest
from cryptography import x509
from ca_tools import assert_is_refused, assert_verifies, exported, passphrase_profile, pem, run
from node import Node, Refused, make_csr, make_key, spki, load_certificates


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        yield node


def ca_certificates(node):
    """OCSP signers' certificates come by the clock, and are not counted."""
    return [c for c in node.certificates() if c["purpose"] == "ca"]


# -- hierarchies --

def test_name_constraints_stand_critical_in_the_certificate_and_are_kept(node, tmp_path):
    node.ctl("ca", "create", "plant", "--parent", "Demo Root", "--subject", "CN=Plant,O=Acme", "--path-len", "1", "--trust",
             "--permit", "dns:plant.example", "--permit", "ip:10.3.0.0/16", "--permit", "email:plant.example",
             "--permit", "uri:plant.example", "--permit", "dir:O=Acme", "--exclude", "dns:secret.plant.example",
             "--exclude", "ip:2001:db8::/32")
    (plant,) = exported(node, "plant")
    extension = plant.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    acme = x509.Name.from_rfc4514_string("O=Acme")
    assert extension.value.permitted_subtrees == [
        x509.DNSName("plant.example"), x509.IPAddress(ipaddress.ip_network("10.3.0.0/16")), x509.RFC822Name("plant.example"),
        x509.UniformResourceIdentifier("plant.example"), x509.DirectoryName(acme)]
    assert extension.value.excluded_subtrees == [x509.DNSName("secret.plant.example"),
                                                 x509.IPAddress(ipaddress.ip_network("2001:db8::/32"))]
    assert plant.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1
    shown = node.ctl_json("ca", "show", "plant")["ca"]["certificate"]
    assert shown["path_len"] == 1 and shown["name_constraints"]["excluded"] == ["dns:secret.plant.example", "ip:2001:db8::/32"]

    # a CA below keeps to them, in its own name too
    with pytest.raises(Refused) as refused:
        node.ctl("ca", "create", "other", "--parent", "plant", "--subject", "CN=Hall,O=Other")
    assert "name constraints" in refused.value.text
    node.ctl("ca", "create", "hall", "--parent", "plant", "--subject", "O=Acme,CN=Hall")
    profile = passphrase_profile(node, "hall", "hall")
    organization = x509.Name.from_rfc4514_string("CN=dev,O=Acme")
    for names, status in (([x509.DNSName("a.plant.example"), x509.IPAddress(ipaddress.ip_address("10.3.9.9"))], 200),
                          ([x509.DNSName("a.other.example")], 403), ([x509.DNSName("secret.plant.example")], 403),
                          ([x509.IPAddress(ipaddress.ip_address("10.4.0.1"))], 403)):
        answer = node.enroll(make_csr(make_key(), san=names, subject=organization), profile)
        assert answer.status == status, (names, answer.text)
        if status == 403:
            assert node.events("--refusals")[0]["reason"] == "name_constraints"
            continue
        root, = exported(node, "Demo Root")
        assert_verifies(tmp_path, root, exported(node, "hall", "--chain")[:-1], answer.certificate)


@pytest.mark.parametrize("text", ["dns:*.example", "dns:.example", "ip:10.0.0.1/8", "example", "uri:https://a.example/", "dir:"])
def test_what_is_no_name_constraint_makes_no_ca(node, text):
    with pytest.raises(Refused) as refused:
        node.ctl("ca", "create", "wrong", "--parent", "Demo Root", "--subject", "CN=Wrong", "--permit", text)
    assert "name_invalid" in refused.value.text or "not a legal name" in refused.value.text
    assert "wrong" not in node.ctl("ca", "list")


def test_a_deep_hierarchy_verifies_and_its_path_lengths_end_it(node, tmp_path):
    parent = "Demo Root"
    for depth in range(5, -1, -1):
        node.ctl("ca", "create", f"deep-{depth}", "--parent", parent, "--subject", f"CN=Deep {depth}", "--path-len", depth)
        parent = f"deep-{depth}"
    with pytest.raises(Refused):
        node.ctl("ca", "create", "too-deep", "--parent", parent, "--subject", "CN=Too deep")
    answer = node.enroll(make_csr(make_key(), "deep"), passphrase_profile(node, "deep", parent))
    assert answer.status == 200, answer.text
    root, = exported(node, "Demo Root")
    between = exported(node, parent, "--chain")[:-1]
    assert len(between) == 6
    assert_verifies(tmp_path, root, between, answer.certificate)


# -- states --

def test_rn_13_retired_and_disabled_cas_refuse_with_their_reason_and_the_operator_hears_which_profiles(node):
    node.ctl("ca", "create", "old", "--parent", "Demo Root", "--subject", "CN=Old", "--trust")
    profile = passphrase_profile(node, "of-old", "old")
    device = node.device("in-between", profile=profile)
    for verb, reason in (("retire", "ca_retired"), ("disable", "ca_disabled")):
        with pytest.raises(Refused) as refused:
            node.ctl("ca", verb, "old")
        assert "of-old" in refused.value.text and "--confirm='old'" in refused.value.text
        assert node.ctl_json("ca", verb, "old", "--confirm", "old")["active_profiles"] == ["of-old"]
        for answer in (node.enroll(make_csr(make_key(), "new"), profile),
                       node.reenroll(make_csr(make_key(), "in-between"), device, profile)):
            assert answer.status == 403
            assert node.events("--refusals")[0]["reason"] == reason
        assert f"ca.{verb}" in node.ctl("audit", "list")
    node.ctl("ca", "activate", "old")
    assert node.reenroll(make_csr(make_key(), "in-between"), device, profile).status == 200


def test_a_retired_ca_goes_on_publishing_and_a_disabled_one_does_not(node):
    node.ctl("ca", "create", "silent", "--parent", "Demo Root", "--subject", "CN=Silent")
    node.ctl("ca", "retire", "silent")
    before = node.ctl_json("crl", "issue", "silent")["crl"]["number"]
    assert node.ctl_json("crl", "issue", "silent")["crl"]["number"] > before
    node.ctl("ca", "disable", "silent")
    with pytest.raises(Refused):
        node.ctl("crl", "issue", "silent")


# -- signed elsewhere --

class Elsewhere:
    """A CA that openssl keeps in a folder."""

    def __init__(self, folder, subject="/CN=Elsewhere Root/O=Else", options=(), key="ec"):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        algorithm = {"ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
                     "weak": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]}[key]
        self.do("genpkey", *algorithm, "-out", "key.pem")
        self.do("req", "-new", "-x509", "-key", "key.pem", "-subj", subject, "-days", "3000", "-out", "cert.pem",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", *options)

    def do(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=self.folder)

    @property
    def pem(self):
        return (self.folder / "cert.pem").read_text()

    def sign(self, csr, extensions="basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n", days="900",
             *options, key_id="hash"):
        (self.folder / "in.csr").write_text(csr)
        (self.folder / "extensions").write_text(extensions + f"subjectKeyIdentifier={key_id}\nauthorityKeyIdentifier=keyid\n")
        self.do("x509", "-req", "-in", "in.csr", "-CA", "cert.pem", "-CAkey", "key.pem", "-days", days, "-extfile", "extensions",
                "-out", "out.pem", *options)
        return (self.folder / "out.pem").read_text()


def give(node, name, text, *options):
    (node.folder / "given.pem").write_text(text)
    return node.ctl("ca", "certificate", name, node.folder / "given.pem", *options)


def test_an_intermediate_signed_elsewhere(node, tmp_path):
    elsewhere = Elsewhere(tmp_path / "elsewhere")
    csr_text = node.ctl("ca", "request", "away", "--subject", "CN=Away,O=Test", "--key", "p384", "--path-len", "0",
                        "--permit", "dns:away.example")
    csr = x509.load_pem_x509_csr(csr_text.encode())
    assert csr.is_signature_valid and csr.subject.rfc4514_string() == "O=Test,CN=Away"
    asked = {e.oid: e for e in csr.extensions}
    assert asked[x509.BasicConstraints.oid].value == x509.BasicConstraints(True, 0) and asked[x509.BasicConstraints.oid].critical
    usage = asked[x509.KeyUsage.oid].value
    assert usage.key_cert_sign and usage.crl_sign and not usage.digital_signature
    assert asked[x509.NameConstraints.oid].value.permitted_subtrees == [x509.DNSName("away.example")]
    assert run("openssl", "req", "-verify", "-noout", data=csr_text.encode())[0] == 0
    assert node.ctl_json("ca", "show", "away")["ca"]["state"] == "waiting for its certificate"
    assert "waiting" in node.ctl("ca", "list") and node.ctl("ca", "export", "away") == csr_text
    for arguments in (("create", "away", "--subject", "CN=Other"), ("request", "away", "--subject", "CN=Other")):
        with pytest.raises(Refused) as refused:
            node.ctl("ca", *arguments)
        assert "waits" in refused.value.text
    with pytest.raises(Refused):
        node.ctl("profile", "create", "early", "--template", "generic-device", "--ca", "away")

    certificate = elsewhere.sign(csr_text)
    with pytest.raises(Refused) as refused:
        give(node, "away", certificate)
    assert "does not reach a root" in refused.value.text
    give(node, "away", elsewhere.pem + certificate, "--trust")
    ca = node.ctl_json("ca", "show", "away")["ca"]
    assert ca["state"] == "active" and ca["trusted"] and ca["certificate"]["issuer"] == "CN=Elsewhere Root, O=Else"
    profile = passphrase_profile(node, "away", "away")
    device = node.device("away-1", profile=profile)
    root = x509.load_pem_x509_certificate(elsewhere.pem.encode())
    assert_verifies(tmp_path, root, exported(node, "away"), device.certificate)
    assert node.reenroll(make_csr(make_key(), "away-1"), device, profile).status == 200

    # a new certificate for the same key, from there too
    with pytest.raises(Refused) as refused:
        node.ctl("ca", "renew", "away")
    assert "ca request" in refused.value.text
    again = node.ctl("ca", "request", "away", "--renew")
    assert spki(x509.load_pem_x509_csr(again.encode())) == spki(csr)
    with pytest.raises(Refused) as refused:
        give(node, "away", elsewhere.sign(again, days="2000", key_id="01:02:03:04") + elsewhere.pem)
    assert "subjectKeyIdentifier" in refused.value.text
    renewed = elsewhere.sign(again, days="2000")
    give(node, "away", renewed + elsewhere.pem)
    assert exported(node, "away")[0] == x509.load_pem_x509_certificate(renewed.encode())
    assert node.reenroll(make_csr(make_key(), "away-1"), device, profile).status == 200
    audited = node.ctl("audit", "list", "--limit", "100")
    assert "ca.request" in audited and "ca.certificate" in audited


CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"


@pytest.mark.parametrize("what,extensions,options,words", [
    ("a leaf", "basicConstraints=CA:FALSE\n", (), "not CA:TRUE"),
    ("no keyCertSign", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n", (), "not CA:TRUE"),
    ("sha1", CA, ("-sha1",), "SHA-1"),
    ("unknown and critical", CA + "1.2.3.4=critical,DER:0500\n", (), "unknown critical"),
])
def test_cl_19_what_is_no_sound_ca_does_not_come_in(node, tmp_path, what, extensions, options, words):
    elsewhere = Elsewhere(tmp_path / "elsewhere")
    name = "no-" + what.replace(" ", "-")
    csr = node.ctl("ca", "request", name, "--subject", "CN=" + name)
    with pytest.raises(Refused) as refused:
        give(node, name, elsewhere.sign(csr, extensions, "900", *options) + elsewhere.pem)
    assert words in refused.value.text
    assert "waits no more" in node.ctl("ca", "cancel", name)


def test_cl_19_another_key_an_ended_certificate_and_a_path_too_short_do_not_come_in(node, tmp_path):
    elsewhere = Elsewhere(tmp_path / "elsewhere")
    csr = node.ctl("ca", "request", "picky", "--subject", "CN=Picky")
    other = node.ctl("ca", "request", "other-key", "--subject", "CN=Picky")
    with pytest.raises(Refused) as refused:
        give(node, "picky", elsewhere.sign(other) + elsewhere.pem)
    assert "none of this key" in refused.value.text
    ended = make_ended(tmp_path, csr, elsewhere)
    with pytest.raises(Refused) as refused:
        give(node, "picky", ended + elsewhere.pem)
    assert "expired" in refused.value.text
    short = Elsewhere(tmp_path / "short", options=("-addext", "basicConstraints=critical,CA:TRUE,pathlen:0"))
    with pytest.raises(Refused) as refused:
        give(node, "picky", short.sign(csr) + short.pem)
    assert "below itself" in refused.value.text
    weak = Elsewhere(tmp_path / "weak", key="weak")
    with pytest.raises(Refused) as refused:
        give(node, "picky", weak.sign(csr) + weak.pem)
    assert "key" in refused.value.text
    with pytest.raises(Refused) as refused:
        give(node, "picky", "junk")
    assert "cannot be read" in refused.value.text
    with pytest.raises(Refused) as refused:
        give(node, "no-such", elsewhere.pem)
    assert "waits" in refused.value.text
    give(node, "picky", elsewhere.sign(csr) + elsewhere.pem)
    node.ctl("ca", "cancel", "other-key")


def make_ended(folder, csr_text, elsewhere):
    import datetime

    from cryptography.hazmat.primitives import hashes, serialization
    key = serialization.load_pem_private_key((elsewhere.folder / "key.pem").read_bytes(), None)
    csr, issuer = x509.load_pem_x509_csr(csr_text.encode()), x509.load_pem_x509_certificate(elsewhere.pem.encode())
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(csr.subject).issuer_name(issuer.subject).public_key(csr.public_key())
                   .serial_number(7).not_valid_before(now - datetime.timedelta(days=9)).not_valid_after(now - datetime.timedelta(days=1))
                   .add_extension(x509.BasicConstraints(True, None), True)).sign(key, hashes.SHA256())
    return pem(certificate).decode()


# -- somebody else's CA --

def test_somebody_elses_ca_is_signed_as_shown_recorded_and_revocable(node, tmp_path):
    elsewhere = Elsewhere(tmp_path / "partner", subject="/O=Partner/CN=Partner CA")
    elsewhere.do("req", "-new", "-key", "key.pem", "-subj", "/O=Partner/CN=Partner CA", "-out", "partner.csr", "-addext",
                 "basicConstraints=critical,CA:TRUE,pathlen:5", "-addext", "subjectKeyIdentifier=hash")
    arguments = ["ca", "sign", "Demo Root", elsewhere.folder / "partner.csr", "--path-len", "1", "--permit", "dns:partner.example",
                 "--validity", "400d"]
    count = len(ca_certificates(node))
    shown = node.ctl_json(*arguments, "--dry-run")["certificate"]
    assert shown["path_len"] == 1 and shown["name_constraints"]["permitted"] == ["dns:partner.example"]
    assert "partner.example" in node.ctl(*arguments, "--dry-run") and len(ca_certificates(node)) == count
    out = tmp_path / "partner.pem"
    node.ctl(*arguments, "--out", out)
    signed, *above = load_certificates(out.read_bytes())
    own = x509.load_pem_x509_certificate(elsewhere.pem.encode())
    # the name in the very bytes in which that CA writes it
    assert signed.subject.public_bytes() == own.subject.public_bytes() and spki(signed) == spki(own)
    assert signed.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 1)
    assert signed.extensions.get_extension_for_class(x509.NameConstraints).critical
    assert above == exported(node, "Demo Root")
    key_id = x509.SubjectKeyIdentifier.from_public_key(own.public_key())
    assert signed.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == key_id
    elsewhere.do("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "leaf.key")
    elsewhere.do("req", "-new", "-key", "leaf.key", "-subj", "/CN=leaf", "-out", "leaf.csr")
    for host, good in (("a.partner.example", True), ("a.other.example", False)):
        leaf = x509.load_pem_x509_certificate(elsewhere.sign(
            (elsewhere.folder / "leaf.csr").read_text(), f"basicConstraints=CA:FALSE\nsubjectAltName=DNS:{host}\n").encode())
        (assert_verifies if good else assert_is_refused)(tmp_path, above[0], [signed], leaf)
    record = next(c for c in node.certificates() if "Partner CA" in c["subject"])
    assert record["purpose"] == "ca" and record["ca"] == "Demo Root" and "ca.sign" in node.ctl("audit", "list")
    node.ctl("cert", "revoke", record["serial"], "--confirm=ca", "--reason", "cessationOfOperation")
    node.ctl("crl", "issue", "Demo Root")
    crl = tmp_path / "root.crl"
    node.ctl("crl", "export", "Demo Root", "--out", crl)
    assert x509.load_der_x509_crl(crl.read_bytes()).get_revoked_certificate_by_serial_number(signed.serial_number)


def test_what_somebody_else_may_not_have(node, tmp_path):
    key = make_key()
    request = tmp_path / "request.der"
    request.write_bytes(make_csr(key, "Wants"))
    broken = tmp_path / "broken.der"
    broken.write_bytes(request.read_bytes()[:-1] + bytes([request.read_bytes()[-1] ^ 1]))
    nameless = tmp_path / "nameless.der"
    nameless.write_bytes(make_csr(key, None))
    node.ctl("ca", "create", "leafy", "--parent", "Demo Root", "--subject", "CN=Leafy")
    count = len(ca_certificates(node))
    for arguments, words in ((("Demo Root", broken), "signature"), (("Demo Root", nameless), "names nobody"),
                             (("leafy", request), "path length"), (("none", request), "CA none"),
                             (("Demo Root", request, "--permit", "nonsense"), "begin with dns:"),
                             (("Demo Root", request, "--key-id", "xyz"), "hexadecimal"),
                             (("Demo Root", request, "--path-len", "9"), "at most")):
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "sign", *arguments)
        assert words in refused.value.text, (arguments, refused.value.text)
    assert len(ca_certificates(node)) == count
