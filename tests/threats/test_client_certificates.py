"""Rows CL-*: who is let in by a certificate, and who is not. Each refusal has an accepting twin."""
import datetime
import os
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from node import Identity, Node, Refused, make_csr, make_key

NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
DAY = datetime.timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Maker:
    """A manufacturer's CA, which the account trusts unless told otherwise."""

    def __init__(self, folder, subject="Maker", ca=True, digest=hashes.SHA256(), key=None, parent=None, start=-1, end=99, path=None,
                 extensions=()):
        self.folder, self.key, self.name = folder, key or make_key(), name(subject)
        issuer = parent or self
        builder = self.builder(self.name, self.key, issuer.name, start, end)
        for extension in extensions:
            builder = builder.add_extension(extension, False)
        self.certificate = builder.add_extension(x509.BasicConstraints(ca, path), True).sign(issuer.key, digest)

    @staticmethod
    def builder(subject, key, issuer, start, end):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(NOW + start * DAY).not_valid_after(NOW + end * DAY))

    def device(self, subject, *extensions, start=-1, end=99, digest=hashes.SHA256(), sent=(), key=None):
        key = key or make_key()
        builder = self.builder(name(subject), key, self.name, start, end)
        for extension in extensions:
            builder = builder.add_extension(extension, False)
        return Identity(self.folder, key, builder.sign(self.key, digest), *sent)

    def pem(self):
        path = self.folder / f"{x509.random_serial_number()}.pem"
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path


@pytest.fixture(scope="module")
def maker(node, tmp_path_factory):
    maker = Maker(tmp_path_factory.mktemp("maker"))
    node.ctl("trust", "add", "--yes", maker.pem())
    return maker


def enroll(node, identity, subject):
    return node.enroll(make_csr(make_key(), subject), profile="demo-tls", identity=identity)


def refused(node, identity, subject, reason):
    """403, the reason in the event, no certificate, and the next client served."""
    before = len(node.certificates("--account", "demo"))
    answer = enroll(node, identity, subject)
    assert answer.status == 403, answer.text
    assert node.events("--refusals")[0]["reason"] == reason
    assert len(node.certificates("--account", "demo")) == before
    return answer


def test_cl_04_no_certificate(node, maker):
    answer = node.post_csr("simpleenroll", make_csr(make_key(), "x"), "demo-tls")
    assert answer.status == 403 and "no_client_cert" in answer.text and "WWW-Authenticate" not in answer.headers
    assert enroll(node, maker.device("cl-04"), "cl-04").status == 200


def test_cl_05_and_07_expired_and_not_yet_valid(node, maker):
    refused(node, maker.device("cl-05", start=-9, end=-1), "cl-05", "cert_expired")
    refused(node, maker.device("cl-07", start=1), "cl-07", "cert_not_yet_valid")
    assert enroll(node, maker.device("cl-05"), "cl-05").status == 200


def test_cl_09_usages(node, maker):
    server, client, any_use = (x509.ExtendedKeyUsage([oid]) for oid in (
        ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE))
    refused(node, maker.device("cl-09", server), "cl-09", "client_cert_usage")
    signs = x509.KeyUsage(False, False, False, False, True, False, False, False, False)
    refused(node, maker.device("cl-09", signs), "cl-09", "client_cert_usage")
    for extension in (client, any_use):
        assert enroll(node, maker.device("cl-09", extension), "cl-09").status == 200


def test_cl_12_strange_chains(node, maker, tmp_path):
    alone = Maker(tmp_path, "cl-12", ca=False)
    refused(node, Identity(tmp_path, alone.key, alone.certificate), "cl-12", "untrusted_issuer")
    junk = [Maker(tmp_path, f"junk-{i}").certificate for i in range(20)]
    assert enroll(node, maker.device("cl-12", sent=junk[:6]), "cl-12").status == 200
    # cross-signed loop: two CAs that vouch for each other and for nobody else
    a, b = Maker(tmp_path, "loop-a"), Maker(tmp_path, "loop-b")
    a_by_b = Maker(tmp_path, "loop-a", key=a.key, parent=b).certificate
    b_by_a = Maker(tmp_path, "loop-b", key=b.key, parent=a).certificate
    refused(node, a.device("cl-12", sent=(a_by_b, b_by_a)), "cl-12", "untrusted_issuer")


def test_cl_14_same_name_other_key(node, maker, tmp_path):
    refused(node, Maker(tmp_path).device("cl-14"), "cl-14", "untrusted_issuer")
    assert enroll(node, maker.device("cl-14"), "cl-14").status == 200


def test_cl_17_our_issuers_name_and_serial_by_another_hand(node, tmp_path):
    device = node.device("cl-17")
    issuing = x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())
    forger = Maker(tmp_path)
    forged = (x509.CertificateBuilder().subject_name(device.certificate.subject).issuer_name(issuing.subject)
              .public_key(forger.key.public_key()).serial_number(device.certificate.serial_number)
              .not_valid_before(NOW - DAY).not_valid_after(NOW + DAY).sign(forger.key, hashes.SHA256()))
    refused(node, Identity(tmp_path, forger.key, forged), "cl-17", "untrusted_issuer")
    answer = node.reenroll(make_csr(make_key(), "cl-17"), Identity(tmp_path, forger.key, forged))
    assert answer.status == 403
    assert enroll(node, device, "cl-17").status == 200


def test_cl_18_an_altered_signature(node, maker, tmp_path):
    device = maker.device("cl-18")
    der = bytearray(device.certificate.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    altered = x509.load_der_x509_certificate(bytes(der))
    refused(node, Identity(tmp_path, device.key, altered), "cl-18", "untrusted_issuer")
    assert enroll(node, device, "cl-18").status == 200


@pytest.mark.parametrize("wrong", [{"ca": False}, {"start": -9, "end": -1}], ids=["leaf", "expired"])
def test_cl_19_what_is_no_usable_ca_is_refused_at_import(node, tmp_path, wrong):
    with pytest.raises(Refused) as refusal:
        node.ctl("trust", "add", "--yes", Maker(tmp_path, "bad CA", **wrong).pem())
    assert refusal.value.code == 5 and "refused:" in refusal.value.text + refusal.value.output
    assert "bad CA" not in node.ctl("trust", "list")


def test_cl_20_sha1(node, maker, tmp_path):
    # by openssl: new releases of the library refuse to sign with SHA-1
    device = maker.device("cl-20")
    maker_key, csr, weak = (tmp_path / name for name in ("maker.key", "device.csr", "weak.pem"))
    maker_key.write_bytes(maker.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    csr.write_bytes(make_csr(device.key, "cl-20"))
    subprocess.run(["openssl", "x509", "-req", "-inform", "DER", "-in", csr, "-CA", maker.pem(), "-CAkey", maker_key, "-sha1", "-set_serial", "7",
                    "-out", weak], check=True, capture_output=True)
    refused(node, Identity(tmp_path, device.key, x509.load_pem_x509_certificate(weak.read_bytes())), "cl-20", "client_cert_weak")
    assert enroll(node, device, "cl-20").status == 200


def test_cl_22_trust_is_judged_per_request(node, tmp_path):
    """On one kept connection: trusted, then its CA is removed, then refused."""
    maker = Maker(tmp_path, "Soon Gone")
    node.ctl("trust", "add", "--yes", maker.pem())
    device = maker.device("cl-22")
    connection = node.connect(identity=device)

    def ask():
        return node.enroll(make_csr(make_key(), "cl-22"), profile="demo-tls", identity=device, connection=connection)

    assert ask().status == 200
    mine = [a for a in node.ctl_json("trust", "list")["anchors"] if "Soon Gone" in a["certificate"]["subject"]]
    node.ctl("trust", "remove", mine[0]["id"])
    node.wait(lambda: ask().status == 403, "the removal to be felt", 5)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_cl_22_and_23_sessions_are_not_resumed(node, version):
    device = node.device("cl-22-resume")
    context = node.tls(device, version)
    import socket
    sessions = []
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", node.port)) as raw:
            with context.wrap_socket(raw, server_hostname="localhost", session=sessions[-1] if sessions else None) as tls:
                tls.sendall(b"GET /.well-known/est/demo/cacerts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while tls.recv(65536):
                    pass
                assert not tls.session_reused
                if tls.session:
                    sessions.append(tls.session)


def test_cl_25_certificates_in_headers_count_for_nothing(node):
    device = node.device("cl-25")
    pem = device.certificate.public_bytes(serialization.Encoding.PEM).decode().replace("\n", "%0A")
    for header in ("X-SSL-Cert", "X-Forwarded-Client-Cert", "Client-Cert", "X-SSL-Client-Verify"):
        answer = node.post_csr("simpleenroll", make_csr(make_key(), "cl-25"), "demo-tls", headers={header: pem})
        assert answer.status == 403 and "no_client_cert" in answer.text


def test_cl_26_both_credentials_one_wrong(node, maker):
    device = maker.device("cl-26")
    csr = make_csr(make_key(), "cl-26")
    # a passphrase profile wants the passphrase, whatever certificate comes along
    assert node.enroll(csr, passphrase="wrong passphrase", identity=device).status == 401
    assert node.enroll(csr, passphrase=node.passphrase, identity=device).status == 200
    # a certificate profile wants the certificate, whatever passphrase comes along
    stranger = Maker(device.path.parent, "Stranger").device("cl-26")
    answer = node.post_csr("simpleenroll", csr, "demo-tls", node.basic(), identity=stranger)
    assert answer.status == 403


def test_cl_27_far_ends(node, maker):
    key = make_key()
    for end in (datetime.datetime(9999, 12, 31, 23, 59, 59), datetime.datetime(2049, 12, 31, 23, 59, 59),
                datetime.datetime(2050, 1, 1)):
        certificate = (x509.CertificateBuilder().subject_name(name("cl-27")).issuer_name(maker.name).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(end)
                       .sign(maker.key, hashes.SHA256()))
        assert enroll(node, Identity(maker.folder, key, certificate), "cl-27").status == 200


def test_cs_33_a_name_that_the_certificate_does_not_cover(node, maker):
    device = maker.device("cs-33", x509.SubjectAlternativeName([x509.DNSName("mine.example")]))
    for san, status in (("mine.example", 200), ("yours.example", 403)):
        answer = node.enroll(make_csr(make_key(), "cs-33", san=[x509.DNSName(san)]), profile="demo-tls", identity=device)
        assert answer.status == status, answer.text
    assert "name_not_authorized" in answer.text


def test_cl_15_two_accounts(node, maker):
    """What another account's CA vouches for opens nothing here, and its profiles do not exist for our addresses."""
    node.ctl("account", "create", "other")
    try:
        other = ("--account", "other")
        node.ctl(*other, "allow", "add", "127.0.0.3")
        node.ctl(*other, "ca", "create", "Other CA", "--subject", "CN=Other CA", "--trust")
        node.ctl(*other, "profile", "create", "other-tls", "--template", "generic-device", "--ca", "Other CA", "--auth",
                 "tls-certificate", "--alias", "other-tls")
        node.wait(lambda: node.request("GET", "/.well-known/est/other-tls/cacerts", source="127.0.0.3").status == 200, "it to serve", 5)
        # our address, their profile: the same as a profile that does not exist
        theirs = node.request("GET", "/.well-known/est/other-tls/cacerts")
        nobody = node.request("GET", "/.well-known/est/nobody/cacerts")
        assert theirs.status == nobody.status == 404
        assert theirs.text.split("request=")[0] == nobody.text.split("request=")[0]
        # a certificate of ours at their profile
        answer = node.enroll(make_csr(make_key(), "cl-15"), profile="other-tls", identity=maker.device("cl-15"), source="127.0.0.3")
        assert answer.status == 403
        # their address, our profile
        assert node.request("GET", "/.well-known/est/demo/cacerts", source="127.0.0.3").status == 404
        # each sees only its own
        assert {c["subject"] for c in node.certificates(*other)} == {"CN=Other CA"}
        with pytest.raises(Refused):
            node.ctl(*other, "profile", "show", "demo")
    finally:
        node.ctl("--account", "other", "profile", "suspend", "other-tls")


def test_ra_06_a_revoked_ra_is_refused_at_once(node, tmp_path):
    key = make_key()
    (tmp_path / "ra.csr").write_bytes(make_csr(key, "ra-06"))
    node.ctl("--account", "demo", "ra", "enroll", "ra-06", "--ca", "Demo Issuing", "--all-profiles", "--csr", tmp_path / "ra.csr",
             "--out", tmp_path / "ra.pem")
    ra = Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / "ra.pem").read_bytes()))
    connection = node.connect(identity=ra)
    csr = make_csr(make_key(), "behind-ra-06")
    assert node.enroll(csr, profile="demo-tls", identity=ra, connection=connection).status == 200
    node.ctl("--account", "demo", "ra", "revoke", "ra-06")
    answer = node.enroll(make_csr(make_key(), "behind-ra-06b"), profile="demo-tls", identity=ra, connection=connection)
    assert answer.status == 403 and "cert_revoked" in answer.text


def test_an_ra_certificate_does_not_renew_itself(node, tmp_path):
    """Its rights end with it, and what it asks for under its own name has none."""
    key, next_key = make_key(), make_key()
    (tmp_path / "ra.csr").write_bytes(make_csr(key, "ra-self"))
    node.ctl("--account", "demo", "ra", "enroll", "ra-self", "--ca", "Demo Issuing", "--profile", "demo-tls", "--csr", tmp_path / "ra.csr",
             "--out", tmp_path / "ra.pem")
    ra = Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / "ra.pem").read_bytes()))
    answer = node.reenroll(make_csr(make_key(), "ra-self"), ra, "demo-tls")
    assert answer.status == 403 and "renewal_not_allowed" in answer.text
    answer = node.enroll(make_csr(next_key, "ra-self"), profile="demo-tls", identity=ra)
    assert answer.status == 200
    namesake = Identity(tmp_path, next_key, answer.certificate)
    assert node.enroll(make_csr(make_key(), "a-device"), profile="demo-tls", identity=namesake).status == 403
    assert node.enroll(make_csr(make_key(), "a-device"), profile="demo-tls", identity=ra).status == 200


def test_ip_19_an_ra_is_judged_by_its_own_address(node, tmp_path):
    key = make_key()
    (tmp_path / "ra.csr").write_bytes(make_csr(key, "ip-19"))
    node.ctl("--account", "demo", "ra", "enroll", "ip-19", "--ca", "Demo Issuing", "--all-profiles", "--csr", tmp_path / "ra.csr",
             "--out", tmp_path / "ra.pem")
    ra = Identity(tmp_path, key, x509.load_pem_x509_certificate((tmp_path / "ra.pem").read_bytes()))
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}):
        answer = node.post_csr("simpleenroll", make_csr(make_key(), "behind-ip-19"), "demo-tls", identity=ra, source="127.0.0.2", headers=headers)
        assert answer.status == 403
        assert node.events("--refusals")[0]["reason"] == "ip_not_allowed"
    # the device's address is what the RA says of it, and no gate
    answer = node.post_csr("simpleenroll", make_csr(make_key(), "behind-ip-19"), "demo-tls", identity=ra,
                         headers={"X-Forwarded-For": "203.0.113.9"})
    assert answer.status == 200


@pytest.fixture(scope="module")
def constrained(node, tmp_path_factory):
    """A maker that vouches for one company's names only."""
    permitted = [x509.DNSName("corp.example"), x509.RFC822Name("corp.example"), x509.UniformResourceIdentifier(".corp.example")]
    maker = Maker(tmp_path_factory.mktemp("constrained"), "Constrained maker", extensions=[x509.NameConstraints(permitted, None)])
    node.ctl("--account", "demo", "trust", "add", "--yes", maker.pem())
    return maker


@pytest.mark.parametrize("inside, outside", [
    (x509.DNSName("a.corp.example"), x509.DNSName("a.other.example")),
    (x509.RFC822Name("a@corp.example"), x509.RFC822Name("a@other.example")),
    (x509.UniformResourceIdentifier("https://a.corp.example/x"), x509.UniformResourceIdentifier("https://corp.example.other.example/x")),
], ids=["dns", "e-mail", "uri"])
def test_cl_11_names_outside_the_makers_constraints(node, constrained, inside, outside):
    refused(node, constrained.device("cl-11", x509.SubjectAlternativeName([outside])), "cl-11", "client_cert_invalid")
    refused(node, constrained.device("cl-11", x509.SubjectAlternativeName([inside, outside])), "cl-11", "client_cert_invalid")
    assert enroll(node, constrained.device("cl-11", x509.SubjectAlternativeName([inside])), "cl-11").status == 200


def test_cl_11_a_common_name_that_is_a_hosts_name(node, constrained):
    refused(node, constrained.device("a.other.example"), "a.other.example", "client_cert_invalid")
    assert enroll(node, constrained.device("a.corp.example"), "a.corp.example").status == 200


def authority_seconds(node):
    fields = open(f"/proc/{node.children()['authority']}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mapped_policies(depth, width=16):
    """Every policy of a level maps to every policy of the next: a tree of width ** depth leaves, if anyone builds it."""
    oid = [[x509.ObjectIdentifier(f"1.3.6.1.4.1.99999.{level}.{i}") for i in range(width)] for level in (depth, depth + 1)]
    policies = x509.CertificatePolicies([x509.PolicyInformation(each, None) for each in oid[0]])
    pairs = b"".join(der_sequence(der_oid(a) + der_oid(b)) for a in oid[0] for b in oid[1])
    return [policies, x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), der_sequence(pairs))]


def der_sequence(contents):
    return b"\x30" + der_length(len(contents)) + contents


def der_length(length):
    octets = length.to_bytes(max(1, (length.bit_length() + 7) // 8), "big")
    return octets if length < 128 else bytes([128 + len(octets)]) + octets


def der_oid(oid):
    first, second, *rest = (int(arc) for arc in oid.dotted_string.split("."))
    contents = bytes([40 * first + second])
    for arc in rest:
        groups = [arc & 127]
        while arc := arc >> 7:
            groups.insert(0, 128 | arc & 127)
        contents += bytes(groups)
    return b"\x06" + der_length(len(contents)) + contents


def test_cl_28_a_policy_tree_is_never_built(node, tmp_path):
    """Five levels of sixteen policies would be a million nodes. The chain is sound otherwise, so it is taken at no cost."""
    top = Maker(tmp_path, "Policy top", extensions=mapped_policies(0))
    node.ctl("--account", "demo", "trust", "add", "--yes", top.pem())
    sent, above = [], top
    for level in range(1, 5):
        above = Maker(tmp_path, f"Policy {level}", parent=above, extensions=mapped_policies(level))
        sent.insert(0, above.certificate)
    device = above.device("cl-28", mapped_policies(5)[0], sent=sent)
    before = authority_seconds(node)
    assert enroll(node, device, "cl-28").status == 200
    # a tree of a million nodes takes seconds; a slow machine's share of one does not
    assert authority_seconds(node) - before < 1


def test_cl_28_thousands_of_constraints_against_thousands_of_names(node, tmp_path):
    many = x509.NameConstraints([x509.DNSName(f"n{i}.example") for i in range(900)], None)
    maker = Maker(tmp_path, "Constraint bomb", extensions=[many])
    node.ctl("--account", "demo", "trust", "add", "--yes", maker.pem())
    names = x509.SubjectAlternativeName([x509.DNSName(f"a.n{i}.example") for i in range(60)])
    before = authority_seconds(node)
    refused(node, maker.device("cl-28", names), "cl-28", "client_cert_invalid")
    assert authority_seconds(node) - before < 1
    few = x509.SubjectAlternativeName([x509.DNSName("a.n7.example")])
    assert enroll(node, maker.device("cl-28", few), "cl-28").status == 200


def test_a_chain_longer_than_any_sensible_one_is_refused_and_the_edges_live_on(node, maker):
    extra = [Maker(maker.folder, f"Extra {i}").certificate for i in range(40)]
    before = node.children()
    for count in (8, 9, 40):
        refused(node, maker.device("long", sent=extra[:count]), "long", "client_cert_invalid")
    assert node.children() == before
    assert enroll(node, maker.device("long", sent=extra[:7]), "long").status == 200


def test_rn_06_what_our_ca_signed_and_the_store_does_not_know_is_no_third_partys(node, tmp_path):
    """Also where it is a CA above that is trusted, and the client sends ours along."""
    root = Maker(tmp_path, "Root above")
    issuing = Maker(tmp_path, "Ours", parent=root)
    pem = tmp_path / "ours.pem"
    pem.write_bytes(issuing.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
                    + issuing.pem().read_bytes() + root.pem().read_bytes())
    node.ctl("--account", "demo", "trust", "add", "--yes", root.pem())
    stray = issuing.device("stray", sent=[issuing.certificate])
    assert enroll(node, stray, "stray").status == 200  # not ours yet: another's CA below a root that we trust
    node.ctl("--account", "demo", "ca", "import", "ours", pem, "--no-trust")
    refused(node, stray, "stray", "cert_unknown")
