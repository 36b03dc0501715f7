"""Rows CS-01 to CS-46 over the wire: each hostile CSR of tests/vectors is answered with a documented refusal, and nothing of it stays."""
import re

import pytest

from node import ROOT, make_csr, make_key

VECTORS = sorted(path for path in (ROOT / "tests" / "vectors" / "csr").glob("*.der") if not path.name.startswith(("ok-", "lenient-")))
STATUS_OF_REASON = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", (ROOT / "docs" / "reference" / "reasons.md").read_text(), re.M))


@pytest.fixture(scope="module")
def before(node):
    return node.children(), len(node.certificates())


def test_there_is_a_corpus_and_a_list_of_reasons():
    assert len(VECTORS) > 100 and len(STATUS_OF_REASON) > 50


@pytest.mark.parametrize("vector", VECTORS, ids=[path.stem for path in VECTORS])
def test_cs_01_to_46_a_hostile_request_is_refused_with_its_reason(node, before, vector):
    answer = node.enroll(vector.read_bytes())
    reason = answer.text.split(":")[0].split()[0]
    assert answer.status in (400, 413), (answer.status, answer.text)
    assert STATUS_OF_REASON[reason] == str(answer.status), answer.text


def test_cs_01_to_46_nothing_of_them_stays(node, before):
    assert (node.children(), len(node.certificates())) == before
    assert node.enroll(make_csr(make_key(), "after them all")).status == 200
