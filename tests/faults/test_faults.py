"""Rows FT-*: processes killed, disks full, files altered by hand. What was acknowledged stays; what was not leaves no trace."""
import concurrent.futures
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

from node import Node, make_csr, make_key

KILLS = 100 if os.environ.get("BESTOW_LONG") else 8


def enroll_all(node, stop, acknowledged, refused, worker):
    """Devices that never give up; what they were given is written down."""
    key = make_key()
    for i in range(100000):
        if stop.is_set():
            return
        name = f"w{worker}-{i}"
        try:
            answer = node.enroll(make_csr(key, name), timeout=15)
        except OSError:
            continue
        if answer.status == 200:
            acknowledged.append((name, answer.certificate.serial_number))
        else:
            refused.append((answer.status, answer.headers.get("Retry-After")))


@pytest.mark.parametrize("victim", ["authority", "edge-1"])
def test_ft_01_and_02_kill_9_under_load(victim):
    seed = random.randrange(2**32)
    print("seed", seed)
    moments = random.Random(seed)
    with Node() as node:
        node.set_profile("demo", "key.reuse=any")
        stop, acknowledged, refused = threading.Event(), [], []
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            workers = [pool.submit(enroll_all, node, stop, acknowledged, refused, i) for i in range(6)]
            killed = 0
            try:
                node.wait(lambda: len(acknowledged) > 5, "the devices to enroll")
                while killed < KILLS:
                    # the supervisor waits longer each time before it starts a process that keeps dying
                    time.sleep(moments.uniform(0.05, 0.4))
                    pid = node.children().get(victim)
                    if pid:
                        os.kill(pid, signal.SIGKILL)
                        killed += 1
                before = len(acknowledged)
                node.wait(lambda: len(acknowledged) > before + 20, "the devices to enroll again", 60)
            finally:
                stop.set()
            for worker in workers:
                worker.result()
        # clients of a process that died saw a closed connection or "busy, come back"
        assert {status for status, _ in refused} <= {503}
        assert all(after and int(after) > 0 for _, after in refused)
        node.wait(lambda: node.enroll(make_csr(make_key(), "after")).status == 200, "the node to recover", 20)
        # V3: what was acknowledged is stored; V2: no serial twice
        serials = [serial for _, serial in acknowledged]
        assert len(serials) == len(set(serials))
        store = sqlite3.connect(f"file:{node.folder}/state/bestow.db?mode=ro", uri=True)
        stored = {int.from_bytes(row[0], "big") for row in store.execute("SELECT serial FROM certificate WHERE der IS NOT NULL")}
        assert not set(serials) - stored
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert node.ctl("audit", "verify")


def test_ft_06_a_full_disk_refuses_and_recovers_by_itself(tmp_path):
    """The state lies on a file system of a few megabytes, which is filled up and then emptied."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "tmpfs", folder]).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        node = Node(settings="")
        node.write_config_with_state(folder)
        with node:
            assert node.enroll(make_csr(make_key(), "before")).status == 200
            ballast = folder / "ballast"
            # without a buffer: what a full disk did not take must not be written again when the file is closed
            with open(ballast, "wb", buffering=0) as out:
                try:
                    while True:
                        out.write(b"x" * 65536)
                except OSError:
                    pass
            answers = [node.enroll(make_csr(make_key(), f"full-{i}")) for i in range(12)]
            assert {a.status for a in answers} <= {200, 503}
            refused = [a for a in answers if a.status == 503]
            assert refused, "the disk was full, and nothing was refused"
            assert all(int(a.headers["Retry-After"]) > 0 for a in refused)
            ballast.unlink()
            node.wait(lambda: node.enroll(make_csr(make_key(), "after")).status == 200, "recovery", 15)
            assert node.ctl("audit", "verify")
    finally:
        subprocess.run(["umount", folder])


def test_co_26_an_altered_audit_log_is_found():
    with Node() as node:
        node.device("audited")
        head = node.ctl("audit", "verify")
        assert head
        node.stop()
        path = node.folder / "state/bestow.db"

        def tampered(sql):
            original = path.read_bytes()
            store = sqlite3.connect(path)
            store.execute(sql)
            store.commit()
            store.close()
            node.start()
            run = node.ctl_run("audit", "verify")
            node.stop()
            for extra in path.parent.glob("bestow.db-*"):
                extra.unlink()
            path.write_bytes(original)
            return run

        assert tampered("UPDATE audit SET actor = 'nobody' WHERE id = 3").returncode != 0
        assert tampered("DELETE FROM audit WHERE id = 3").returncode != 0
        node.start()
        assert node.ctl("audit", "verify") == head
        node.stop()
