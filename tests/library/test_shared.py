"""`Client.shared`: one client per configuration and process."""

import gc
import multiprocessing
import os
import signal
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from alicred import Client, Config, ConfigurationError, ConfigWarning, testing

KEY = {"type": "access_key", "access_key_id": "LTAIexample", "access_key_secret": "secret"}
ROLE = {"type": "ram_role_arn", "role_arn": "acs:ram::1:role/r"}


def listener(_event):
    """Be told of something."""


def other_listener(_event):
    """Be told of something."""


# Who gets which


def test_equal_configurations_share_a_client():
    """Whoever writes the same again means the same."""
    assert Client.shared(Config(**KEY)) is Client.shared(Config(**KEY))


def test_the_default_chain_is_shared_too():
    """It is what most programs ask for."""
    assert Client.shared() is Client.shared()
    assert Client.shared() is not Client()


@pytest.mark.parametrize(
    "other",
    [
        Config(**{**KEY, "access_key_secret": "other"}),
        Config(**KEY, timeout=500),
        Config(**ROLE, source=Config(**KEY)),
        None,
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::alicred.ConfigWarning")
def test_another_configuration_has_another_client(other):
    """One parameter that differs may make another identity."""
    assert Client.shared(other) is not Client.shared(Config(**KEY))


def test_a_configuration_is_equal_with_its_source():
    """However deep it goes."""

    def role(secret):
        key = Config(**{**KEY, "access_key_secret": secret})
        return Config(**ROLE, source=Config(**ROLE, source=key))

    assert Client.shared(role("one")) is Client.shared(role("one"))
    assert Client.shared(role("one")) is not Client.shared(role("two"))


def test_a_strict_chain_is_another():
    """It may end at another identity."""
    assert Client.shared(strict=True) is Client.shared(strict=True)
    assert Client.shared(strict=True) is not Client.shared()


def test_a_subclass_shares_clients_of_its_own():
    """Whoever asks for its kind gets its kind."""

    class Counting(Client):
        """A client of somebody's own."""

    mine = Counting.shared(Config(**KEY))
    assert type(mine) is Counting
    assert mine is Counting.shared(Config(**KEY))
    assert mine is not Client.shared(Config(**KEY))


def test_sixty_four_threads_get_one_client():
    """However many build one at the same time, the same one wins for all of them."""
    together = threading.Barrier(64)

    class Slow(Client):
        """A client whose construction every thread begins before any has ended."""

        def __init__(self, *args, **options):
            together.wait(20)
            super().__init__(*args, **options)

    with ThreadPoolExecutor(64) as pool:
        clients = [pool.submit(Slow.shared, Config(**KEY)) for _ in range(64)]
        assert len({id(client.result(20)) for client in clients}) == 1


# What ends


@pytest.mark.parametrize("how", [Client.close, lambda client: client.__exit__(None, None, None)])
def test_after_a_shared_client_was_closed_another_is_built(how):
    """Whoever closes it does not spoil it for those who come later."""
    first = Client.shared(Config(**KEY))
    how(first)
    second = Client.shared(Config(**KEY))
    assert first.is_closed
    assert not second.is_closed
    assert second is Client.shared(Config(**KEY))
    assert second.get_credential().has_keys()


def test_after_the_end_all_threads_find_the_same_successor():
    """The race for the next one has one winner too, again and again."""
    for _ in range(5):
        together = threading.Barrier(16)

        def ask(together=together):
            together.wait(20)
            return Client.shared(Config(**KEY))

        with ThreadPoolExecutor(16) as pool:
            clients = {found.result(20) for found in [pool.submit(ask) for _ in range(16)]}
        [client] = clients
        client.close()


def test_closed_clients_are_let_go():
    """A program that closes and asks again for years does not keep them all."""
    first = Client.shared(Config(**KEY))
    gone = weakref.ref(first)
    first.close()
    Client.shared(Config(**KEY))
    del first
    gc.collect()
    assert gone() is None


def test_reset_forgets_shared_clients():
    """A test does not get what another one has configured, and who has a client may go on with it."""
    before = Client.shared(Config(**KEY))
    testing.reset()
    assert Client.shared(Config(**KEY)) is not before
    assert before.get_credential().has_keys()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_goes_on_with_the_shared_client():
    """It finds what it has inherited, which fetches for itself."""
    client = Client.shared(Config(**KEY))
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child():
        signal.alarm(20)
        mine = Client.shared(Config(**KEY))
        answers.put((mine is client, mine.get_credential().access_key_id))

    process = context.Process(target=child)
    process.start()
    process.join(20)
    assert process.exitcode == 0
    assert answers.get() == (True, "LTAIexample")


# Options


def test_an_option_that_is_left_out_takes_the_client_as_it_is():
    """A library that asks for the shared client need not know how the program has set it up."""
    client = Client.shared(background_refresh=True, on_event=listener)
    assert Client.shared() is client
    assert Client.shared(background_refresh=True) is client
    assert Client.shared(on_event=listener) is client


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"background_refresh": True}, "another background_refresh"),
        ({"on_event": listener}, "another on_event"),
        (
            {"on_event": listener, "background_refresh": True},
            "another background_refresh and another on_event",
        ),
    ],
)
def test_an_option_that_comes_too_late_is_an_error(wanted, complaint):
    """A listener that is never called would be found out in an outage."""
    Client.shared()
    with pytest.raises(ConfigurationError, match=rf"{complaint}\. Pass it at the first call"):
        Client.shared(**wanted)


def test_another_option_is_an_error():
    """Two listeners of one client cannot both be told, and one thread cannot be none."""
    Client.shared(background_refresh=True, on_event=listener)
    with pytest.raises(ConfigurationError, match="another on_event"):
        Client.shared(on_event=other_listener)
    with pytest.raises(ConfigurationError, match="another background_refresh"):
        Client.shared(background_refresh=False)


def test_the_option_that_nobody_needs_is_none():
    """Saying that there shall be no thread is saying nothing."""
    assert (
        Client.shared(background_refresh=False) is Client.shared() is Client.shared(background_refresh=False)
    )


def test_a_bound_method_is_the_same_listener_each_time():
    """Python makes a new object of it at each look."""

    class Observer:
        def observe(self, event):
            """Be told of something."""

    observer = Observer()
    assert Client.shared(on_event=observer.observe) is Client.shared(on_event=observer.observe)


# What is wrong


@pytest.mark.parametrize("config", [Config(type="access_key"), Config(type="nonsense"), "access_key", {}, []])
def test_what_is_no_configuration_is_refused_as_by_the_client(config):
    """The same error, and nothing is shared."""
    for ask in (Client, Client.shared, Client.shared):
        with pytest.raises(ConfigurationError):
            ask(config)


@pytest.mark.parametrize(
    "change", [{"access_key_secret": ["x"]}, {"access_key_id": {}}, {"type": []}], ids=str
)
def test_a_parameter_of_the_wrong_kind_is_refused_by_its_name(change):
    """Even one that cannot be hashed."""
    with pytest.raises(ConfigurationError):
        Client.shared(Config(**{**KEY, **change}))


def test_a_warning_points_at_whoever_shares():
    """The line to mend is the user's, not one of alicred's."""
    for build in (Client, Client.shared):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            build(Config(type="bearer", bearer_token="x", role_name="r"))
        [warning] = caught
        assert warning.category is ConfigWarning
        assert warning.filename == __file__


def test_nothing_that_is_kept_shows_a_secret(canary):
    """Debuggers and leak hunters print what modules hold."""
    from alicred import shared

    Client.shared(Config(**{**KEY, "access_key_secret": canary}))
    assert shared._places
    assert canary not in repr(vars(shared))
