"""What operators upload as CAs: rows CO-18, CO-19 and CL-19 by `trust add` and `ca import`. Nothing refused leaves anything behind."""
import io
import json
import subprocess
import zipfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12

from ca_tools import pem
from der import oid, tlv
from node import Refused, make_key
from test_client_certificates import DAY, NOW, Maker

PEM, DER = Encoding.PEM, Encoding.DER
SIGNED_DATA, DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.1"


@pytest.fixture(scope="module")
def maker(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("imports"), "Imported")


def private(key, encryption=serialization.NoEncryption()):
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption)


def state(node):
    keys = sorted(path.name for path in (node.folder / "state" / "keys").iterdir())
    return keys, node.ctl("trust", "list"), node.ctl("ca", "list")


def refused(node, tmp_path, content, words, *command):
    """The file is refused in these words, nothing of it is kept, and its private key is in no log."""
    file = tmp_path / "upload"
    file.write_bytes(content)
    before = state(node)
    with pytest.raises(Refused) as refusal:
        node.ctl(*[file if part is None else part for part in command])
    assert words in refusal.value.text, refusal.value.text
    assert state(node) == before
    return refusal.value.text


def trust(node, tmp_path, content, words):
    return refused(node, tmp_path, content, words, "trust", "add", "--yes", None)


def ca_import(node, tmp_path, content, words, *options):
    return refused(node, tmp_path, content, words, "ca", "import", "refused-ca", None, "--no-trust", *options)


def p7(*certificates):
    return pkcs7.serialize_certificates(list(certificates), DER)


def signed_data(*certificates):
    """SignedData around whatever stands where certificates belong."""
    content = tlv(0x30, b"\x02\x01\x01", tlv(0x31), tlv(0x30, oid(DATA)), tlv(0xa0, *certificates), tlv(0x31))
    return tlv(0x30, oid(SIGNED_DATA), tlv(0xa0, content))


def many(count):
    """Certificates that are all different, and small enough to fit."""
    key, name = make_key("ed25519"), x509.Name([])
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).not_valid_before(NOW)
               .not_valid_after(NOW + DAY))
    return [builder.serial_number(number + 1).sign(key, None) for number in range(count)]


def archive(content):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ca.pem", content)
    return made.getvalue()


# -- CO-18 --

@pytest.mark.parametrize("make, words", [
    (lambda c: p7(*[c] * 10_000), "too_large"),
    (lambda c: p7(*many(201)), "more than 200 certificates"),
    (lambda c: pem(*many(201)), "more than 200 certificates"),
    (lambda c: pem(c) + b"\n" * 100_000_000, "too_large"),
    (lambda c: signed_data(p7(c)), "malformed"),
    (lambda c: signed_data(), "malformed"),
    (lambda c: archive(pem(c)), "malformed"),
    (lambda c: b"-----BEGIN CERTIFICATE-----\n" * 30_000, "END"),
    (lambda c: tlv(0x30, b"\x30\x80" * 5_000), "malformed"),
], ids=["10,000 in a PKCS#7", "201 in a PKCS#7", "201 in PEM", "100 MB of PEM", "PKCS#7 in a PKCS#7", "empty PKCS#7", "ZIP", "BEGIN only", "depth"])
def test_co_18_bombs_are_refused(node, maker, tmp_path, make, words):
    text = trust(node, tmp_path, make(maker.certificate), "")
    assert words in text, text
    assert node.ctl_run("status").returncode == 0


@pytest.mark.parametrize("encryption", [serialization.NoEncryption(), serialization.BestAvailableEncryption(b"secret")])
def test_co_18_a_private_key_by_mistake_is_refused_and_stands_nowhere(node, maker, tmp_path, encryption):
    secret = private(maker.key, encryption)
    trust(node, tmp_path, pem(maker.certificate) + secret, "private_key")
    bundle = pkcs12.serialize_key_and_certificates(b"x", maker.key, maker.certificate, None, encryption)
    trust(node, tmp_path, bundle, "private_key")
    kept = node.log().encode() + b"".join(path.read_bytes() for path in (node.folder / "state").rglob("*") if path.is_file())
    assert secret.splitlines()[2] not in kept


@pytest.mark.parametrize("options, which", [(["-nomac"], slice(None)), ([], slice(-1, None))], ids=["cipher", "MAC"])
def test_co_18_a_pkcs12_that_wants_endless_work_is_refused_before_it_is_done(node, maker, tmp_path, options, which):
    (tmp_path / "ca.pem").write_bytes(private(maker.key) + pem(maker.certificate))
    secret = tmp_path / "passphrase"
    secret.touch(mode=0o600)
    secret.write_text("secret\n")
    made = subprocess.run(["openssl", "pkcs12", "-export", "-in", tmp_path / "ca.pem", "-passout", "pass:secret", "-iter", str(0x12d687), *options],
                          check=True, capture_output=True).stdout
    parts = made.split(b"\x02\x03\x12\xd6\x87")
    assert len(parts) > 1
    numbers = [b"\x02\x03\x12\xd6\x87"] * (len(parts) - 1)
    numbers[which] = [b"\x02\x03\x7f\xff\xff"] * len(numbers[which])
    bomb = b"".join(part + number for part, number in zip(parts, [*numbers, b""]))
    text = ca_import(node, tmp_path, bomb, "import_malformed", "--passphrase-file", secret)
    assert "iterations" in text


# -- CO-19 --

def test_co_19_each_form_of_text_is_read(node, tmp_path):
    for number, dress in enumerate([lambda t: t.replace(b"\n", b"\r\n"), lambda t: b"\xef\xbb\xbf" + t, lambda t: b"junk before\n" + t + b"and after\n",
                                    lambda t: t + b"\n\nBag Attributes: <none>\n" + t]):
        ca = Maker(tmp_path, f"Dressed {number}")
        file = tmp_path / "dressed.pem"
        file.write_bytes(dress(pem(ca.certificate)))
        node.ctl("trust", "add", "--yes", file)
        assert node.ctl("trust", "list").count(f"Dressed {number}") == 1


def test_co_19_each_part_has_its_own_result(node, tmp_path):
    good, leaf = Maker(tmp_path, "Good One"), Maker(tmp_path, "Leaf One", ca=False)
    file = tmp_path / "mixed.pem"
    file.write_bytes(pem(good.certificate, leaf.certificate, good.certificate))
    run = node.ctl_run("--json", "trust", "add", "--yes", file)
    items = json.loads(run.stdout)["items"]
    assert run.returncode == 5 and [item["outcome"] for item in items] == ["added", "refused"] and items[1]["why"]
    listed = node.ctl("trust", "list")
    assert "Good One" in listed and "Leaf One" not in listed


def test_co_19_of_a_text_that_is_broken_nothing_is_kept(node, maker, tmp_path):
    broken = pem(maker.certificate).replace(b"-----END CERTIFICATE-----", b"-----END-----")
    trust(node, tmp_path, pem(Maker(tmp_path, "Before It").certificate) + broken, "block 2")


# -- CL-19, CAs that come with their key --

@pytest.mark.parametrize("how, words", [({"ca": False}, "not_a_ca"), ({"start": -9, "end": -1}, "expired"),
                                        ({"key": make_key("rsa1024")}, "key")], ids=["leaf", "expired", "rsa1024"])
def test_cl_19_what_is_no_sound_ca_is_no_issuing_ca(node, tmp_path, how, words):
    pretender = Maker(tmp_path, "Pretender", **how)
    text = ca_import(node, tmp_path, private(pretender.key) + pem(pretender.certificate), "")
    assert words in text, text


def test_cl_19_an_issuing_ca_signed_with_sha1(node, maker, tmp_path):
    """By OpenSSL, as Python's library does not sign with it any more. (A root's signature of itself says nothing.)"""
    (tmp_path / "root.pem").write_bytes(private(maker.key) + pem(maker.certificate))
    (tmp_path / "ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")
    for command in ("req -new -newkey rsa:2048 -noenc -keyout key.pem -out ca.csr -subj /CN=SHA-1",
                    "x509 -req -in ca.csr -CA root.pem -CAkey root.pem -sha1 -days 9 -extfile ext -out ca.pem"):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True, cwd=tmp_path)
    ca_import(node, tmp_path, (tmp_path / "key.pem").read_bytes() + (tmp_path / "ca.pem").read_bytes() + pem(maker.certificate), "SHA-1")


def test_cl_19_the_certificate_of_another_key(node, maker, tmp_path):
    ca_import(node, tmp_path, private(make_key()) + pem(maker.certificate), "belongs to the private key")


def test_cl_19_a_leaf_above_is_no_issuer(node, maker, tmp_path):
    """A chain that leads over an end-entity certificate, by a signature that is good."""
    leaf = Maker(tmp_path, "Leaf Above", ca=False, parent=maker)
    below = Maker(tmp_path, "Below A Leaf", parent=leaf)
    ca_import(node, tmp_path, private(below.key) + pem(below.certificate, leaf.certificate, maker.certificate), "")


def test_cl_19_a_sound_one_comes_in(node, tmp_path):
    sound = Maker(tmp_path, "Sound")
    file = tmp_path / "sound.pem"
    file.write_bytes(private(sound.key) + pem(sound.certificate))
    node.ctl("ca", "import", "sound", file, "--no-trust")
    with pytest.raises(Refused):
        node.ctl("ca", "import", "sound again", file, "--no-trust")
