"""A CA's key or certificate is replaced without a gap (RFC 7030 4.1.3, RFC 4210 4.4)."""
import subprocess

import pytest
from ca_tools import assert_is_refused, assert_verifies, cacerts, exported, passphrase_profile, pem
from cryptography import x509
from node import Identity, Node, Refused, make_csr, make_key, spki

TLS_RECORD = 16384


def same_name_and_another_key(a, b):
    return a.subject == b.subject and a.public_key().public_numbers() != b.public_key().public_numbers()


def key_id(certificate):
    return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def key_ids_meet(certificate, issuer):
    authority = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return authority == key_id(issuer)


def test_a_root_and_the_issuing_ca_below_it_from_beginning_to_end(tmp_path):
    with Node(va_settings="crl_after_revocation = 1s") as node:
        old_root, = exported(node, "Demo Root")
        old_issuing = exported(node, "Demo Issuing")[0]
        first = node.device("rolls")
        alone, alone_body = cacerts(node, "demo")
        assert set(alone) == {old_issuing, old_root}

        # the root: cacerts has both and their cross certificates, the same bytes whoever asks
        started = node.ctl_json("rollover", "start", "Demo Root", "Root 2")["rollover"]
        new_root, = exported(node, "Root 2")
        assert same_name_and_another_key(old_root, new_root)
        old_with_new, new_with_old = exported(node, "Demo Root", noun="rollover")
        assert spki(old_with_new) == spki(old_root) and key_ids_meet(old_with_new, new_root)
        assert spki(new_with_old) == spki(new_root) and key_ids_meet(new_with_old, old_root)
        assert old_with_new.not_valid_after <= min(old_root.not_valid_after, new_root.not_valid_after)
        assert started["new_with_old"]["serial"] == node.serial(new_with_old)[-len(started["new_with_old"]["serial"]):]
        node.wait(lambda: cacerts(node, "demo")[1] != alone_body, "the edges", 5)
        both, body = cacerts(node, "demo")
        assert set(both) == {old_issuing, old_root, new_root, old_with_new, new_with_old}
        assert all(cacerts(node, "demo")[1] == body for _ in range(6)) and len(body) < TLS_RECORD - 1024
        # whoever knows the new root alone verifies what the old one's CA issued
        assert_verifies(tmp_path, new_root, [old_issuing, old_with_new], first.certificate)
        assert_is_refused(tmp_path, new_root, [old_issuing], first.certificate)
        # and may talk to the node, whose own certificate is of the old CA
        (node.folder / "ca.pem").write_bytes(pem(new_root))
        assert node.request("GET", "/.well-known/est/demo/cacerts").status == 200
        with pytest.raises(Refused) as refused:
            node.ctl("rollover", "start", "Demo Root", "Root 3")
        assert "already" in refused.value.text

        # the issuing CA goes below the new root by itself
        node.ctl("rollover", "start", "Demo Issuing", "Issuing 2")
        new_issuing, = exported(node, "Issuing 2")
        assert same_name_and_another_key(old_issuing, new_issuing) and key_ids_meet(new_issuing, new_root)
        assert node.ctl_json("ca", "show", "Issuing 2")["ca"]["trusted"]
        assert node.enroll(make_csr(make_key(), "still-old")).certificate.issuer == old_issuing.subject

        # RN-13: switched by one command, and the old certificate renews to the new CA
        assert node.ctl_json("rollover", "switch", "Demo Issuing")["profiles"] == ["demo", "demo-tls"]
        node.ctl("node", "certificate", "--ca", "Issuing 2", "--host", "localhost", "--host", "127.0.0.1")
        key = make_key()
        answer = node.reenroll(make_csr(key, "rolls"), first)
        assert answer.status == 200, answer.text
        second = Identity(node.folder, key, answer.certificate)
        assert key_ids_meet(second.certificate, new_issuing)
        # the old root alone, by way of NewWithOld; the new one alone without
        assert_verifies(tmp_path, old_root, [new_issuing, new_with_old], second.certificate)
        assert_is_refused(tmp_path, old_root, [new_issuing], second.certificate)
        assert_verifies(tmp_path, new_root, [new_issuing], second.certificate)
        for root in (old_root, new_root):
            (node.folder / "ca.pem").write_bytes(pem(root))
            node.wait(node.accepts, "the node's certificate to be the new one", 10)
        answer = node.reenroll(make_csr(make_key(), "rolls"), second)
        assert answer.status == 200, answer.text

        shown = node.ctl_json("rollover", "show", "Demo Issuing")["rollover"]
        assert shown["new"]["devices"] == 1 and shown["new"]["profiles"] == ["demo", "demo-tls"]
        assert shown["old"]["devices_left"] == 1 and shown["old"]["profiles"] == []

        # the end: the old ones are retired, and cacerts has the new chain alone
        for old in ("Demo Issuing", "Demo Root"):
            node.ctl("rollover", "finish", old)
            assert node.ctl_json("ca", "show", old)["ca"]["state"] == "retired"
        node.wait(lambda: set(cacerts(node, "demo")[0]) == {new_issuing, new_root}, "the edges", 5)
        with pytest.raises(Refused):
            node.ctl("rollover", "finish", "Demo Root")
        assert [bool(r["finished"]) for r in node.ctl_json("rollover", "list")["rollovers"]] == [True, True]
        # a device that slept through it all still renews
        answer = node.reenroll(make_csr(make_key(), "rolls"), first)
        assert answer.status == 200 and key_ids_meet(answer.certificate, new_issuing), answer.text
        audited = node.ctl("audit", "list", "--limit", "200")
        for action in ("rollover.start", "rollover.switch", "rollover.finish"):
            assert action in audited


@pytest.mark.parametrize("key", ["rsa-4096", "p384"])
def test_a_single_root_under_another_name_and_with_another_key(tmp_path, key):
    with Node() as node:
        node.ctl("ca", "create", "one", "--subject", "CN=One,O=Acme", "--key", "rsa-4096", "--trust")
        profile = passphrase_profile(node, "single", "one")
        device = node.device("single", profile=profile)
        node.ctl("rollover", "start", "one", "two", "--subject", "CN=Two,O=Acme", "--key", key)
        one, two = exported(node, "one")[0], exported(node, "two")[0]
        old_with_new, new_with_old = exported(node, "one", noun="rollover")
        node.ctl("rollover", "switch", "one", "--profile", profile)
        answer = node.reenroll(make_csr(make_key(), "single"), device, profile)
        assert answer.status == 200, answer.text
        assert_verifies(tmp_path, one, [new_with_old], answer.certificate)
        assert_verifies(tmp_path, two, [], answer.certificate)
        assert_verifies(tmp_path, two, [old_with_new], device.certificate)
        certificates, body = cacerts(node, profile)
        assert set(certificates) == {one, two, old_with_new, new_with_old} and len(body) < TLS_RECORD - 1024


def test_what_cannot_be_rolled_over_is_refused():
    with Node() as node:
        for arguments, words in ((("start", "Demo Root", "Demo Issuing", "--existing"), "a root takes the place of a root"),
                                 (("start", "Demo Issuing", "Demo Issuing", "--existing"), "one key"),
                                 (("start", "Demo Root", "Demo Issuing"), "there is a CA"),
                                 (("start", "none", "new"), "CA none"),
                                 (("show", "Demo Issuing"), "not being replaced"),
                                 (("finish", "Demo Issuing"), "not being replaced"),
                                 (("switch", "Demo Issuing"), "not being replaced")):
            with pytest.raises(Refused) as refused:
                node.ctl("rollover", *arguments)
            assert words in refused.value.text, (arguments, refused.value.text)
        node.ctl("rollover", "start", "Demo Issuing", "next")
        with pytest.raises(Refused) as refused:
            node.ctl("rollover", "switch", "Demo Issuing", "--profile", "no-such")
        assert "not all of these" in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("rollover", "finish", "Demo Issuing")
        assert "demo" in refused.value.text and "--confirm='Demo Issuing'" in refused.value.text
        with pytest.raises(Refused) as refused:
            node.ctl("rollover", "export", "Demo Issuing")
        assert "two roots" in refused.value.text
        node.ctl("ca", "disable", "next")
        with pytest.raises(Refused) as refused:
            node.ctl("rollover", "switch", "Demo Issuing")
        assert "not active" in refused.value.text


def test_a_new_certificate_for_the_same_key(tmp_path):
    with Node(va_settings="crl_after_revocation = 1s") as node:
        old_root, = exported(node, "Demo Root")
        old_issuing, = exported(node, "Demo Issuing")
        device = node.device("same")
        node.ctl("ca", "renew", "Demo Root", "--validity", "30y")
        node.ctl("ca", "renew", "Demo Issuing", "--validity", "15y")
        root, = exported(node, "Demo Root")
        issuing, above = exported(node, "Demo Issuing", "--chain")
        assert above == root and root.not_valid_after > old_root.not_valid_after
        assert issuing != old_issuing and spki(issuing) == spki(old_issuing)
        node.wait(lambda: set(cacerts(node, "demo")[0]) == {issuing, root}, "the edges", 5)
        # every combination of old and new holds, for old certificates and for new ones
        renewed = node.reenroll(make_csr(make_key(), "same"), device)
        assert renewed.status == 200, renewed.text
        for leaf in (device.certificate, renewed.certificate):
            for anchor in (old_root, root):
                for between in (old_issuing, issuing):
                    assert_verifies(tmp_path, anchor, [between], leaf)
        # what certificates name as their issuer's certificate is where they say
        from test_crl import fetch, issuer_url
        for leaf, issuer in ((device.certificate, old_issuing), (renewed.certificate, issuing)):
            node.wait(lambda leaf=leaf: fetch(issuer_url(leaf))[0] == 200, "the issuer's certificate", 5)
            assert x509.load_der_x509_certificate(fetch(issuer_url(leaf))[2]) == issuer


def test_a_revoked_ca_is_not_renewed():
    with Node() as node:
        (ca,) = [c for c in node.certificates() if c["purpose"] == "ca" and "Test Issuing" in c["subject"]]
        node.ctl("cert", "revoke", ca["serial"], "--confirm=ca", "--reason", "cACompromise")
        with pytest.raises(Refused) as refused:
            node.ctl("ca", "renew", "Demo Issuing")
        assert "revoked" in refused.value.text


def test_a_root_from_elsewhere_keeps_its_name_and_key_identifier_to_the_byte(tmp_path):
    """Relying parties find issuers by key identifier, and GnuTLS compares names by bytes."""
    subprocess.run(["openssl", "req", "-new", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj",
                    "/O=Printable/CN=Imported", "-days", "3000", "-keyout", tmp_path / "k.pem", "-out", tmp_path / "c.pem", "-addext",
                    "keyUsage=critical,keyCertSign,cRLSign", "-config", "/dev/stdin"], check=True, capture_output=True,
                   input=b"[req]\nstring_mask=nombstr\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\nbasicConstraints="
                         b"critical,CA:TRUE\nsubjectKeyIdentifier=hash\n")
    (tmp_path / "both.pem").write_bytes((tmp_path / "k.pem").read_bytes() + (tmp_path / "c.pem").read_bytes())
    with Node() as node:
        node.ctl("ca", "import", "imported", tmp_path / "both.pem", "--trust")
        profile = passphrase_profile(node, "imported", "imported")
        device = node.device("keeps", profile=profile)
        node.ctl("rollover", "start", "imported", "made-here")
        old, new = exported(node, "imported")[0], exported(node, "made-here")[0]
        old_with_new, new_with_old = exported(node, "imported", noun="rollover")
        assert b"\x13\x08Imported" in old.subject.public_bytes()
        for certificate in (new, old_with_new, new_with_old):
            assert certificate.subject.public_bytes() == old.subject.public_bytes()
        assert key_id(old_with_new) == key_id(old) != key_id(new)
        node.ctl("rollover", "switch", "imported")
        answer = node.reenroll(make_csr(make_key(), "keeps"), device, profile)
        assert answer.status == 200, answer.text
        assert_verifies(tmp_path, new, [old_with_new], device.certificate)
        assert_verifies(tmp_path, old, [new_with_old], answer.certificate)
        node.ctl("ca", "renew", "imported", "--validity", "20y")
        assert_verifies(tmp_path, exported(node, "imported")[0], [], device.certificate)


def test_who_fetched_cacerts_is_counted_once_as_device_or_by_address():
    with Node() as node:
        first, second = node.device("fetch-1"), node.device("fetch-2")
        cacerts(node, "demo")  # before the start: not counted
        node.ctl("rollover", "start", "Demo Issuing", "next")
        node.wait(lambda: len(cacerts(node, "demo")[0]) == 3, "the edges", 5)

        def fetched():
            return node.ctl_json("rollover", "show", "Demo Issuing")["rollover"]["fetched"]

        # those without a certificate are one address, however often
        node.wait(lambda: fetched() == {"devices": 0, "addresses": 1}, "the address to be counted", 5)
        for identity in (first, second, first, second, first):
            node.request("GET", "/.well-known/est/demo-tls/cacerts", identity=identity)
        node.wait(lambda: fetched() == {"devices": 2, "addresses": 1}, "the devices to be counted", 5)
        # with a new key it is still the same device, and a key that is nobody's is an address
        key = make_key()
        renewed = Identity(node.folder, key, node.reenroll(make_csr(key, "fetch-1"), first).certificate)
        node.request("GET", "/.well-known/est/demo/cacerts", identity=renewed)
        node.ctl("rollover", "start", "Demo Root", "Root 2")
        third = node.device("fetch-3")
        node.wait(lambda: len(cacerts(node, "demo")[0]) == 6, "the edges", 5)
        node.request("GET", "/.well-known/est/demo/cacerts", identity=third)
        node.wait(lambda: fetched() == {"devices": 3, "addresses": 1}, "the third device", 5)
        # the root's rollover counts from its own start
        node.wait(lambda: node.ctl_json("rollover", "show", "Demo Root")["rollover"]["fetched"]["devices"] == 1, "the third alone", 5)
