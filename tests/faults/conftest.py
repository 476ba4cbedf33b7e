from collections.abc import Iterator

import pytest

from tests.faults.program import Program
from tests.faults.stack import MAKE_KEY, Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        stack.start()
        stack.key = str(stack.shell(MAKE_KEY))
        yield stack
    finally:
        stack.remove()


@pytest.fixture
def program(stack) -> Program:
    """Uploads as a patient program does: asks again where an answer did not come."""
    return Program(stack)
