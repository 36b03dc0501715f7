"""The life of a node: its processes die, its configuration changes, its machine runs short, it is told to end."""
import json
import os
import pathlib
import resource
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from node import BIN, Node, free_port, make_csr, make_key

BESTOWD = BIN / "bestowd"
NOBODY = 65534


@pytest.fixture
def own_node():
    with Node() as running:
        yield running


def serves(node):
    return node.enroll(make_csr(make_key())).status == 200


def eventually(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def raw_admin(path, *frames):
    """Replies on one connection to the local socket, until the node closes it."""
    replies = []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        for frame in frames:
            connection.sendall(frame)
        while head := connection.recv(4, socket.MSG_WAITALL):
            replies.append(json.loads(connection.recv(struct.unpack(">I", head)[0], socket.MSG_WAITALL)))
            if len(replies) == len(frames):
                break
    return replies


def frame(text):
    return struct.pack(">I", len(text)) + text


# -- the command line and the file --


def run(*arguments):
    return subprocess.run([BESTOWD, *arguments], capture_output=True, text=True, timeout=60)


def test_unknown_arguments_are_a_usage_error():
    for arguments in (["--bogus"], ["surplus"], ["--self-test=nothing"], ["--config"]):
        assert run(*arguments).returncode == 2
    assert run("--version").stdout.startswith("bestowd ")
    assert "Examples:" in run("--help").stdout


def test_every_problem_of_the_file_is_told_with_its_line(tmp_path):
    path = tmp_path / "bestowd.conf"
    path.write_text("[node]\nedgs = 2\nworkers = none\n[est]\nlisten = here\n")
    for arguments in (["--check-config"], []):
        bad = run("--config", path, *arguments)
        assert bad.returncode == 1
        assert f"{path}:2:1: edgs: " in bad.stderr and "did you mean edges?" in bad.stderr
        assert f"{path}:3:11: workers: " in bad.stderr and f"{path}:5:10: listen: " in bad.stderr


def test_a_missing_state_dir_is_told_before_anything_starts(tmp_path):
    path = tmp_path / "bestowd.conf"
    path.write_text(f"[node]\nstate_dir = state\nsocket = s\n[est]\nlisten = 127.0.0.1:{free_port()}\n")
    for arguments in (["--check-config"], []):
        bad = run("--config", path, *arguments)
        assert bad.returncode == 1 and f"state_dir {tmp_path}/state" in bad.stderr
    (tmp_path / "state").mkdir()
    assert run("--config", path, "--check-config").stdout == "ok\n"


def test_a_process_that_cannot_start_ends_the_node_with_its_own_words():
    broken = Node(setup=False)
    try:
        (broken.folder / "key.pass").chmod(0o644)
        broken.start(wait=False)
        assert broken.process.wait(20) == 1
        failed = [json.loads(line) for line in broken.log().splitlines() if "node.start_failed" in line]
        assert len(failed) == 1 and failed[0]["child"] == "authority" and "key.pass" in failed[0]["detail"]
    finally:
        broken.__exit__()


# -- locks --


def test_the_locks_hold_on_this_machine():
    tested = run("--self-test=lockdown")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "WRONG" not in tested.stdout


def test_each_process_runs_filtered_and_cannot_gain_privileges(node):
    for name, pid in node.children().items():
        status = dict(line.split(":\t") for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1"), name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")
def test_root_becomes_the_configured_user():
    switched = Node("user = nobody", setup=False)
    try:
        switched.folder.chmod(0o711)
        os.chown(switched.folder / "state", NOBODY, -1)
        switched.start()
        for name, pid in switched.children().items():
            owner = [line.split()[1:] for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:")]
            assert owner == [[str(NOBODY)] * 4], name
        assert (switched.folder / "admin.sock").stat().st_uid == NOBODY
    finally:
        switched.__exit__()


# -- the local socket --


def test_the_local_socket_is_private(node):
    assert (node.folder / "admin.sock").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_refused_even_if_the_socket_lets_him(own_node):
    path = own_node.folder / "admin.sock"
    own_node.folder.chmod(0o755)
    path.chmod(0o666)
    script = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(4); print(s.recv(9999).decode());"
              "assert s.recv(1) == b''")
    tried = subprocess.run(["python3", "-c", script, path], capture_output=True, text=True, user=NOBODY, timeout=20)
    assert json.loads(tried.stdout)["error"]["code"] == "not_permitted", tried.stderr


def test_an_operator_message_beyond_the_bound_is_refused(node):
    (reply,) = raw_admin(node.folder / "admin.sock", struct.pack(">I", 4 * 1024 * 1024 + 1))
    assert reply["error"]["code"] == "too_large"
    assert node.ctl_run("status").returncode == 0


def test_requests_on_one_connection_are_answered_in_order(node):
    replies = raw_admin(node.folder / "admin.sock", frame(b'{"verb":"status"}'), frame(b"nonsense"), frame(b'{"verb":"status"}'))
    assert ["result" in reply for reply in replies] == [True, False, True]


def test_programs_that_only_connect_keep_no_operator_out_for_long(own_node):
    idle = [socket.socket(socket.AF_UNIX) for _ in range(32)]
    for connection in idle:
        connection.connect(str(own_node.folder / "admin.sock"))
    for connection in idle:
        connection.close()
    assert own_node.ctl_run("status").returncode == 0


# -- processes that die --


def test_without_a_certificate_clients_are_told_so_and_served_once_there_is_one():
    with Node(setup=False) as node:
        with socket.create_connection(("127.0.0.1", node.port), timeout=20) as stranger, pytest.raises(ssl.SSLError, match="INTERNAL_ERROR"):
            ssl._create_unverified_context().wrap_socket(stranger)
        node.wait(lambda: "no_server_cert" in node.log_path.read_text(), "the refusal's line in the log", 20)
        node.set_up()
        assert serves(node)


def test_an_edge_that_dies_comes_back_and_serves(own_node):
    before = own_node.children()
    os.kill(before["edge-1"], signal.SIGKILL)
    assert eventually(lambda: own_node.children().get("edge-1") not in (None, before["edge-1"]))
    os.kill(before["edge-2"], signal.SIGSTOP)  # so that the new one must answer
    try:
        assert eventually(lambda: own_node.request("GET", "/.well-known/est/demo/cacerts", timeout=2).status == 200)
        assert serves(own_node)
    finally:
        os.kill(before["edge-2"], signal.SIGCONT)


def test_an_authority_that_dies_comes_back_and_serves(own_node):
    for _ in range(3):
        os.kill(own_node.children()["authority"], signal.SIGKILL)
        assert eventually(lambda: serves(own_node))
    assert own_node.ctl_run("status").returncode == 0


def test_the_admin_process_comes_back(own_node):
    os.kill(own_node.children()["admin"], signal.SIGKILL)
    assert eventually(lambda: own_node.ctl_run("status").returncode == 0)


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(own_node):
    started = set()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        pid = own_node.children().get("admin")
        if pid:
            started.add(pid)
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    # at once, then 100 ms, 200, 400, 800, 1600
    assert 3 <= len(started) <= 8
    assert serves(own_node)


def test_no_process_outlives_the_supervisor(own_node):
    children = own_node.children()
    own_node.process.kill()
    own_node.process.wait()

    def gone(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] in "ZX"
        except OSError:
            return True

    assert eventually(lambda: all(gone(pid) for pid in children.values()))


# -- reloading --


def reload(node):
    seen = node.log().count("node.reload")
    node.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: node.log().count("node.reload") > seen, 30)
    return json.loads([line for line in node.log().splitlines() if "node.reload" in line][-1])


@pytest.mark.parametrize("settings, words", [
    ("edgs = 1", "did you mean edges?"),
    ("workers = 0", "workers: 0 is not from 1 to 256"),
    ("user = nobody-of-this-name", "there is no user"),
])
def test_a_bad_file_changes_nothing(node, settings, words):
    before = node.children()
    node.write_config(settings)
    outcome = reload(node)
    assert outcome["event"] == "node.reload_refused" and words in outcome["detail"]
    assert node.children() == before and serves(node)


def test_a_tls_file_that_cannot_be_used_changes_nothing(own_node):
    (own_node.folder / "tls.crt").write_text("no certificate")
    (own_node.folder / "tls.key").touch(mode=0o600)
    (own_node.folder / "tls.key").write_text("no key")
    own_node.write_config(est_settings="certificate = tls.crt\nprivate_key = tls.key")
    assert reload(own_node)["event"] == "node.reload_refused"
    assert eventually(lambda: set(own_node.children()) == {"authority", "admin", "edge-1", "edge-2"})
    assert serves(own_node)


def test_an_address_that_is_taken_changes_nothing(own_node):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        own_node.write_config(est_settings=f"listen = 127.0.0.1:{taken.getsockname()[1]}")
        outcome = reload(own_node)
    assert outcome["event"] == "node.reload_refused" and "in use" in outcome["detail"]
    assert serves(own_node)


def test_a_reload_loses_no_request(own_node):
    failures, done, stop = [], [0], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                assert own_node.request("GET", "/.well-known/est/demo/cacerts").status == 200
                done[0] += 1
            except Exception as failure:  # noqa: BLE001 - any is one too many
                failures.append(repr(failure))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for edges in (3, 1, 2):
        own_node.write_config(edges=edges)
        assert reload(own_node)["edges"] == str(edges)
    stop.set()
    for asker in askers:
        asker.join()
    assert not failures and done[0] > 20
    assert eventually(lambda: len(own_node.children()) == 2 + 2)


def test_of_changes_at_the_same_time_none_is_lost_at_the_edges(own_node):
    for turn in range(8):
        names = [f"same-time-{turn}-{i}" for i in range(6)]
        threads = [threading.Thread(target=own_node.ctl_run, args=("profile", "create", name, "--template", "client-authentication", "--ca",
                                                                   "Demo Issuing", "--auth", "passphrase", "--alias", name)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in names:
            assert eventually(lambda: own_node.request("GET", f"/.well-known/est/{name}/cacerts").status == 200, 3), name


def test_a_kept_connection_survives_a_reload(own_node):
    kept = own_node.connect()
    assert own_node.request("GET", "/.well-known/est/demo/cacerts", connection=kept).status == 200
    assert reload(own_node)["event"] == "node.reloaded"
    assert own_node.request("GET", "/.well-known/est/demo/cacerts", connection=kept).status == 200
    kept.close()
    assert eventually(lambda: sorted(own_node.children()) == ["admin", "authority", "edge-1.2", "edge-2.2"])
    assert serves(own_node)


def test_an_address_that_is_gone_from_the_file_no_longer_listens(own_node):
    extra = free_port()
    own_node.write_config(est_settings=f"listen = 127.0.0.1:{extra}")
    assert reload(own_node)["event"] == "node.reloaded"
    kept = socket.create_connection(("127.0.0.1", extra))  # an old edge stays for it
    own_node.write_config()
    assert reload(own_node)["event"] == "node.reloaded"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", extra), timeout=2)
    kept.close()
    assert serves(own_node)


# -- machines that run short --


def test_ft_15_sixty_four_descriptors_make_no_node_spin():
    short = Node()
    start = subprocess.Popen

    def limited(*arguments, **options):
        return start(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)), **options)

    subprocess.Popen = limited
    try:
        short.start()
    finally:
        subprocess.Popen = start
    crowd = []
    try:
        short.set_up()
        for _ in range(200):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", short.port))
            crowd.append(connection)
        time.sleep(0.5)
        before = cpu_seconds(short)
        time.sleep(4)
        assert cpu_seconds(short) - before < 0.05 * 4 * len(short.children())
        for connection in crowd:
            connection.close()
        assert eventually(lambda: serves(short), 20)
    finally:
        for connection in crowd:
            connection.close()
        short.__exit__()


def cpu_seconds(node):
    ticks = 0
    for pid in node.children().values():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def test_ft_18_a_full_log_pipe_holds_no_request():
    muted = Node()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while os.write(writer, b"x" * 4096):
            pass
    except BlockingIOError:
        pass
    os.set_blocking(writer, True)
    try:
        muted.process = subprocess.Popen([BESTOWD, "--config", muted.config], stderr=writer, stdin=subprocess.DEVNULL,
                                         start_new_session=True)
        muted.log_path.touch()
        muted.wait(lambda: muted.ctl_run("status").returncode == 0, "the node to answer")
        muted.set_up()
        assert all(serves(muted) for _ in range(20))
        assert muted.stop() == 0
    finally:
        os.close(reader)
        os.close(writer)
        muted.__exit__()


# -- the end --


def test_ft_20_sigterm_drains_and_ends_in_time(own_node):
    held = socket.create_connection(("127.0.0.1", own_node.port))  # never says anything
    began = time.monotonic()
    own_node.process.send_signal(signal.SIGTERM)
    assert own_node.process.wait(15) == 0
    assert time.monotonic() - began < 12
    assert not (own_node.folder / "admin.sock").exists()
    held.close()


def test_ft_20_sigterm_under_load_loses_nothing_acknowledged(own_node):
    acknowledged, stop = [], threading.Event()

    def enroll():
        while not stop.is_set():
            try:
                answer = own_node.enroll(make_csr(make_key()), timeout=15)
                if answer.status == 200:
                    acknowledged.append(own_node.serial(answer.certificate))
            except OSError:
                return

    devices = [threading.Thread(target=enroll) for _ in range(4)]
    for device in devices:
        device.start()
    own_node.wait(lambda: len(acknowledged) > 4, "the devices to enroll", 60)
    assert own_node.stop() == 0
    stop.set()
    for device in devices:
        device.join()
    own_node.start()
    assert eventually(lambda: serves(own_node))
    for serial in acknowledged:
        assert own_node.ctl_run("cert", "show", serial).returncode == 0


def test_ft_20_a_second_sigterm_ends_at_once(own_node):
    held = own_node.connect()
    assert own_node.request("GET", "/.well-known/est/demo/cacerts", connection=held).status == 200
    os.kill(own_node.children()["edge-1"], signal.SIGSTOP)
    os.kill(own_node.children()["edge-2"], signal.SIGSTOP)
    own_node.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    began = time.monotonic()
    own_node.process.send_signal(signal.SIGTERM)
    own_node.process.wait(5)
    assert time.monotonic() - began < 2


def test_ft_20_a_stopped_edge_does_not_hold_the_end_up(own_node):
    os.kill(own_node.children()["edge-1"], signal.SIGSTOP)
    began = time.monotonic()
    own_node.process.send_signal(signal.SIGTERM)
    assert own_node.process.wait(20) == 0
    assert time.monotonic() - began < 14


def test_a_second_node_on_the_same_port_says_so(own_node):
    second = subprocess.run([BESTOWD, "--config", own_node.config], capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert f"127.0.0.1:{own_node.port}" in second.stderr and "in use" in second.stderr
    assert own_node.ctl_run("status").returncode == 0 and serves(own_node)


def test_systemd_is_told():
    told = Node(setup=False)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(told.folder / "notify"))
    listener.settimeout(20)
    told.environment.update(NOTIFY_SOCKET=str(told.folder / "notify"), WATCHDOG_USEC="200000")

    def until(word):
        """The socket holds ten messages: what is not read soon is lost."""
        end = time.monotonic() + 20
        while word not in (message := listener.recv(4096).decode()):
            assert time.monotonic() < end, f"{word} does not come"
        return message

    try:
        told.start(wait=False)
        assert "STATUS=serving on" in until("READY=1")
        assert until("WATCHDOG=1") and until("WATCHDOG=1")
        told.process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in until("RELOADING=1")
        assert until("READY=1")
        told.process.send_signal(signal.SIGTERM)
        assert until("STOPPING=1")
        assert told.process.wait(20) == 0
    finally:
        listener.close()
        told.__exit__()
