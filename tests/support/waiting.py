"""Waiting for a condition, the only way in which the tests wait.

A test never sleeps for a fixed time: it names the condition, and a deadline at
which the condition's absence is a failure.
"""

import threading
import time

# The first one, and the longest: what is there soon is seen soon.
_PAUSES_SECONDS = (0.001, 0.02)


def wait_until(condition, seconds, what):
    """Returns the first true value of condition().

    Raises AssertionError, with `what` and the last value, when condition() has
    not become true within `seconds` of the monotonic clock. `what` is a text, or a
    function that gives the text at that moment. The condition is asked at least
    once, and once more after the deadline, so that a slow machine does not turn a
    condition that holds into a failure.
    """
    deadline = time.monotonic() + seconds
    never = threading.Event()
    pause, longest_pause = _PAUSES_SECONDS
    while True:
        expired = time.monotonic() >= deadline
        value = condition()
        if value:
            return value
        if expired:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {seconds:g} s: {text} (last: {value!r})")
        never.wait(pause)
        pause = min(2 * pause, longest_pause)
