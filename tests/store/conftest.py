import os

import pytest


@pytest.fixture
def ordinary_user():
    """Permissions bind the rest of the test, also when the tests run as root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("needs POSIX permissions")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)
