"""Judges the certificates of a folder with pkilint (RFC 5280) and re-encodes them with pyasn1; prints the findings as JSON.
Run by the Python that pkilint is installed for, which need not be the tests' own."""
import json
import pathlib
import sys

from pkilint import loader
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity
from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1_alt_modules import rfc5280

LEVELS = {ValidationFindingSeverity.WARNING: "warning", ValidationFindingSeverity.ERROR: "error",
          ValidationFindingSeverity.FATAL: "error"}


def make_linter():
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [certificate.create_issuer_validator_container([]), certificate.create_validity_validator_container(),
         certificate.create_subject_validator_container([]), certificate.create_extensions_validator_container([]),
         certificate.create_spki_validator_container([])])


def lint(linter, path):
    document = loader.load_certificate(path.read_bytes(), path.name)
    for result in linter.validate(document.root):
        for found in result.finding_descriptions:
            if found.finding.severity in LEVELS:
                yield LEVELS[found.finding.severity], found.finding.code, found.message or ""


def is_canonical(der):
    """CI-10: what another encoder makes of it is the same, in the whole and in each extension that it knows."""
    parsed, rest = decode(der, asn1Spec=rfc5280.Certificate())
    if rest or encode(parsed) != der:
        return False
    for item in parsed["tbsCertificate"]["extensions"]:
        spec = rfc5280.certificateExtensionsMap.get(item["extnID"])
        value = bytes(item["extnValue"])
        if spec is not None and encode(decode(value, asn1Spec=spec)[0]) != value:
            return False
    return True


def main(folder):
    linter = make_linter()
    findings = []
    count = 0
    for path in sorted(pathlib.Path(folder).glob("*.der")):
        count += 1
        findings += [[path.name, *found] for found in lint(linter, path)]
        if not is_canonical(path.read_bytes()):
            findings.append([path.name, "error", "not canonical DER", ""])
    json.dump({"count": count, "findings": findings}, sys.stdout)


main(sys.argv[1])
