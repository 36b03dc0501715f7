"""What tests of CAs share: certificates out of the node, and the judgement of programs that nobody here wrote."""
import shutil
import subprocess

from cryptography.hazmat.primitives.serialization import Encoding

from node import load_certificates

CERTTOOL = shutil.which("certtool")


def exported(node, name, *options, noun="ca"):
    return load_certificates(node.ctl(noun, "export", name, *options).encode())


def pem(*certificates):
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)


def run(*command, data=None):
    done = subprocess.run([str(c) for c in command], capture_output=True, input=data)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def openssl_verifies(folder, anchor, between, leaf):
    """With this one anchor and these certificates between, strictly."""
    for name, certificates in (("anchor", [anchor]), ("between", between), ("leaf", [leaf])):
        (folder / f"{name}.pem").write_bytes(pem(*certificates))
    between_options = ["-untrusted", folder / "between.pem"] if between else []
    return run("openssl", "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", folder / "anchor.pem", *between_options,
               folder / "leaf.pem")


def gnutls_verifies(folder, anchor, between, leaf):
    (folder / "anchor.pem").write_bytes(pem(anchor))
    return run(CERTTOOL, "--verify", "--verify-profile=medium", "--load-ca-certificate", folder / "anchor.pem",
               data=pem(leaf, *between))


def judges():
    yield openssl_verifies
    if CERTTOOL:
        yield gnutls_verifies


def assert_verifies(folder, anchor, between, leaf):
    for verifies in judges():
        code, words = verifies(folder, anchor, between, leaf)
        assert code == 0, (verifies.__name__, words)


def assert_is_refused(folder, anchor, between, leaf):
    for verifies in judges():
        code, words = verifies(folder, anchor, between, leaf)
        assert code != 0, (verifies.__name__, words)


def passphrase_profile(node, name, ca):
    node.ctl("profile", "create", name, "--template", "generic-device", "--ca", ca, "--auth", "passphrase", "--alias", name,
             "--set", "renewal.while_valid=any-time")
    node.ctl("profile", "passphrase", name, "--passphrase-file", node.folder / "passphrase")
    return name


def cacerts(node, profile):
    answer = node.request("GET", f"/.well-known/est/{profile}/cacerts")
    assert answer.status == 200, answer.text
    return answer.certificates, answer.body
