import threading
from typing import Any

import pytest

from alicred_emulator.clock import as_utc
from alicred_emulator.journal import KEPT_ENTRIES, Entry, Journal
from alicred_emulator.messages import Headers


def entry(**fields: Any) -> Entry:
    """Make an entry, a token request unless said otherwise."""
    given: dict[str, Any] = {
        "service": "imds",
        "method": "PUT",
        "path": "/latest/api/token",
        "operation": "Token",
        "status": 200,
        "time": as_utc("2026-01-02T03:04:05Z"),
    }
    return Entry(**(given | fields))


@pytest.fixture
def journal() -> Journal:
    """A journal of a token, a listing and a credential."""
    journal = Journal()
    journal.append(entry())
    for name, operation in (("", "RoleName"), ("demo-role", "RoleCredential")):
        path = f"/latest/meta-data/ram/security-credentials/{name}"
        journal.append(entry(method="GET", path=path, operation=operation))
    return journal


def test_it_is_a_sequence_of_entries(journal: Journal) -> None:
    """A journal has a length, an order, indices and slices."""
    assert len(journal) == 3
    assert [item.operation for item in journal] == ["Token", "RoleName", "RoleCredential"]
    assert journal[-1].path.endswith("/demo-role")
    assert len(journal[:2]) == 2


def test_count_by_method_and_path(journal: Journal) -> None:
    """A star in the path matches anything, nothing and slashes included."""
    assert journal.count("GET", "/latest/meta-data/ram/security-credentials/*") == 2
    assert journal.count("GET", "/latest/*") == 2
    assert journal.count("PUT", "/latest/api/token") == 1
    assert journal.count("POST", "*") == 0


def test_count_by_operation(journal: Journal) -> None:
    """One argument is the name of an operation, stars allowed."""
    assert journal.count("Token") == 1
    assert journal.count("Role*") == 2
    assert journal.count("GET") == 0


def test_count_ignores_the_query() -> None:
    """The path that is counted has no query."""
    journal = Journal()
    journal.append(entry(method="GET", path="/x", query="a=b"))
    assert journal.count("GET", "/x") == 1


def test_assert_requests_passes_on_exactly_these(journal: Journal) -> None:
    """Paths, globs and operations may be mixed, but all must be there in order."""
    journal.assert_requests(["PUT /latest/api/token", "RoleName", "GET */demo-role"])


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        (["Token", "RoleName"], "+ GET /latest/meta-data/ram/security-credentials/demo-role"),
        (["Token", "RoleName", "RoleCredential", "Token"], "- Token"),
        (["RoleName", "Token", "RoleCredential"], "+ PUT /latest/api/token"),
        ([], "+ PUT /latest/api/token"),
    ],
)
def test_assert_requests_shows_what_differs(journal: Journal, expected: list[str], shown: str) -> None:
    """A failing assertion names what is missing, what is too much, and what is out of order."""
    with pytest.raises(AssertionError) as failure:
        journal.assert_requests(expected)
    assert shown in str(failure.value)


def test_a_service_sees_its_own_entries() -> None:
    """Each service's journal is a view of the one record; clearing it leaves the others."""
    journal = Journal()
    imds, sts = journal.view("imds"), journal.view("sts")
    journal.append(entry())
    journal.append(entry(service="sts"))
    assert (len(journal), len(imds), len(sts)) == (2, 1, 1)
    imds.clear()
    assert [item.service for item in journal] == ["sts"]


def test_reading_the_unplaced_is_noted_once_for_all_views(journal: Journal) -> None:
    """Who reads the unplaced requests knows of them; peeking does not count."""
    journal.append(entry(path="/nowhere", placed=False))
    assert [item.path for item in journal.peek_unplaced()] == ["/nowhere"]
    assert not journal.unplaced_read
    assert [item.path for item in journal.view("imds").unplaced] == ["/nowhere"]
    assert journal.unplaced_read
    journal.clear()
    assert not journal.unplaced_read


def test_clearing_a_view_does_not_unread_the_others(journal: Journal) -> None:
    """Who has read the unplaced requests of all services has read them still when one is cleared."""
    journal.append(entry(service="sts", path="/nowhere", placed=False))
    assert len(journal.unplaced) == 1
    journal.view("imds").clear()
    assert journal.unplaced_read


def test_headers_are_read_without_case() -> None:
    """An entry's headers do not care how they were written."""
    item = entry(headers=Headers([("X-Aliyun-Thing", "1"), ("x-aliyun-thing", "2")]))
    assert item.headers["x-ALIYUN-thing"] == "1, 2"
    assert item.headers.get("other") is None


def test_rendering_and_repr_keep_secrets() -> None:
    """Neither the report nor a repr shows a header's value or a query that could be secret."""
    journal = Journal()
    secrets = Headers([("X-aliyun-ecs-metadata-token", "TOKEN-VALUE")])
    journal.append(entry(headers=secrets, query="Action=AssumeRole&Signature=SIGNED&SecurityToken=CAIS"))
    shown = journal.render() + repr(journal[0]) + repr(journal) + repr(secrets)
    assert "Action=AssumeRole" in shown
    for secret in ("TOKEN-VALUE", "SIGNED", "CAIS"):
        assert secret not in shown


def test_rendering_tells_the_story_of_a_request() -> None:
    """A line has the time, the service, the status, what was asked, and why it was answered so."""
    journal = Journal()
    journal.append(entry(status=None, detail="fault: imds_down"))
    journal.append(entry(path="/no\nwhere\x1b", operation=None, placed=False, status=404, detail="\x9b1m"))
    first, second = journal.render().splitlines()
    assert first == (
        "2026-01-02 03:04:05 imds            --- PUT /latest/api/token [Token] - fault: imds_down"
    )
    assert second.endswith("/no\\nwhere\\x1b NOT PLACED - \\x9b1m")


def test_it_forgets_the_oldest() -> None:
    """A journal of a server that runs for days stays bounded."""
    journal = Journal()
    for number in range(KEPT_ENTRIES + 5):
        journal.append(entry(path=f"/{number}"))
    assert len(journal) == KEPT_ENTRIES
    assert journal[0].path == "/5"


def test_threads_lose_no_entry() -> None:
    """Entries appended by many threads at once are all there."""
    journal = Journal()
    threads = [
        threading.Thread(target=lambda: [journal.append(entry()) for _ in range(200)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(journal) == 1600
