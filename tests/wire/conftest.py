"""One server for the tests that need no limits of their own."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import wire  # noqa: E402


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("wire")


@pytest.fixture(scope="session")
def identity(folder):
    """The server's own certificate."""
    return wire.Credential(folder, "localhost")


@pytest.fixture(scope="module")
def server(folder, identity):
    with wire.Server(folder, identity) as running:
        yield running
