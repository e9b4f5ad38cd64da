"""Readers of one client, as the process of Alibaba's SDK has them, here of a client that is none."""

import json

import pytest

from alicred_emulator.subjects import sdk_client
from alicred_emulator.subjects.sdk import _seen
from alicred_emulator.subjects.sdk_readers import Readers


class Credential:
    """What the client hands out."""

    access_key_id = "k"


def get():
    return Credential()


async def get_async():
    return Credential()


@pytest.fixture(params=[None, get_async], ids=["threads", "tasks"])
def readers(request):
    """Readers, whose loop ends with the test."""
    readers = Readers(get, request.param)
    yield readers
    if request.param is not None:
        readers._loop.call_soon_threadsafe(readers._loop.stop)
        while readers._loop.is_running():
            pass
    readers._loop.close()


def test_a_reader_may_read_where_it_stands(readers):
    """A forked child has no thread besides the one that forked."""
    assert readers.read_here()["parts"]["access_key_id"] == "k"


def test_a_read_that_never_began_may_be_cancelled(readers):
    """Nothing happens; a thread's read neither begins so nor can be cancelled."""
    readers.cancel(10)
    if readers._get_async is None:
        readers.begin()
        readers.cancel(10)
    assert readers.read_here()["parts"]["access_key_id"] == "k"


def test_a_document_that_is_no_json_escapes_the_sdk():
    """It is no error that the SDK means, although it is a ValueError as those are."""
    with pytest.raises(json.JSONDecodeError) as raised:
        json.loads("<html>")
    assert sdk_client.told_of(raised.value)["how"] == "escaped"
    assert sdk_client.told_of(ValueError("no such role"))["how"] == "raised"


def test_an_sts_endpoint_is_a_host_to_the_sdk():
    """It puts https:// before whatever it is given."""
    endpoints = ["https://sts.cn-hangzhou.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"]
    for endpoint in endpoints:
        assert sdk_client._translated({"sts_endpoint": endpoint}) == {"sts_endpoint": endpoints[1]}


def test_a_process_that_died_in_a_story_is_a_bug():
    """The status is all that is left to be told."""
    assert _seen({"died": 9}).failure.text == "its process died with status 9"
