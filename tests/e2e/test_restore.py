"""Yesterday's backup is put in place of a store that is gone (threat FT-11), with tools that are not ours as judges."""
import os
import shutil
import signal
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from node import BIN, Node, make_csr, make_key
from test_bestowctl import NOT_FOUND, OK, REFUSED
from test_crl import load, number

STORE = ("bestow.db", "bestow.db-wal", "bestow.db-shm")


def after_restore(node, *options):
    return subprocess.run([BIN / "bestowd", "--config", node.config, *(options or ("--after-restore",))], capture_output=True, text=True,
                          timeout=60, env=node.environment)


def put_in_place(node, copy):
    """As docs/guide/backup.md has it, on a node that has ended."""
    for name in STORE:
        (node.folder / "state" / name).unlink(missing_ok=True)
    shutil.copy(copy, node.folder / "state" / "bestow.db")


def refuses_to_start(node):
    offset = len(node.log())
    node.start(wait=False)
    code = node.process.wait(60)
    return code != 0 and node.log()[offset:]


def back_up(node, name="backup.db"):
    copy = node.folder / "state" / name
    node.ctl("backup", copy)
    return copy


@pytest.fixture
def node():
    with Node(va_settings="crl_after_revocation = 1s", admin=True) as node:
        yield node


def test_ft_11_yesterdays_backup_is_taken_over(node):
    known = node.device("known")
    token = node.folder / "api.token"
    node.ctl("token", "create", "machine", "--role", "auditor", "--out", token)
    copy = back_up(node)

    # what the backup will not know; and the original goes on, unaffected by having been copied
    unknown, revoked = node.device("unknown"), node.device("revoked")
    node.ctl("cert", "revoke", node.serial(revoked.certificate), "--reason", "keyCompromise")
    for _ in range(3):
        newest = node.ctl_json("crl", "issue", "Demo Issuing")["crl"]["number"]
    node.wait(lambda: number(load(node, known.certificate)) == newest, "the newest CRL", 20)
    last = load(node, known.certificate)
    node.stop()
    node.start()
    node.wait(node.accepts, "the original to serve again")
    assert node.reenroll(make_csr(make_key(), "unknown"), unknown).status == 200
    node.stop()

    # nobody starts it by accident, however often
    put_in_place(node, copy)
    for _ in range(2):
        log = refuses_to_start(node)
        assert "store_restored" in log and "bestowd --after-restore" in log
    assert after_restore(node, "--check-config").stdout == "ok\n"

    taken = after_restore(node)
    assert taken.returncode == OK and "backup of 20" in taken.stdout and "1 API tokens" in taken.stdout, taken
    again = after_restore(node)
    assert again.returncode == OK and "nothing to do" in again.stdout
    node.start()
    node.wait(node.accepts, "the restored node to serve")

    # relying parties see nothing go back
    node.wait(lambda: (crl := load(node, known.certificate)) is not None and number(crl) > newest, "a CRL with a number above all before", 20)
    crl = load(node, known.certificate)
    assert number(crl) > newest and crl.last_update >= last.last_update
    assert crl.is_signature_valid(x509.load_pem_x509_certificate((node.folder / "ca.pem").read_bytes()).public_key())

    # it is told, and what could be used again cannot
    entry = next(e for e in node.ctl_json("audit", "list", "--limit", "20")["entries"] if e["action"] == "node.after-restore")
    assert entry["actor"].startswith("operator:") and "last certificate" in entry["before"] and "hash" in entry["before"]
    assert "1 API tokens" in entry["after"]
    node.ctl("audit", "verify")
    assert any(event["reason"] == "store_restored" for event in node.events("--refusals"))
    assert node.ctl_json("token", "list")["tokens"][0]["ends"] is not None
    refused = subprocess.run([BIN / "bestowctl", "--server", f"https://localhost:{node.admin_port}", "--token-file", token, "--ca-file",
                              node.folder / "root.pem", "--no-input", "status"], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 4, refused

    # who was in the backup goes on, with serial numbers that no earlier one began with
    renewed = node.reenroll(make_csr(make_key(), "known"), known)
    assert renewed.status == 200
    assert node.serial(known.certificate)[:2] == "01" and node.serial(renewed.certificate)[:2] == "02"


def test_ft_11_a_store_that_is_no_backup_starts_as_always(node):
    device = node.device("as-ever")
    node.stop()
    nothing = after_restore(node)
    assert nothing.returncode == OK and "nothing to do" in nothing.stdout
    node.start()
    node.wait(node.accepts, "the node to serve")
    renewed = node.reenroll(make_csr(make_key(), "as-ever"), device)
    assert renewed.status == 200 and node.serial(renewed.certificate)[:2] == "01"
    assert after_restore(node).returncode != OK  # not while it runs


def test_ft_11_a_copy_of_the_disk_is_taken_over_when_somebody_says_so(node):
    node.device("one")
    node.stop()
    taken = after_restore(node, "--after-restore=snapshot")
    assert taken.returncode == OK and "last certificate" in taken.stdout
    assert after_restore(node, "--after-restore=whatever").returncode == 2
    node.start()
    node.wait(node.accepts, "the node to serve")
    assert node.serial(node.device("two").certificate)[:2] == "02"


def test_ft_11_killed_on_the_way_it_is_done_again(node):
    """SIGKILL at growing delays: each time either all of it has happened or nothing."""
    copy = back_up(node)
    node.stop()
    cut = done = 0
    for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 10):
        put_in_place(node, copy)
        run = subprocess.Popen([BIN / "bestowd", "--config", node.config, "--after-restore"], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=node.environment)
        try:
            run.wait(delay)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        run.communicate()
        cut += run.returncode == -signal.SIGKILL
        again = after_restore(node)
        assert again.returncode == OK
        done += "nothing to do" in again.stdout
        assert "nothing to do" in after_restore(node).stdout
    assert cut and done
    node.start()
    node.wait(node.accepts, "the node to serve")
    actions = [entry["action"] for entry in node.ctl_json("audit", "list", "--limit", "20")["entries"]]
    assert actions.count("node.after-restore") == 1
    node.ctl("audit", "verify")


def test_ft_11_a_clock_behind_the_backup_is_refused(node):
    copy = back_up(node)
    node.stop()
    put_in_place(node, copy)
    offset = node.folder / "offset"
    offset.write_bytes((-7200).to_bytes(8, sys.byteorder, signed=True))
    behind = subprocess.run([BIN / "bestowd", "--config", node.config, "--after-restore"], capture_output=True, text=True, timeout=60,
                            env={**os.environ, "LD_PRELOAD": str(BIN / "tests" / "libclock_shim.so"), "CLOCK_SHIM_FILE": str(offset),
                                 "ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert behind.returncode != OK and "clock" in behind.stderr, behind
    assert after_restore(node).returncode == OK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_ft_11_root_takes_over_as_whom_the_store_belongs_to(node):
    copy = back_up(node)
    node.stop()
    put_in_place(node, copy)
    node.folder.chmod(0o755)
    state, nobody = node.folder / "state", 65534
    for path in (state, *state.iterdir()):
        os.chown(path, nobody, nobody)
    assert after_restore(node).returncode == OK
    assert {path.stat().st_uid for path in state.glob("bestow.db*")} == {nobody}
