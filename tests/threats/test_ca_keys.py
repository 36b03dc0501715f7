"""CI-13: a CA whose key file is not as it must be does not issue, and says why to the operator; other CAs do."""
import os
import shutil

import pytest

from node import Node, make_csr, make_key


def key_of(node, name):
    """The key file that came with the CA."""
    before = set((node.folder / "state" / "keys").iterdir())
    node.ctl("ca", "create", name, "--parent", "Demo Root", "--subject", f"CN={name},O=Test", "--trust")
    (key,) = set((node.folder / "state" / "keys").iterdir()) - before
    return key


def let_others_read(key):
    key.chmod(0o644)


def give_to_another_user(key):
    os.chown(key, 65534, 65534)


def replace_by_link(key):
    real = key.with_suffix(".real")
    key.rename(real)
    key.symlink_to(real)


def damage(key):
    text = bytearray(key.read_bytes())
    text[len(text) // 2] ^= 1
    key.write_bytes(text)


def take_away(key):
    key.unlink()


def put_another(key):
    other = next(path for path in key.parent.iterdir() if path != key)
    key.write_bytes(other.read_bytes())


FAULTS = {"mode": let_others_read, "owner": give_to_another_user, "link": replace_by_link, "damaged": damage, "missing": take_away,
          "of another CA": put_another}


@pytest.mark.parametrize("fault", FAULTS)
def test_ci_13_a_key_file_that_is_not_sound_stops_its_own_ca_alone(fault, tmp_path):
    if fault == "owner" and os.geteuid() != 0:
        pytest.skip("only root gives files away")
    with Node() as node:
        key = key_of(node, "mine")
        kept = tmp_path / "kept"
        shutil.copy2(key, kept)
        node.ctl("profile", "create", "mine", "--template", "client-authentication", "--ca", "mine", "--auth", "passphrase",
                 "--alias", "mine")
        out = tmp_path / "pass"
        node.ctl("profile", "passphrase", "mine", "--generate", "--out", out)
        node.stop()
        FAULTS[fault](key)
        node.start()
        node.wait(node.accepts, "the edges")

        def enroll():
            return node.enroll(make_csr(make_key(), "dev-1"), "mine", passphrase=out.read_text().strip())

        answer = enroll()
        assert answer.status == 503 and answer.headers["Retry-After"], answer.text
        assert node.enroll(make_csr(make_key(), "dev-2")).status == 200
        assert '"reason":"ca_unavailable"' in str(node.ctl("--json", "events")).replace(" ", "")
        # mended, and used without a restart
        key.unlink(missing_ok=True)
        shutil.copy2(kept, key)
        node.wait(lambda: enroll().status == 200, "the key to be used", 15)


def test_ci_13_a_wrong_passphrase_stops_the_cas_and_not_the_node(tmp_path):
    with Node() as node:
        node.stop()
        right = (node.folder / "key.pass").read_text()
        (node.folder / "key.pass").write_text("0123456789abcdef0123456789abcdef\n")
        node.start()
        # the operator is answered, and told what is wrong by who tries
        assert node.ctl_json("ca", "list")["cas"]
        assert node.ctl_run("crl", "issue", "Demo Issuing").returncode != 0
        node.stop()
        (node.folder / "key.pass").write_text(right)
        node.start()
        node.wait(node.accepts, "the edges")
        assert node.enroll(make_csr(make_key(), "dev-1")).status == 200
