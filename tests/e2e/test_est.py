"""EST as est-checklist.md has it, from a device's point of view."""
import base64
import email.utils
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AttributeOID, ExtendedKeyUsageOID, NameOID

from node import Identity, make_csr, make_key, load_certificates

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@pytest.mark.parametrize("version", VERSIONS)
def test_ca_01_cacerts_needs_no_credential(node, version):
    answer = node.request("GET", "/.well-known/est/demo/cacerts", version=version)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/pkcs7-mime"
    names = {c.subject.rfc4514_string() for c in answer.certificates}
    assert len(names) == 2 and any("Root" in name for name in names)


def test_ca_06_cacerts_is_stable(node):
    assert node.request("GET", "/.well-known/est/demo/cacerts").body == node.request("GET", "/.well-known/est/cacerts").body


@pytest.mark.parametrize("agent", [None, "libest 3.2"])
def test_ca_05_who_has_it_is_told_so(node, agent):
    headers = {"User-Agent": agent} if agent else {}
    first = node.request("GET", "/.well-known/est/demo/cacerts", headers=headers)
    tag = first.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"')
    for known in (tag, f'"other", {tag}', "*"):
        again = node.request("GET", "/.well-known/est/demo/cacerts", headers={**headers, "If-None-Match": known})
        assert again.status == 304 and again.body == b"" and again.headers["ETag"] == tag
    other = node.request("GET", "/.well-known/est/demo/cacerts", headers={**headers, "If-None-Match": '"other"'})
    assert other.status == 200 and other.body == first.body


def test_enc_06_signed_data_has_no_content_and_no_signers(node):
    der = base64.b64decode(node.request("GET", "/.well-known/est/demo/cacerts").body)
    assert bytes.fromhex("06092a864886f70d010702") in der
    # version 1, no digest algorithms, then id-data with no content after it
    assert bytes.fromhex("0201013100300b06092a864886f70d010701") in der


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072"])
def test_enr_01_enroll_with_every_kind_of_key(node, kind, version):
    key = make_key(kind)
    answer = node.enroll(make_csr(key, f"dev-{kind}"), version=version)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/pkcs7-mime; smime-type=certs-only"
    assert answer.headers["Content-Transfer-Encoding"] == "base64"
    assert answer.body.endswith(b"\n") and answer.body.count(b"\n") == 1
    certificate = answer.certificate
    assert certificate.public_key().public_numbers() == key.public_key().public_numbers() if kind != "ed25519" else True
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_enr_06_renewal_keeps_the_names(node):
    device = node.device("renewer", san=[x509.DNSName("renewer.example")])
    san = [x509.DNSName("renewer.example")]
    answer = node.reenroll(make_csr(make_key(), "renewer", san=san), device)
    assert answer.status == 200, answer.text
    assert answer.certificate.subject == device.certificate.subject
    answer = node.reenroll(make_csr(make_key(), "other", san=san), device)
    assert (answer.status, "subject_mismatch" in answer.text) == (403, True)
    answer = node.reenroll(make_csr(make_key(), "renewer", san=[x509.DNSName("other.example")]), device)
    assert (answer.status, "subject_mismatch" in answer.text) == (403, True)
    answer = node.reenroll(make_csr(make_key(), "renewer"), device)
    assert answer.status == 403


def test_enr_06_the_same_key_may_renew_by_default(node):
    device = node.device("same-key")
    assert node.reenroll(make_csr(device.key, "same-key"), device).status == 200


def test_enr_07_names_are_compared_by_rfc_5280(node):
    device = node.device("Case-Device")
    assert node.reenroll(make_csr(make_key(), "case-device"), device).status == 200


def test_enr_11_a_lost_answer_is_given_again(node):
    key = make_key()
    csr = make_csr(key, "lost")
    first, second = node.enroll(csr), node.enroll(csr)
    assert first.status == second.status == 200
    assert first.certificate == second.certificate
    # another content is another request
    assert node.enroll(make_csr(key, "lost", san=[x509.DNSName("x.example")])).certificate != first.certificate


def test_pp_15_a_renewal_needs_the_certificate(node):
    answer = node.post_csr("simplereenroll", make_csr(make_key()), headers=node.basic())
    assert answer.status == 403 and "no_client_cert" in answer.text


def test_http_11_a_401_asks_for_basic_and_has_no_body(node):
    answer = node.post_csr("simpleenroll", make_csr(make_key()))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert answer.headers["Content-Length"] == "0" and answer.body == b""
    assert node.enroll(make_csr(make_key()), passphrase="wrong-passphrase").status == 401


def test_tls_certificate_profile(node):
    device = node.device("two-profiles")
    answer = node.enroll(make_csr(make_key(), "two-profiles"), profile="demo-tls", identity=device)
    assert answer.status == 200, answer.text
    # CL-04: without a certificate it says so, and offers no Basic
    answer = node.post_csr("simpleenroll", make_csr(make_key(), "two-profiles"), profile="demo-tls")
    assert answer.status == 403 and "no_client_cert" in answer.text and "WWW-Authenticate" not in answer.headers
    # CL-16: another's name
    answer = node.enroll(make_csr(make_key(), "someone-else"), profile="demo-tls", identity=device)
    assert answer.status == 403 and "name_not_authorized" in answer.text


def test_rn_09_renewal_at_another_profile(node):
    device = node.device("elsewhere")
    answer = node.reenroll(make_csr(make_key(), "elsewhere"), device, profile="demo-tls")
    assert answer.status == 403 and "wrong_profile" in answer.text


def test_cl_08_a_revoked_certificate_renews_nothing(node):
    device = node.device("revoked")
    connection = node.connect(identity=device)
    assert node.reenroll(make_csr(make_key(), "revoked"), device, connection=connection).status == 200
    node.ctl("cert", "revoke", node.serial(device.certificate), "--reason", "keyCompromise")
    # CL-24: on the very same connection
    answer = node.reenroll(make_csr(make_key(), "revoked"), device, connection=connection)
    assert answer.status == 403 and "cert_revoked" in answer.text
    assert node.enroll(make_csr(make_key(), "revoked"), profile="demo-tls", identity=device).status == 403


def test_ip_21_an_unlisted_address_is_refused_everywhere(node):
    for path in ("cacerts", "csrattrs", "nonsense"):
        answer = node.request("GET", f"/.well-known/est/demo/{path}", source="127.0.0.2")
        assert answer.status == 403
        assert "demo" not in answer.text
    answer = node.enroll(make_csr(make_key()), source="127.0.0.2")
    assert answer.status == 403
    assert any(e["reason"] == "ip_not_allowed" for e in node.events("--refusals"))


def test_pop_02_the_binding_is_checked(node):
    key = make_key()
    for version, binding in ((ssl.TLSVersion.TLSv1_2, "tls-unique"),):
        connection = node.connect(version=version)
        connection.connect()
        unique = base64.b64encode(connection.sock.get_channel_binding(binding))
        attributes = [(AttributeOID.CHALLENGE_PASSWORD, unique)]
        answer = node.enroll(make_csr(key, "bound", attributes=attributes), connection=connection)
        assert answer.status == 200, answer.text
        # the same request on another connection is a replay
        answer = node.enroll(make_csr(key, "bound", attributes=attributes), version=version)
        assert answer.status == 400 and "pop_link_failed" in answer.text


def test_att_01_csrattrs(node):
    answer = node.request("GET", "/.well-known/est/demo/csrattrs")
    assert answer.status in (200, 204)


def test_ht_23_unknown_profiles_answer_alike(node):
    answers = [node.request("GET", f"/.well-known/est/{label}/cacerts") for label in ("nobody", "DEMO", "1.2.3.4")]
    assert {a.status for a in answers} == {404}
    assert len({a.text.split("request=")[0] for a in answers}) == 1


@pytest.mark.parametrize("method,operation,status", [("GET", "cacerts", 200), ("POST", "simpleenroll", 400), ("PUT", "cacerts", 405)])
def test_every_answer_tells_the_time(node, method, operation, status):
    """RFC 9110 6.6.1: a device may learn it there."""
    before = int(time.time())
    answer = node.request(method, f"/.well-known/est/demo/{operation}", b"x" if method == "POST" else None)
    assert answer.status == status and len(answer.headers.get_all("Date")) == 1
    assert before <= email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp() <= time.time()


def test_http_03_wrong_methods(node):
    answer = node.request("POST", "/.well-known/est/demo/cacerts", b"x")
    assert answer.status == 405 and "GET" in answer.headers["Allow"]
    answer = node.request("GET", "/.well-known/est/demo/simpleenroll")
    assert answer.status == 405 and "POST" in answer.headers["Allow"]


def status_line(node, version, agent):
    with socket.create_connection(("127.0.0.1", node.port)) as plain, node.tls().wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        tls.sendall(f"GET /.well-known/est/demo/cacerts HTTP/{version}\r\nHost: a\r\nUser-Agent: {agent}\r\nConnection: close\r\n\r\n".encode())
        return tls.makefile("rb").readline()


def test_traps_debians_libest_reads_only_http_1_0(node):
    """Debian's libest 3.2.0 asks by HTTP/1.0 and takes any other version in the answer for none."""
    assert status_line(node, "1.0", "libest 3.2.0p") == b"HTTP/1.0 200 OK\r\n"
    assert status_line(node, "1.1", "libest 3.2.0p") == b"HTTP/1.1 200 OK\r\n"
    assert status_line(node, "1.0", "curl/7.88") == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("agent", ["libest 1.0", "curl/7.88.1", "Wget/1.21.3", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"])
def test_traps_05_wrapped_for_who_cannot_do_without(node, agent):
    plain = node.request("GET", "/.well-known/est/demo/cacerts")
    wrapped = node.request("GET", "/.well-known/est/demo/cacerts", headers={"User-Agent": agent})
    assert plain.body.count(b"\n") == 1
    assert max(map(len, wrapped.body.split(b"\n"))) == 64
    assert base64.b64decode(plain.body) == base64.b64decode(wrapped.body)


@pytest.mark.parametrize("agent", ["", "curlew/1.0", "my-curl/8.0", "python-requests/2.32"])
def test_traps_05_one_line_for_all_others(node, agent):
    """strongSwan, Rust's base64 and others read no more than that."""
    answer = node.request("GET", "/.well-known/est/demo/cacerts", headers={"User-Agent": agent})
    assert answer.body.count(b"\n") == 1


@pytest.mark.parametrize("media_type", ["application/pkcs10", "Application/PKCS10; charset=utf-8", "application/pkcs10-base64", "application/x-pkcs10",
                                        "application/octet-stream", "text/plain", None])
def test_traps_09_a_csr_by_any_name(node, media_type):
    """What devices in the field call it: OpenLAN's switches say pkcs10-base64, Cumulocity's wanted text/plain."""
    body = base64.b64encode(make_csr(make_key(), "by-any-name"))
    headers = {**node.basic(), **({"Content-Type": media_type} if media_type else {})}
    answer = node.request("POST", "/.well-known/est/demo/simpleenroll", body, headers)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("path", ["//.well-known/est/demo/cacerts", "/demo//.well-known/est/cacerts", "/.well-known/est/demo//cacerts"])
def test_traps_11_a_url_that_ended_with_a_slash(node, path):
    assert node.request("GET", path).body == node.request("GET", "/.well-known/est/demo/cacerts").body


def test_a_keeping_client_is_served_again(node):
    connection = node.connect()
    for i in range(5):
        assert node.enroll(make_csr(make_key(), f"kept-{i}"), connection=connection).status == 200


def test_subject_attributes_and_san(node):
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Acme"),
                         x509.NameAttribute(NameOID.COMMON_NAME, "all-names"),
                         x509.NameAttribute(NameOID.SERIAL_NUMBER, "SN-1")])
    import ipaddress
    san = [x509.DNSName("a.example"), x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
           x509.UniformResourceIdentifier("urn:dev:1"), x509.RFC822Name("a@example.org")]
    answer = node.enroll(make_csr(make_key(), subject=subject, san=san))
    assert answer.status == 200, answer.text
    issued = answer.certificate
    assert {a.value for a in issued.subject} == {"Acme", "all-names", "SN-1"}
    assert set(issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value) == set(san)


def test_third_party_certificates(node, tmp_path):
    """A manufacturer's certificate vouches for a device once its CA is trusted."""
    import datetime

    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.datetime.utcnow()

    def issue(name, key, issuer, issuer_key, ca):
        builder = (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
                   .issuer_name(issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=99))
                   .add_extension(x509.BasicConstraints(ca, None), True))
        return builder.sign(issuer_key, hashes.SHA256())

    root_key, sub_key, key = make_key(), make_key(), make_key()
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker Root")])
    root = issue("Maker Root", root_key, root_name, root_key, True)
    sub = issue("Maker Sub", sub_key, root.subject, root_key, True)
    leaf = issue("SN-4711", key, sub.subject, sub_key, False)

    alone, whole = Identity(tmp_path, key, leaf), Identity(tmp_path, key, leaf, sub)
    csr = make_csr(make_key(), "SN-4711")
    answer = node.enroll(csr, profile="demo-tls", identity=whole)
    assert answer.status == 403 and "untrusted_issuer" not in answer.text  # strangers learn no more than "denied"
    assert node.events("--refusals")[0]["reason"] in ("untrusted_issuer", "chain_incomplete")

    pem = tmp_path / "maker.pem"
    pem.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    node.ctl("trust", "add", "--yes", pem)
    assert node.enroll(csr, profile="demo-tls", identity=whole).status == 200
    assert node.enroll(make_csr(make_key(), "SN-4711"), profile="demo-tls", identity=alone).status == 403
    # it may not renew what it was not issued here
    answer = node.reenroll(make_csr(make_key(), "SN-4711"), whole, profile="demo-tls")
    assert answer.status == 403 and "renewal_not_allowed" in answer.text


def test_ra_certificate(node, tmp_path):
    """An RA speaks for devices within its scope."""
    from cryptography.hazmat.primitives import serialization

    key = make_key()
    csr = tmp_path / "ra.csr"
    csr.write_bytes(make_csr(key, "ra-1"))
    out = tmp_path / "ra.pem"
    node.ctl("ra", "enroll", "ra-1", "--ca", "Demo Issuing", "--profile", "demo-tls", "--csr", csr, "--out", out)
    certificates = load_certificates(out.read_bytes())
    ra = Identity(tmp_path, key, certificates[0])
    device_key = make_key()
    answer = node.enroll(make_csr(device_key, "behind-the-ra"), profile="demo-tls", identity=ra)
    assert answer.status == 200, answer.text
    answer = node.reenroll(make_csr(make_key(), "behind-the-ra"), ra, profile="demo-tls")
    assert answer.status == 200, answer.text
    answer = node.reenroll(make_csr(make_key(), "never-enrolled"), ra, profile="demo-tls")
    assert answer.status == 403
    # an older certificate of the same name does not stand in for the revoked newest one
    newest = next(c for c in node.certificates() if c["subject"] == "CN=behind-the-ra")
    node.ctl("cert", "revoke", newest["serial"], "--reason", "keyCompromise")
    answer = node.reenroll(make_csr(make_key(), "behind-the-ra"), ra, profile="demo-tls")
    assert answer.status == 403 and "cert_revoked" in answer.text
    # RA-02: outside its scope
    answer = node.reenroll(make_csr(make_key(), "behind-the-ra"), ra, profile="demo")
    assert answer.status == 403 and "ra_scope" in answer.text


def test_each_refusal_is_an_event(node):
    """Also one that needs no authority: the operator hears of nonsense too."""
    cases = {
        "csr_bad_encoding": lambda: node.request("POST", "/.well-known/est/demo/simpleenroll", b"garbage!", {"Content-Type": "application/pkcs10"}),
        "csr_malformed": lambda: node.post_csr("simpleenroll", b"\x30\x00"),
        "media_type": lambda: node.request("POST", "/.well-known/est/demo/simpleenroll", b"x", {"Content-Type": "image/png"}),
        "method_not_allowed": lambda: node.request("GET", "/.well-known/est/demo/simpleenroll"),
        "unknown_operation": lambda: node.request("POST", "/.well-known/est/demo/fullcmc", b"x"),
    }
    for reason, ask in cases.items():
        answer = ask()
        assert answer.status in (400, 404, 405, 415)
        found = []
        # an edge tells of it without waiting, so it may be there a moment after the answer
        node.wait(lambda: found.extend(e for e in node.events("--refusals", "--limit", "5") if e["request_id"] in answer.text) or found, reason)
        (event,) = found
        assert event["reason"] == reason and event["profile"] == "demo"
