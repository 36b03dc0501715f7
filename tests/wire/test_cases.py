"""The data files of cases/: octets in, answers out (see cases/README.md)."""
import pathlib
import re
import socket

import pytest

import wire

FOLDER = pathlib.Path(__file__).resolve().parent / "cases"
CANARY = b"GET /still HTTP/1.1\r\nHost: a\r\n\r\n"


def octets(text):
    """The octets of a `send` line; a repetition may hold another."""
    repeated = re.compile(r"\{(\d+)\*((?:[^{}])*)\}")
    while repeated.search(text):
        text = repeated.sub(lambda match: match.group(2) * int(match.group(1)), text)
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def cases():
    for path in sorted(FOLDER.glob("*.txt")):
        case = None
        for line in path.read_text().splitlines():
            word, _, rest = line.partition(" ")
            if word == "case":
                case = (rest, [])
            elif line and not line.startswith("#"):
                case[1].append((word, rest))
            elif not line and case:
                yield pytest.param(case[1], id=f"{path.stem}-{case[0]}")
                case = None
        if case:
            yield pytest.param(case[1], id=f"{path.stem}-{case[0]}")


def half_close(peer):
    """TCP's end of our direction, also beneath TLS: close_notify has a test of its own."""
    socket.socket.shutdown(peer, socket.SHUT_WR)


def check_answer(answer, words):
    fate = {"keep": False, "close": True}
    for word in words:
        if word in fate:
            assert (answer.fields.get("Connection") == "close") == fate[word], answer.raw_head
        elif word == "empty":
            assert answer.fields["Content-Length"] == "0"
        elif word == "head":
            assert int(answer.fields["Content-Length"]) > 0
        else:
            name, _, value = word.partition("=")
            assert answer.facts()[name] == value, answer.body


def expect(peer, reader, rest):
    status, *words = rest.split()
    answer = reader.answer(is_head="head" in words)
    assert answer.status == int(status), answer.raw_head + answer.body
    check_answer(answer, words)
    if answer.status >= 400 and "empty" not in words and answer.status != 500:
        assert re.fullmatch(rb"[a-z_]+ request=[0-9a-f]{16}\n", answer.body), answer.body
    if "close" in words:
        reader.assert_closed()
    if "keep" in words:
        peer.sendall(CANARY)
        assert reader.answer().facts()["path"] == "/still"


@pytest.mark.parametrize("listener", ["plain", "tls"])
@pytest.mark.parametrize("lines", cases())
def test_case(server, lines, listener):
    start = len(server.log())
    with server.connect(listener) as peer:
        reader = wire.Reader(peer)
        pending = b""
        for word, rest in lines:
            if word in ("send", "then"):
                pending += octets(rest)
                continue
            if pending:
                peer.sendall(pending)
                pending = b""
            if word == "half-close":
                half_close(peer)
            elif word == "expect":
                expect(peer, reader, rest)
            elif word == "closed":
                reader.assert_closed()
            elif word == "log":
                server.wait_for_log(rest, start)
            else:
                pytest.fail(f"unknown word {word}")


def test_there_are_cases():
    assert len(list(cases())) > 100
