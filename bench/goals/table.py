"""Every goal, in the order in which they are measured."""

from __future__ import annotations

from bench.goals import accepting, cluster, cold_start, fanout, mail, reading, slow_reader, webhooks
from bench.judging import Goal

# A comes first: L asks for half of what A reached.
GOALS = (
    Goal("A", "messages accepted, committed and delivered to 50 consoles, 64 in flight", accepting.throughput, True),
    Goal("L", "accepted until on another console, at half load", accepting.latency, True),
    Goal("B", "single events to 1,000 consoles", fanout.broadcast),
    Goal("B′", "deliveries under load to 200 consoles", fanout.under_load, True),
    Goal("C", "memory of an idle console", fanout.memory),
    Goal("D", "opening a long conversation and a short one", reading.opening),
    Goal("E", "the first page of the inbox, many conversations and few", reading.listing),
    Goal("F", "search, newest 20", reading.searching),
    Goal("G", "cold start to the first answer", cold_start.starting),
    Goal("H", "mail parsed, matched, told from copies, stored and shown", mail.ingest, True),
    Goal("I", "webhook acknowledged after its row is committed", webhooks.acknowledging, True),
    Goal("J", "a console that never reads, beside others", slow_reader.stuck, True),
    Goal("K", "PostgreSQL with 10 writers, events on and off", cluster.events, True),
)
