"""`bestow doctor` names the link that is broken, and tries nothing that cannot work then."""
import email.utils
import time

import pytest

from device import Device, private_file
from est_server import PASSPHRASE, USER, EstServer
from node import free_port

LINKS = ["name", "connection", "TLS", "trust", "clock", "key", "csrattrs", "credential", "rehearsal"]


def examine(device, code, *options):
    """Each link's state, and the words of the links."""
    document = device.json("doctor", *options, code=code)
    assert [check["check"] for check in document["checks"]] == LINKS
    assert document["sound"] == (code == 0)
    return ({check["check"]: check["state"] for check in document["checks"]},
            {check["check"]: check["words"] for check in document["checks"]})


@pytest.fixture
def server():
    with EstServer(date=email.utils.formatdate(usegmt=True)) as running:
        yield running


@pytest.fixture
def device(server):
    secret = private_file(server.folder, "pass", PASSPHRASE)
    with Device(server.url, "--user", USER, "--pass-file", secret, "--subject", "CN=dev-1", "--timeout", "3s",
                ca=server.folder / "root.pem") as made:
        yield made


def test_whose_key_it_will_be(device):
    assert examine(device, 0)[1]["key"] == "a new one is made for each certificate"
    assert examine(device, 0, "--new-key", "server")[1]["key"] == "a new one is made by the server, each time"


def rewrite(device, old, new):
    path = device.folder / "conf" / "dev.conf"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("switch,link,code", [({"server": "other-host"}, "trust", 8), ({"server": "expired"}, "trust", 8),
                                              ({"server": "other-root"}, "trust", 8), ({"tls": "none"}, "TLS", 7),
                                              ({"tls": "1.1"}, "TLS", 7), ({"misbehave": "html", "only": "cacerts"}, "TLS", 1),
                                              ({"csrattrs": b"\x30\x84"}, "csrattrs", 1)])
def test_the_server_s_links(server, device, switch, link, code):
    server.switches.update(switch)
    server.write_identity()
    states, words = examine(device, code)
    assert states[link] == "broken" and words[link].endswith("]")
    for before in LINKS[:LINKS.index(link)]:
        assert states[before] in ("ok", "warning")
    assert states["rehearsal"] == "ok", "what needs no server is tried all the same"
    assert link == "csrattrs" or states["csrattrs"] == "-"


def test_a_name_that_leads_nowhere(device):
    rewrite(device, "https://localhost", "https://nowhere.invalid")
    states, _ = examine(device, 7)
    assert states["name"] == "broken" and {states[link] for link in LINKS[1:5]} == {"-"}


def test_nobody_listens(device, server):
    rewrite(device, f"localhost:{server.port}", f"localhost:{free_port()}")
    states, words = examine(device, 7)
    assert (states["name"], states["connection"], states["TLS"]) == ("ok", "broken", "-") and "refused" in words["connection"]


def test_a_clock_that_is_off(device, server):
    server.switches["date"] = email.utils.formatdate(time.time() - 7200, usegmt=True)
    states, words = examine(device, 0)
    assert states["clock"] == "warning" and words["clock"] == "2 h ahead of the server's"


def test_a_key_and_a_secret_that_cannot_be_read(device, server):
    states, _ = examine(device, 10, "--new-key", "/nonexistent")
    assert states["key"] == "broken"
    (server.folder / "pass").chmod(0o644)
    states, _ = examine(device, 10)
    assert states["credential"] == "broken"


def test_a_name_that_cannot_be_asked_for(device):
    states, _ = examine(device, 2, "--subject", "CN={idevid:serialNumber}")
    assert states["rehearsal"] == "broken"


def test_nine_green_lines(device, server):
    states, words = examine(device, 0)
    assert set(states.values()) == {"ok"} and "nothing was sent" in words["rehearsal"]
    assert {request.operation for request in server.requests} == {"cacerts", "csrattrs"} and not server.issued
    assert device.run("enroll").returncode == 0
    states, words = examine(device, 0)
    assert set(states.values()) == {"ok"} and "current" in words["credential"] and "CN=dev-1" in words["rehearsal"]
    run = device.run("doctor")
    assert run.returncode == 0 and len(run.stdout.splitlines()) == len(LINKS) and "ok      name" in run.stdout
