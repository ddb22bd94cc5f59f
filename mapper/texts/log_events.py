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
    "retention",
    "retrying",
    "started",
    "unwritable_metrics",
    "waiting_for_partitions",
]


Wake: TypeAlias = Literal["now", "in the morning", "nobody"]
"""Whether a line is a reason to wake a person: `now` where senders are refused or a person is waited for."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A kind of line. todo: what an operator does; "" where nothing is to be done.

    over: the kind of the line that says that it is over, where it lasts for some time; a new `started` ends
    it too. fields: names of `LOG_FIELDS` that such a line may have besides those of every line.
    """

    level: LogLevel
    wake: Wake
    meaning: str
    todo: str = ""
    over: LogEventName | None = None
    fields: tuple[str, ...] = ()


LOG_EVENTS: dict[LogEventName, LogEvent] = {
    "account_taken": LogEvent(
        "info",
        "nobody",
        "another process delivers for the account",
        "nothing, unless it was meant to be the only one",
    ),
    "clock_agrees": LogEvent(
        "info",
        "nobody",
        "the destination's clock and this machine's agree again, by three answers of it: perhaps hours after"
        " the clock was corrected",
    ),
    "clock_set": LogEvent(
        "warning",
        "in the morning",
        "this machine's clock was set forward or back",
        "find out who sets it; use one NTP service",
        fields=("ahead_seconds", "released"),
    ),
    "clock_skew": LogEvent(
        "warning",
        "in the morning",
        "the destination's clock and this machine's are more than five minutes apart, by three answers of it",
        "set the clock",
        over="clock_agrees",
        fields=("ahead_seconds",),
    ),
    "credentials_missing": LogEvent(
        "error",
        "now",
        "the credentials of an account cannot be read or are incomplete",
        "correct what it names",
        over="credentials_renewed",
    ),
    "credentials_renewed": LogEvent(
        "info",
        "nobody",
        "credentials have changed, or can be read again; after `paused`, events are tried again at once",
    ),
    "delivery_goes_on": LogEvent("info", "nobody", "the outbox can be used again by the couriers of `serve`"),
    "delivery_interrupted": LogEvent(
        "warning",
        "in the morning",
        "the outbox failed the couriers of `serve`; they begin anew",
        "see the reason in the line",
        over="delivery_goes_on",
    ),
    "ended": LogEvent(
        "info",
        "nobody",
        "the process has ended in order, with the counts of what it did",
        fields=(
            *("accepted_requests", "refused_requests", "stored", "rejected", "skipped", "stored_before"),
            *("events", "to_send", "line", "requests", "delivered", "refused", "expired", "erased"),
            *(
                "waiting",
                "copies",
                "stopped",
                "hint",
                "refused_reasons",
                "expired_reasons",
                "waiting_reasons",
            ),
        ),
    ),
    "ending": LogEvent("info", "nobody", "a signal to end has come; requests in progress are finished"),
    "events_expired": LogEvent(
        "warning",
        "in the morning",
        "events were too old for the destination: when they were accepted, or after they had waited",
        "`mapper outbox dead --stage expired`; where `became_too_old` is 0, it is for their sender to send"
        " them earlier",
        fields=("count", "kind", "came_too_old", "became_too_old"),
    ),
    "events_refused": LogEvent(
        "warning",
        "in the morning",
        "the destination refused events, which are dead letters now",
        "`mapper outbox dead` says why",
        fields=("count", "kind"),
    ),
    "internal_error": LogEvent(
        "error", "in the morning", "a mistake of this program", "report the line", fields=("path",)
    ),
    "kafka_away": LogEvent(
        "warning", "in the morning", "no broker answers", "nothing, if it passes", over="kafka_back"
    ),
    "kafka_back": LogEvent("info", "nobody", "brokers answer again"),
    "kafka_error": LogEvent(
        "warning",
        "in the morning",
        "Kafka reports an error that does not end reading",
        "see its name",
        fields=("kafka_error",),
    ),
    "mapping_error": LogEvent(
        "error",
        "in the morning",
        "a mapping or an intake has a mistake; `mapping_not_taken_up` or the end of the process follows",
        "`mapper check`",
        fields=("code",),
    ),
    "mapping_not_taken_up": LogEvent(
        "error",
        "in the morning",
        "a mapping was not taken up: its path goes on as before, or answers 503 if it never had one",
        "correct it, SIGHUP; at once, if the line says 503",
        over="mapping_taken_up",
        fields=("path", "mapping", "mapping_version"),
    ),
    "mapping_taken_up": LogEvent(
        "info",
        "nobody",
        "a path is mapped by this mapping: after each `started` and SIGHUP, also where nothing has changed",
        fields=("path", "mapping", "mapping_version"),
    ),
    "metrics_written": LogEvent("info", "nobody", "the file of metrics can be written again"),
    "not_started": LogEvent(
        "error", "now", "the process cannot start or go on", "see the reason and its hint"
    ),
    "note": LogEvent("info", "nobody", "anything else"),
    "outbox_away": LogEvent(
        "error",
        "now",
        "the server of the outbox does not answer, or refuses",
        "see the reason; nothing is lost",
        over="outbox_back",
    ),
    "outbox_back": LogEvent(
        "info",
        "nobody",
        "the outbox can be used again; of `serve`, said with the first request that is accepted",
        fields=("refused_requests",),
    ),
    "outbox_filling": LogEvent(
        "warning", "in the morning", "the outbox is half full", "find out why nothing is delivered"
    ),
    "outbox_full": LogEvent(
        "error",
        "now",
        "the outbox takes no more, said with the first request that is refused: requests are answered 503"
        " with Retry-After, and feeds wait; delivery goes on, and nothing accepted is lost",
        "make room; senders must repeat what was answered 503, and most do by themselves",
        over="outbox_back",
    ),
    "outbox_missing": LogEvent(
        "info",
        "nobody",
        "`deliver` waits for an outbox that is not there yet",
        "check --outbox if it stays so",
        over="started",
    ),
    "outbox_restored": LogEvent(
        "warning",
        "nobody",
        "`mapper outbox restored` was run: the outbox is from a backup, and knows nothing of later events",
        "see [after a restore](#after-a-restore)",
        fields=("waiting",),
    ),
    "outbox_upgraded": LogEvent(
        "info",
        "nobody",
        "this version of the program has brought the outbox up to date; older ones do not open it any more",
        fields=("older_outbox_version", "outbox_version"),
    ),
    "partition_taken_over": LogEvent(
        "warning", "nobody", "another process has read on in a partition", fields=("partition",)
    ),
    "partitions": LogEvent(
        "info", "nobody", "the partitions that this process reads from now on", fields=("partitions",)
    ),
    "path_removed": LogEvent("info", "nobody", "a path is no longer served", fields=("path",)),
    "paused": LogEvent(
        "error",
        "now",
        "nothing is delivered until a person corrects something; events go on being accepted, and one request"
        " every 60 s asks whether it is corrected",
        "do what the line says; new credentials in a file, or SIGHUP, are tried at once"
        " (`credentials_renewed`)",
        over="recovered",
    ),
    "records_lost": LogEvent(
        "error",
        "in the morning",
        "records of a topic were gone before they were read",
        "a longer retention of the topic",
    ),
    "recovered": LogEvent(
        "info",
        "nobody",
        "events are delivered again after `failing_seconds`: `delivered` by the first request;"
        " `waiting` are left",
        fields=("failing_seconds", "delivered", "waiting"),
    ),
    "request_refused": LogEvent(
        "warning",
        "in the morning",
        "a request was refused: at most one line a minute for each end and path",
        "see the reason",
        fields=("path", "status", "end"),
    ),
    "requests_cut": LogEvent(
        "warning",
        "nobody",
        "requests had no response when the process ended; they are repeated",
        fields=("requests",),
    ),
    "retention": LogEvent(
        "info",
        "nobody",
        "dead letters and raw requests were older than `--retain-dead` and `--retain-raw`, and are deleted",
        fields=("dead_letters", "raw_requests"),
    ),
    "retrying": LogEvent(
        "warning",
        "in the morning",
        "requests fail, and are tried again; a process that stays says so at most every 15 minutes",
        "nothing, if `recovered` follows",
        over="recovered",
        fields=("failing_seconds", "wait_seconds"),
    ),
    "started": LogEvent(
        "info",
        "nobody",
        "the process serves, consumes or delivers",
        "nothing, unless [no `ended` is before it](#a-start-without-an-end)",
        fields=("version", "accepted", "waiting"),
    ),
    "unwritable_metrics": LogEvent(
        "warning",
        "in the morning",
        "the file of metrics cannot be written",
        "correct its folder",
        over="metrics_written",
    ),
    "waiting_for_partitions": LogEvent(
        "warning",
        "in the morning",
        "the group has given this process no partition",
        "look for members that do not answer",
        over="partitions",
    ),
}
assert LOG_EVENTS.keys() == set(get_args(LogEventName))

LINE_FIELDS = ("time", "level", "event", "message")
"""The fields of every line."""
ACCOUNT_FIELDS = ("destination", "account", "recipient")
"""Those of each line that is of one account."""
LOG_FIELDS: dict[str, str] = {
    "accepted": "events that the outbox has accepted since it was made: stored and rejected, without skipped",
    "accepted_requests": "requests to `serve` that were accepted",
    "account": "the operator's name of the account",
    "ahead_seconds": "how far this machine's clock is ahead of the destination's, or of what it was before;"
    " less than 0 if it is slow. `mapper_clock_skew_seconds` has the opposite sign",
    "became_too_old": "of `count`, events that were recent enough when accepted, and too old after waiting",
    "came_too_old": "of `count`, events that were too old already when they were accepted",
    "code": "code of a diagnostic: `mapper explain CODE`",
    "copies": "delivered events that may have arrived more than once",
    "count": "dead letters that the line is about",
    "dead_letters": "dead letters that were too old",
    "delivered": "events that the destination says it processed",
    "destination": "name of the destination",
    "end": "how the request ended, as the label `end` of `mapper_serve_requests_total`",
    "event": "the kind of the line, a word of the first table",
    "erased": "events of persons on a suppression list, which were not sent",
    "events": "source events that were read",
    "expired": "events that were too old to be delivered",
    "expired_reasons": "why events expired: a list of `reason`, `count` and `first`, the place of the first",
    "failing_seconds": "for how long nothing could be delivered, since the first request that failed",
    "hint": "what to do about the events that are left",
    "kafka_error": "Kafka's name of the error",
    "kind": "the kind of the dead letters, as in `mapper outbox dead --kind`",
    "level": "`info`, `warning` or `error`",
    "line": "the last line of the file that was read",
    "mapping": "name of the mapping",
    "mapping_version": "the first digits of a digest of the compiled mapping, as in `mapper outbox`",
    "message": "the line for people",
    "older_outbox_version": "the version of the outbox's tables before",
    "outbox_version": "the version of the outbox's tables",
    "partition": "number of the partition",
    "partitions": "how many partitions the process reads",
    "path": "path of an entry of `serve`",
    "recipient": "the account's number at the destination, and the address of the destination",
    "refused": "events that the destination refused",
    "raw_requests": "events kept encrypted that were too old",
    "refused_reasons": "why events were refused, as `expired_reasons`",
    "refused_requests": "requests to `serve` that were answered with an error, since it started or since the"
    " outbox took no more",
    "rejected": "source events that the mapping rejects",
    "released": "events that waited for a time of the clock, and are tried now",
    "requests": "requests to the destination",
    "skipped": "source events that the mapping does not send",
    "status": "HTTP status that `serve` answered with",
    "stopped": "why the delivery ended early; empty if it did not",
    "stored": "payloads that were stored in the outbox",
    "stored_before": "source events that their sender had sent before, by its delivery id",
    "time": "when the line was written, by this machine's clock",
    "to_send": "payloads that the mapping made",
    "version": "version of this program",
    "wait_seconds": "how long until the next request is tried",
    "waiting": "events in the outbox that wait to be delivered; of the account, where the line has one",
    "waiting_reasons": "why events wait, as `expired_reasons`",
}


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
