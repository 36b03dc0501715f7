"""CAs whose keys are in a PKCS#11 token: made there, found there, used, and what a node does while the token is away, slow,
faulty, or refuses the PIN. The token is SoftHSM; the module between is tests/token_shim."""
import base64
import datetime
import re
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import cmc
from hsm import Token, certificate_for_token_key, needs_softhsm
from node import Identity, Node, Refused, make_csr, make_key
from test_api import token as api_token

pytestmark = needs_softhsm
KEYS = ["rsa-2048", "rsa-3072", "p256", "p384", "p521", "ed25519"]


@pytest.fixture
def token(tmp_path):
    return Token(tmp_path)


@pytest.fixture
def shim(tmp_path):
    return Token(tmp_path, shim=True)


def add_token_ca(node, name="hsm", key="p256", profile="hsm"):
    """An issuing CA below the demo root with its key in the token, and a profile that issues from it."""
    node.ctl("ca", "create", name, "--parent", "Demo Root", "--subject", f"CN={name},O=Test", "--key", key, "--key-store",
             "token", "--trust")
    add_profile(node, name, profile)


def add_profile(node, ca, profile, *settings):
    node.ctl("profile", "create", profile, "--template", "client-authentication", "--ca", ca, "--auth", "passphrase",
             "--alias", profile, *settings)
    out = node.folder / f"pass-{profile}"
    node.ctl("profile", "passphrase", profile, "--generate", "--out", out)
    node.wait(lambda: node.request("GET", f"/.well-known/est/{profile}/cacerts").status == 200, "the profile")


def enroll(node, profile="hsm", name="dev-1", **options):
    passphrase = (node.folder / f"pass-{profile}").read_text().strip()
    return node.enroll(make_csr(make_key(), name), profile, passphrase=passphrase, **options)


def logged(node, event):
    return f'"event":"{event}"' in node.log()


def verify_with_others(node, ca, certificate, folder):
    """OpenSSL's strict verification and GnuTLS's: two implementations that nobody here wrote."""
    leaf, chain, root = folder / "leaf.pem", folder / "chain.pem", folder / "root.pem"
    leaf.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    chain.write_text(node.ctl("ca", "export", ca))
    root.write_text(node.ctl("ca", "export", "Demo Root"))
    subprocess.run(["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", root, "-untrusted", chain, leaf], check=True,
                   capture_output=True)
    whole = folder / "whole.pem"
    whole.write_text(leaf.read_text() + chain.read_text() + root.read_text())
    subprocess.run(["certtool", "--verify-chain", "--infile", whole], check=True, capture_output=True)


# -- made there --

@pytest.mark.parametrize("key", KEYS)
def test_a_key_made_in_the_token_issues_and_never_leaves(token, tmp_path, key):
    with token.node() as node:
        add_token_ca(node, key=key)
        answer = enroll(node)
        assert answer.status == 200, answer.text
        verify_with_others(node, "hsm", answer.certificate, tmp_path)
        crl = tmp_path / "crl.der"
        node.ctl("crl", "issue", "hsm")
        node.ctl("crl", "export", "hsm", "--out", crl)
        issuer = tmp_path / "issuer.pem"
        issuer.write_text(node.ctl("ca", "export", "hsm"))
        judged = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", crl, "-CAfile", issuer, "-noout"], capture_output=True, text=True)
        assert judged.returncode == 0 and "verify OK" in judged.stderr, judged.stderr
    objects = token.tool("--list-objects", "--type", "privkey")
    assert objects.count("Private Key Object") == 1
    access = re.search(r"Access:\s+(.*)", objects).group(1)
    for word in ("sensitive", "never extractable", "local"):
        assert word in access, objects
    assert not list((node.folder / "state" / "keys").glob("*hsm*"))


def test_cmc_01_a_key_in_the_token_signs_cmc_responses(token):
    with token.node() as node:
        add_token_ca(node)
        node.set_profile("hsm", "fullcmc=true")
        key = make_key()
        message = cmc.unsigned(cmc.pki_data(cmc.pkcs10(1, make_csr(key, "by-cmc"))))
        headers = node.basic((node.folder / "pass-hsm").read_text().strip())
        node.wait(lambda: cmc.post(node, message, "hsm").status != 404, "fullcmc", 10)
        response = cmc.ask(node, message, "hsm", headers=headers)
        assert response.status(1) == (cmc.SUCCESS, None), response.text(1)
        assert response.certificate_for(key)
        # away, it can sign no response either: HTTP says so
        token.remove()
        node.wait(lambda: enroll(node).status == 503, "the token to be missed", 15)
        answer = cmc.post(node, message, "hsm", headers=headers)
        assert (answer.status, answer.headers["Retry-After"] is not None) == (503, True), answer.text
        token.insert()
        node.wait(lambda: cmc.post(node, message, "hsm", headers=headers).status == 200, "the token to be used again", 15)


def test_a_root_in_the_token_signs_a_ca_below_it(token, tmp_path):
    with token.node(setup=False) as node:
        node.ctl("account", "create", "demo")
        node.ctl("ca", "create", "Demo Root", "--subject", "CN=Root,O=Test", "--key", "p384", "--key-store", "token", "--no-trust")
        node.ctl("ca", "create", "issuing", "--parent", "Demo Root", "--subject", "CN=Issuing,O=Test", "--trust")
        issuing = x509.load_pem_x509_certificate(node.ctl("ca", "export", "issuing").encode())
        verify_with_others(node, "Demo Root", issuing, tmp_path)
        keys = node.ctl_json("node", "token")["token"]["keys"]
        assert [(key["ca"], key["type"]) for key in keys] == [("Demo Root", "p384")]


def test_a_ca_that_could_not_be_made_leaves_no_key_in_the_token(token):
    with token.node() as node:
        with pytest.raises(Refused):
            node.ctl("ca", "create", "below", "--parent", "Demo Issuing", "--subject", "CN=Below", "--key-store", "token")
        assert node.ctl_json("node", "token")["token"]["keys"] == []


def test_the_node_is_started_again_and_goes_on(token):
    with token.node() as node:
        add_token_ca(node)
        node.stop()
        node.start()
        node.wait(node.accepts, "the edges")
        assert enroll(node).status == 200


def test_without_a_token_nothing_is_made_in_one():
    with Node() as node:
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "create", "x", "--subject", "CN=x", "--key-store", "token")
        assert "[token] is not configured" in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "create", "x", "--subject", "CN=x", "--key-store", "drawer")
        assert "file or token" in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("node", "token")
        assert "not configured" in refused.value.text


# -- found there --

def make_key_in_token(token, label, key_id="0a0b", kind="EC:prime256v1"):
    token.tool("--keypairgen", "--key-type", kind, "--label", label, "--id", key_id, "--usage-sign")


def test_a_key_of_the_token_is_taken_over_with_a_certificate_from_a_file(token, tmp_path):
    make_key_in_token(token, "Acme Issuing")
    with token.node() as node:
        certificate, root = certificate_for_token_key(token, "Acme Issuing", tmp_path)
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(certificate.read_text() + root.read_text())
        node.ctl("ca", "import", "taken", bundle, "--token-key", "Acme Issuing", "--trust")
        add_profile(node, "taken", "hsm")
        answer = enroll(node)
        assert answer.status == 200, answer.text
        assert answer.certificate.issuer.rfc4514_string() == "O=Test,CN=From The Token"
        # and by its id, but not a second time in another account
        node.ctl("account", "create", "other")
        with pytest.raises(Refused) as refused:
            node.ctl("--account", "other", "ca", "import", "stolen", bundle, "--token-key", "id:0a0b", "--no-trust")
        assert "another account" in refused.value.text


def test_co_04_no_tenant_takes_up_the_nodes_keys(token, tmp_path):
    """An account's administrator has the public key, as everybody, and with it a certificate; the key is not the account's."""
    with token.node(admin=True) as node:
        node.ctl("account", "create", "other")
        node.ctl("--account", "demo", "ca", "request", "waits", "--subject", "CN=Waits,O=Test", "--key", "p256", "--key-store", "token")
        make_key_in_token(token, "nobodys")
        for key in ("waits", "nobodys"):
            certificate, root = certificate_for_token_key(token, key, tmp_path)
            bundle = tmp_path / "bundle.pem"
            bundle.write_text(certificate.read_text() + root.read_text())
            client = api_token(node, f"t-{key}", "administrator", "other")
            body = {"name": "stolen", "token_key": key, "trust": False, "file": base64.b64encode(bundle.read_bytes()).decode()}
            answer = client.ask("POST", "/accounts/other/cas/import", body)
            assert (answer.status, answer.json["code"]) == (403, "not_permitted"), answer.body
        certificate, root = certificate_for_token_key(token, "waits", tmp_path)
        bundle.write_text(certificate.read_text() + root.read_text())
        with pytest.raises(Refused) as refused:
            node.ctl("--account", "other", "ca", "import", "stolen", bundle, "--token-key", "waits", "--no-trust")
        assert "waits for its certificate" in refused.value.text


def test_a_key_of_the_token_is_taken_over_with_the_certificates_beside_it(token, tmp_path):
    make_key_in_token(token, "Acme Issuing")
    with token.node() as node:
        certificate, root = certificate_for_token_key(token, "Acme Issuing", tmp_path)
        for path, label, key_id in ((root, "root", "99"), (certificate, "issuing", "0a0b")):
            der = path.with_suffix(".der")
            subprocess.run(["openssl", "x509", "-in", path, "-outform", "DER", "-out", der], check=True)
            token.tool("--write-object", der, "--type", "cert", "--label", label, "--id", key_id)
        node.ctl("ca", "import", "taken", "--token-key", "id:0a0b", "--trust")
        add_profile(node, "taken", "hsm")
        assert enroll(node).status == 200


def test_what_does_not_belong_together_is_not_taken_over(token, tmp_path):
    make_key_in_token(token, "one")
    make_key_in_token(token, "two", key_id="0c")
    make_key_in_token(token, "two", key_id="0d")
    with token.node() as node:
        node.wait(lambda: logged(node, "token.ready"), "the token")
        certificate, root = certificate_for_token_key(token, "one", tmp_path)
        bundle = tmp_path / "bundle.pem"
        bundle.write_text(certificate.read_text() + root.read_text())
        for key, words in (("none", "no key none"), ("two", "several keys"), ("id:0c", "not the certificate's key"),
                           ("id:zz", "no key")):
            with pytest.raises(Refused) as refused:
                node.ctl("ca", "import", "x", bundle, "--token-key", key, "--no-trust")
            assert words in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "import", "x", "--token-key", "one", "--no-trust")
        assert "no certificate for the key" in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "import", "x", "--no-trust")
        assert "file" in refused.value.text


# -- FT-12: away and back --

def test_ft_12_a_token_that_goes_away_stops_its_ca_alone_and_is_used_again(token):
    with token.node() as node:
        add_token_ca(node)
        authority = node.children()["authority"]
        assert enroll(node).status == 200
        token.remove()
        node.wait(lambda: enroll(node, name="dev-2").status != 200, "the token to be missed")
        answer = enroll(node, name="dev-3")
        assert (answer.status, answer.headers["Retry-After"] is not None) == (503, True), answer.text
        assert node.enroll(make_csr(make_key(), "dev-4")).status == 200
        assert node.ctl_json("node", "token")["token"]["ready"] is False
        with pytest.raises(Refused) as refused:
            node.ctl("crl", "issue", "hsm")
        assert "ca_unavailable" in refused.value.text
        assert logged(node, "token.lost")
        token.insert()
        node.wait(lambda: enroll(node, name="dev-5").status == 200, "the token to be used again", 15)
        assert node.children()["authority"] == authority


def test_ft_12_a_token_that_is_away_at_the_start_is_used_when_it_comes(token):
    with token.node() as node:
        add_token_ca(node)
        node.stop()
        token.remove()
        node.start()
        node.wait(node.accepts, "the edges")
        assert enroll(node).status == 503
        assert logged(node, "token.absent")
        token.insert()
        node.wait(lambda: enroll(node).status == 200, "the token to be used", 15)


@pytest.mark.parametrize("fault", ["absent 1", "sign-error 0x30", "sign-error 0x32", "init-error 0xb3", "sign-error 0x101",
                                   "init-error 0x60"])
def test_ft_12_errors_of_the_token_are_503_until_they_end(shim, fault):
    with shim.node() as node:
        add_token_ca(node)
        authority = node.children()["authority"]
        shim.behave(fault)
        node.wait(lambda: enroll(node, name="dev-1").status == 503, "a refusal")
        answer = enroll(node, name="dev-2")
        assert answer.status == 503 and answer.headers["Retry-After"]
        shim.behave("renumber 7")
        node.wait(lambda: enroll(node, name="dev-3").status == 200, "the token to be used again", 15)
        assert node.children()["authority"] == authority


def test_ft_12_a_wrong_pin_is_tried_once_also_by_the_next_process(shim):
    with shim.node() as node:
        add_token_ca(node)
        node.stop()
        shim.write_pin("not the PIN")
        before = len(shim.lines("logins"))
        node.start()
        node.wait(lambda: logged(node, "token.pin_refused"), "the refusal")
        assert enroll(node).status == 503
        assert node.enroll(make_csr(make_key(), "dev-2")).status == 200
        assert "not the PIN" not in node.log()
        for _ in range(2):
            node.stop()
            node.start()
            node.wait(node.accepts, "the edges")
            assert enroll(node).status == 503
        assert len(shim.lines("logins")) == before + 1
        shim.write_pin(shim.pin)
        node.wait(lambda: enroll(node, name="dev-3").status == 200, "the right PIN to be read", 15)
        assert len(shim.lines("logins")) == before + 2


@pytest.mark.parametrize("fault", ["no-threads 1", "sessions 2"])
def test_ft_13_a_token_that_can_less_is_used_as_far_as_it_can(shim, fault):
    shim.behave(fault)
    with shim.node() as node:
        add_token_ca(node)
        answers = [None] * 8

        def ask(number):
            answers[number] = enroll(node, name=f"dev-{number}").status

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(answers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * len(answers)


def test_ft_13_the_authority_alone_initialises_the_module(shim):
    with shim.node() as node:
        add_token_ca(node)
        starts = set(shim.lines("starts"))
        assert starts == {str(node.children()["authority"])}


# -- CI-08: what comes back is verified --

@pytest.mark.parametrize("fault", ["garbage 4", "garbage 64", "short 1", "short 64"])
def test_ci_08_a_wrong_signature_is_discarded_and_an_alarm(shim, fault):
    with shim.node() as node:
        add_token_ca(node)
        before = len(node.certificates())
        shim.behave(fault)
        answer = enroll(node)
        assert answer.status == 500, answer.text
        assert logged(node, "signer.alarm")
        assert len([c for c in node.certificates() if c["state"] == "issued"]) <= before
        assert node.enroll(make_csr(make_key(), "dev-2")).status == 200
        shim.behave()
        node.wait(lambda: enroll(node, name="dev-3").status == 200, "sound signatures", 15)


# -- a slow token --

def test_a_slow_token_holds_up_nobody_but_its_own_ca(shim):
    with shim.node(settings="workers = 2", va_settings="crl_after_revocation = 1s") as node:
        add_token_ca(node)
        shim.behave("sign-delay 30000")
        before = len(shim.lines("signs"))
        done = []

        def ask(number):
            done.append((number, enroll(node, name=f"slow-{number}", timeout=60).status))

        slow = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in slow:
            thread.start()
        # a verb that waits for the token, too
        verb = threading.Thread(target=lambda: node.ctl_run("crl", "issue", "hsm"))
        verb.start()
        try:
            node.wait(lambda: len(shim.lines("signs")) >= before + 4, "the token to be at work")
            for number in range(20):
                assert node.enroll(make_csr(make_key(), f"quick-{number}")).status == 200
            assert node.ctl_json("status")["accounts"]
            node.ctl("allow", "add", "127.0.0.9")
            node.ctl("crl", "issue", "Demo Issuing")
            assert done == [], "a slow signature was over before the quick ones, so nothing was seen"
        finally:
            shim.behave()
            for thread in [*slow, verb]:
                thread.join()
        assert [status for _, status in done] == [200] * 6


def test_ci_06_who_was_decided_on_gets_what_was_decided(shim):
    """The profile is edited after the decision and before the signature."""
    with shim.node() as node:
        add_token_ca(node)
        old = node.ctl_json("profile", "show", "hsm")["profile"]["version"]
        before, answers = len(shim.lines("signs")), []
        shim.behave("sign-delay 30000")
        asker = threading.Thread(target=lambda: answers.append(enroll(node, timeout=60)))
        asker.start()
        try:
            node.wait(lambda: len(shim.lines("signs")) > before, "the token to be at work")
            node.set_profile("hsm", "validity=5d")
        finally:
            shim.behave()
            asker.join()
        issued = answers[0].certificate
        assert issued.not_valid_after - issued.not_valid_before > datetime.timedelta(days=6)
        objects = [entry["object"] for entry in node.ctl_json("audit", "list")["entries"] if entry["action"] == "certificate.issue"]
        (mine,) = [text for text in objects if node.serial(issued) in text]
        assert mine.endswith(f" version {old}"), mine
        later = enroll(node, name="dev-2").certificate
        assert later.not_valid_after - later.not_valid_before < datetime.timedelta(days=6)


# -- what ends while the token signs --

def test_cl_24_revoked_while_the_token_signs(shim):
    """What the decision went by is asked for once more where the certificate is entered: the revocation has been answered."""
    with shim.node() as node:
        add_token_ca(node)
        node.set_profile("hsm", "renewal.while_valid=any-time")
        key = make_key()
        passphrase = (node.folder / "pass-hsm").read_text().strip()
        device = Identity(node.folder, key, node.enroll(make_csr(key, "slow"), "hsm", passphrase=passphrase).certificate)
        assert node.reenroll(make_csr(make_key(), "slow"), device, profile="hsm").status == 200
        before, answers = len(shim.lines("signs")), []
        shim.behave("sign-delay 30000")
        asking = threading.Thread(target=lambda: answers.append(node.reenroll(make_csr(make_key(), "slow"), device, profile="hsm", timeout=60)))
        asking.start()
        try:
            node.wait(lambda: len(shim.lines("signs")) > before, "the token to sign")
            node.ctl("cert", "revoke", node.serial(device.certificate), "--reason", "keyCompromise")
        finally:
            shim.behave()
            asking.join()
        assert answers[0].status == 403, answers[0].text
        assert node.events("--limit", "1")[0]["reason"] == "cert_revoked"
        assert len([c for c in node.certificates() if c["subject"] == "CN=slow" and c["state"] == "issued"]) == 1
