"""Those who judge the soak see what they are there for: a leak, and an answer that nothing excuses."""
import http.client
import random
import threading
from types import SimpleNamespace

import pytest

from soak_judge import EVERYBODY, Gate, Judge, Wrong
from soak_watch import HOUR, MIB, Sample, Watch

OK = SimpleNamespace(status=200, headers={})
BUSY = SimpleNamespace(status=503, headers={"Retry-After": "2"})
MUTE = SimpleNamespace(status=503, headers={})


def watched(rss=lambda i: 8 * MIB, fds=lambda i: 10, pid=lambda i: 1, count=240):
    """A watch that has seen one process once a minute, in four stretches."""
    watch = Watch(None)
    for i in range(count):
        sample = Sample(i * 60.0, pid(i), rss(i), fds(i), 4, 0)
        watch.stretch = 1 + i * 4 // count
        watch.keep("edge-1", sample)
    return watch


def test_ld_08_a_leak_of_descriptors_is_seen():
    assert watched(fds=lambda i: 10 + i // 50).grown("fds")
    assert watched(fds=lambda i: 10 + (i >= 230)).grown("fds") == {}  # once, and perhaps not for good
    assert watched(fds=lambda i: 10 + (i >= 180)).grown("fds")
    # lives of their own may differ
    assert watched(fds=lambda i: 10 + i // 60, pid=lambda i: i // 60).grown("fds") == {}
    assert watched(fds=lambda i: 10 + (i % 7 == 0)).grown("fds") == {}


def test_ld_08_a_leak_of_memory_is_seen():
    noise = random.Random(8)
    assert watched(rss=lambda i: 8 * MIB + 2 * MIB * i / 60 + noise.randrange(600)).fatter(1, HOUR)
    assert watched(rss=lambda i: 8 * MIB + noise.randrange(600)).fatter(1, HOUR) == {}
    # what fills a cache in the first half of a life is no leak, and a short look is no judgement
    assert watched(rss=lambda i: min(i, 110) * MIB).fatter(1, HOUR) == {}
    assert watched(rss=lambda i: i * MIB, count=60).fatter(1, HOUR) == {}
    assert watched(rss=lambda i: i % 60 * MIB, pid=lambda i: i // 60).fatter(1, HOUR / 3)


@pytest.mark.parametrize("answer", [BUSY, MUTE, ConnectionResetError(), http.client.IncompleteRead(b"")], ids=repr)
def test_ld_08_nothing_but_a_fault_excuses(answer):
    judge, answers = Judge(), []

    def request():
        answers.append(answer)
        if len(answers) > 1:
            return OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    with judge.fault("kill admin", {"api"}):
        if answer is MUTE:
            # a 503 that does not say when to come back is no right answer, whatever happens
            assert judge.ask("est", "enroll", request) is MUTE
            return
        with pytest.raises(Wrong):
            judge.ask("est", "enroll", request)
    answers.clear()
    with judge.fault("kill authority", EVERYBODY):
        assert judge.ask("est", "enroll", request) is OK
    assert judge.excuses == {"kill authority": 1}
    answers.clear()
    with pytest.raises(Wrong):
        judge.ask("est", "enroll", request)


def test_ld_08_while_the_gate_is_shut_nobody_asks():
    gate, judge, over, asked = Gate(), Judge(), threading.Event(), [0]

    def step():
        asked[0] += 1

    life = threading.Thread(target=judge.life, args=(step, gate, over, lambda: 0.001))
    life.start()
    try:
        with gate.shut():
            seen = asked[0]
            assert not over.wait(0.1) and asked[0] == seen
    finally:
        over.set()
        life.join()
    assert judge.wrong == []


def test_ld_08_what_was_not_foreseen_is_wrong():
    judge, over = Judge(), threading.Event()

    def step():
        over.set()
        raise KeyError("nobody thought of this")

    judge.life(step, Gate(), over, lambda: 0)
    assert len(judge.wrong) == 1 and "nobody thought of this" in judge.wrong[0]
