"""Sample events -> a drafted mapping: a source schema, and a mapping in which each guess has its evidence."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import mapper
from mapper import CompileError, Invalid, Outcome, authoring
from mapper.authoring import Json
from mapper.compiling import delivered_targets
from mapper.masking import looks_personal
from mapper.workbench.drafting.draft_page import Heading, counted, write_draft
from mapper.workbench.drafting.draft_rules import make_rules
from mapper.workbench.drafting.guesses import Judge
from mapper.workbench.drafting.likely_fields import Vocabulary, read_vocabulary, time_field
from mapper.workbench.drafting.pseudonyms import KeptValues, pseudonym
from mapper.workbench.drafting.rule import DraftRule, Rules
from mapper.workbench.drafting.seen_attributes import Attribute, Samples, path_text, read_samples, value_at
from mapper.workbench.drafting.splits import find_split
from mapper.workbench.ready_mappings import ready_mappings
from mapper.workbench.yaml_text import flow, is_whole

# So many events are looked at closely.
MOST_EVENTS = 2_000
_MOST_TESTS = 5
_LONGEST_NAME = 48
_SEEN_OF_ANYBODY = ("present", "of", "kinds", "texts", "distinct")
_SOURCE_LINE = re.compile("^source: .*\n", re.MULTILINE)
_TOLD_ROLES = ("value", "currency", "price", "quantity", "count", "source")
_DIGEST = re.compile("[0-9a-f]{64}")
_MOMENT, _AT = "$meta.received_at", {"received_at": 1777629600}


@dataclass(frozen=True, slots=True)
class Guess:
    """A field of the target and what fills it.

    value: its rule, as YAML. reads: the attributes, `[]` after a list. evidence: what speaks for it.
    todo: its author has to decide.
    """

    path: str
    value: str
    reads: tuple[str, ...]
    evidence: str
    todo: bool


@dataclass(frozen=True, slots=True)
class DraftedMapping:
    """A first mapping. source: the schema of its events, as it may be written to a file.

    match: the attribute that names events, if there is one; names: each name, and what it is to the target.
    todos: how many places its author has to fill in. trial: the mapping with something in their place.
    """

    mapping: str
    source: dict[str, Any]
    guesses: tuple[Guess, ...]
    names: tuple[tuple[str, str | None], ...]
    match: str | None
    todos: int
    trial: str

    @property
    def without_source(self) -> str:
        """The mapping for where there is no schema of its source."""
        return _SOURCE_LINE.sub("", self.mapping, count=1)


def draft_name(text: str) -> str:
    """A name that a file, a schema and a mapping may have."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:_LONGEST_NAME] or "draft"


def draft(
    events: Iterable[dict[str, Any]],
    *,
    name: str = "draft",
    target: str | None = None,
    without: Iterable[str] = (),
    beside: str | Path | None = None,
) -> DraftedMapping:
    """The draft of a mapping for some sample events. Raises ValueError where there is no event.

    It names the schema of its source NAME/events. without: ready mappings whose names are not to be learned
    from. beside: the file that the mapping will be, whose project's schemas count.
    """
    known, of = _spread(events)
    if not known:
        raise ValueError("a draft needs at least one event")
    name_of_target = target or _only_target(beside)
    schema = mapper.read_schema(name_of_target, beside=beside)
    vocabulary = read_vocabulary(schema, _known_tables(name_of_target, frozenset(without)))
    judge = Judge(vocabulary, authoring.normalizer(name_of_target, beside=beside), time_field(schema))
    samples = read_samples(known, vocabulary, lambda whole: find_split(whole, judge))
    rules = make_rules(samples, judge, schema)
    about = f"made of {counted(len(known), 'sample event')}"
    about += f" of {of:,}" if of > len(known) else ""
    heading = Heading(name, name_of_target, f"{name}/events", about)
    bare = replace(heading, source=None)
    trial = write_draft(bare, _trial(rules, vocabulary, schema), _order(vocabulary), (), ())
    tests = list(_tests(samples, rules, trial, judge, schema))
    text = write_draft(heading, rules, _order(vocabulary), _unread(samples, rules), tests)
    match = None if rules.match is None else rules.match.text
    guesses = tuple(_guesses(rules, samples))
    source_written = _less_personal(
        authoring.written_source(samples.schema), samples, rules, judge.vocabulary
    )
    names = (*rules.names.items(), *((name, None) for name in rules.undone))
    return DraftedMapping(text, source_written, guesses, names, match, rules.todos, trial)


def _spread(events: Iterable[dict[str, Any]]) -> tuple[tuple[dict[str, Any], ...], int]:
    """Some of many events, equally far from each other, and how many there are."""
    kept: list[dict[str, Any]] = []
    step, count = 1, 0
    for event in events:
        if count % step == 0:
            kept.append(event)
        count += 1
        if len(kept) > MOST_EVENTS:
            kept, step = kept[::2], step * 2
    return tuple(kept), count


def _less_personal(
    schema: dict[str, Any], samples: Samples, rules: Rules, vocabulary: Vocabulary
) -> dict[str, Any]:
    """The schema of the source without values of what fills a person's fields, which it marks."""
    hidden = samples.in_raw(_personal_reads(rules, vocabulary))
    pairs = samples.in_raw((*pair.at, "*") for pair in samples.pairs)

    def less(part: dict[str, Any], at: tuple[str, ...]) -> dict[str, Any]:
        made = {key: one for key, one in part.items() if key not in ("properties", "items", "required")}
        is_pair = any(at[: len(pair) - 1] == pair[:-1] for pair in pairs)
        if at in hidden or is_pair:
            seen = part.get("x-seen", {})
            made["x-seen"] = {key: one for key, one in seen.items() if key in _SEEN_OF_ANYBODY}
        if at in hidden:
            made.setdefault("x-personal", "field")
        if "properties" in part:
            shown = {name: one for name, one in part["properties"].items() if not looks_personal(name)}
            made["properties"] = {name: less(one, (*at, name)) for name, one in shown.items()}
            required = [name for name in part.get("required", ()) if name in shown]
            made |= {"required": required} if required else {}
        if "items" in part:
            made["items"] = less(part["items"], at)
        return made

    return less(schema, ())


def _personal_reads(rules: Rules, vocabulary: Vocabulary) -> set[tuple[str, ...]]:
    written = {**rules.fields, **rules.items}
    personal = {path for path in written if (field := vocabulary.field(path)) is not None and field.personal}
    cookies = [rules.consent] if rules.consent is not None and _holds_more(rules.consent) else []
    return _read_names([*(written[path] for path in personal), *cookies])


def _only_target(beside: str | Path | None) -> str:
    names, _ = delivered_targets(beside=beside)
    if len(names) != 1:
        raise ValueError(f"name the target: one of {', '.join(names)}")
    return names[0]


@lru_cache
def _known_tables(target: str, without: frozenset[str]) -> tuple[tuple[authoring.Table, ...], ...]:
    """The tables of the ready mappings to a target."""
    own = authoring.scope_of(None, None).schemas[0]
    return tuple(
        mapper.explain_mapping(ready.file, schemas=own)
        for ready in ready_mappings()
        if ready.name not in without and f"target: {target}\n" in ready.file.read_text(encoding="utf-8")
    )


def _order(vocabulary: Vocabulary) -> list[str]:
    return [field.path for field in vocabulary.fields]


def _name_of(attribute: Attribute, samples: Samples) -> str:
    """An attribute as it is called in a report: from the event, `[]` after a list, `[name]` of a pair."""
    text = attribute.text
    first = (attribute.at or attribute.names)[0]
    outer = f"{path_text(samples.split)}[]." if samples.split and first in samples.inner else ""
    if attribute.at is not None:
        single = attribute.at not in samples.lists
        at = path_text(attribute.at) if attribute.at else ""
        return f"{outer}{at}{'' if single else '[]'}{'.' if at else ''}{text}"
    for pair in samples.pairs:
        if attribute.names[0] == pair.marked:
            return f"{path_text(pair.at)}[{path_text(attribute.names[1:])}]"
    return outer + text


def _guesses(rules: Rules, samples: Samples) -> Iterator[Guess]:
    if samples.split is not None:
        yield Guess("split", samples.splitting, (path_text(samples.split),), rules.parts, False)
    written = {**rules.fields, **rules.items}
    for skip in rules.skips:
        yield Guess("skip", skip.when, (_name_of(skip.reads, samples),), skip.evidence, False)
    if rules.consent is not None:
        written["consent"] = rules.consent
    for path, one in written.items():
        reads = tuple(dict.fromkeys(_name_of(each, samples) for each in one.reads))
        yield Guess(path, flow(one.value), reads, one.evidence, one.todo)


def _read_by(rules: Rules) -> Iterator[Attribute]:
    for one in (*rules.fields.values(), *rules.items.values(), *([rules.consent] if rules.consent else [])):
        yield from one.reads
    if rules.send is not None:
        yield from rules.send.reads
    yield from (one.reads for one in rules.skips)
    if rules.likely_consent is not None:
        yield rules.likely_consent
    if rules.match is not None:
        yield rules.match


def _unread(samples: Samples, rules: Rules) -> Iterator[str]:
    used = {_name_of(one, samples) for one in _read_by(rules)}
    for one in samples.attributes:
        name = _name_of(one, samples)
        if name not in used and one.values:
            yield name
    for at in samples.lists:
        yield from (name for name in samples.nested(at) if name not in used)


def _tests(
    samples: Samples, rules: Rules, trial: str, judge: Judge, schema: Mapping[str, Any]
) -> Iterator[Json]:
    """Tests of some samples, pseudonymised, with what the mapping makes of them."""
    if rules.consent is not None and rules.consent.todo:
        return  # what is sent depends on it
    vocabulary = judge.vocabulary
    try:
        program = mapper.compile_text(trial)
    except CompileError:
        return
    kept = _kept(rules, samples, vocabulary, time_field(schema))
    known: set[str] = set()
    undecided = {path for path, one in rules.fields.items() if one.todo}
    name_field = schema.get("x-event-names", {}).get("field", "")
    unnamed = rules.match is not None and not any(rules.names.values())
    undecided |= {name_field} if unnamed or (rules.send is not None and rules.send.todo) else set()
    for event in _fullest_first(samples, rules):
        if len(known) >= _MOST_TESTS:
            return
        if _adds_no_test(event, known, rules, unnamed=unnamed):
            continue
        made = pseudonym(event, samples.schema, kept)
        if not is_whole(json.dumps(made, ensure_ascii=False)):
            continue
        outcomes = program.apply(made, _AT)
        payloads = [one.payload for one in outcomes if one.payload is not None]
        new = {payload[name_field] for payload in payloads} - known
        if unnamed and rules.match is not None and payloads:
            new = {str(value_at(made, rules.match.names))} - known
        if not new or not all(_is_decided(one, rules) for one in outcomes):
            continue
        known |= new
        title = (
            "a sample" if name_field in undecided and not unnamed else f"a sample of {', '.join(sorted(new))}"
        )
        ends = [_readable(_end(one, undecided), _texts(made), judge) for one in outcomes]
        yield {"name": title, "given": made, "expect": ends[0] if len(ends) == 1 else ends}


def _adds_no_test(event: dict[str, Any], known: set[str], rules: Rules, *, unnamed: bool) -> bool:
    """Whether an event has a name that is not sent, or that a test has already."""
    name = None if rules.match is None else value_at(event, rules.match.names)
    if not isinstance(name, str) or name not in rules.names:
        return False
    return name in known if unnamed else rules.names[name] is None or rules.names[name] in known


def _fullest_first(samples: Samples, rules: Rules) -> Sequence[dict[str, Any]]:
    """The samples, first those that have most of what the rules read."""
    if samples.split is not None:
        return samples.raw
    counts = Counter(place for one in _read_by(rules) if one.at is None for place in one.events)
    places = sorted(range(len(samples.raw)), key=lambda place: -counts[place])
    return [samples.raw[place] for place in places]


def _is_decided(outcome: Outcome, rules: Rules) -> bool:
    """Whether an event ends so, whatever its author decides; unmapped ones may have a name to decide on."""
    if outcome.skip is not None and outcome.skip.kind == "unmapped":
        return None not in rules.names.values()
    return outcome.rejection is None


def _end(outcome: Outcome, undecided: set[str]) -> dict[str, Any]:
    """The outcome of an event, as a test expects it; less what is to be decided."""
    if outcome.payload is not None:
        return _without(outcome.payload, undecided)
    assert outcome.skip is not None
    return {"skip": outcome.skip.reason if outcome.skip.kind == "skip" else outcome.skip.kind}


def _texts(value: Json) -> list[Json]:
    """The texts and numbers of an event."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return [text for part in parts for text in _texts(part)]
    return [value]


def _readable(value: Json, texts: Sequence[Json], judge: Judge, path: str = "") -> Json:
    """A payload, each digest in it as that of the text of the event that it is of."""
    if isinstance(value, dict):
        below = f"{path}." if path else ""
        return {name: _readable(one, texts, judge, below + name) for name, one in value.items()}
    if isinstance(value, list) and not any(isinstance(one, dict) for one in value):
        return [_of_text(one, texts, judge, path) for one in value]
    return value


def _of_text(value: Json, texts: Sequence[Json], judge: Judge, path: str) -> Json:
    for text in texts if _DIGEST.fullmatch(str(value)) else ():
        with suppress(Invalid):
            if judge.settle(path, text) == [value] and text != value:
                return {"hash": text}
    return value


def _without(payload: Mapping[str, Any], paths: set[str], above: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in payload.items():
        at = f"{above}{name}"
        if at not in paths:
            part = _without(value, paths, f"{at}.") if isinstance(value, dict) else value
            if part != {}:
                made[name] = part
    return made


def _trial(rules: Rules, vocabulary: Vocabulary, schema: Mapping[str, Any]) -> Rules:
    """The rules with something in place of what is to be decided, so that they can be tried."""
    source = vocabulary.roles.get("source", "")
    stated = schema.get("properties", {}).get(source, {})
    browsers = [own for own, also in stated.get("x-also-words", {}).items() if "browser" in also]
    words = [*browsers, *stated.get("enum", ())]
    stand_ins: dict[str, Json] = {
        schema.get("x-key", ""): "fingerprint(@)",
        time_field(schema): _MOMENT,
    }
    if words:
        stand_ins[source] = {"const": words[0]}
    fields = {
        path: replace(one, value=stand_ins[path]) if one.todo else one
        for path, one in rules.fields.items()
        if not one.todo or path in stand_ins
    }
    standard = tuple(schema.get("x-event-names", {}).get("standard", ()))
    send = DraftRule(standard[0]) if rules.send is not None and rules.send.todo and standard else rules.send
    names: dict[str, str | None] = {n: meaning for n, meaning in rules.names.items() if meaning is not None}
    if rules.names and not names and standard:
        names = dict.fromkeys(rules.names, standard[0])
    consent = None if rules.consent is not None and rules.consent.todo else rules.consent
    return replace(rules, fields=fields, send=send, names=names, consent=consent)


def _kept(rules: Rules, samples: Samples, vocabulary: Vocabulary, time: str) -> KeptValues:
    """The values of an event that may stay as they are in a test."""
    reads = {(*(one.at or ()), *one.names) for one in _read_by(rules)}
    pairs = {(*pair.at, pair.name) for pair in samples.pairs} | {pair.at for pair in samples.pairs}
    roles = [vocabulary.roles.get(one, "") for one in _TOLD_ROLES]
    written = {**rules.fields, **rules.items}
    told = [written[path] for path in (*roles, time) if path in written]
    told += [DraftRule("", reads=(rules.match,))] if rules.match is not None else []
    told += [one for one in (rules.consent, rules.send) if one is not None]
    told += [DraftRule("", reads=(one.reads,)) for one in rules.skips]
    told += [DraftRule("", reads=(rules.likely_consent,))] if rules.likely_consent is not None else []
    click = vocabulary.role("click")
    return KeptValues(
        samples.in_raw(reads | pairs),
        samples.in_raw(_read_names(told)),
        samples.in_raw(_personal_reads(rules, vocabulary)),
        frozenset(click.names) if click else frozenset(),
    )


def _holds_more(rule: DraftRule) -> bool:
    """Whether it reads cookies, which hold browser ids besides the answers."""
    return any(isinstance(value, str) and "=" in value for one in rule.reads for value in one.values)


def _read_names(rules: Iterable[DraftRule]) -> set[tuple[str, ...]]:
    return {(*(one.at or ()), *one.names) for rule in rules for one in rule.reads}
