"""What happened at Feldweg in the last six months: the threads that deserve telling, and the everyday between them."""

from __future__ import annotations

from datetime import datetime

from demo.purchases import book
from demo.script import Step, Told
from demo.threads.everyday import everyday
from demo.threads.kettle import kettle
from demo.threads.odd import odd
from demo.threads.school import school
from demo.threads.today import today
from demo.threads.waiting import waiting
from demo.threads.workshop import workshop


def story(now: datetime) -> list[Step]:
    """All that happened until now, in order; clocks are read in the zone of `now`."""
    told = Told(now)
    for thread in (kettle, waiting, workshop, odd, school, today, everyday, book):
        thread(told)
    return told.in_order()
