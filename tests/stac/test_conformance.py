"""Nothing is claimed that no test proves, and the page says so."""

from catalogs.stac.conformance import CONFORMS_TO
from tests.stac import conformance_table


def test_each_class_is_proven_and_each_proof_is_of_a_class():
    assert set(CONFORMS_TO) == set(conformance_table.proofs())


def test_no_class_stands_twice():
    assert len(CONFORMS_TO) == len(set(CONFORMS_TO))


def test_the_page_is_of_today():
    assert conformance_table.TABLE.read_text() == conformance_table.table()
