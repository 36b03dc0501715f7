"""csrattrs in its forms, over the wire: what a client is asked for, read without any code of ours, and done as asked."""
import base64
import subprocess

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from node import make_csr, make_key

TEMPLATE, EXTENSION_TEMPLATE = "1.2.840.113549.1.9.16.2.61", "1.2.840.113549.1.9.16.2.62"
EXTENSION_REQUEST, CHALLENGE = "1.2.840.113549.1.9.14", "1.2.840.113549.1.9.7"


def csrattrs(node, profile, **options):
    answer = node.request("GET", f"/.well-known/est/{profile}/csrattrs", **options)
    if answer.status == 204:
        return b""
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/csrattrs")
    return base64.b64decode(answer.body)


def elements(der):
    """(tag, contents) of each element, one after the other."""
    while der:
        tag, size, rest = der[0], der[1], der[2:]
        if size >= 0x80:
            octets = size - 0x80
            size, rest = int.from_bytes(rest[:octets], "big"), rest[octets:]
        yield tag, rest[:size]
        der = rest[size:]


def oid(contents):
    der = bytes([6, len(contents)]) + contents
    shown = subprocess.run(["openssl", "asn1parse", "-inform", "DER", "-oid", "/dev/null"], input=der, capture_output=True)
    text = shown.stdout.decode().rsplit(":", 1)[1].strip()
    return x509.ObjectIdentifier(text).dotted_string if text[0].isdigit() else OPENSSL_NAMES[text]


OPENSSL_NAMES = {"challengePassword": CHALLENGE, "Extension Request": EXTENSION_REQUEST, "commonName": "2.5.4.3",
                 "organizationName": "2.5.4.10", "X509v3 Subject Alternative Name": "2.5.29.17", "X509v3 Key Usage": "2.5.29.15",
                 "X509v3 Extended Key Usage": "2.5.29.37", "id-ecPublicKey": "1.2.840.10045.2.1", "prime256v1": "1.2.840.10045.3.1.7"}


def items(der):
    """Each AttrOrOID: its OID, and its values or None."""
    (outer,) = elements(der)
    for tag, contents in elements(outer[1]):
        if tag == 6:
            yield oid(contents), None
        else:
            (_, name), (_, values) = elements(contents)
            yield oid(name), values


def read_template(values):
    """Subject, key and extensions of a CertificationRequestInfoTemplate."""
    ((_, info),) = elements(values)
    found = {"subject": [], "key": None, "extensions": {}}
    for tag, contents in elements(info):
        if tag == 0x30:
            for _, rdn in elements(contents):
                ((_, attribute),) = elements(rdn)
                (_, name), *value = elements(attribute)
                found["subject"].append((oid(name), value[0][1].decode() if value else None))
        elif tag == 0xa0:
            (_, algorithm), *_ = elements(contents)
            found["key"] = [oid(part) for _, part in elements(algorithm)]
        elif tag == 0xa1:
            for _, attribute in elements(contents):
                (_, name), (_, inner) = elements(attribute)
                found["request"] = oid(name)
                ((_, wishes),) = elements(inner)
                for _, wish in elements(wishes):
                    (_, wished), *rest = elements(wish)
                    found["extensions"][oid(wished)] = next((part for tag, part in rest if tag == 4), None)
    return found


@pytest.fixture(scope="module")
def profile(node):
    node.ctl("profile", "create", "asked", "--template", "client-authentication", "--ca", "Demo Issuing", "--alias", "asked",
             "--set", 'subject=[{"attribute":"O","source":"fixed","value":"Acme"},{"attribute":"CN","source":"csr-required"}]',
             "--set", "san.dns.source=required", "--set", 'key.types=["p256"]', "--set", "binding=optional")
    out = node.folder / "asked.pass"
    node.ctl("profile", "passphrase", "asked", "--generate", "--out", out)
    return "asked", out.read_text().strip()


def test_att_01_nothing_to_ask_for_is_204(node):
    assert csrattrs(node, "demo") == b""


def test_att_09_the_legacy_form_is_the_default_and_small(node, profile):
    found = dict(items(csrattrs(node, profile[0])))
    assert set(found) == {"1.2.840.10045.2.1", EXTENSION_REQUEST}
    assert [oid(value) for _, value in elements(found["1.2.840.10045.2.1"])] == ["1.2.840.10045.3.1.7"]
    assert [oid(value) for _, value in elements(found[EXTENSION_REQUEST])] == ["2.5.29.17"]
    assert len(base64.b64encode(csrattrs(node, profile[0]))) < 1024


def test_att_05_the_template_is_that_of_rfc_9908(node, profile):
    node.set_profile(profile[0], "csrattrs=template")
    node.wait(lambda: TEMPLATE in dict(items(csrattrs(node, profile[0]))), "the edges to hear of it")
    found = dict(items(csrattrs(node, profile[0])))
    assert set(found) == {TEMPLATE}
    asked = read_template(found[TEMPLATE])
    assert asked["subject"] == [("2.5.4.10", "Acme"), ("2.5.4.3", None)]
    assert asked["key"] == ["1.2.840.10045.2.1", "1.2.840.10045.3.1.7"]
    assert asked["request"] == EXTENSION_TEMPLATE
    assert asked["extensions"]["2.5.29.17"] is None
    assert asked["extensions"]["2.5.29.15"] == bytes.fromhex("03020780")


def test_att_06_both_is_the_legacy_list_and_the_template(node, profile):
    node.set_profile(profile[0], "csrattrs=both", "binding=required")
    node.wait(lambda: CHALLENGE in dict(items(csrattrs(node, profile[0]))), "the edges to hear of it")
    assert [name for name, _ in items(csrattrs(node, profile[0]))] == [CHALLENGE, "1.2.840.10045.2.1", EXTENSION_REQUEST, TEMPLATE]
    node.set_profile(profile[0], "binding=optional")


def test_att_07_the_answer_is_the_same_for_everybody(node, profile):
    device = node.device("curious")
    answers = {csrattrs(node, profile[0]), csrattrs(node, profile[0], identity=device),
               csrattrs(node, profile[0], headers=node.basic(profile[1])), csrattrs(node, profile[0], headers=node.basic("wrong"))}
    assert len(answers) == 1
    assert profile[1].encode() not in answers.pop()


def test_att_08_a_csr_made_as_asked_is_taken(node, profile):
    asked = read_template(dict(items(csrattrs(node, profile[0])))[TEMPLATE])
    assert asked["key"][1] == "1.2.840.10045.3.1.7"
    subject = x509.Name([x509.NameAttribute(x509.ObjectIdentifier(name), value or "dev-17") for name, value in asked["subject"]])
    wishes = [(x509.UnrecognizedExtension(x509.ObjectIdentifier(name), value), False)
              for name, value in asked["extensions"].items() if value is not None]
    node.set_profile(profile[0], "extension_unlisted=refuse", "subject_unlisted=refuse")
    csr = make_csr(make_key("p256"), subject=subject, san=[x509.DNSName("dev-17.example")], extensions=wishes)
    answer = node.enroll(csr, profile[0], profile[1])
    assert answer.status == 200, (answer.text, node.events("--refusals")[:1])
    assert answer.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "Acme"
