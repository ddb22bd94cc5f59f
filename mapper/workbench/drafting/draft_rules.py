"""Guesses -> rules, each with its evidence, and `todo` where only the author can decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mapper.authoring import Json
from mapper.masking import looks_personal
from mapper.workbench.drafting.consent_rule import find_consent, likely_consent
from mapper.workbench.drafting.event_ids import key_rule
from mapper.workbench.drafting.guesses import (
    LOCAL,
    FieldChoice,
    Judge,
    choose,
    likely_names,
    likely_times,
    named_events,
)
from mapper.workbench.drafting.likely_fields import Vocabulary, time_field, words_of
from mapper.workbench.drafting.products import OF_SUMS, Items, agreement, agreements, amounts_of, choose_items
from mapper.workbench.drafting.rule import DraftRule, Rules, asked, part_of, seen, shown
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples, elements, path_text
from mapper.workbench.drafting.skips import propose_skips
from mapper.workbench.drafting.unnamed_fields import choose_unnamed

_ENOUGH = 0.95
# If this share of the times has no UTC offset, the author has to decide which zone they are in.
_TOO_MANY = 0.1
_BY_NAME = "cents by its name"
_LEAST_OF_CENTS = 1000
_SEPARATORS = ("|", ";", ",")


def make_rules(samples: Samples, judge: Judge, target: Mapping[str, Any]) -> Rules:
    """The rules for some samples."""
    vocabulary, rules = judge.vocabulary, Rules(split=samples.splitting, parts=_parts_seen(samples))
    for pair in samples.pairs:
        rules.lets[pair.let] = DraftRule(pair.expression)
    items = choose_items(samples, judge)
    plain = [one for one in vocabulary.fields if not one.in_list and one.path not in (target.get("x-key"),)]
    source = vocabulary.roles.get("source", "")
    chosen = choose(samples, judge, [one for one in plain if one.path != source])
    sums = dict(amounts_of(items, samples, judge))
    choose_unnamed(chosen, sums, samples, judge)
    chosen = {path: one for path, one in chosen.items() if _is_wanted(path, items, judge)}
    names = named_events(samples, judge)
    if names is not None:
        rules.match = names[0]
        rules.names = {name: meaning for name, meaning in names[1].items() if not looks_personal(name)}
        rules.hidden = len(names[1]) - len(rules.names)
        _skip_undone(rules, vocabulary)
        rules.counts = dict(Counter(map(str, _in_events(names[0], samples).values)))
    for path, choice in chosen.items():
        rules.fields[path] = _written(choice, samples, judge, target)
    _write_items(rules, items, judge)
    _write_amounts(rules, chosen, sums, judge)
    _complete_phones(rules, judge)
    _write_customer(rules, samples, judge, target)
    _write_click(rules, samples, judge)
    _write_key_and_time(rules, chosen, samples, judge, target)
    _write_source(rules, samples, judge, target)
    _remove_app_fields(rules, judge, target)
    _ask_for_needs(rules, target)
    rules.consent = find_consent(samples, judge)
    rules.skips = tuple(propose_skips(samples, judge, _used(rules)))
    rules.likely_consent = None if rules.consent else likely_consent(samples, judge)
    if rules.match is None:
        rules.send = _one_event(rules, samples, judge, target)
    return rules


def _skip_undone(rules: Rules, vocabulary: Vocabulary) -> None:
    """Propose to skip the events whose names say that something is taken back."""
    stated = next((one for one in vocabulary.skips if one.undone), None)
    is_undone = vocabulary.event_words.says_undone
    if stated is not None:
        unknown = [name for name, meaning in rules.names.items() if meaning is None]
        rules.undone = tuple(name for name in unknown if is_undone(vocabulary.split(name)))
        rules.names = {name: meaning for name, meaning in rules.names.items() if name not in rules.undone}
        rules.because_undone = stated.because


def _used(rules: Rules) -> set[AttributePath]:
    """The attributes that rules of fields and of consent read, and the one that names events."""
    written = [*rules.fields.values(), *([rules.consent] if rules.consent is not None else [])]
    named = {rules.match.names} if rules.match is not None else set()
    return named | {one.names for rule in written for one in rule.reads}


def _in_events(attribute: Attribute, samples: Samples) -> Attribute:
    """An attribute that is around the parts of an event, with its value once for each event."""
    if samples.is_inner(attribute):
        return attribute
    found = (one for one in samples.undivided.attributes if (one.at, one.names) == (None, attribute.names))
    return next(found, attribute)


def _parts_seen(samples: Samples) -> str:
    """The evidence for the split: how many events have the list, and how many are in one."""
    if samples.split is None:
        return ""
    counts = [len(elements(event, samples.split)) for event in samples.raw]
    there, most = sum(count > 0 for count in counts), max(counts)
    return f"{there:,} of {len(counts):,} events have it, with up to {most:,} in one; the others stay whole"


def _to_decide(question: str, likely: tuple[Attribute, ...]) -> DraftRule:
    """A question to the author that names the likely attributes. The draft's tests keep these too."""
    named = f" Likely: {', '.join(one.text for one in likely)}" if likely else ""
    return asked(question + named, *likely)


def _written(choice: FieldChoice, samples: Samples, judge: Judge, target: Mapping[str, Any]) -> DraftRule:
    vocabulary = judge.vocabulary
    field = vocabulary.field(choice.path)
    evidence = seen(choice.sources, samples, is_personal=field is not None and field.personal)
    if choice.path == time_field(target):
        written = _time_in_utc(choice.first, samples, vocabulary) or _time(choice, evidence)
        if written is not None:
            return written
    separator = _separator(choice, vocabulary.roles.get("ids", ""))
    if separator:
        return DraftRule(
            {"from": _from(choice.sources), "apply": {"split": separator}}, evidence, choice.sources
        )
    return DraftRule(_first_of(_texts_of(choice.sources)), evidence, choice.sources)


def _texts_of(sources: Sequence[Attribute]) -> list[Json]:
    """The expressions of attributes, each once."""
    return list(dict.fromkeys(one.text for one in sources))


def _from(sources: Sequence[Attribute]) -> Json:
    """One attribute, or a list of several, as `from` takes them."""
    texts = _texts_of(sources)
    return texts[0] if len(texts) == 1 else texts


def _first_of(found: Sequence[Json]) -> Json:
    """The rule that takes the first of some values that is present."""
    return found[0] if len(found) == 1 else {"from": [*found]}


def _separator(choice: FieldChoice, ids: str) -> str:
    """The separator of ids in a text, where the field takes a list of them; "" if there is none."""
    texts = [value for value in choice.first.values if isinstance(value, str)]
    if choice.path != ids or not texts:
        return ""
    return next((one for one in _SEPARATORS if sum(one in text for text in texts) >= 0.2 * len(texts)), "")


def _time_in_utc(local: Attribute, samples: Samples, vocabulary: Vocabulary) -> DraftRule | None:
    """A rule for times without an offset whose name, or that of the same time beside it, says UTC."""
    utc, own = vocabulary.words["utc"], vocabulary.split(local.names[-1])
    if local.share("local_time") < _ENOUGH:
        return None
    for one in samples.attributes:
        words = vocabulary.split(one.names[-1])
        plain = tuple(word for word in words if word not in utc)
        if (one.at, one.names[:-1]) != (local.at, local.names[:-1]) or plain == words:
            continue
        is_same = one is local or plain == own
        if is_same and one.share("local_time") >= _ENOUGH and local.events <= one.events:
            value: Json = {"from": one.text, "apply": {"timestamp": {"zone": "UTC"}}}
            return DraftRule(value, f"{seen((one,), samples)}, in UTC by its name", (one,))
    return None


def _time(choice: FieldChoice, evidence: str) -> DraftRule | None:
    """A question for times without an offset, or with an unclear order of day and month; else None."""
    kind = next((one for one in LOCAL if choice.first.share(one) >= _TOO_MANY), None)
    if kind is None:
        return None
    form = "" if kind == "local_time" else ", format: ..."
    which = "which zone?" if kind == "local_time" else "which zone, and in which order are day and month?"
    hint = f"{{from: {choice.first.text}, apply: {{timestamp: {{zone: Europe/Berlin{form}}}}}}}"
    text = f"{choice.first.text} has no UTC offset ({evidence}): {which} For example {hint}"
    return asked(text, *choice.sources, evidence=evidence)


def _is_wanted(path: str, items: Items | None, judge: Judge) -> bool:
    """Whether a field needs its own rule: the list of products and their ids are made from the products."""
    roles = judge.vocabulary.roles
    return items is None or path not in (roles.get("items"), roles.get("ids"))


def _write_items(rules: Rules, items: Items | None, judge: Judge) -> None:
    """The products, under the name `items`."""
    if items is None:
        return
    roles = judge.vocabulary.roles
    sources: list[Json] = []
    if items.listed is not None:
        sources.append(path_text(items.listed))
    if items.single is not None:
        first = items.fields[roles["item"]]
        own = next((one for one in first if one.at == items.single), first[0])
        path = path_text((*items.single, *own.names))
        around = path_text(items.single) if items.single else "@"
        sources.append({"from": f"[{around}]", "when": f"present({path})"})
    name = "items"
    while name in rules.lets:
        name += "_"
    rules.lets[name] = DraftRule(_first_of(sources))
    for path, attributes in items.fields.items():
        rules.items[path] = DraftRule(_first_of(_texts_of(attributes)), shown(attributes[0]), attributes)
    ids = rules.items.get(roles["item"])
    if ids is not None and "ids" in roles:
        rules.fields[roles["ids"]] = DraftRule({"each": f"${name}", "item": ids.value}, "", ids.reads)
    counts = items.fields.get(roles.get("quantity", ""))
    rules.fields.pop(roles.get("count", ""), None)  # it often counts the kinds of products
    if counts and "count" in roles and len({one.text for one in counts}) == 1:
        each = f"${name}[].{counts[0].text}"
        rules.fields[roles["count"]] = DraftRule({"from": each, "apply": "total"}, "", counts)


def _write_amounts(
    rules: Rules, chosen: Mapping[str, FieldChoice], sums: Mapping[int, float], judge: Judge
) -> None:
    """Add the evidence for the value, and convert amounts that are in cents."""
    roles = judge.vocabulary.roles
    value, currency = roles.get("value", ""), roles.get("currency", "")
    choice = chosen.get(value)
    in_cents: list[str] = []
    if choice is not None:
        exact, cents = (agreement(choice.first, sums, part) for part in (1, 100))
        if exact >= OF_SUMS:
            said = f"the sum of the products in {part_of(*agreements(choice.first, sums, 1))}"
            said += "; before tax and shipping?"
            rules.fields[value] = DraftRule(rules.fields[value].value, said, choice.sources)
        if cents >= OF_SUMS:
            in_cents = [value]
        elif _look_like_cents(choice.first) and (exact >= OF_SUMS or not sums):
            in_cents = [value, roles.get("price", "")] if sums else [value]
        elif not sums and all(map(_may_be_cents, choice.sources)):
            said = f"{rules.fields[value].evidence}; whole numbers only: cents?"
            rules.fields[value] = replace(rules.fields[value], evidence=said)
    written = {**rules.fields, **rules.items}
    by_name = [path for path in (value, roles.get("price", "")) if _says_cents(written.get(path), judge)]
    by_sum = len(in_cents) == 1 and bool(sums)
    if currency not in rules.fields:
        _convert(rules, dict.fromkeys(by_name, _BY_NAME), {"divide": {"by": 100}})
    elif in_cents or by_name:
        said = "whole numbers only: cents?"
        if by_sum and choice is not None:
            said = f"100 times the sum of the products in {part_of(*agreements(choice.first, sums, 100))}"
        before = rules.lets["currency"] = rules.fields[currency]
        rules.fields[currency] = DraftRule("$currency", before.evidence, before.reads)
        found = dict.fromkeys(in_cents, said) | dict.fromkeys(by_name, _BY_NAME)
        _convert(rules, found, {"minor_units": "$currency"})


def _convert(rules: Rules, found: Mapping[str, str], step: Json) -> None:
    """Convert amounts that are in cents. found: the evidence for cents, by path."""
    for path, said in found.items():
        written = rules.items if path in rules.items else rules.fields
        if path in written:
            before = written[path]
            written[path] = DraftRule({"from": before.value, "apply": step}, said, before.reads)


def _says_cents(rule: DraftRule | None, judge: Judge) -> bool:
    """Whether all that a rule reads are amounts in hundredths by their names."""
    split, minor = judge.vocabulary.split, judge.vocabulary.words["minor"]
    names = [split(one.names[-1]) for one in rule.reads] if rule is not None else []
    return bool(names) and not any(minor.isdisjoint(words) for words in names)


def _look_like_cents(attribute: Attribute) -> bool:
    """Whether amounts are whole numbers, most of which do not end with 00."""
    values = _whole(attribute)
    if len(values) < len(attribute.values) or attribute.distinct < 5 or min(values) < 100:
        return False
    return sum(value % 100 != 0 for value in values) >= 0.5 * len(values)


def _may_be_cents(attribute: Attribute) -> bool:
    """Whether amounts are whole numbers of thousands, as round prices in cents are."""
    values = _whole(attribute)
    return len(values) == len(attribute.values) and min(values) >= _LEAST_OF_CENTS


def _whole(attribute: Attribute) -> list[int]:
    return [value for value in attribute.values if isinstance(value, int) and not isinstance(value, bool)]


def _complete_phones(rules: Rules, judge: Judge) -> None:
    """Complete national phone numbers by the country of the same person."""
    phone, country = (judge.vocabulary.roles.get(one, "") for one in ("phone", "country"))
    if phone not in rules.fields or country not in rules.fields or "country" in rules.lets:
        return
    numbers = [str(value).strip() for one in rules.fields[phone].reads for value in one.values]
    national = sum(not one.startswith(("+", "00")) for one in numbers)
    if national < 0.5 * len(numbers):
        return
    before, known = rules.fields[phone], rules.fields[country]
    codes: Json = {"from": _from(known.reads), "apply": ["clean", "country"]}
    rules.lets["country"] = DraftRule(codes, "", known.reads)
    value: Json = {"from": _from(before.reads), "apply": {"phone": {"country": "$country"}}}
    said = f"national in {part_of(national, len(numbers))}, completed by the country"
    rules.fields[phone] = DraftRule(value, said, before.reads)


def _write_customer(rules: Rules, samples: Samples, judge: Judge, target: Mapping[str, Any]) -> None:
    """Write a customer's id in the form in which the source's own tool sent it, to be matched again."""
    path = judge.vocabulary.roles.get("customer", "")
    names = {".".join(one.names) for one in samples.attributes if one.at is None}
    for tool, stated in target.get("x-draft", {}).get("sent_by", {}).items():
        is_of_tool = names.issuperset(stated["has"]) and names.isdisjoint(stated.get("lacks", ()))
        if is_of_tool and path in rules.fields:
            before = rules.fields[path]
            value: Json = {"from": _from(before.reads), "apply": stated["steps"]}
            said = f"{before.evidence}; as {tool} sent it"
            rules.fields[path] = DraftRule(value, said, before.reads)
            return


def _write_click(rules: Rules, samples: Samples, judge: Judge) -> None:
    """Read the click id from the parameter of the URLs that have it."""
    field = judge.vocabulary.role("click")
    if field is None:
        return
    for one in samples.attributes:
        if one.at is not None:
            continue
        names = [name for value in one.values if isinstance(value, str) for name in _parameters(value)]
        found = next((name for name in names if "".join(words_of(name)) in field.names), None)
        if found is None:
            continue
        own: Json = {"from": one.text, "apply": {"query_parameter": found}}
        before = rules.fields.get(field.path)
        said = f"in {part_of(sum(name == found for name in names), len(one.values))} URLs"
        value = _first_of([own] if before is None else [before.value, own])
        rules.fields[field.path] = DraftRule(value, said, (*(before.reads if before else ()), one))
        return


def _parameters(url: str) -> list[str]:
    if "?" not in url:
        return []
    try:
        return [name for name, _ in parse_qsl(urlsplit(url).query)]
    except ValueError:
        return []


def _write_key_and_time(
    rules: Rules, chosen: Mapping[str, FieldChoice], samples: Samples, judge: Judge, target: Mapping[str, Any]
) -> None:
    """Write the rule of the event's key; a question for its time if it is not found."""
    key, time = target.get("x-key", ""), time_field(target)
    if key:
        rules.fields[key] = key_rule(judge.vocabulary.field(key), chosen, samples, judge)
    if time and time not in chosen:
        used = {one.names for choice in chosen.values() for one in choice.sources}
        times = likely_times(samples, judge, used)
        rules.fields[time] = _to_decide("when did the event happen?", times)


def _write_source(rules: Rules, samples: Samples, judge: Judge, target: Mapping[str, Any]) -> None:
    """Write where events happened: from an attribute with known words, or from user agents of browsers."""
    path = judge.vocabulary.roles.get("source", "")
    schema = target.get("properties", {}).get(path, {})
    words = {
        own: {*map(_letters, also), _letters(own)} for own, also in schema.get("x-also-words", {}).items()
    }
    field = judge.vocabulary.field(path)
    if field is None:
        return
    for one in samples.attributes:
        values = sorted({str(value) for value in one.values})
        if one.at is not None or len(one.events) < _ENOUGH * len(samples.events) or not 0 < len(values) <= 8:
            continue
        meant = {value: [own for own, known in words.items() if _letters(value) in known] for value in values}
        if judge.vocabulary.score(one.names, field) and all(len(found) == 1 for found in meant.values()):
            table: Json = {value: found[0] for value, found in meant.items()}
            known: Json = {"from": one.text, "apply": {"lookup": {"table": table}}}
            rules.fields[path] = DraftRule(known, seen((one,), samples), (one,))
            return
    agent, page = (rules.fields.get(judge.vocabulary.roles.get(role, "")) for role in ("agent", "page"))
    browser = next((own for own, known in words.items() if "browser" in known), None)
    agents = agent.reads[0] if agent is not None else None
    pages = len(page.reads[0].events) if page is not None else 0
    browsers, of = _browsers(agents)
    if browser and pages >= _ENOUGH * len(samples.events) and of and browsers >= _ENOUGH * of:
        rules.fields[path] = DraftRule({"const": browser}, f"browsers in {part_of(browsers, of)} user agents")
        return
    names = ", ".join(schema.get("enum", ()))
    rules.fields[path] = asked(f"where did the events happen? {{const: ...}} with one of {names}")


def _browsers(agent: Attribute | None) -> tuple[int, int]:
    """The number of user agents that are browsers', and of all."""
    values = () if agent is None else agent.values
    return sum(isinstance(text, str) and text.startswith("Mozilla/") for text in values), len(values)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _remove_app_fields(rules: Rules, judge: Judge, target: Mapping[str, Any]) -> None:
    """Remove the fields of apps and devices, unless an attribute says which events come from an app."""
    source = rules.fields.get(judge.vocabulary.roles.get("source", ""))
    if source is not None and source.applies("lookup"):
        return
    stated = target.get("x-draft", {}).get("of_apps", ())
    for path in [path for path in rules.fields if path.split(".")[0] in stated]:
        del rules.fields[path]


def _ask_for_needs(rules: Rules, part: Mapping[str, Any], path: str = "") -> None:
    """Add a question for each field that the target still needs, by `anyOf` or `x-needs-valid`."""
    begin = f"{path}." if path else ""
    groups = [[begin + name for name in one.get("required", ())] for one in part.get("anyOf", ())]
    if groups and not any(all(name in rules.fields for name in group) for group in groups):
        names = ", or ".join(" with ".join(group) for group in groups)
        rules.fields[groups[0][0]] = asked(f"no attribute was found for {names}")
    for name, field_part in part.get("properties", {}).items():
        at = begin + name
        if at in rules.fields:
            for needed in field_part.get("x-needs-valid", ()):
                if needed not in rules.fields:
                    rules.fields[needed] = asked(f"{at} needs it: {{const: ...}} if it is always the same")
        _ask_for_needs(rules, field_part, at)


def _one_event(rules: Rules, samples: Samples, judge: Judge, target: Mapping[str, Any]) -> DraftRule:
    """The event name of all samples, if they have the fields that are advised for it; else a question."""
    fits = []
    personal = {one.path for one in judge.vocabulary.fields if one.personal}
    for name, stated in target.get("x-event-names", {}).get("standard", {}).items():
        groups = [group for one in stated.get("advice", ()) if "when" not in one for group in one["fields"]]
        paths = [[group] if isinstance(group, str) else group for group in groups]
        own = [group for group in paths if any("." in one and one not in personal for one in group)]
        if len(own) >= 3 and all(_found(group, rules, samples) for group in own):
            fits.append((len(own), name))
    if fits:
        return DraftRule(max(fits)[1], "every event has what is advised for it")
    used = {one.names for rule in rules.fields.values() for one in rule.reads}
    return _to_decide("which event are these?", likely_names(samples, judge, used))


def _found(group: Sequence[str], rules: Rules, samples: Samples) -> bool:
    """Whether nearly all events have at least one field of a group."""
    written = [
        one for path in group for one in (rules.fields.get(path), rules.items.get(path)) if one is not None
    ]
    events = [each.events for one in written for each in one.reads]
    return len(frozenset[int]().union(*events)) >= _ENOUGH * len(samples.events)
