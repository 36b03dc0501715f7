"""What the benches of enrollment share: the loader, the limits, and what a load costs."""
import contextlib
import functools
import math
import os
import pathlib
import re
import statistics
import subprocess
import typing

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
DONE = r"ok[ =:]+(\d+)"  # what the loader says of answers that it took for good

# name: (which limit, extra options of estload, profile, credential)
LOADS = {
    "new": ("L_new", ["-3", "-n", "16"], "demo", "passphrase"),
    "crowd": ("L_new", ["-3", "-t", str(os.cpu_count()), "-n", "32"], "demo", "passphrase"),
    "new-tls12": ("L_new", ["-2", "-n", "16"], "demo", "passphrase"),
    "mtls": ("L_mtls", ["-3", "-n", "16"], "demo-tls", "certificate"),
    "kept": ("L_keep", ["-3", "-K", "-n", "32"], "demo", "passphrase"),
    "again-new": ("L_new", ["-3", "-n", "16"], "again", "passphrase"),
    "again-kept": ("L_keep", ["-3", "-K", "-n", "32"], "again", "passphrase"),
}
HEAD = (f"{'load':<12}{'rate/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}{'CPU µs each':>13}{'limit µs':>10}{'efficiency':>12}{'cores busy':>12}"
        f"{'of bare':>9}")  # stays empty where the bare server is not asked


def build_tool(tools, name, folder):
    program = pathlib.Path(folder) / name
    subprocess.run(["cc", "-O2", "-w", "-o", program, tools / f"{name}.c", "-lssl", "-lcrypto", "-lpthread"], check=True)
    return program


def limits(program, copies):
    """The limits as estlimit finds them with so many copies of it at work: cores that share a chip slow each other down."""
    running = [subprocess.Popen([program], stdout=subprocess.PIPE, text=True) for _ in range(copies)]
    found = [dict(re.findall(r"(L_\w+)\D+([\d.]+)", process.communicate()[0])) for process in running]
    return {name: sum(float(each[name]) for each in found) / copies for name in found[0]}


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pids):
    pages = sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextlib.contextmanager
def bare_server(program, processes, answer_file, mutual):
    """The server that does nothing but what nobody can avoid: its port, and the ids of its processes."""
    from node import free_port  # needs BESTOW_BIN
    port = free_port()
    server = subprocess.Popen([program, str(port), str(processes), answer_file, *(["mutual"] if mutual else [])], stdout=subprocess.PIPE)
    try:
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError("the bare server did not start")
        yield port, pathlib.Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    finally:
        server.terminate()
        server.wait()


class Bench:
    """A node, made ready: every enrollment issues a certificate of its own."""

    def __init__(self, node, make_request, tools, folder, beside_bare=False):
        self.node, self.bare, self.answer = node, None, pathlib.Path(folder) / "answer"
        self.estload, self.estlimit = (build_tool(tools, name, folder) for name in ("estload", "estlimit"))
        for profile in ("demo", "demo-tls"):
            node.set_profile(profile, "repeat_answer=0s", "key.reuse=any", "renewal.own_certificate_on_enroll=enrolls")
        self.requests = {}
        for name in ("demo", "demo-tls", "again"):
            self.requests[name] = pathlib.Path(folder) / f"{name}.der"
            self.requests[name].write_bytes(make_request())
        self.device = node.device("bench-device")
        self.credentials = {"passphrase": ["-u", f"device:{node.passphrase}"],
                            "certificate": ["-c", str(self.device.path), "-k", str(self.device.path)]}
        if beside_bare:
            self.bare = build_tool(HERE, "bare", folder)
            self.answer.write_bytes(node.enroll(self.requests["demo"].read_bytes(), "demo", node.passphrase).body)

    def pids(self):
        return [self.node.process.pid, *self.node.children().values()]

    def run(self, name, seconds, connections=None):
        """Measures a load once and prints its row. The limits are those before and after it: a machine that shares its chip is not the
        same from one minute to the next."""
        which, extra, profile, credential = LOADS[name]
        extra = extra if connections is None else [*extra[:-1], str(connections)]
        options = ["-P", f"/.well-known/est/{profile}/simpleenroll", "-r", self.requests[profile], "-t", "1", "-w", "0", "-d", str(seconds),
                   *extra, *self.credentials[credential]]
        beside, alone = limits(self.estlimit, os.cpu_count())[which], [limits(self.estlimit, 1)[which]]
        text, spent = self.load(self.node.port, self.pids(), options)
        alone.append(limits(self.estlimit, 1)[which])
        bare = self.bare_seconds(options, credential == "certificate") if self.bare else float("nan")
        figures = read_figures(text, spent, statistics.mean(alone), beside, bare)
        print_row(name, figures)
        return figures

    def load(self, port, pids, options):
        """What the loader says, and the processor time that the server took meanwhile."""
        before = cpu_seconds(pids)
        run = subprocess.run([self.estload, "-H", "127.0.0.1", "-p", str(port), *options], capture_output=True, text=True)
        return run.stdout + run.stderr, cpu_seconds(pids) - before

    def bare_seconds(self, options, mutual):
        """Processor time of an answer of the bare server under the same load."""
        edges = sum(name.startswith("edge") for name in self.node.children())
        with bare_server(self.bare, edges, self.answer, mutual) as (port, pids):
            text, spent = self.load(port, pids, options)
        return spent / find_number(text, DONE)


class Figures(typing.NamedTuple):
    rate: float
    p50_ms: float
    p99_ms: float
    errors: float
    cost_us: float
    limit_us: float
    efficiency: float
    efficiency_beside: float
    of_bare: float


def find_number(text, pattern):
    found = re.search(pattern, text)
    return float(found[1]) if found else float("nan")


def read_figures(text, spent, alone, beside, bare):
    find = functools.partial(find_number, text)
    done = find(DONE)
    cost = spent / done if done else float("nan")
    return Figures(find(r"rate=([\d.]+)"), find(r"p50[ =:]+([0-9.]+)"), find(r"p99[ =:]+([0-9.]+)"), find(r"err[a-z]*[ =:]+([0-9]+)"),
                   cost * 1e6, 1e6 / alone, 1 / (cost * alone), 1 / (cost * beside), bare / cost)


def median(rounds):
    return Figures(*map(statistics.median, zip(*rounds)))


def print_row(name, figures):
    print(f"{name:<12}{figures.rate:>9.0f}{figures.p50_ms:>9.2f}{figures.p99_ms:>9.2f}{figures.errors:>8.0f}{figures.cost_us:>13.0f}"
          f"{figures.limit_us:>10.0f}{figures.efficiency:>12.2f}{figures.efficiency_beside:>12.2f}"
          + ("" if math.isnan(figures.of_bare) else f"{figures.of_bare:>9.2f}"), flush=True)
