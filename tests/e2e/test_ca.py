"""Hierarchies and states of CAs, judged by OpenSSL, GnuTLS and Python's cryptography."""
import ipaddress

import pytest
from cryptography import x509
from ca_tools import assert_verifies, exported, passphrase_profile
from node import Node, Refused, make_csr, make_key


@pytest.fixture(scope="module")
def node():
    with Node(va_settings="crl_after_revocation = 1s") as node:
        yield node


# -- hierarchies --

def test_name_constraints_stand_critical_in_the_certificate_and_are_kept(node, tmp_path):
    node.ctl("ca", "create", "plant", "--parent", "Demo Root", "--subject", "CN=Plant,O=Acme", "--path-len", "1", "--trust",
             "--permit", "dns:plant.example", "--permit", "ip:10.3.0.0/16", "--permit", "email:plant.example",
             "--permit", "uri:plant.example", "--permit", "dir:O=Acme", "--exclude", "dns:secret.plant.example",
             "--exclude", "ip:2001:db8::/32")
    (plant,) = exported(node, "plant")
    extension = plant.extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    acme = x509.Name.from_rfc4514_string("O=Acme")
    assert extension.value.permitted_subtrees == [
        x509.DNSName("plant.example"), x509.IPAddress(ipaddress.ip_network("10.3.0.0/16")), x509.RFC822Name("plant.example"),
        x509.UniformResourceIdentifier("plant.example"), x509.DirectoryName(acme)]
    assert extension.value.excluded_subtrees == [x509.DNSName("secret.plant.example"),
                                                 x509.IPAddress(ipaddress.ip_network("2001:db8::/32"))]
    assert plant.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 1
    shown = node.ctl_json("ca", "show", "plant")["ca"]["certificate"]
    assert shown["path_len"] == 1 and shown["name_constraints"]["excluded"] == ["dns:secret.plant.example", "ip:2001:db8::/32"]

    # a CA below keeps to them, in its own name too
    with pytest.raises(Refused) as refused:
        node.ctl("ca", "create", "other", "--parent", "plant", "--subject", "CN=Hall,O=Other")
    assert "name constraints" in refused.value.text
    node.ctl("ca", "create", "hall", "--parent", "plant", "--subject", "O=Acme,CN=Hall")
    profile = passphrase_profile(node, "hall", "hall")
    organization = x509.Name.from_rfc4514_string("CN=dev,O=Acme")
    for names, status in (([x509.DNSName("a.plant.example"), x509.IPAddress(ipaddress.ip_address("10.3.9.9"))], 200),
                          ([x509.DNSName("a.other.example")], 403), ([x509.DNSName("secret.plant.example")], 403),
                          ([x509.IPAddress(ipaddress.ip_address("10.4.0.1"))], 403)):
        answer = node.enroll(make_csr(make_key(), san=names, subject=organization), profile)
        assert answer.status == status, (names, answer.text)
        if status == 403:
            assert node.events("--refusals")[0]["reason"] == "name_constraints"
            continue
        root, = exported(node, "Demo Root")
        assert_verifies(tmp_path, root, exported(node, "hall", "--chain")[:-1], answer.certificate)


@pytest.mark.parametrize("text", ["dns:*.example", "dns:.example", "ip:10.0.0.1/8", "example", "uri:https://a.example/", "dir:"])
def test_what_is_no_name_constraint_makes_no_ca(node, text):
    with pytest.raises(Refused) as refused:
        node.ctl("ca", "create", "wrong", "--parent", "Demo Root", "--subject", "CN=Wrong", "--permit", text)
    assert "name_invalid" in refused.value.text or "not a legal name" in refused.value.text
    assert "wrong" not in node.ctl("ca", "list")


def test_a_deep_hierarchy_verifies_and_its_path_lengths_end_it(node, tmp_path):
    parent = "Demo Root"
    for depth in range(5, -1, -1):
        node.ctl("ca", "create", f"deep-{depth}", "--parent", parent, "--subject", f"CN=Deep {depth}", "--path-len", depth)
        parent = f"deep-{depth}"
    with pytest.raises(Refused):
        node.ctl("ca", "create", "too-deep", "--parent", parent, "--subject", "CN=Too deep")
    answer = node.enroll(make_csr(make_key(), "deep"), passphrase_profile(node, "deep", parent))
    assert answer.status == 200, answer.text
    root, = exported(node, "Demo Root")
    between = exported(node, parent, "--chain")[:-1]
    assert len(between) == 6
    assert_verifies(tmp_path, root, between, answer.certificate)


# -- states --

def test_rn_13_retired_and_disabled_cas_refuse_with_their_reason_and_the_operator_hears_which_profiles(node):
    node.ctl("ca", "create", "old", "--parent", "Demo Root", "--subject", "CN=Old", "--trust")
    profile = passphrase_profile(node, "of-old", "old")
    device = node.device("in-between", profile=profile)
    for verb, reason in (("retire", "ca_retired"), ("disable", "ca_disabled")):
        with pytest.raises(Refused) as refused:
            node.ctl("ca", verb, "old")
        assert "of-old" in refused.value.text and "--confirm='old'" in refused.value.text
        assert node.ctl_json("ca", verb, "old", "--confirm", "old")["active_profiles"] == ["of-old"]
        for answer in (node.enroll(make_csr(make_key(), "new"), profile),
                       node.reenroll(make_csr(make_key(), "in-between"), device, profile)):
            assert answer.status == 403
            assert node.events("--refusals")[0]["reason"] == reason
        assert f"ca.{verb}" in node.ctl("audit", "list")
    node.ctl("ca", "activate", "old")
    assert node.reenroll(make_csr(make_key(), "in-between"), device, profile).status == 200


def test_a_retired_ca_goes_on_publishing_and_a_disabled_one_does_not(node):
    node.ctl("ca", "create", "silent", "--parent", "Demo Root", "--subject", "CN=Silent")
    node.ctl("ca", "retire", "silent")
    before = node.ctl_json("crl", "issue", "silent")["crl"]["number"]
    assert node.ctl_json("crl", "issue", "silent")["crl"]["number"] > before
    node.ctl("ca", "disable", "silent")
    with pytest.raises(Refused):
        node.ctl("crl", "issue", "silent")
