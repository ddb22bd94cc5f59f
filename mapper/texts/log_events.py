"""The lines of a log: each kind has a name that stays, a level, and what an operator does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from mapper.values.safe_text import SafeText

LogLevel: TypeAlias = Literal["info", "warning", "error"]
LogEventName: TypeAlias = Literal[
    "account_taken",
    "clock_agrees",
    "clock_set",
    "clock_skew",
    "credentials_missing",
    "credentials_renewed",
    "delivery_goes_on",
    "delivery_interrupted",
    "ended",
    "ending",
    "events_expired",
    "events_refused",
    "internal_error",
    "kafka_away",
    "kafka_back",
    "kafka_error",
    "mapping_error",
    "mapping_not_taken_up",
    "mapping_taken_up",
    "metrics_written",
    "not_started",
    "note",
    "outbox_away",
    "outbox_back",
    "outbox_filling",
    "outbox_full",
    "outbox_missing",
    "outbox_restored",
    "outbox_upgraded",
    "partition_taken_over",
    "partitions",
    "path_removed",
    "paused",
    "records_lost",
    "recovered",
    "request_refused",
    "requests_cut",
    "retrying",
    "started",
    "unwritable_metrics",
    "waiting_for_partitions",
]


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A kind of line. todo: what an operator does; "" where nothing is to be done.

    over: the kind of the line that says that it is over, where it lasts for some time; a new `started` ends
    it too.
    """

    level: LogLevel
    meaning: str
    todo: str = ""
    over: LogEventName | None = None


LOG_EVENTS: dict[LogEventName, LogEvent] = {
    "account_taken": LogEvent(
        "info", "another process delivers for the account", "nothing, unless it was meant to be the only one"
    ),
    "clock_set": LogEvent(
        "warning", "this machine's clock was set forward or back", "find out who sets it; use one NTP service"
    ),
    "clock_agrees": LogEvent("info", "the service's clock and this machine's agree again"),
    "clock_skew": LogEvent(
        "warning",
        "the service's clock and this machine's are more than five minutes apart",
        "set the clock",
        over="clock_agrees",
    ),
    "credentials_missing": LogEvent(
        "error",
        "the credentials of an account cannot be read or are incomplete",
        "correct what it names",
        over="credentials_renewed",
    ),
    "credentials_renewed": LogEvent("info", "credentials have changed, or can be read again"),
    "delivery_goes_on": LogEvent("info", "the outbox can be used again by the couriers of `serve`"),
    "delivery_interrupted": LogEvent(
        "warning",
        "the outbox failed the couriers of `serve`; they begin anew",
        "see the reason in the line",
        over="delivery_goes_on",
    ),
    "ended": LogEvent("info", "the process has ended; the line has the counts"),
    "ending": LogEvent("info", "a signal has come; requests in progress are finished"),
    "events_expired": LogEvent(
        "warning", "events became too old before they were delivered", "`mapper outbox dead --stage expired`"
    ),
    "events_refused": LogEvent(
        "warning", "the service refused events, which are dead letters now", "`mapper outbox dead` says why"
    ),
    "internal_error": LogEvent("error", "a mistake of this program", "report the line"),
    "kafka_away": LogEvent("warning", "no broker answers", "nothing, if it passes", over="kafka_back"),
    "kafka_back": LogEvent("info", "brokers answer again"),
    "kafka_error": LogEvent("warning", "Kafka reports an error that does not end reading", "see its name"),
    "mapping_error": LogEvent("error", "a mapping or an intake has a mistake", "`mapper check`"),
    "mapping_not_taken_up": LogEvent(
        "error",
        "what SIGHUP asked for was not taken up; what was read before goes on",
        "correct it, SIGHUP",
        over="mapping_taken_up",
    ),
    "mapping_taken_up": LogEvent("info", "a path is mapped by this mapping, in this version"),
    "metrics_written": LogEvent("info", "the file of metrics can be written again"),
    "not_started": LogEvent("error", "the process cannot start or go on", "see the reason and its hint"),
    "note": LogEvent("info", "anything else"),
    "outbox_away": LogEvent(
        "error",
        "the server of the outbox does not answer, or refuses",
        "see the reason; nothing is lost",
        over="outbox_back",
    ),
    "outbox_back": LogEvent("info", "the outbox can be used again"),
    "outbox_filling": LogEvent("warning", "the outbox is half full", "find out why nothing is delivered"),
    "outbox_full": LogEvent(
        "error",
        "the outbox takes no more: requests are answered 503, feeds wait",
        "make room",
        over="outbox_back",
    ),
    "outbox_missing": LogEvent(
        "info",
        "`deliver` waits for an outbox that is not there yet",
        "check --outbox if it stays so",
        over="started",
    ),
    "outbox_restored": LogEvent("warning", "`mapper outbox restored` was run: the outbox is from a backup"),
    "outbox_upgraded": LogEvent("info", "this version of the program has brought the outbox up to date"),
    "partition_taken_over": LogEvent("warning", "another process has read on in a partition"),
    "partitions": LogEvent("info", "the partitions that this process reads from now on"),
    "path_removed": LogEvent("info", "a path is no longer served"),
    "paused": LogEvent(
        "error",
        "nothing is delivered until a person corrects something",
        "do what the line says",
        over="recovered",
    ),
    "records_lost": LogEvent(
        "error", "records of a topic were gone before they were read", "a longer retention of the topic"
    ),
    "recovered": LogEvent("info", "events are delivered again, after so long"),
    "request_refused": LogEvent(
        "warning", "a request was refused: at most one line a minute for each kind and path", "see the reason"
    ),
    "requests_cut": LogEvent("warning", "requests had no response when the process ended; they are repeated"),
    "retrying": LogEvent(
        "warning",
        "requests fail, and are tried again; a service says so at most every 15 minutes",
        "nothing, if it passes",
        over="recovered",
    ),
    "started": LogEvent("info", "the process serves, consumes or delivers"),
    "unwritable_metrics": LogEvent(
        "warning", "the file of metrics cannot be written", "correct its folder", over="metrics_written"
    ),
    "waiting_for_partitions": LogEvent(
        "warning",
        "the group has given this process no partition",
        "look for members that do not answer",
        over="partitions",
    ),
}
assert LOG_EVENTS.keys() == set(get_args(LogEventName))


class LogLine(SafeText):
    """A line of a log: its text, the name of its kind, and facts for machines."""

    __slots__ = ("event", "facts")
    event: LogEventName
    facts: dict[str, int | float | SafeText]


def noted(event: LogEventName, text: SafeText, **facts: int | float | SafeText) -> LogLine:
    """A text as a line of this kind."""
    line = str.__new__(LogLine, text)
    line.event, line.facts = event, facts
    return line
