#!/usr/bin/env python3
"""Writes what the fuzz targets of structured formats begin with: real certificates, requests, messages and profiles, which chance
alone would not spell. They are put into a corpus folder of ./check before tools/keep-corpus reduces it.

usage: BESTOW_BIN=build tests/fuzz/seeds.py FOLDER      FOLDER/<target>/seed-N
"""
import base64
import datetime
import ipaddress
import json
import pathlib
import subprocess
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from node import Node, make_csr, make_key  # noqa: E402

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
NAMES = x509.SubjectAlternativeName([
    x509.DNSName("pump.plant.example"), x509.IPAddress(ipaddress.ip_address("192.0.2.7")), x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
    x509.RFC822Name("keeper@plant.example"), x509.UniformResourceIdentifier("urn:dev:ops:32473-7"), x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
    x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "inner")])), x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.4"), b"\x0c\x03abc")])
CONSTRAINTS = x509.NameConstraints([x509.DNSName("plant.example"), x509.IPAddress(ipaddress.ip_network("192.0.2.0/24"))],
                                   [x509.RFC822Name("office.example"), x509.UniformResourceIdentifier("bad.example")])


def full_name(text):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Plant"),
                      x509.NameAttribute(NameOID.SERIAL_NUMBER, "7"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def sign(builder, key):
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def certificate(key, extensions, text="pump"):
    now = datetime.datetime(2026, 1, 1)
    builder = (x509.CertificateBuilder().subject_name(full_name(text)).issuer_name(full_name(text)).public_key(key.public_key())
               .serial_number(0x7123456789abcdef).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=400)))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return sign(builder, key)


def certificates():
    usage = x509.KeyUsage(True, False, True, False, False, False, False, False, False)
    ca_usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    leaf = [(x509.BasicConstraints(False, None), True), (usage, True), (NAMES, False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), False)]
    ca = [(x509.BasicConstraints(True, 1), True), (ca_usage, True), (CONSTRAINTS, True)]
    for kind in ("p256", "p384", "rsa2048", "ed25519"):
        key = make_key(kind)
        ski = [(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
               (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)]
        yield key, certificate(key, leaf + ski)
        yield key, certificate(key, ca + ski)
        yield key, certificate(key, [])


def envelope(folder, key, recipient):
    """As a server sends a key it made: a signed key package inside EnvelopedData."""
    (folder / "to.pem").write_bytes(recipient.public_bytes(PEM))
    (folder / "key.der").write_bytes(key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (folder / "key.pem").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    sign_it = subprocess.run(["openssl", "cms", "-sign", "-in", folder / "key.der", "-binary", "-nodetach", "-signer", folder / "to.pem", "-inkey",
                              folder / "key.pem", "-outform", "DER"], capture_output=True)
    encrypt = subprocess.run(["openssl", "cms", "-encrypt", "-in", folder / "key.der", "-binary", "-aes128", "-outform", "DER", folder / "to.pem"],
                             capture_output=True)
    return [run.stdout for run in (sign_it, encrypt) if run.returncode == 0]


def profiles():
    with Node() as node:
        for name in ("demo", "demo-tls"):
            profile = node.ctl_json("profile", "show", name)["profile"]
            settings = profile.get("settings", profile)
            yield json.dumps(settings).encode()
            yield from (json.dumps({key: value}).encode() for key, value in settings.items())


# The first octet chooses the header: even X-Forwarded-For, odd Forwarded. Each line is a field.
FORWARDED = (
    b"0198.51.100.7", b"01.1.1.1, 198.51.100.7", b"0unknown\n2001:db8::7, 192.0.2.9", b"0[2001:db8::7]:443,192.0.2.1:80", b"0::ffff:198.51.100.7\n\n_hidden",
    b"1for=198.51.100.7;proto=https;by=192.0.2.1", b'1for="[2001:db8:cafe::17]:4711", For=192.0.2.43', b'1for="_gazonk:_x"; host="a\\"b, c"\nfor="198.51.100.7:80"',
    b'1for=unknown;x="\nfor=198.51.100.7,', b"1secret=ruewiu9,;;for=192.0.2.60",
)


def revocation_lists():
    """Empty, in all its forms, and as a delta."""
    now = datetime.datetime(2026, 11, 1)
    for key in (make_key("p256"), make_key("rsa2048")):
        for delta in (None, 7):
            for entries in ((), ((None, None), (x509.ReasonFlags.key_compromise, now), (x509.ReasonFlags.certificate_hold, None))):
                builder = x509.CertificateRevocationListBuilder().issuer_name(full_name("CRLs")).last_update(now).next_update(now + datetime.timedelta(days=7))
                builder = builder.add_extension(x509.CRLNumber(9), False)
                builder = builder.add_extension(x509.DeltaCRLIndicator(delta), True) if delta else builder
                for number, (reason, invalid) in enumerate(entries):
                    entry = x509.RevokedCertificateBuilder().serial_number(1 << 130 | number).revocation_date(now)
                    entry = entry.add_extension(x509.CRLReason(reason), False) if reason else entry
                    entry = entry.add_extension(x509.InvalidityDate(invalid), False) if invalid else entry
                    builder = builder.add_revoked_certificate(entry.build())
                yield sign(builder, key).public_bytes(DER)


def main():
    folder = pathlib.Path(sys.argv[1])

    def put(targets, *seeds):
        for target in targets.split():
            place = folder / target
            place.mkdir(parents=True, exist_ok=True)
            for seed in seeds:
                (place / f"seed-{len(list(place.iterdir()))}").write_bytes(seed)

    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    made = list(certificates())
    for key, each in made:
        put("fuzz_pki_cert fuzz_est_client_certs fuzz_pki_bundle", each.public_bytes(DER))
        put("fuzz_pki_public_key", key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo))
        put("fuzz_pki_name", each.subject.public_bytes())
        for extension in each.extensions:
            put("fuzz_pki_san fuzz_pki_extension_words", extension.value.public_bytes())
    for count in (1, 3):
        some = [each for _, each in made[:count]]
        put("fuzz_pki_bundle fuzz_est_client_certs", pkcs7.serialize_certificates(some, DER), pkcs7.serialize_certificates(some, PEM),
            base64.encodebytes(pkcs7.serialize_certificates(some, DER)))
    for kind in ("p256", "rsa2048"):
        key = make_key(kind)
        for more in ({}, {"san": [x509.DNSName("pump.example")]}, {"attributes": [(x509.ObjectIdentifier("1.2.840.113549.1.9.7"), b"secret")]}):
            put("fuzz_pki_csr", make_csr(key, "pump", **more))
    for key, each in made[:7:3]:
        put("fuzz_pki_cms fuzz_est_client_envelope", *envelope(work, key, each))
    put("fuzz_pki_crl", *revocation_lists())
    put("fuzz_model_profile_json", *profiles())
    put("fuzz_http_forwarded", *FORWARDED)
    subprocess.run(["rm", "-r", work], check=True)


if __name__ == "__main__":
    main()
