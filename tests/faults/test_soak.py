"""Row LD-08: a node at work for hours. Devices enroll, renew and are refused, relying parties and operators ask, and in storms
its processes are killed, it is reloaded and reconfigured. No answer is wrong, nothing acknowledged is lost, nothing grows.

BESTOW_SOAK says for how many seconds; tools/soak has it in hours. Descriptors, threads, answers and the store are always judged.
Memory is judged in long runs only: a database's cache of 16 MiB is some hours in filling, and before that growth is no leak."""
import contextlib
import json
import os
import random
import signal
import sqlite3
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from node import Node
from soak_judge import EVERYBODY, Gate, Judge
from soak_life import Console, Device, NEIGHBOUR, Operator, RelyingParty, Stranger, World, digest
from soak_watch import DATABASE_FILES, HOUR, Watch, named_children
from test_fleet import restart_at_once

SECONDS = int(os.environ.get("BESTOW_SOAK", "40"))
CYCLES = 4 if SECONDS >= 300 else 1
STORM = 1 / 3  # of each cycle; the rest is calm
DEVICES = 3
PAUSE = 0.4  # of each device between two steps, and about so long for the others
BACK_SECONDS = 60
RSS_SLOPE = 1  # MiB per hour
RSS_SECONDS = 6 * HOUR  # a run in which caches fill and memory is judged after
RSS_WATCHED = HOUR / 3  # of a process that is judged, after its warm-up
BETWEEN_FAULTS = 2
RELOAD, KILL_AMID_RELOAD = "reload", "kill amid a reload"
# who is killed, and what that excuses
KILLED = {"edge-1": EVERYBODY, "edge-2": EVERYBODY, "authority": EVERYBODY, "admin": {"api"}, "monitor": {"api"}}


class Log:
    """The node's log, read on from where it was read last, and who has said in it that they serve."""

    def __init__(self, path):
        self.path, self.place, self.ready = path, 0, set()

    def more(self):
        with open(self.path, "rb") as file:
            file.seek(self.place)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.place += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        self.ready |= {int(json.loads(line)["pid"]) for line in lines if '"process.ready"' in line}
        return lines


class Storm:
    """Everything that may befall a node, in an order of its own each time."""

    def __init__(self, world, seed):
        self.world, self.node, self.judge, self.chance, self.deck = world, world.node, world.judge, random.Random(seed), []
        self.log = Log(self.node.log_path)

    def step(self, kill_authority):
        if not self.deck:
            self.deck = [*KILLED, RELOAD, RELOAD, KILL_AMID_RELOAD]
            self.chance.shuffle(self.deck)
        what = self.deck.pop()
        victim = self.chance.choice(list(KILLED)) if what == KILL_AMID_RELOAD else what
        if victim == "authority" and not kill_authority:
            return
        if what == RELOAD:
            self.reload()
        elif what == KILL_AMID_RELOAD:
            self.kill_amid_reload(victim)
        else:
            self.kill(victim)

    def wait(self, what, condition):
        end = time.monotonic() + BACK_SECONDS
        while not condition(self.log.more()):
            self.judge.expect(time.monotonic() < end, "storm", f"waited {BACK_SECONDS} s for {what}")
            time.sleep(0.05)

    def is_whole(self, gone):
        children = named_children(self.node)
        return set(children) == set(KILLED) and gone not in children.values() and self.log.ready.issuperset(children.values())

    def kill(self, name):
        pid = named_children(self.node)[name]
        with self.judge.fault(f"kill {name}", KILLED[name]):
            os.kill(pid, signal.SIGKILL)
            self.wait(f"another {name}", lambda _: self.is_whole(pid))

    def send_reload(self):
        self.log.more()
        self.node.process.send_signal(signal.SIGHUP)

    def reload(self):
        self.judge.done[RELOAD] += 1
        self.send_reload()
        self.wait("the reload", lambda lines: any('"node.reloaded"' in line for line in lines))

    def kill_amid_reload(self, name):
        """The reload is given up if it was a new edge; the old ones go on then."""
        with self.judge.fault(f"kill {name} amid a reload", KILLED[name]):
            self.send_reload()
            time.sleep(self.chance.uniform(0, 0.3))
            pid = named_children(self.node)[name]
            with contextlib.suppress(ProcessLookupError):  # an old edge may have ended by itself just now
                os.kill(pid, signal.SIGKILL)
            self.wait("the reload's end", lambda lines: any('"node.reload' in line for line in lines))
            self.wait(f"another {name}", lambda _: self.is_whole(pid))


def run_storm(storm, seconds, kill_authority):
    over = threading.Event()
    threading.Timer(seconds, over.set).start()
    storm.judge.life(lambda: storm.step(kill_authority), Gate(), over, lambda: BETWEEN_FAULTS)


def run_calm(watch, gate, judge, seconds):
    """The node is looked at while all of its clients pause, about twenty times or once a minute."""
    watch.stretch += 1
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(60, max(2, seconds / 20)))
        with gate.shut():
            watch.take()
    print(f"calm {watch.stretch} of {CYCLES}: {sum(judge.answers.values())} answers, {len(judge.wrong)} wrong\n{watch.table()}\n{watch.files()}", flush=True)


@contextlib.contextmanager
def inhabited(world, gate):
    """All who live with the node, each on a thread of its own."""
    over, chance = threading.Event(), random.Random("pauses")
    people = [*(Device(world, i) for i in range(DEVICES)), Stranger(world), RelyingParty(world), Operator(world), Console(world)]
    threads = [threading.Thread(target=world.judge.life, args=(one.step, gate, over, lambda: chance.uniform(PAUSE / 2, PAUSE * 3 / 2))) for one in people]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def stored_devices(node):
    """{serial: (digest of the key, digest of the DER)} of what the store says was issued to devices."""
    store = sqlite3.connect(f"file:{node.folder}/state/bestow.db?mode=ro", uri=True)
    with contextlib.closing(store):
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = store.execute("SELECT der FROM certificate WHERE purpose = 0 AND length(der) > 0").fetchall()
    found = [x509.load_der_x509_certificate(der) for der, in rows]
    assert len(found) == len({certificate.serial_number for certificate in found})
    return {c.serial_number: (digest(c), c.fingerprint(hashes.SHA256())) for c in found}


def expect_the_store_to_agree(world):
    """Whoever asked went on until there was an answer, so the store holds what was acknowledged and not one certificate more."""
    stored = stored_devices(world.node)
    lost = {serial for serial, what in world.issued.items() if stored.get(serial) != what}
    surplus = {serial: what for serial, what in stored.items() if serial not in world.issued}
    assert not lost, f"{len(lost)} acknowledged certificates are not in the store"
    assert not surplus, f"{len(surplus)} certificates that nobody was given, {sum(key in world.asked for key, _ in surplus.values())} for keys that were asked for"
    assert world.node.ctl("audit", "verify")
    return len(stored)


def expect_nothing_to_have_grown(watch):
    for what in ("fds", "threads"):
        assert not watch.grown(what), (what, watch.grown(what))
    assert max(sample.database for sample in watch.samples["authority"]) <= DATABASE_FILES
    if SECONDS >= RSS_SECONDS:
        assert not watch.fatter(RSS_SLOPE, RSS_WATCHED), watch.fatter(RSS_SLOPE, RSS_WATCHED)


def test_ld_08_a_mixed_soak():
    seed, judge, gate = random.randrange(2**32), Judge(), Gate()
    print(f"\nseed {seed}, {SECONDS} s")
    with Node(va_settings="crl_after_revocation = 1s", admin=True, metrics=True) as node:
        node.ctl("allow", "add", NEIGHBOUR)
        node.ctl("ca", "create", "Spare", "--parent", "Demo Root", "--subject", "CN=Spare", "--validity", "5y")
        world, watch = World(node, judge), Watch(node)
        storm = Storm(world, seed)
        with inhabited(world, gate):
            for cycle in range(CYCLES):
                # later on the authority lives long enough for its caches to fill
                run_storm(storm, SECONDS / CYCLES * STORM, cycle < max(1, CYCLES // 2))
                run_calm(watch, gate, judge, SECONDS / CYCLES * (1 - STORM))
        print(f"answers: {dict(judge.answers)}\nfaults: {dict(judge.done)}\nrefused or cut, and explained: {dict(judge.excuses)}")
        assert not judge.wrong, f"{len(judge.wrong)} wrong answers:\n" + "\n".join(judge.wrong[:10])
        # all of it at once, at last: what was acknowledged is on disk
        restart_at_once(node)
        certificates = expect_the_store_to_agree(world)
        expect_nothing_to_have_grown(watch)
        print(f"soak: {SECONDS} s, {sum(judge.answers.values())} answers, {certificates} certificates, {sum(judge.done.values())} kills and reloads; "
              f"memory was {'judged' if SECONDS >= RSS_SECONDS else f'not judged, that takes {RSS_SECONDS // HOUR} hours'}")
