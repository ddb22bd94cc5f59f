"""A shop's events, mapped and delivered to a local server that answers as the service does: `make demo`.

Needs no account, no network and no arguments. Everything it shows is done by the front door, the feed and
delivery; this file only moves the times of the sample events and prints.
"""

from __future__ import annotations

import io
import os
import re
import sys
import textwrap
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import mapper
from mapper.delivery.batch import Parcel, Receipt, parcel_of
from mapper.delivery.credentials import Credentials, Endpoint, Secret, address
from mapper.delivery.delivery import Hearing, Way, deliver
from mapper.delivery.destination import Destination
from mapper.delivery.outbox.sqlite import SqliteOutbox
from mapper.delivery.outbox.store import Accepted, Account, Feed, Move, Position
from mapper.delivery.outbox.store_thread import StoreThread
from mapper.delivery.sandbox_server import Fault, Ledger, sandbox_app, serve
from mapper.delivery.summary import Delivery
from mapper.delivery.terms import Terms
from mapper.delivery.transport import connect
from mapper.feeds import Broken, SourceEvent, read_events

ROOT = Path(__file__).resolve().parents[1]
MAPPING = ROOT / "mappings/segment-ecommerce.yaml"
EVENTS = ROOT / "playground/events/shop.ndjson"
ORDER = ROOT / "playground/events/order.json"

CREDENTIALS = Credentials({"token": Secret("pina_demo"), "account": Secret("549700000001")})
# Small batches, so that some forty payloads make several requests.
EVENTS_A_REQUEST = 15
# The newest event is as old as this when the demo begins.
NEWEST_SECONDS = 180
# The sandbox's clock goes before ours, as clocks do: what is just young enough here is too old there.
AHEAD_SECONDS = 240
# This request, counted from 1, is answered with 503.
UNTAKEN_REQUEST = 2

WIDTH = 100
_MARGIN = 13
_COLOURS = {"title": "1", "good": "32", "kept": "33", "bad": "31", "quiet": "2"}
_TIMES = re.compile(
    r'"(?:timestamp|originalTimestamp|sentAt|receivedAt)"\s*:\s*'
    r'(?:"(?P<clock>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)|(?P<milliseconds>\d{13})\b)'
)
_MOMENT = re.compile(r'"timestamp"\s*:\s*"(?P<text>[^"]+(?:Z|[+-]\d\d:\d\d))"')


@dataclass(slots=True)
class Ends:
    """The outcomes of the lines: each is in one of `sent`, `skipped` and `rejected`, under its reason.

    parcels: the payloads, ready to go; `names` says of each line which event it is.
    """

    total: int = 0
    sent: dict[str, list[int]] = field(default_factory=dict)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    rejected: dict[str, list[int]] = field(default_factory=dict)
    notes: dict[str, list[int]] = field(default_factory=dict)
    parcels: list[Parcel] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


def main() -> int:
    """Run the demo. 0 when it came to its end, 1 when it could not, 130 when it was interrupted."""
    try:
        return run()
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left running", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output (`| head`) has all it wanted.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def run() -> int:
    """Map, deliver, and tell of both."""
    print(paint("A shop's events, mapped for Pinterest and delivered on this machine alone", "title"))
    program = compile_checked()
    destination = mapper.destination(program.target)
    ends = apply_all(program, moved(EVENTS.read_text(encoding="utf-8"), time.time()), destination)
    age = f"all times moved so that the newest is {NEWEST_SECONDS // 60} minutes old"
    tell("events", f"{shown(EVENTS)}: {ends.total} lines as a shop on Segment sends them, some broken; {age}")
    ledger = Ledger()
    with stand_in(program.target, destination, ledger) as url:
        odd = f"its clock is {AHEAD_SECONDS // 60} minutes ahead, and request {UNTAKEN_REQUEST} gets a 503"
        tell("sandbox", f"{url}: checks and answers as Pinterest's documents say; for the demo {odd}")
        tell_outcomes(ends)
        delivery, dead = deliver_all(Account(program.target), destination, url, ends)
    tell_delivery(delivery, ledger)
    for receipt in dead:
        tell_dead(receipt, ends)
    tell_notes(ends)
    tell_next()
    return 1 if delivery.pending else 0


def compile_checked() -> mapper.Program:
    """The program of the mapping, and a line on what the compiler says of it."""
    began = time.perf_counter()
    found = mapper.check_mapping(MAPPING)
    program = mapper.compile_mapping(MAPPING)
    seconds = time.perf_counter() - began
    said = f"{len(found)} diagnostics" if found else "no diagnostics"
    tell("mapping", f"{shown(MAPPING)}: {said}; checked and compiled to Python in {seconds:.1f} s")
    return program


def moved(text: str, now: float) -> str:
    """The text of an NDJSON file with all its times moved by the same whole seconds, each in its own form."""
    newest = max(datetime.fromisoformat(found["text"]).timestamp() for found in _MOMENT.finditer(text))
    seconds = int(now - newest) - NEWEST_SECONDS

    def move(found: re.Match[str]) -> str:
        if found["milliseconds"] is not None:
            form, later = "milliseconds", str(int(found["milliseconds"]) + seconds * 1000)
        else:
            form = "clock"
            later = (datetime.fromisoformat(found["clock"]) + timedelta(seconds=seconds)).isoformat()
        return text[found.start() : found.start(form)] + later + text[found.end(form) : found.end()]

    return _TIMES.sub(move, text)


def apply_all(program: mapper.Program, text: str, destination: Destination) -> Ends:
    """Every line through the program."""
    ends = Ends()
    for fed in read_events(io.BytesIO(text.encode()), "ndjson"):
        ends.total += 1
        if isinstance(fed, Broken):
            ends.rejected.setdefault(fed.reason, []).append(fed.line)
            continue
        for outcome in program.apply(fed.event):
            keep(ends, outcome, fed, destination)
    return ends


def keep(ends: Ends, outcome: mapper.Outcome, fed: SourceEvent, destination: Destination) -> None:
    """Put an outcome where it belongs."""
    if outcome.skip is not None:
        name = outcome.skip.name.reveal()  # the events of the demo are made up
        ends.skipped.setdefault(f"unmapped: {name}" if name else outcome.skip.reason, []).append(fed.line)
        return
    if outcome.rejection is not None:
        reasons = dict.fromkeys(f"{one.path}: {one.message}" for one in outcome.rejection.reasons)
        ends.rejected.setdefault("; ".join(reasons), []).append(fed.line)
        return
    assert outcome.payload is not None
    name = str(outcome.payload["event_name"])
    ends.sent.setdefault(name, []).append(fed.line)
    ends.parcels.append(parcel_of(outcome.payload, EVENTS.name, fed.line, destination))
    ends.names[fed.line] = name
    for note in outcome.notes:
        if note.kind != "missing":
            left_out = " left out" if note.kind == "invalid" else ""
            ends.notes.setdefault(f"{note.path}{left_out}: {note.message}", []).append(fed.line)


def stand_in(target: str, destination: Destination, ledger: Ledger) -> AbstractContextManager[str]:
    """The sandbox's base address while it runs; its clock is ahead, and one request it cannot take."""
    requests = count(1)
    app = sandbox_app(
        destination,
        mapper.validator(target),
        known=CREDENTIALS.values,
        now=lambda: time.time() + AHEAD_SECONDS,
        faults=[Fault("503", 0.5)],
        chance=lambda: 0.0 if next(requests) == UNTAKEN_REQUEST else 1.0,
        ledger=ledger,
    )
    return serve(app)


def deliver_all(
    account: Account, destination: Destination, url: str, ends: Ends
) -> tuple[Delivery, list[Receipt]]:
    """Every payload to the sandbox, in small batches, from an outbox that ends with the demo.

    With the receipts of those that were refused or have expired.
    """
    title("Delivery")
    endpoint = address(destination, CREDENTIALS, base_url=url)
    assert isinstance(endpoint, Endpoint), endpoint.message
    outbox, feed = SqliteOutbox(), Feed(account, MAPPING.stem, str(EVENTS), EVENTS.name)
    move = Move(feed, None, Position(ends.total, ended=True))
    outbox.put(Accepted(account, "demo", tuple(ends.parcels), move=move), time.time())
    way = Way(account, destination, connect(endpoint), Terms(events=EVENTS_A_REQUEST))
    dead: list[Receipt] = []

    def hear(receipts: tuple[Receipt, ...]) -> None:
        dead.extend(one for one in receipts if one.status in ("refused", "expired"))

    hearing = Hearing(hear, say=lambda line: tell("retry", line, "kept"))
    return deliver(StoreThread(outbox, None), way, hearing=hearing), dead


def tell_outcomes(ends: Ends) -> None:
    """Print the events that are sent, those that are not, and why."""
    counts = [sum(map(len, one.values())) for one in (ends.sent, ends.skipped, ends.rejected)]
    title(f"{ends.total} events: {counts[0]} to send, {counts[1]} skipped, {counts[2]} rejected")
    tell_lines("to send", ends.sent, "good")
    tell_lines("skipped", ends.skipped, "kept")
    tell_lines("rejected", ends.rejected, "bad")


def tell_lines(heading: str, places: dict[str, list[int]], colour: str) -> None:
    """A table of counts, reasons and line numbers, the most frequent first."""
    print(f"  {paint(heading, colour)}")
    for reason, lines in sorted(places.items(), key=lambda one: (-len(one[1]), one[1])):
        row = f"{reason}  ({'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines))})"
        print(wrapped(f"{len(lines):>5}  {row}", 7))


def tell_delivery(delivery: Delivery, ledger: Ledger) -> None:
    """The receipts, and whether the sandbox has counted the same."""
    counts = f"{delivery.delivered} delivered, {delivery.refused_count} refused"
    counts += f", {delivery.expired_count} expired, {delivery.pending} not delivered"
    tell("receipts", f"{counts}; {delivery.attempts} requests of at most {EVENTS_A_REQUEST} events")
    counts = f"{ledger.processed} processed, {ledger.failed} refused, {ledger.duplicates} that came twice"
    tell("sandbox", f"counts {counts}")


def tell_dead(receipt: Receipt, ends: Ends) -> None:
    """One that was not delivered: which event, the reason given, and who gave it."""
    line = receipt.parcel.record
    tell(receipt.status, f"line {line}, {ends.names[line]}: {receipt.reason}", "bad")
    if receipt.status == "expired":
        why = "found before it was sent: a phone was offline for days, and a mapping has no clock"
    else:
        why = (
            "found by the sandbox: by our clock the event is two minutes younger than the limit, by its "
            "clock two minutes older. The others of the request were delivered."
        )
    tell("", why, "quiet")


def tell_notes(ends: Ends) -> None:
    """Values that were left out or look doubtful, in events that were sent all the same."""
    title("Sent, with something to know")
    for said, lines in ends.notes.items():
        tell(f"line {', '.join(map(str, lines))}", said)


def tell_next() -> None:
    """Commands to try."""
    command, mapping = shown(Path(sys.executable).parent / "mapper"), shown(MAPPING)
    title("Where to look next")
    for line, why in (
        (f"check {mapping}", "what the compiler says of the mapping: nothing, as it is right"),
        (f"explain {mapping} {shown(ORDER)}", "where each value of a payload comes from"),
        (f"run {mapping} {shown(EVENTS)}", "the payloads, one a line"),
        ("sandbox", "the local server; `send --url` delivers to it from another terminal"),
    ):
        print(f"  {command} {line}\n      {paint(why, 'quiet')}")
    print("  docs/getting-started.md writes a first mapping; docs/language.md has the whole language")


def title(text: str) -> None:
    """Print a heading above the next lines."""
    print(f"\n{paint(text, 'title')}")


def tell(label: str, text: str, colour: str = "") -> None:
    """A labelled paragraph within the page's width; without a label the text has the colour."""
    head = f"  {label:<{_MARGIN - 2}}"
    body = wrapped(head + text, _MARGIN)[len(head) :]
    print(f"{paint(head, colour)}{body}" if label else head + paint(body, colour), flush=True)


def wrapped(text: str, indent: int) -> str:
    """Text within the page's width; lines after the first are indented."""
    return textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=" " * indent,
        replace_whitespace=False,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )


def shown(path: Path) -> str:
    """A path as a person in the project's folder writes it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def paint(text: str, colour: str) -> str:
    """Text in a colour where a terminal shows it."""
    if not colour or not text or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


if __name__ == "__main__":
    sys.exit(main())
