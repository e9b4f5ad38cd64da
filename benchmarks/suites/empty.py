"""A test that does nothing."""


def test_nothing():
    pass
