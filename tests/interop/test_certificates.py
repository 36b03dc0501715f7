"""CI-05, CI-09, CI-10: certificates of a real node, judged by checkers that nobody here wrote."""
import collections
import datetime
import json
import os
import pathlib
import subprocess
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificate_corpus import EKUS, HARDWARE_MODULE, URN, USAGES, Corpus, can, hardware_module, import_ca
from node import Identity, Node, make_csr, make_key, valid_from, valid_until, verify_issued_by

HERE = pathlib.Path(__file__).resolve().parent
LONG = bool(os.environ.get("BESTOW_LONG"))
PROFILES, EACH = (100, 20) if LONG else (20, 4)
SEED = int(os.environ.get("BESTOW_SEED", "0")) or int.from_bytes(os.urandom(4), "big")
CHUNK = 100
FLAGS = dict(zip(USAGES, ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")))
DEFAULT_USAGES = {"ldevid": ["digitalSignature"], "ra": ["digitalSignature"]}
DEFAULT_EKUS = {"client-authentication": ["clientAuth"], "generic-device": ["clientAuth", "serverAuth"], "ldevid": [],
                "tls-server": ["serverAuth"], "ra": ["clientAuth", "cmcRA"]}


def run(*command, **options):
    return subprocess.run(list(map(str, command)), capture_output=True, timeout=600, **options)


@pytest.fixture(scope="module")
def corpus():
    with Node(va_settings="", edges=1) as node:
        made = Corpus(node, SEED)
        made.every_template()
        made.at_random(PROFILES, EACH)
        made.folder = node.folder / "corpus"
        made.folder.mkdir()
        for one in made.issued:
            (made.folder / f"{one.name}.der").write_bytes(one.certificate.public_bytes(Encoding.DER))
            (made.folder / f"{one.name}.pem").write_bytes(one.certificate.public_bytes(Encoding.PEM))
        yield made


def test_the_corpus_is_large_enough(corpus):
    print(f"seed {SEED}, {len(corpus.issued)} certificates")
    assert len(corpus.issued) >= (2000 if LONG else 200)


# -- other people's checkers --


def pkilint(folder):
    python = os.environ.get("BESTOW_CHECKERS")
    if not python:
        pytest.skip("pkilint is not installed: ./check does it where pip reaches its index")
    done = run(python, HERE / "lint_certificates.py", folder)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


# What pkilint warns of where the profile wanted it so.
EXPECTED_WARNINGS = {"pkix.key_usage_extension_not_critical"}
# It takes URLs of the web for the only URIs; RFC 5280 4.2.1.6 wants a scheme and what the scheme rules, which a URN has.
MISTAKEN_ERRORS = {("pkix.invalid_uri_syntax", f'Invalid URI syntax: "{URN}"')}


def test_ci_09_pkilint_finds_no_error(corpus):
    report = pkilint(corpus.folder)
    assert report["count"] == len(corpus.issued)
    kinds = collections.Counter(tuple(found[1:3]) for found in report["findings"])
    print(f"seed {SEED}, {report['count']} certificates, findings: {dict(kinds)}")
    unexpected = [found for found in report["findings"] if tuple(found[2:]) not in MISTAKEN_ERRORS
                  and (found[1] == "error" or found[2] not in EXPECTED_WARNINGS)]
    assert not unexpected, (SEED, kinds, unexpected[:10])


def by_issuer(corpus):
    found = {}
    for one in corpus.issued:
        found.setdefault(one.issuer, []).append(one)
    return found


def test_ci_10_openssl_verifies_strictly(corpus):
    for issuer, ones in by_issuer(corpus).items():
        for first in range(0, len(ones), CHUNK):
            files = [corpus.folder / f"{one.name}.pem" for one in ones[first:first + CHUNK]]
            done = run("openssl", "verify", "-x509_strict", "-CAfile", corpus.node.folder / f"root-{issuer}.pem", "-untrusted",
                       corpus.node.folder / f"issuing-{issuer}.pem", *files)
            assert done.returncode == 0, (SEED, done.stdout.decode()[-2000:], done.stderr.decode()[-2000:])


def test_ci_10_gnutls_verifies_and_reads_all_of_it(corpus):
    for one in corpus.issued:
        chain = corpus.folder / "chain"
        leaf = (corpus.folder / f"{one.name}.pem").read_bytes()
        chain.write_bytes(leaf + (corpus.node.folder / f"issuing-{one.issuer}.pem").read_bytes())
        done = run("certtool", "--verify", "--verify-profile=medium", "--load-ca-certificate",
                   corpus.node.folder / f"root-{one.issuer}.pem", "--infile", chain)
        assert done.returncode == 0 and b"Chain verification output: Verified" in done.stdout, (SEED, one.name, done.stdout.decode()[-1500:])
        shown = run("certtool", "--certificate-info", input=leaf)
        assert shown.returncode == 0 and b"error" not in shown.stderr.lower(), (SEED, one.name, shown.stderr.decode())


def load_issuers(corpus):
    return {name: x509.load_pem_x509_certificate((corpus.node.folder / f"issuing-{name}.pem").read_bytes())
            for name in {one.issuer for one in corpus.issued}}


def test_ci_10_pythons_cryptography_reads_and_verifies_it(corpus):
    issuers = load_issuers(corpus)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for one in corpus.issued:
            certificate = x509.load_der_x509_certificate((corpus.folder / f"{one.name}.der").read_bytes())
            verify_issued_by(certificate, issuers[one.issuer])
            assert list(certificate.extensions) and list(certificate.subject) is not None


# -- what was meant is what stands there --


def extension(certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def template_of(one):
    profile = one.name.split("-", 1)[1]
    return next((t for t in DEFAULT_EKUS if profile.startswith(t)), None)


def check_names(one):
    assert [(a.oid, a.value) for a in one.certificate.subject] == one.subject
    san = extension(one.certificate, x509.SubjectAlternativeName)
    assert (list(san.value) if san else []) == one.san
    if san:
        assert san.critical == (not one.subject)


def check_usages(one):
    usage = extension(one.certificate, x509.KeyUsage)
    wanted = one.profile.get("key_usage", DEFAULT_USAGES.get(template_of(one), ["digitalSignature", "keyEncipherment"]))
    assert {name for name in USAGES if getattr(usage.value, FLAGS[name])} == {name for name in wanted if can(one.key, name)}
    assert usage.critical == one.profile.get("key_usage_critical", True)
    purposes = extension(one.certificate, x509.ExtendedKeyUsage)
    wanted = one.profile.get("ext_key_usage", DEFAULT_EKUS.get(template_of(one)))
    assert [oid.dotted_string for oid in (purposes.value if purposes else [])] == [EKUS[name] for name in wanted]
    if purposes:
        assert purposes.critical == one.profile.get("ext_key_usage_critical", False)


def check_policies(one):
    found = extension(one.certificate, x509.CertificatePolicies)
    wanted = [(policy["oid"], [policy["cps"]] if policy["cps"] else None) for policy in one.profile.get("policies", [])]
    assert [(p.policy_identifier.dotted_string, p.policy_qualifiers) for p in (found.value if found else [])] == wanted


def urls_of(one, member, node_has):
    """The URLs a profile writes; None: the node's own."""
    if one.profile.get(f"{member}.source") == "none":
        return []
    return one.profile[member] if member in one.profile else node_has


def check_publications(one, va_url):
    points = extension(one.certificate, x509.CRLDistributionPoints)
    wanted = urls_of(one, "cdp", None)
    found = [name.value for point in (points.value if points else []) for name in point.full_name]
    if wanted is None:
        assert len(found) == 1 and found[0].startswith(f"{va_url}/crl/")
    else:
        assert found == (wanted and wanted["urls"])
    access = extension(one.certificate, x509.AuthorityInformationAccess)
    wanted = urls_of(one, "aia", None)
    found = [item.access_location.value for item in (access.value if access else [])]
    if wanted is None:
        assert any(url.startswith(f"{va_url}/") for url in found)
    else:
        assert found == (wanted and wanted["ocsp"] + wanted["ca_issuers"])


def check_own_extensions(one):
    values = {"1.3.6.1.4.1.99999.3.1": "0c0568656c6c6f", "1.3.6.1.4.1.99999.3.2": "3003020105", "1.3.6.1.5.5.7.1.24": "3003020105"}
    for own in one.profile.get("extensions", []):
        found = one.certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(own["oid"]))
        assert not found.critical and found.value.public_bytes().hex() == values[own["oid"]]
    assert extension(one.certificate, x509.BasicConstraints) is None


DAYS = {"1d": 1, "90d": 90, "365d": 365, "25y": 25 * 365}
BACKDATES = {"0s": 0, "5m": 300, "7d": 7 * 86400}


def check_times(one, issuer):
    """Both ends count (RFC 5280 4.1.2.5), and the beginning is put back without lengthening the rest."""
    begins, ends = valid_from(one.certificate), valid_until(one.certificate)
    backdate = datetime.timedelta(seconds=BACKDATES[one.profile.get("backdate", "5m")])
    if "not_after" in one.profile:
        wanted = one.profile["not_after"]
        assert ends.isoformat() == (wanted.replace("Z", "+00:00") if "T" in wanted else f"{wanted}T00:00:00+00:00")
        return
    days = datetime.timedelta(days=DAYS[one.profile.get("validity", "365d")])
    issued = ends + datetime.timedelta(seconds=1) - days
    assert begins == max(issued - backdate, valid_from(issuer))


def test_ci_09_each_says_what_its_profile_says(corpus):
    issuers = load_issuers(corpus)
    for one in corpus.issued:
        try:
            check_names(one)
            check_usages(one)
            check_policies(one)
            check_publications(one, corpus.node.va_url)
            check_own_extensions(one)
            check_times(one, issuers[one.issuer])
        except AssertionError as wrong:
            raise AssertionError(f"seed {SEED}, {one.name}: {one.profile}") from wrong


# -- ends --


def raw_times(certificate, folder):
    path = folder / "times.der"
    path.write_bytes(certificate.public_bytes(Encoding.DER))
    lines = run("openssl", "asn1parse", "-inform", "DER", "-in", path).stdout.decode().splitlines()
    return [(line.split("prim: ")[1].split()[0], line.rsplit(":", 1)[1]) for line in lines
            if "UTCTIME" in line or "GENERALIZEDTIME" in line]


@pytest.mark.parametrize("end, form, written", (("2049-12-31T23:59:59Z", "UTCTIME", "491231235959Z"),
                                                ("2050-01-01T00:00:00Z", "GENERALIZEDTIME", "20500101000000Z")))
def test_ci_05_the_form_changes_with_the_year_2050(corpus, end, form, written):
    """RFC 5280 4.1.2.5."""
    name = f"ends-{end[:4]}"
    corpus.profile(name, "client-authentication", "p256", {"not_after": end, "renewal.while_valid": "any-time"})
    corpus.ask(name, "client-authentication", "p256", "p256", {"not_after": end}, [(x509.NameOID.COMMON_NAME, "d")], None)
    certificate = corpus.issued.pop().certificate
    assert raw_times(certificate, corpus.folder.parent)[1] == (form, written)


def test_an_identity_of_802_1ar_has_no_well_defined_end(corpus):
    """IEEE 802.1AR 8.7, RFC 5280 4.1.2.5: 99991231235959Z, which OpenSSL and GnuTLS take."""
    node = corpus.node
    import_ca(node, "endless", make_key(), datetime.datetime(9999, 12, 31, 23, 59, 59))
    settings = {"not_after": "never", "renewal.while_valid": "any-time", "san.hardware_module.source": "required"}
    corpus.profile("endless", "ldevid", "endless", settings)
    corpus.ask("endless", "ldevid", "endless", "p256", settings, [(x509.NameOID.SERIAL_NUMBER, "17")], [hardware_module(b"\x17")])
    certificate = corpus.issued.pop().certificate
    assert raw_times(certificate, node.folder)[1] == ("GENERALIZEDTIME", "99991231235959Z")
    (name,) = extension(certificate, x509.SubjectAlternativeName).value
    assert name.type_id == HARDWARE_MODULE and name == hardware_module(b"\x17")
    chain, root, issuing = (node.folder / name for name in ("endless.pem", "root-endless.pem", "issuing-endless.pem"))
    chain.write_bytes(certificate.public_bytes(Encoding.PEM) + issuing.read_bytes())
    assert run("openssl", "verify", "-x509_strict", "-CAfile", root, "-untrusted", issuing, chain).returncode == 0
    assert b"Output: Verified" in run("certtool", "--verify", "--load-ca-certificate", root, "--infile", chain).stdout
    corpus.node.ctl("profile", "set", "endless", "--ca", "issuing p256")
    answer = node.enroll(make_csr(make_key(), subject=certificate.subject, san=[name]), "endless",
                         (node.folder / "endless.pass").read_text().strip())
    assert answer.status == 500
    assert node.events("--refusals")[0]["reason"] == "end_unreachable"


# -- CS-37: the door of the RAs --


def test_cs_37_nobody_but_a_scoped_ra_gets_an_ra_certificate(corpus):
    node = corpus.node
    device = node.device("not-an-ra", profile="demo")
    profile = "ra-p256"
    answer = node.enroll(make_csr(make_key(), "impostor"), profile, identity=device)
    assert answer.status == 403
    assert node.events("--refusals")[0]["reason"] == "ra_scope"
    made = [one for one in corpus.issued if one.name.endswith("-ra-p256")]
    assert made
    fresh = Identity(node.folder, made[1].key, made[1].certificate)
    for target in ("demo-tls", profile):
        answer = node.enroll(make_csr(make_key(), "sneaked"), target, identity=fresh)
        assert (answer.status, node.events("--refusals")[0]["reason"]) == (403, "ra_scope")
    serial = node.serial(fresh.certificate)
    node.ctl("ra", "admit", "fresh", "--serial", serial, "--profile", "demo-tls")
    assert node.enroll(make_csr(make_key(), "vouched-for"), "demo-tls", identity=fresh).status == 200
    assert node.enroll(make_csr(make_key(), "sneaked"), profile, identity=fresh).status == 403
    again = node.ctl_run("ra", "admit", "again", "--serial", serial, "--profile", "demo-tls")
    assert again.returncode and "has a scope" in again.stderr
    other = node.ctl_run("ra", "admit", "other", "--serial", node.serial(device.certificate), "--all-profiles")
    assert other.returncode and "no RA certificate" in other.stderr
