"""Which answers are right. A request without one is right only if a process that it needs was killed, or was not back yet, while
it was under way; it is sent again then, and once the process is back it must be answered. Reloads excuse nothing."""
import collections
import contextlib
import http.client
import threading
import time
import traceback

EVERYBODY = frozenset({"est", "va", "api"})
PAUSE = 0.2  # before a request is sent again


class Wrong(Exception):
    """An answer that nothing explains."""


class Fault:
    """A process that was killed: whom that excuses, and from when to when."""

    def __init__(self, name, excused):
        self.name, self.excused, self.begun, self.ended = name, excused, time.monotonic(), None

    def covers(self, side, since):
        return side in self.excused and (self.ended is None or self.ended >= since)


def is_busy(answer):
    return answer.status == 503 and int(answer.headers.get("Retry-After") or 0) > 0


class Gate:
    """Whoever asks the node something passes it; while it is closed nobody does."""

    def __init__(self):
        self.changed, self.within, self.closed = threading.Condition(), 0, False

    @contextlib.contextmanager
    def passed(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.closed)
            self.within += 1
        try:
            yield
        finally:
            with self.changed:
                self.within -= 1
                self.changed.notify_all()

    @contextlib.contextmanager
    def shut(self):
        with self.changed:
            self.closed = True
            self.changed.wait_for(lambda: self.within == 0)
        try:
            yield
        finally:
            with self.changed:
                self.closed = False
                self.changed.notify_all()


class Judge:
    def __init__(self):
        self.lock, self.faults, self.wrong = threading.Lock(), [], []
        self.answers, self.excuses, self.done = collections.Counter(), collections.Counter(), collections.Counter()

    @contextlib.contextmanager
    def fault(self, name, excused):
        fault = Fault(name, excused)
        with self.lock:
            self.faults = [f for f in self.faults if f.ended is None or f.ended > fault.begun - 120] + [fault]
            self.done[name] += 1
        try:
            yield
        finally:
            fault.ended = time.monotonic()

    def excuse(self, side, since):
        with self.lock:
            return next((fault.name for fault in self.faults if fault.covers(side, since)), None)

    def complain(self, what, words):
        with self.lock:
            self.wrong.append(f"{what}: {words}")
        print(self.wrong[-1], flush=True)

    def expect(self, right, what, words):
        if not right:
            raise Wrong(f"{what}: {words}")

    def ask(self, side, what, request):
        """The answer to what `request` asks, asked again as long as a fault explains that there is none."""
        while True:
            begun, answer, words = time.monotonic(), None, None
            try:
                answer = request()
                words = "503" if is_busy(answer) else None
            except (OSError, http.client.HTTPException) as failure:
                words = repr(failure)
            if words is None:
                with self.lock:
                    self.answers[f"{what} {answer.status}"] += 1
                return answer
            fault = self.excuse(side, begun)
            self.expect(fault, what, f"{words}, and nothing explains it")
            with self.lock:
                self.excuses[fault] += 1
            time.sleep(PAUSE)

    def life(self, step, gate, over, pause):
        """Does a step after the other until it is over. What is wrong is written down, and life goes on."""
        while not over.is_set():
            try:
                with gate.passed():
                    step()
            except Wrong as wrong:
                self.complain("wrong", wrong)
            except Exception:  # noqa: BLE001 - whatever was not foreseen is wrong as well
                self.complain("unforeseen", traceback.format_exc(limit=4))
            over.wait(pause())
