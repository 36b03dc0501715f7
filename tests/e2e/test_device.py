"""`bestow` and libbestow against a node: enroll, renew, expire, recover, and whom they believe."""
import json
import os
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from device import Device, private_file
from node import BIN, Node, spki


@pytest.fixture(scope="module")
def passphrase_file(node):
    return private_file(node.folder, "device.pass", node.passphrase + "\n")


def url(node, profile="demo", host="localhost"):
    return f"https://{host}:{node.port}/.well-known/est/{profile}"


def root_fingerprint(node):
    text = subprocess.run(["openssl", "x509", "-in", node.folder / "root.pem", "-noout", "-fingerprint", "-sha256"],
                          capture_output=True, text=True, check=True).stdout
    return text.strip().partition("=")[2]


@pytest.fixture
def device(node, passphrase_file):
    with Device(url(node), "--user", "device", "--pass-file", passphrase_file, "--subject", "CN=dev-e2e",
                ca=node.folder / "root.pem") as made:
        yield made


# -- refusals first --

def test_nobody_there_is_exit_7(node, passphrase_file):
    with Device(url(node, host="127.0.0.2"), "--pass-file", passphrase_file, ca=node.folder / "root.pem") as device:
        code, error = device.refused("enroll")
        assert (code, error["code"]) == (7, "server_unreachable") and not (device.state / "pending").exists()


def test_cb_01_a_server_under_another_root_gets_nothing(node, passphrase_file, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    tmp_path / "k", "-out", tmp_path / "other.pem", "-subj", "/CN=Other Root", "-days", "9"],
                   check=True, capture_output=True)
    with Device(url(node), "--pass-file", passphrase_file, ca=tmp_path / "other.pem") as device:
        assert device.refused("enroll")[0] == 8
        # RFC 7030 3.6.2: the system's store does not know it either
    with Device(url(node), "--pass-file", passphrase_file, ca="system") as device:
        assert device.refused("enroll")[0] == 8


def test_a_wrong_fingerprint_ends_it(node, passphrase_file):
    with Device(url(node), "--pass-file", passphrase_file, "--fingerprint", "00" * 32) as device:
        code, error = device.refused("enroll")
        assert (code, error["code"]) == (8, "server_untrusted") and "fingerprint" in error["detail"]


def test_a_wrong_passphrase_is_exit_4(node):
    wrong = private_file(node.folder, "wrong.pass", "not-the-passphrase")
    with Device(url(node), "--pass-file", wrong, ca=node.folder / "root.pem") as device:
        code, error = device.refused("enroll")
        assert (code, error["code"]) == (4, "bad_passphrase")
        assert device.json("status")["identities"][0]["failures"] == 1


def test_a_profile_that_is_not_there_is_exit_3(node, passphrase_file):
    with Device(url(node, "nowhere"), "--pass-file", passphrase_file, ca=node.folder / "root.pem") as device:
        assert device.refused("enroll")[0] == 3


def test_a_secret_that_others_can_read_is_exit_10(node):
    loose = node.folder / "loose.pass"
    loose.write_text(node.passphrase)
    loose.chmod(0o644)
    with Device(url(node), "--pass-file", loose, ca=node.folder / "root.pem") as device:
        assert device.refused("enroll")[0] == 10


def test_the_words_of_a_refusal_reach_the_device(node, passphrase_file):
    with Device(url(node), "--pass-file", passphrase_file, "--new-key", "rsa2048", ca=node.folder / "root.pem") as device:
        node.set_profile("demo", 'key.types=["p256"]')
        try:
            def refused():
                run = device.run("enroll", "--json")
                return run.returncode == 5 and json.loads(run.stdout)["error"]["code"] == "key_type_not_allowed"
            node.wait(refused, "the refusal")
        finally:
            node.set_profile("demo", 'key.types=["rsa","p256","p384","p521","ed25519"]')


# -- and what works --

def test_enroll_renew_and_keep_the_previous_pair(node, device):
    first = device.json("enroll")
    assert first["subject"] == "CN=dev-e2e" and device.has_valid_pair()
    assert (device.state / "current" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert device.run("renew", "--if-due").returncode == 0 and device.json("status")["identities"][0]["state"] == "valid"
    assert device.certificate().fingerprint(hashes.SHA256()).hex() == first["sha256"], "it was not due"
    assert device.run("renew", "--check").returncode == 9
    second = device.json("renew")
    assert second["subject"] == first["subject"] and second["serial"] != first["serial"]
    assert device.has_valid_pair() and not (device.state / "pending").exists()
    assert device.certificate("previous").fingerprint(hashes.SHA256()).hex() == first["sha256"]
    assert device.key("previous").private_numbers() != device.key().private_numbers(), "a renewal brings a new key"
    assert len(list(device.state.glob("pair-*"))) == 2
    third = device.json("renew")
    assert len(list(device.state.glob("pair-*"))) == 2
    kinds = {c["serial"][-16:] for c in node.certificates()}
    assert {x["serial"][-16:] for x in (first, second, third)} <= kinds


def test_a_roll_back_that_was_cut_leaves_what_there_is_to_go_back_to(device):
    """Both names are then on the pair that the service did not take."""
    assert device.run("enroll").returncode == 0 and device.run("renew").returncode == 0
    current, previous = (os.readlink(device.state / which) for which in ("current", "previous"))
    (device.state / "pending").symlink_to(current)
    assert device.run("renew", "--command", "false").returncode == 1
    assert os.readlink(device.state / "current") == previous and os.readlink(device.state / "pending") == current
    assert device.has_valid_pair() and device.run("renew").returncode == 0
    assert os.readlink(device.state / "current") == current and os.readlink(device.state / "previous") == previous


@pytest.mark.parametrize("kind", ["p384", "ed25519", "rsa3072"])
def test_kinds_of_keys(node, device, kind):
    assert device.run("enroll", "--new-key", kind).returncode == 0
    assert device.run("renew", "--new-key", kind).returncode == 0 and device.has_valid_pair()


def test_tls_06_an_ra_may_have_any_name(passphrase_file):
    """RFC 7030 3.6.1: explicit anchors and id-kp-cmcRA, which a node's certificate has."""
    with Node() as node:
        secret = private_file(node.folder, "device.pass", node.passphrase)
        node.ctl("node", "certificate", "--ca", "Demo Issuing", "--host", "other.example")
        with Device(url(node), "--pass-file", secret, ca=node.folder / "root.pem") as device:
            assert device.run("enroll").returncode == 0


def test_tls_05_bootstrap_by_fingerprint(node, passphrase_file):
    with Device(url(node), "--pass-file", passphrase_file, "--fingerprint", root_fingerprint(node)) as device:
        assert device.run("enroll").returncode == 0 and device.run("renew").returncode == 0
        assert b"BEGIN CERTIFICATE" in (device.state / "anchors.pem").read_bytes()


def test_without_an_identity(node, passphrase_file, tmp_path):
    command = [BIN / "bestow", "enroll", "--url", url(node), "--fingerprint", root_fingerprint(node), "--user", "demo", "--pass-file"]
    wrong = private_file(node.folder, "wrong-2.pass", "wrong")
    assert subprocess.run([*command, wrong], cwd=tmp_path, capture_output=True).returncode == 4 and not list(tmp_path.iterdir())
    run = subprocess.run([*command, passphrase_file], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    verify = ["openssl", "verify", "-CAfile", node.folder / "root.pem", "-untrusted", tmp_path / "ca.pem", tmp_path / "device.crt"]
    assert subprocess.run(verify, capture_output=True).returncode == 0
    again = subprocess.run(run.args, cwd=tmp_path, capture_output=True, text=True)
    assert again.returncode == 5 and "--force" in again.stderr


def test_cb_03_cacerts_of_a_stranger_are_shown_and_not_kept(node, tmp_path):
    run = subprocess.run([BIN / "bestow", "cacerts", "--url", url(node), "--out-ca", tmp_path / "ca.pem"], capture_output=True, text=True)
    assert run.returncode == 8 and root_fingerprint(node) in run.stdout and not (tmp_path / "ca.pem").exists()


def test_secrets_from_standard_input_and_descriptors(node):
    with Device(url(node), "--pass-file", "-", ca=node.folder / "root.pem") as device:
        assert device.run("enroll", input=node.passphrase + "\n").returncode == 0
        command = subprocess.list2cmdline(device.argv("enroll", "--pass-file", "fd:7"))
        assert subprocess.run(["bash", "-c", f"exec 7<<<{node.passphrase}; {command}"]).returncode == 0


def test_tls_certificate_of_the_manufacturer(node):
    born = node.device("born-1")
    certificate = node.folder / "born.pem"
    certificate.write_bytes(born.certificate.public_bytes(Encoding.PEM))
    with Device(url(node, "demo-tls"), "--cert", certificate, "--key", born.path, "--subject", "CN={idevid:CN}",
                ca=node.folder / "root.pem") as device:
        assert device.json("enroll")["subject"] == "CN=born-1"
        assert device.run("renew").returncode == 0


@pytest.mark.parametrize("challenge,binding", [("ignored", "auto"), ("ignored", "linking"), ("binding", "auto"), ("binding", "challenge")])
def test_pop_01_binding(passphrase_file, challenge, binding):
    with Node() as node:
        secret = private_file(node.folder, "device.pass", node.passphrase)
        node.set_profile("demo", f"challenge_password={challenge}", "binding=required")
        with Device(url(node), "--pass-file", secret, "--binding", "none", ca=node.folder / "root.pem") as device:
            node.wait(lambda: "pop_link_missing" in device.run("enroll").stderr, "the rule")
            assert device.run("enroll", "--binding", binding).returncode == 0
            assert device.run("renew", "--binding", binding).returncode == 0


def test_status_csrattrs_and_cacerts(node, device):
    assert device.json("status")["identities"][0]["state"] == "none"
    assert "words" in device.json("csrattrs")
    assert len(device.json("cacerts")["certificates"]) == 2
    assert subprocess.run([BIN / "bestow", "status", "--config-dir", device.folder / "conf", "--state-dir", device.folder / "state"],
                          capture_output=True, text=True).stdout.startswith("dev  none")


def test_skg_01_the_node_makes_the_key():
    with Node() as node:
        born = node.device("born-2")
        (node.folder / "born.pem").write_bytes(born.certificate.public_bytes(Encoding.PEM))
        node.set_profile("demo-tls", "serverkeygen=true")
        with Device(url(node, "demo-tls"), "--cert", node.folder / "born.pem", "--key", born.path, "--subject", "CN=born-2", "--new-key", "server",
                    ca=node.folder / "root.pem") as device:
            node.wait(lambda: device.run("enroll").returncode == 0, "the profile's switch")
            assert device.has_valid_pair() and spki(device.key()) != spki(born.key)
            assert device.run("renew").returncode == 0 and device.has_valid_pair()


def test_the_example_program_of_the_library(node, tmp_path):
    command = [BIN / "example_enroll", url(node), node.folder / "root.pem", "example-1"]
    run = subprocess.run(command, input="wrong\n", cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 4 and "bad_passphrase" in run.stderr and not (tmp_path / "device.crt").exists()
    run = subprocess.run(command, input=node.passphrase + "\n", cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "CN=example-1: device.key, device.crt\n"


def test_the_library_lets_out_only_its_own_names():
    library = BIN / "sdk" / "libbestow.so"
    names = subprocess.run(["nm", "-D", "--defined-only", "--format=just-symbols", library], capture_output=True, text=True, check=True).stdout
    assert {name.partition("_")[0] for name in names.split() if not name.startswith("BESTOW_0")} == {"bestow"}
    undefined = subprocess.run(["nm", "-D", "--undefined-only", library], capture_output=True, text=True, check=True).stdout
    assert "sqlite" not in undefined and "event_" not in undefined and "json_" not in undefined
    static = subprocess.run(["nm", "-g", "--defined-only", "--format=just-symbols", BIN / "sdk" / "libbestow.a"], capture_output=True,
                            text=True, check=True).stdout
    assert {name.partition("_")[0] for name in static.split() if name.startswith(("b", "c", "e", "p")) and "." not in name} == {"bestow"}
