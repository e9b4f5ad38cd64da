"""What the plugin says of a test, beside what the test says itself."""

ASK = """
    import pytest
    import urllib.error
    import urllib.request

    def ask(service, path):
        try:
            return urllib.request.urlopen(service.url + path).status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
"""


def test_a_failed_test_shows_the_journal(run):
    """The report of a failed test has a section with the requests that were made."""
    result = run(
        ASK
        + """
    def test_fails(alicred_imds):
        ask(alicred_imds, "/latest/meta-data/region-id")
        assert False
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*alicred_emulator journal*", "*GET /latest/meta-data/region-id*"])


def test_a_failed_fixture_shows_the_journal(run):
    """So does the report of a fixture that failed after it had asked something."""
    result = run(
        ASK
        + """
    @pytest.fixture
    def region(alicred_imds):
        ask(alicred_imds, "/latest/meta-data/region-id")
        assert False

    def test_region(region):
        pass
    """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*alicred_emulator journal*", "*GET /latest/meta-data/region-id*"])


def test_a_failure_after_the_emulators_end_shows_none(run):
    """What fails when the journal has been cleared already does not pretend that nothing was asked."""
    result = run(
        ASK
        + """
    @pytest.fixture
    def around():
        yield
        assert False

    def test_asks(around, alicred_imds):
        ask(alicred_imds, "/latest/meta-data/region-id")
    """
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.no_fnmatch_line("*alicred_emulator journal*")


def test_the_next_test_starts_with_an_empty_journal(run):
    """A failed test shows its own requests alone."""
    result = run(
        ASK
        + """
    def test_asks(alicred_imds):
        ask(alicred_imds, "/latest/meta-data/region-id")

    def test_fails(alicred_imds):
        assert False
    """
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*region-id*")


def test_an_unplaced_request_fails_the_test(run):
    """A request that no fake could place fails the test in its call phase, and says what to do."""
    result = run(
        ASK
        + """
    def test_asks_nonsense(alicred_imds):
        ask(alicred_imds, "/nonsense")
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*knows no answer to 1 of*", "*GET /nonsense*", "*read *journal.unplaced*"])


def test_an_unplaced_request_may_be_expected(run):
    """A test that reads the unplaced requests is not failed for them."""
    result = run(
        ASK
        + """
    def test_asks_nonsense(alicred_emulator):
        ask(alicred_emulator.imds, "/nonsense")
        assert [entry.path for entry in alicred_emulator.journal.unplaced] == ["/nonsense"]

    @pytest.mark.xfail(strict=True)
    def test_is_marked(alicred_imds):
        ask(alicred_imds, "/nonsense")
    """
    )
    result.assert_outcomes(passed=1, xfailed=1)


def test_a_documented_404_is_placed(run):
    """What the real service answers with 404 does not fail a test."""
    result = run(
        ASK
        + """
    def test_asks(alicred_imds):
        assert ask(alicred_imds, "/latest/meta-data/instance/spot/termination-time") == 404
    """
    )
    result.assert_outcomes(passed=1)


def test_an_error_in_a_handler_fails_the_test(run):
    """An exception or a failed assertion in a test's own handler fails the test with its traceback."""
    result = run(
        ASK
        + """
    def divide(request):
        return 1 / 0

    def refuse(request):
        assert request.path == "/elsewhere"

    @pytest.mark.parametrize("handler", [divide, refuse])
    def test_handles(alicred_imds, handler):
        alicred_imds.expect_request("/mine").respond_with_handler(handler)
        assert ask(alicred_imds, "/mine") == 500
    """
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*return 1 / 0", "*ZeroDivisionError*"])
    result.stdout.fnmatch_lines(["*'/mine' == '/elsewhere'*"])


def test_a_test_of_its_own_failure_keeps_it(run):
    """A test that failed by itself is reported with its own error, not with ours."""
    result = run(
        ASK
        + """
    def test_fails(alicred_imds):
        ask(alicred_imds, "/nonsense")
        raise LookupError("its own")
    """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*LookupError: its own*"])
    result.stdout.no_fnmatch_line("*knows no answer*")
