"""What holds the first request of a step, so that what happens meanwhile happens surely."""

import threading

from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Request
from alicred_emulator.scenarios.gate import Gate, gate

REQUEST = Request.of("GET", "/")


def held(gate):
    """Send the first request to a gate, in a thread that is told of when it is through."""
    thread = threading.Thread(target=gate.hold, args=[REQUEST])
    thread.start()
    return thread


def test_the_first_request_stands_before_the_gate_until_it_opens():
    """Those after it go on; nothing is ever wrong with any of them."""
    arrived = threading.Event()
    gate = Gate(10)
    gate.on_request(arrived.set)
    first = held(gate)
    assert arrived.wait(10)
    assert gate.hold(REQUEST) is False
    assert first.is_alive()
    gate.open()
    first.join(10)
    assert not first.is_alive()


def test_who_asks_late_is_told_at_once():
    """A request that stands there already is news to whoever asks only now."""
    gate, arrived, told = Gate(10), threading.Event(), []
    gate.on_request(arrived.set)
    first = held(gate)
    assert arrived.wait(10)
    gate.on_request(lambda: told.append(True))
    assert told == [True]
    gate.open()
    first.join(10)


def test_a_gate_holds_for_so_long_and_no_longer():
    """A client's patience has an end."""
    first = held(Gate(0.01))
    first.join(10)
    assert not first.is_alive()


def test_a_gate_is_gone_at_the_end_of_its_block():
    """Whoever stands before it goes on, and no fault is left in force."""
    emulator = Emulator()
    arrived = threading.Event()
    with gate(emulator, 10) as standing:
        standing.on_request(arrived.set)
        first = held(standing)
        assert arrived.wait(10)
    first.join(10)
    assert not first.is_alive()
    assert emulator.faults._in_force.rules == ()
