#!/usr/bin/env python3
"""CRMF requests (RFC 4211) that OpenSSL writes, cut out of the CMP messages (RFC 4210) in which it sends them: tests/vectors/crmf/*.der.

Nobody answers at the address, so openssl saves its request and gives up."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from der import inside  # noqa: E402

KEYS = {
    "p256": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa2048": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "ed25519": ("-algorithm", "ed25519"),
}
PROOFS = {"openssl-ra-verified": "0", "openssl-unproven": "-1", "openssl-key-encipherment": "2"}


def make(folder, kind, *options):
    key, message = folder / f"{kind}.pem", folder / "ir.der"
    subprocess.run(["openssl", "genpkey", *KEYS[kind], "-out", key], check=True, capture_output=True)
    subprocess.run(["openssl", "cmp", "-config", "", "-cmd", "ir", "-newkey", key, "-subject", "/CN=dev-1", "-sans", "dev-1.example", "-ref", "nobody",
                    "-secret", "pass:nothing", "-reqout", message, "-certout", folder / "none.pem", "-server", "127.0.0.1:9", "-recipient", "/CN=none",
                    "-total_timeout", "1", *options], capture_output=True)
    header, body, *_ = inside(message.read_bytes())
    assert header[0] == 0x30 and body[0] == 0xa0
    (messages,) = inside(body[2])
    (request,) = inside(messages[2])
    return request[2]


def main():
    to = HERE / "crmf"
    to.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        for kind in KEYS:
            (to / f"openssl-{kind}.der").write_bytes(make(pathlib.Path(name), kind))
        for proof, number in PROOFS.items():
            (to / f"{proof}.der").write_bytes(make(pathlib.Path(name), "rsa2048", "-popo", number))


if __name__ == "__main__":
    main()
