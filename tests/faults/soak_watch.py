"""What the processes of a node hold while it is at rest: memory, descriptors, threads; and what its files weigh. Growth is the
median of the slopes between all pairs of samples of one process (Theil and Sen): a page more or less here and there, or a burst,
does not move it."""
import collections
import contextlib
import os
import pathlib
import statistics
import time

HOUR = 3600
MIB = 1024  # KiB
PAIRS_MAX = 400000  # of one name; more samples than that need are thinned out
QUIET_READS = 3  # alike, one after the other: what clients closed has been let go of

DATABASE_FILES = 2 * (1 + 8 + 16)  # the writer, readers that are kept, and one for each thread that reads just now; two files each

Sample = collections.namedtuple("Sample", "at pid rss fds threads database")


def status_of(pid):
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]), int(fields["Threads"])


def open_files(pid):
    """What descriptors are open on, and how many on the database. Readers are opened when they are needed first, and some stay."""
    targets = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            targets.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    database = [target for target in targets if "/bestow.db" in target]
    return len(targets) - len(database), len(database)


def look_at(pid):
    (rss, threads), (fds, database) = status_of(pid), open_files(pid)
    return Sample(time.monotonic(), pid, rss, fds, threads, database)


def named_children(node):
    """Process ids by name: an edge that a reload brought is still the first or the second, whatever is behind the dot."""
    return {name.partition(".")[0]: pid for name, pid in node.children().items()}


def pairwise_slopes(samples, value):
    """Per hour, between samples of one and the same process."""
    step = max(1, int(len(samples) / (2 * PAIRS_MAX) ** 0.5))
    thinned = samples[::step]
    return [(value(later) - value(earlier)) * HOUR / (later.at - earlier.at)
            for i, earlier in enumerate(thinned) for later in thinned[i + 1:] if later.pid == earlier.pid]


class Watch:
    """Samples by the processes' names, and by the stretch of calm that they were taken in."""

    def __init__(self, node):
        self.node, self.born, self.stretch = node, {}, 0
        self.samples = collections.defaultdict(list)
        self.floors = collections.defaultdict(dict)  # {(name, pid, what): {stretch: the least that was seen}}

    def processes(self):
        return {"supervisor": self.node.process.pid, **named_children(self.node)}


    def await_quiet(self, seconds=5):
        """Until nothing is opened or closed any more; a node's own work may go on, so not for ever."""
        end, seen = time.monotonic() + seconds, []
        while time.monotonic() < end:
            seen = [*seen[1 - QUIET_READS:], {pid: open_files(pid)[0] for pid in self.processes().values()}]
            if len(seen) == QUIET_READS and seen.count(seen[0]) == QUIET_READS:
                return
            time.sleep(0.1)

    def take(self):
        self.await_quiet()
        for name, pid in self.processes().items():
            self.keep(name, look_at(pid))

    def keep(self, name, sample):
        self.born.setdefault(sample.pid, sample.at)
        self.samples[name].append(sample)
        for what in ("fds", "threads"):
            floor = self.floors[name, sample.pid, what]
            floor[self.stretch] = min(floor.get(self.stretch, 1 << 30), getattr(sample, what))

    def warm(self, name):
        """What was seen in the second half of each process's life: caches fill during the first."""
        last = {sample.pid: sample.at for sample in self.samples[name]}
        return [s for s in self.samples[name] if s.at - self.born[s.pid] >= (last[s.pid] - self.born[s.pid]) / 2]

    def slope(self, name, what):
        slopes = pairwise_slopes(self.warm(name), lambda sample: getattr(sample, what))
        return statistics.median(slopes) if slopes else 0.0

    def longest(self, name):
        """Seconds for which one process of this name was watched after its warm-up."""
        times = collections.defaultdict(list)
        for sample in self.warm(name):
            times[sample.pid].append(sample.at)
        return max(at[-1] - at[0] for at in times.values())

    def grown(self, what):
        """Names whose descriptors or threads became more: within a stretch of calm, or from the first one to the last of a life."""
        found = {name: f"{self.slope(name, what):+.2f}/h" for name in self.samples if self.slope(name, what) > 0}
        for (name, pid, counted), floor in self.floors.items():
            if counted == what and floor[max(floor)] > floor[min(floor)]:
                found[name] = f"process {pid}: {floor}"
        return found

    def fatter(self, mib_per_hour, watched):
        """Names whose memory grows faster, of those that were watched for so many seconds."""
        return {name: f"{self.slope(name, 'rss') / MIB:+.2f} MiB/h" for name in self.samples
                if self.longest(name) >= watched and self.slope(name, "rss") >= mib_per_hour * MIB}

    def table(self):
        lines = [f"{'process':<12}{'lives':>6}{'samples':>9}{'judged s':>10}{'RSS MiB':>16}{'MiB/h':>9}{'descriptors':>13}{'/h':>7}{'threads':>9}{'/h':>7}{'database':>10}"]
        for name, samples in sorted(self.samples.items()):
            warm = self.warm(name)
            lines.append(f"{name:<12}{len({s.pid for s in samples}):>6}{len(samples):>9}{self.longest(name):>10.0f}"
                         f"{warm[0].rss / MIB:>8.1f}{warm[-1].rss / MIB:>8.1f}{self.slope(name, 'rss') / MIB:>9.2f}"
                         f"{samples[0].fds:>6}{samples[-1].fds:>7}{self.slope(name, 'fds'):>7.2f}{samples[-1].threads:>9}{self.slope(name, 'threads'):>7.2f}{max(s.database for s in samples):>10}")
        return "\n".join(lines)

    def files(self):
        """Sizes in KiB of what the node keeps on disk, its log among it."""
        state = [path for path in (self.node.folder / "state").rglob("*") if path.is_file()]
        sizes = {path.name: path.stat().st_size // 1024 for path in state if path.name.startswith("bestow.db")}
        return {"files": len(state), **sizes, "log": self.node.log_path.stat().st_size // 1024}
