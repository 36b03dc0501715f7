"""CI-05: what a CA issues lives within the CA's own time, to the second. CI-10 (b): two CAs of one name, told apart by their keys'
identifiers. RN-13: a CA rolled over between enrollment and renewal."""
import datetime
import shutil
import subprocess

import pytest
from ca_tools import assert_is_refused, assert_verifies, exported, openssl_verifies, passphrase_profile, pem
from node import Node, make_csr, make_key

GO = shutil.which("go")
GO_VERIFY = """package main
import ("crypto/x509"; "encoding/pem"; "fmt"; "os")
func pool(path string) (*x509.CertPool, *x509.Certificate) {
	text, err := os.ReadFile(path)
	if err != nil { panic(err) }
	all := x509.NewCertPool()
	var first *x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil { panic(err) }
		if first == nil { first = certificate }
		all.AddCert(certificate)
	}
	return all, first
}
func main() {
	roots, _ := pool(os.Args[1])
	between, _ := pool(os.Args[2])
	_, leaf := pool(os.Args[3])
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil { fmt.Println(err); os.Exit(1) }
}
"""


@pytest.fixture(scope="module")
def node():
    with Node() as node:
        yield node


def profile_of(node, name, ca_validity, validity, *more):
    node.ctl("ca", "create", name, "--parent", "Demo Root", "--subject", f"CN={name}", "--validity", ca_validity)
    passphrase_profile(node, name, name)
    node.ctl("profile", "set", name, f"validity={validity}", *more)
    return exported(node, name)[0]


@pytest.mark.parametrize("validity", ["100y", "2h"])
def test_ci_05_nothing_outlives_its_ca(node, validity):
    name = f"short-{validity}"
    ca = profile_of(node, name, "1h", validity)
    leaf = node.enroll(make_csr(make_key(), "within"), name).certificate
    assert leaf.not_valid_after == ca.not_valid_after and leaf.not_valid_before >= ca.not_valid_before


def test_ci_05_the_last_second_is_counted(node):
    profile_of(node, "second", "1h", "60s")
    before = datetime.datetime.utcnow().replace(microsecond=0)
    leaf = node.enroll(make_csr(make_key(), "minute"), "second").certificate
    after = datetime.datetime.utcnow()
    assert before + datetime.timedelta(seconds=59) <= leaf.not_valid_after <= after + datetime.timedelta(seconds=59)


def test_ci_05_an_ended_ca_refuses(node):
    profile_of(node, "ended", "2s", "1d")
    node.wait(lambda: node.enroll(make_csr(make_key(), "late"), "ended").status == 503, "the CA's end", 20)
    assert node.events("--refusals")[0]["reason"] == "ca_expired"


@pytest.fixture(scope="module")
def rolled():
    """A device below each of two roots of one name, and both cross certificates."""
    with Node() as node:
        old_root, old_issuing = exported(node, "Demo Root")[0], exported(node, "Demo Issuing")[0]
        old = node.device("ci-10")
        node.ctl("rollover", "start", "Demo Root", "Root 2")
        node.ctl("rollover", "start", "Demo Issuing", "Issuing 2")
        node.ctl("rollover", "switch", "Demo Issuing")
        new = node.reenroll(make_csr(make_key(), "ci-10"), old)
        assert new.status == 200, new.text  # RN-13
        crosses = exported(node, "Demo Root", noun="rollover")
        yield (old_root, exported(node, "Root 2")[0], [old_issuing, exported(node, "Issuing 2")[0], *crosses], old.certificate,
               new.certificate)


def go_verifies(folder, anchor, between, leaf):
    for name, certificates in (("roots", [anchor]), ("between", between), ("leaf", [leaf])):
        (folder / f"{name}.pem").write_bytes(pem(*certificates))
    (folder / "verify.go").write_text(GO_VERIFY)
    return subprocess.run([GO, "run", "verify.go", "roots.pem", "between.pem", "leaf.pem"], cwd=folder, capture_output=True, text=True)


def test_ci_10_everything_that_cacerts_holds_leads_each_relying_party_to_its_own_root(rolled, tmp_path):
    old_root, new_root, between, *leaves = rolled
    for leaf in leaves:
        for anchor in (old_root, new_root):
            # names are the same, so key identifiers must lead; GnuTLS wants its chain in order, so it gets one
            code, words = openssl_verifies(tmp_path, anchor, between, leaf)
            assert code == 0, words

    old_issuing, new_issuing, old_with_new, new_with_old = between
    for anchor, chain, leaf in ((old_root, [old_issuing], leaves[0]), (new_root, [old_issuing, old_with_new], leaves[0]),
                                (new_root, [new_issuing], leaves[1]), (old_root, [new_issuing, new_with_old], leaves[1])):
        assert_verifies(tmp_path, anchor, chain, leaf)


@pytest.mark.skipif(not GO, reason="no Go here")
def test_ci_10_go_builds_the_same_chains(rolled, tmp_path):
    old_root, new_root, between, *leaves = rolled
    for leaf in leaves:
        for anchor in (old_root, new_root):
            run = go_verifies(tmp_path, anchor, between, leaf)
            assert run.returncode == 0, run.stdout + run.stderr
    run = go_verifies(tmp_path, new_root, between[:1], leaves[0])
    assert run.returncode == 1 and "unknown authority" in run.stdout


def test_ci_10_without_the_cross_certificate_there_is_no_way(rolled, tmp_path):
    old_root, new_root, (old_issuing, new_issuing, *_), old, new = rolled
    assert_is_refused(tmp_path, new_root, [old_issuing, new_issuing], old)
    assert_is_refused(tmp_path, old_root, [old_issuing, new_issuing], new)
