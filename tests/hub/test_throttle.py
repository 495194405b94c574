"""Who comes too often is turned away and told when to come again."""

import pytest

from hub.errors import TooMany
from hub.throttle import Throttle


def test_the_limit_is_per_key() -> None:
    throttle = Throttle(3, 60)
    for _ in range(3):
        throttle.check("192.0.2.1")

    with pytest.raises(TooMany) as refused:
        throttle.check("192.0.2.1")
    throttle.check("192.0.2.2")

    assert 0 < refused.value.retry_after <= 60


def test_attempts_older_than_the_span_do_not_count() -> None:
    throttle = Throttle(1, 0)

    throttle.check("192.0.2.1")
    throttle.check("192.0.2.1")


def test_memory_is_bounded_whoever_comes() -> None:
    throttle = Throttle(1, 60, keys=10)

    for n in range(1_000):
        throttle.check(f"192.0.2.{n}")

    assert len(throttle._times) == 10
    throttle.check("192.0.2.0")
