"""Row FT-21 (b): the node needs nobody. It runs where no route leads anywhere, its resolver is dead, and every URL in certificates,
its own and those of a foreign CA, names a host that cannot be reached. Whoever is beside it is served as ever."""
import datetime
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

DEAD = "192.0.2.1"  # RFC 5737
# no more than loopback, and a name server that does not answer
APART = 'ip link set lo up && mount --bind "$1" /etc/resolv.conf && ! ip route get "$2" 2>/dev/null && exec "$3" "$4"'
UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount")


def test_ft_21_who_is_dead_elsewhere_holds_up_no_enrollment(tmp_path):
    if subprocess.run([*UNSHARE, "ip", "link"], capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    resolver = tmp_path / "resolv.conf"
    resolver.write_text(f"nameserver {DEAD}\noptions timeout:30 attempts:5\n")
    run = subprocess.run([*UNSHARE, "sh", "-c", APART, "sh", resolver, DEAD, sys.executable, __file__], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("served\n")


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def foreign_certificate(subject, key, issuer, issuer_key, is_ca):
    """With every URL that somebody might want to look at."""
    now = datetime.datetime.now(datetime.timezone.utc)
    url = x509.UniformResourceIdentifier(f"http://{DEAD}/ocsp")
    named = x509.UniformResourceIdentifier("http://nowhere.invalid/ca.crl")
    return (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=30)).add_extension(x509.BasicConstraints(is_ca, None), True)
            .add_extension(x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, url)]), False)
            .add_extension(x509.CRLDistributionPoints([x509.DistributionPoint([named], None, None, None)]), False)
            .sign(issuer_key, hashes.SHA256()))


def enroll_by_foreign_certificate(node):
    ca_key, key = make_key(), make_key()
    ca = foreign_certificate("Foreign CA", ca_key, "Foreign CA", ca_key, True)
    anchor = node.folder / "foreign.pem"
    anchor.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    node.ctl("trust", "add", "--yes", anchor)
    identity = Identity(node.folder, key, foreign_certificate("foreign-device", key, "Foreign CA", ca_key, False))
    answer = node.enroll(make_csr(make_key(), "foreign-device"), profile="demo-tls", identity=identity)
    assert answer.status == 200, answer.text


def ask_status(node, certificate):
    issuer = x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes())
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build().public_bytes(serialization.Encoding.DER)
    asking = urllib.request.Request(f"http://127.0.0.1:{node.va_port}/ocsp", request, {"Content-Type": "application/ocsp-request"})
    return ocsp.load_der_ocsp_response(urllib.request.urlopen(asking, timeout=20).read())


def live_apart():
    with Node(va_settings="crl_after_revocation = 1s", admin=True, metrics=True) as node:
        node.stop()
        node.config.write_text(node.config.read_text().replace(f"url = {node.va_url}", "url = http://pki.nowhere.invalid"))
        node.start()
        node.wait(node.accepts, "the edges to serve")
        device = node.device("apart")
        renewed = node.reenroll(make_csr(make_key(), "apart"), device)
        assert renewed.status == 200, renewed.text
        enroll_by_foreign_certificate(node)
        node.ctl("cert", "revoke", node.serial(device.certificate), "--reason", "superseded")
        assert node.reenroll(make_csr(make_key(), "apart"), device).status == 403
        answer = ask_status(node, device.certificate)
        assert answer.certificate_status == ocsp.OCSPCertStatus.REVOKED
        assert node.ctl("audit", "verify")
    print("served")


if __name__ == "__main__":
    import pathlib
    import urllib.request
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
    from node import Identity, Node, make_csr, make_key
    live_apart()
