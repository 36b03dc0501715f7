"""Certificates of a real node: every template under every type of CA and device key, and random profiles with random requests.
What each must say is worked out here from the profile, not asked of the node."""
import dataclasses
import datetime
import ipaddress
import json
import random
import string

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from node import Identity, make_csr, make_key, load_certificates

ISSUERS = {"rsa": "rsa-3072", "p256": "p256", "p384": "p384", "p521": None, "ed25519": None}  # None: made here and imported
KEYS = ("rsa2048", "p256", "p384", "p521", "ed25519")
TEMPLATES = ("client-authentication", "generic-device", "ldevid", "tls-server", "ra")

# RFC 9039 4.1: a device's name as a URI
URN = "urn:dev:mac:0024befffe804ff1"
# RFC 4108 5
HARDWARE_MODULE = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4")
EKUS = {"clientAuth": "1.3.6.1.5.5.7.3.2", "serverAuth": "1.3.6.1.5.5.7.3.1", "emailProtection": "1.3.6.1.5.5.7.3.4",
        "codeSigning": "1.3.6.1.5.5.7.3.3", "cmcRA": "1.3.6.1.5.5.7.3.28", "1.3.6.1.4.1.99999.5": "1.3.6.1.4.1.99999.5"}
USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement")
ATTRIBUTES = {"C": NameOID.COUNTRY_NAME, "ST": NameOID.STATE_OR_PROVINCE_NAME, "L": NameOID.LOCALITY_NAME,
              "street": NameOID.STREET_ADDRESS, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
              "title": NameOID.TITLE, "surname": NameOID.SURNAME, "givenName": NameOID.GIVEN_NAME,
              "pseudonym": NameOID.PSEUDONYM, "dnQualifier": NameOID.DN_QUALIFIER, "DC": NameOID.DOMAIN_COMPONENT,
              "emailAddress": NameOID.EMAIL_ADDRESS, "UID": NameOID.USER_ID, "serialNumber": NameOID.SERIAL_NUMBER,
              "CN": NameOID.COMMON_NAME}
BOUNDS = {"C": 2, "CN": 64, "serialNumber": 64, "O": 64, "OU": 64, "title": 64, "ST": 128, "L": 128, "street": 128,
          "pseudonym": 128}
PRINTABLE = string.ascii_letters + string.digits + " '()+,-./:=?"
ODD = ("Köln", "東京", "O'Neil & Söhne, GmbH", 'a"b\\c;d<e>f#g=h+i', "Ελλάδα", "ДУ", "é" * 40, "%{CN}*", "a  b", "\U0001f512")


@dataclasses.dataclass
class Issued:
    """A certificate and what it must say."""
    name: str
    certificate: x509.Certificate
    key: object
    issuer: str
    subject: list  # of (OID, text), in order
    san: list
    profile: dict  # the settings that were made


class Corpus:
    """Asks a node for certificates and keeps them."""

    def __init__(self, node, seed=None):
        self.node, self.random, self.issued = node, random.Random(seed), []
        self.ra = None
        self.keys = {}
        for name, key in ISSUERS.items():
            if key:
                self.create_ca(name, key)
            else:
                import_ca(node, name, make_key(name), datetime.datetime(2056, 1, 1))

    def create_ca(self, name, key):
        node = self.node
        node.ctl("ca", "create", f"root {name}", "--subject", f"CN=Root {name},O=Corpus", "--key", key, "--validity", "40y", "--no-trust")
        node.ctl("ca", "create", f"issuing {name}", "--subject", f"CN=Issuing {name},O=Corpus", "--key", key, "--parent",
                 f"root {name}", "--validity", "30y", "--trust")
        (node.folder / f"root-{name}.pem").write_text(node.ctl("ca", "export", f"root {name}"))
        (node.folder / f"issuing-{name}.pem").write_text(node.ctl("ca", "export", f"issuing {name}"))

    def key(self, kind):
        """RSA keys are dear, and these profiles let a key serve several names."""
        if kind.startswith("rsa"):
            kept = self.keys.setdefault(kind, [make_key(kind) for _ in range(2)])
            return self.random.choice(kept)
        return make_key(kind)

    # -- profiles --

    def profile(self, name, template, issuer, settings):
        settings = {"key.reuse": "any", **settings}
        if template != "ra":
            settings["auth"] = "passphrase"
        arguments = [part for path, value in settings.items() for part in ("--set", f"{path}={assignment(value)}")]
        self.node.ctl("profile", "create", name, "--template", template, "--ca", f"issuing {issuer}", "--alias", name, *arguments)
        if template == "ra":
            self.let_ra_in(name)
            return
        out = self.node.folder / f"{name}.pass"
        self.node.ctl("profile", "passphrase", name, "--generate", "--out", out)

    def let_ra_in(self, profile):
        """RA certificates are made for an RA whose scope names the profile."""
        if self.ra:
            named = self.node.ctl_json("ra", "show", "station")["ra"]["profiles"]
            self.node.ctl("ra", "set", "station", *(part for name in (*named, profile) for part in ("--profile", name)))
            return
        key = make_key()
        csr, pem = self.node.folder / "station.csr", self.node.folder / "station.pem"
        csr.write_bytes(make_csr(key, "station"))
        self.node.ctl("ra", "enroll", "station", "--ca", "issuing p256", "--profile", profile, "--csr", csr, "--out", pem)
        self.ra = Identity(self.node.folder, key, *load_certificates(pem.read_bytes()))

    # -- certificates --

    def ask(self, profile, template, issuer, kind, settings, subject, san, extensions=()):
        key = self.key(kind)
        name = x509.Name([x509.NameAttribute(oid, text) for oid, text in subject])
        csr = make_csr(key, subject=name, san=san, extensions=extensions)
        if template == "ra":
            answer = self.node.enroll(csr, profile, identity=self.ra)
        else:
            answer = self.node.enroll(csr, profile, (self.node.folder / f"{profile}.pass").read_text().strip())
        assert answer.status == 200, (profile, settings, subject, san, answer.status, answer.text, self.node.events("--refusals")[:1])
        self.issued.append(Issued(f"{len(self.issued):05d}-{profile}", answer.certificate, key, issuer, subject, san or [], settings))

    def every_template(self):
        for template in TEMPLATES:
            for issuer in ISSUERS:
                profile = f"{template}-{issuer}"
                self.profile(profile, template, issuer, {})
                for kind in KEYS:
                    subject, san = plain_names(template, kind)
                    self.ask(profile, template, issuer, kind, {}, subject, san)

    def at_random(self, count, each):
        for number in range(count):
            template = self.random.choice(TEMPLATES)
            issuer = self.random.choice(tuple(ISSUERS))
            settings, attributes, types = self.random_settings(template)
            profile = f"random-{number}"
            self.profile(profile, template, issuer, settings)
            for _ in range(each):
                subject = self.random_subject(attributes)
                san = self.random_san(types)
                if not subject and not san:  # RFC 5280 4.1.2.6: one of the two there must be
                    san = [x509.DNSName("a.example")]
                # RFC 5280 4.1.2.6: an e-mail address of the subject is in the SAN too
                san += [x509.RFC822Name(text) for oid, text in subject if oid == NameOID.EMAIL_ADDRESS]
                self.ask(profile, template, issuer, self.random.choice(KEYS), settings, subject, san, self.random_wishes())

    def random_settings(self, template):
        r = self.random
        attributes = r.sample(sorted(ATTRIBUTES), r.randint(1, len(ATTRIBUTES)))
        types = ["dns", "email"] + r.sample(["ip", "uri", "hardware_module", "registered_id"], r.randint(0, 4))
        settings = {
            "subject": [{"attribute": name, "source": "csr-optional"} for name in attributes],
            "key_usage": [use for use in USAGES if r.random() < 0.4] or ["digitalSignature"],
            "key_usage_critical": r.random() < 0.8,
            "ext_key_usage": r.sample([use for use in EKUS if use != "cmcRA"], r.randint(0, 4)),
            "ext_key_usage_critical": r.random() < 0.2,
            "policies": [{"oid": f"1.3.6.1.4.1.99999.2.{i}", "cps": r.choice((None, "https://pki.example/cps?a=b"))}
                         for i in range(r.randint(0, 3))],
            "extensions": r.sample([{"oid": "1.3.6.1.4.1.99999.3.1", "hex": "0c0568656c6c6f"},
                                    {"oid": "1.3.6.1.4.1.99999.3.2", "base64": "MAMCAQU="},
                                    {"oid": "1.3.6.1.5.5.7.1.24", "hex": "3003020105"}], r.randint(0, 3)),
            "validity": r.choice(("1d", "90d", "365d", "25y")),
            "backdate": r.choice(("0s", "5m", "7d")),
            "csrattrs": r.choice(("legacy", "template", "both")),
            "renewal.while_valid": "any-time",
        }
        # ECDSA and Ed25519 need a use that they can be put to
        settings["key_usage"] = sorted({"digitalSignature", *settings["key_usage"]}, key=USAGES.index)
        if template == "ra":
            settings["ext_key_usage"] = [*settings["ext_key_usage"], "cmcRA"]
        for name in ("dns", "ip", "email", "uri", "hardware_module", "registered_id"):
            settings[f"san.{name}.source"] = "optional" if name in types else "refused"
        settings.update(r.choice(({}, {"cdp.source": "none"}, {"cdp": {"source": "urls", "urls": ["http://c.example/a.crl"]}})))
        settings.update(r.choice(({}, {"aia.source": "none"},
                                  {"aia": {"source": "urls", "ocsp": ["http://o.example/"], "ca_issuers": ["http://o.example/a.cer"]}})))
        if r.random() < 0.3:
            settings["not_after"] = r.choice(("2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "2054-02-28"))
        return settings, attributes, types

    def random_text(self, attribute):
        r = self.random
        bound = BOUNDS.get(attribute, 120)
        if attribute == "C":
            return r.choice(("DE", "CH", "US", "GB"))
        if attribute in ("serialNumber", "dnQualifier"):
            return "".join(r.choices(PRINTABLE, k=r.choice((1, 8, bound)))).strip() or "0"
        if attribute == "emailAddress":
            return r.choice(("a@acme.example", "o'neil+tag@mail.acme.example"))
        if attribute == "CN" or r.random() < 0.5:
            return r.choice(("dev-1", "d" * bound, "DEVICE 17"))[:bound]
        return r.choice(ODD)[:bound]

    def random_subject(self, attributes):
        """Domain components come in runs (RFC 4519 2.4), and pkilint takes no single label for a domain."""
        names = [name for name in attributes if self.random.random() < 0.7]
        return [(ATTRIBUTES[name], text) for name in names
                for text in (("org", "acme") if name == "DC" else (self.random_text(name),))]

    def random_san(self, types):
        r = self.random
        makers = {
            "dns": lambda: x509.DNSName(r.choice(("a.example", "A.B.C.D.example", "h" * 63 + ".example"))),
            "ip": lambda: x509.IPAddress(r.choice((ip("192.0.2.1"), ip("2001:db8::1"), ip("::1"), ip("0.0.0.0")))),
            "email": lambda: x509.RFC822Name(r.choice(("a@b.example", "o'x+y@c.example"))),
            "uri": lambda: x509.UniformResourceIdentifier(r.choice((URN, "https://a.example/b?c=d%20e#f",
                                                                    "https://[2001:db8::1]/x"))),
            "hardware_module": lambda: hardware_module(r.choice((b"\x00", b"\x0a\x0b", b"SN-1234", bytes(64)))),
            "registered_id": lambda: x509.RegisteredID(x509.ObjectIdentifier("1.3.6.1.4.1.99999.9")),
        }
        return [makers[name]() for name in types for _ in range(r.randint(0, 2))]

    def random_wishes(self):
        """Extensions that nobody grants."""
        r = self.random
        wishes = []
        if r.random() < 0.2:
            wishes.append((x509.BasicConstraints(True, 0), True))
        if r.random() < 0.2:
            wishes.append((x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.9")]), False))
        if r.random() < 0.2:
            wishes.append((x509.SubjectKeyIdentifier(b"mine"), False))
        return wishes


USAGE_BITS = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
              "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")


def make_ca_certificate(name, key, issuer, issuer_key, ends):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = {**dict.fromkeys(USAGE_BITS, False), "key_cert_sign": True, "crl_sign": True}
    above = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
    digest = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA384()
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(datetime.datetime(2024, 1, 1)).not_valid_after(ends)
            .add_extension(x509.BasicConstraints(True, None), True).add_extension(x509.KeyUsage(**usage), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), False).sign(issuer_key, digest))


def import_ca(node, name, key, ends):
    """A CA that others made: "issuing NAME" below a root."""
    root_key = make_key()
    root = make_ca_certificate(f"Root {name}", root_key, None, root_key, ends)
    issuing = make_ca_certificate(f"Issuing {name}", key, root, root_key, ends)
    p12, secret = node.folder / f"{name}.p12", node.folder / f"{name}-p12.pass"
    p12.write_bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, issuing, [root], BestAvailableEncryption(b"a long secret")))
    secret.touch(mode=0o600)
    secret.write_text("a long secret\n")
    node.ctl("ca", "import", f"issuing {name}", p12, "--passphrase-file", secret, "--trust")
    (node.folder / f"root-{name}.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (node.folder / f"issuing-{name}.pem").write_bytes(issuing.public_bytes(Encoding.PEM))


def ip(text):
    return ipaddress.ip_address(text)


def hardware_module(serial):
    fields = bytes.fromhex("06092b06010401868d1f07") + b"\x04" + bytes([len(serial)]) + serial
    return x509.OtherName(HARDWARE_MODULE, b"\x30" + bytes([len(fields)]) + fields)


def plain_names(template, kind):
    subject = [(NameOID.ORGANIZATION_NAME, "Acme"), (NameOID.COMMON_NAME, f"{template}-{kind}"), (NameOID.SERIAL_NUMBER, "S/N 17")]
    if template == "ldevid":
        return subject, [hardware_module(b"\x01\x02")]
    if template == "tls-server":
        return subject[:2], [x509.DNSName("www.acme.example"), x509.IPAddress(ip("192.0.2.1"))]
    return subject, [x509.DNSName("dev.acme.example")]


def assignment(value):
    return value if isinstance(value, str) else json.dumps(value)


def can(key, use):
    """RFC 3279 2.3, RFC 8813, RFC 8410: what the key can be put to."""
    if use in ("keyEncipherment", "dataEncipherment"):
        return isinstance(key, rsa.RSAPrivateKey)
    if use == "keyAgreement":
        return isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey))
    return True
