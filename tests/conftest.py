"""Fixtures of all end-to-end tests."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import node as node_module  # noqa: E402


@pytest.fixture(scope="module")
def node():
    """A node shared by a module's tests; a test that changes a profile makes one of its own."""
    with node_module.Node() as running:
        yield running
