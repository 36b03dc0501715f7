"""The console's files as any HTTP client gets them; what they do in a browser is tests/browser."""
import gzip
import http.client
import re
import ssl

import pytest

from node import Node

LOADED_MAX = 150_000


@pytest.fixture(scope="module")
def node():
    with Node(admin=True) as running:
        yield running


def fetch(node, path, method="GET", **headers):
    connection = http.client.HTTPSConnection("localhost", node.admin_port, timeout=20,
                                             context=ssl.create_default_context(cafile=node.folder / "ca.pem"))
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def names(text):
    return set(re.findall(r"""["']\./([\w.-]+\.(?:js|css))["']""", text))


def every_file(node):
    found, todo = {}, {""}
    while todo:
        name = todo.pop()
        answer = fetch(node, "/" + name)
        assert answer.status == 200, name
        found[name] = answer
        todo |= names(answer.body.decode()) - set(found)
    return found


def test_what_is_no_file_is_not_found(node):
    for path in ("/index.html", "/main.js", "/../etc/passwd", "/%2e%2e/x", "//", "/console", "/main.000000000000.js"):
        assert fetch(node, path).status in (400, 404), path
    answer = fetch(node, "/", "POST")
    assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD"


def test_every_import_is_served_under_the_strict_policy_and_kept_for_ever(node):
    files = every_file(node)
    assert len(files) > 10
    for name, answer in files.items():
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy and "unsafe" not in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert ("immutable" in answer.headers["Cache-Control"]) == (name != ""), name
    page = files[""].body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_a_first_visit_loads_less_than_150_kilobytes(node):
    total = 0
    for name, plain in every_file(node).items():
        packed = fetch(node, "/" + name, Accept_Encoding="br, gzip")
        assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
        assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding" and packed.headers["ETag"] != plain.headers["ETag"]
        assert plain.headers["Content-Encoding"] is None
        total += len(packed.body)
    assert total < LOADED_MAX


def test_what_the_browser_has_is_not_sent_again(node):
    first = fetch(node, "/")
    again = fetch(node, "/", If_None_Match=first.headers["ETag"])
    assert again.status == 304 and again.body == b""
    assert fetch(node, "/", If_None_Match='"other"').status == 200
    head = fetch(node, "/", "HEAD")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) == len(first.body)
