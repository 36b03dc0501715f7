"""A proxy whose upstream dies under load, and comes back."""
import os
import signal
import threading

from node import Node, make_csr, make_key
from ra_proxy import Proxy, make_ra

DEVICES = 6


class Fleet:
    """Devices that ask one after the other until they are told to stop, and write down what they got."""

    def __init__(self, proxy):
        self.proxy, self.over, self.answers, self.wrong = proxy, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.live, args=(f"fleet-{i}",)) for i in range(DEVICES)]

    def live(self, name):
        key = make_key()
        csr = make_csr(key, name)
        while not self.over.is_set():
            try:
                answer = self.proxy.enroll(csr)
            except OSError as error:
                self.wrong.append(error)
                return
            self.answers.append(answer.status)
            if answer.status == 200 and answer.certificate.public_key().public_numbers() != key.public_key().public_numbers():
                self.wrong.append(answer)
            if answer.status != 200 and not (answer.status in (502, 503, 504) and answer.headers["Retry-After"]):
                self.wrong.append((answer.status, answer.text))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)


def test_the_upstream_is_killed_under_load_and_comes_back():
    with Node(edges=1) as node:
        proxy = Proxy(f"https://127.0.0.1:{node.port}", (node.folder / "ca.pem").read_bytes())
        make_ra(node, proxy.folder, "demo")
        with proxy, Fleet(proxy) as fleet:
            proxy.wait(lambda: fleet.answers.count(200) > 2 * DEVICES, "the fleet to enroll")
            node.stop(signal.SIGKILL)
            proxy.wait(lambda: 503 in fleet.answers[-DEVICES:], "the fleet to be sent away")
            # what the upstream said before is still there for who asks
            assert proxy.request("GET", "/.well-known/est/site/cacerts").status == 200
            node.start()
            seen = len(fleet.answers)
            proxy.wait(lambda: fleet.answers[seen:].count(200) > 2 * DEVICES, "the fleet to enroll again")
            assert fleet.wrong == []


def test_the_upstream_process_is_killed_and_comes_back():
    with Node(edges=1) as node:
        proxy = Proxy(f"https://127.0.0.1:{node.port}", (node.folder / "ca.pem").read_bytes())
        make_ra(node, proxy.folder, "demo")
        with proxy, Fleet(proxy) as fleet:
            proxy.wait(lambda: fleet.answers.count(200) > 2 * DEVICES, "the fleet to enroll")
            os.kill(proxy.children()["upstream"], signal.SIGKILL)
            proxy.wait(lambda: proxy.says("process.died", "upstream"), "the supervisor to see it")
            seen = len(fleet.answers)
            proxy.wait(lambda: fleet.answers[seen:].count(200) > 2 * DEVICES, "the fleet to enroll again")
            assert fleet.wrong == []
