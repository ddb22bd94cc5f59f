"""What two versions of a mapping send is the same or different, and each difference is told with its path."""

from __future__ import annotations

import io
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mapper import CompileError, MappingComparison, authoring, compare
from mapper.feeds import Lines, read_texts
from mapper.workbench.comparison import ComparisonOptions, VersionPair, _blocks, open_pair
from mapper.workbench.mapping_version import Version
from mapper.workbench.pair_counts import PairCounts
from mapper.workbench.payload_difference import differences, is_same
from tests.compiler.test_keys import _PROBES
from tests.generators.mutants import changed
from tests.support.command import MAPPING, ROOT, SEGMENT, SHOP, event, ndjson
from tests.support.depth import examples, seeds, some

_READY = sorted((ROOT / "mappings").glob("*.yaml"))
# So many mutants of each mapping that compile are looked at, of so many.
_COMPILED, _MUTANTS = examples(4), 100


def _pair(old: str, new: str, beside: Path | None = None) -> VersionPair:
    texts = {"old.yaml": old, "new.yaml": new}
    before, after = (authoring.analyse(text, name, beside=beside) for name, text in texts.items())
    return VersionPair(Version("old.yaml", before), Version("new.yaml", after))


def _compared(old: str, new: str, *events: dict[str, Any], **options: Any) -> MappingComparison:
    blocks = read_texts(io.BytesIO(ndjson(*events).encode()), "ndjson")
    return _pair(old, new).compare(blocks, ComparisonOptions(**options))


# Who the small mapping says the event is of, by other fields.
_OTHERS = "{client_ip_address: ip, client_user_agent: agent}"


_NO_RULE = ("mapping name",)


def _told(found: MappingComparison) -> list[tuple[str, str, str, int]]:
    return [(one.path, one.kind, one.alarm, one.count) for one in found.paths]


@pytest.mark.parametrize("path", some(_READY, 2, full=8), ids=lambda path: path.stem)
def test_a_mapping_is_the_same_as_itself(path: Path) -> None:
    for found in (compare(path, path), compare(path, path, SHOP)):
        assert found.is_same
        assert found.events == found.same > 0
        assert (found.paths, found.outcomes, found.plan) == ((), (), ())


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The values in a payload, each by its path, without the places in lists."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list) and value:
        for one in value:
            yield from _flat(one, path)
    else:
        yield path, json.dumps(value)


def _by_path(payload: Any) -> dict[str, list[str]]:
    found = defaultdict(list)
    for path, value in _flat(payload):
        found[path].append(value)
    return found


def _different_paths(old: Any, new: Any) -> set[str]:
    before, after = _by_path(old), _by_path(new)
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _mutants(path: Path) -> Iterator[VersionPair]:
    """Mappings with one change each that compile, beside the one without it."""
    text = path.read_text("utf-8")
    head, tests, own = text.partition("\ntests:")
    old = Version("old.yaml", authoring.analyse(text, "old.yaml", beside=path))
    for seed in seeds(_MUTANTS, _MUTANTS):
        other = changed(head, random.Random(f"{path.stem} {seed}")) + tests + own
        pair = VersionPair(old, Version("new.yaml", authoring.analyse(other, "new.yaml", beside=path)))
        try:
            pair.new.refuse_errors()
        except CompileError:
            continue
        yield pair


@pytest.mark.parametrize("path", some(_READY, 2, full=10), ids=lambda path: path.stem)
def test_a_change_of_a_rule_is_told_at_each_path_that_differs(path: Path) -> None:
    # Each event once, as they are compared: two tests may be of one.
    tests = authoring.analyse_file(path).tests
    events = {json.dumps([one.given, one.meta], sort_keys=True): (one.given, one.meta) for one in tests}
    compiled = 0
    for pair in islice(_mutants(path), _COMPILED):
        compiled += 1
        expected: set[str] = set()
        ends = different = 0
        for one, meta in events.values():
            old = pair.old.analysis.program.apply(one, meta)
            new = pair.new.analysis.program.apply(one, meta)
            before, after = ([out.payload for out in outs] for outs in (old, new))
            different += json.dumps(before) != json.dumps(after)
            for was, now in zip(before, after, strict=len(before) == len(after)):
                if was is not None and now is not None:
                    expected |= _different_paths(was, now)
                else:
                    ends += was is not now
        found = pair.compare(None)
        told = {one.path.replace("[]", "") for one in found.paths}
        assert found.different >= different
        assert bool(found.paths) == bool(expected)
        assert all(any(_is_at(path, one) for one in told) for path in expected), (expected, told)
        assert all(any(_is_at(path, one) for path in expected) for one in told), (expected, told)
        assert bool(ends) <= bool(found.outcomes)
    assert compiled == _COMPILED


def _is_at(path: str, around: str) -> bool:
    return path == around or path.startswith(f"{around}.")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a", "changed")]),
        ({"a": 1}, {"a": True}, [("a", "changed")]),
        ({"a": 1, "b": {"c": 2}}, {"b": {"c": 2}, "a": 1}, []),
        ({"b": {"c": 2, "d": 1}}, {}, [("b.c", "lost"), ("b.d", "lost")]),
        ({}, {"b": {"c": 2}}, [("b.c", "new")]),
        ({"b": {}}, {}, [("b", "lost")]),
        ({"l": [{"c": 1}, {"c": 2}]}, {"l": [{"c": 1}, {"c": 3}]}, [("l[].c", "changed")]),
        ({"l": [{"c": 1}, {"c": 2}]}, {"l": [{"c": 2}]}, [("l", "changed")]),
        ({"l": [{"c": 1}, {"c": 2}]}, {"l": [{"c": 3}]}, [("l", "changed"), ("l[].c", "changed")]),
        ({"l": [{"c": 1}, {"c": 2}]}, {"l": [{"c": 2}, {"c": 1}]}, [("l", "changed")]),
        ({"l": [1, 2]}, {"l": [2, 1]}, [("l", "changed")]),
        ({"b": {"unknown name": 1}}, {"b": {"c": 1}}, [("b", "changed")]),
        ({"l": [{"x": 1}]}, {"l": [{"c": 1}]}, [("l", "changed")]),
    ],
)
def test_differences_are_told_at_the_paths_that_the_target_knows(
    old: Any, new: Any, told: list[tuple[str, str]]
) -> None:
    known = frozenset({"a", "b", "b.c", "b.d", "l", "l[]", "l[].c"})
    found = [(one.path, one.kind) for one in differences(old, new, known)]
    assert list(dict.fromkeys(found)) == told
    assert is_same(old, new) is not bool(told)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("{em: email}", _OTHERS, [("user_data.em", "lost", "identity lost", 1)]),
        (
            "event_id: id",
            "event_id: {from: id, apply: {concat: [x]}}",
            [("event_id", "changed", "key changed", 1)],
        ),
        ("{em: email}", "{em: email, ph: phone}", [("user_data.ph", "new", "more personal data", 1)]),
        ("value: total", "value: total, order_id: nr", [("custom_data.order_id", "new", "", 1)]),
        ("value: total, ", "", [("custom_data.value", "lost", "money changed", 1)]),
        ("{const: EUR}", "{const: USD}", [("custom_data.currency", "changed", "money changed", 1)]),
        ("send: checkout", "send: lead", [("event_name", "changed", "", 1)]),
    ],
)
def test_what_a_change_means_for_a_person_comes_first(
    was: str, now: str, told: list[tuple[str, str, str, int]]
) -> None:
    assert was in MAPPING
    one = event(1, phone="+14155550132", nr="A-1", ip="203.0.113.7", agent="x/1")
    found = _compared(MAPPING, MAPPING.replace(was, now), one)
    assert [row for row in _told(found) if row in told] == told
    back = _compared(MAPPING.replace(was, now), MAPPING, one)
    kinds = {"lost": "new", "new": "lost", "changed": "changed"}
    assert {(row[0], kinds[row[1]]) for row in _told(found)} == {row[:2] for row in _told(back)}


_CONSENT = "consent: {granted: ads, when_missing: denied, when_denied: %s}\nskip:\n"


def test_a_looser_consent_is_told_of_events_and_of_the_plan() -> None:
    ways = ("skip", "{strip: [user_data.ph], set: {opt_out: true}}")
    old, new = (MAPPING.replace("skip:\n", _CONSENT % way, 1) for way in ways)
    found = _compared(old, new, event(1, ads=False))
    (outcome,) = found.outcomes
    assert (outcome.before, outcome.now) == ("skipped: consent denied", "sent without user_data.ph")
    (plan,) = found.plan
    assert {plan.alarm, outcome.alarm} == {"consent looser"}
    (back,) = _compared(new, old, event(1, ads=False)).outcomes
    assert (back.before, back.now, back.alarm) == (outcome.now, outcome.before, "no longer sent")


@pytest.mark.parametrize(
    ("strip", "says"),
    [
        ("[user_data.ph]", "sent without user_data.ph"),
        ("[]", "sent without consent"),
        (
            "[user_data.ph, user_data.ge, user_data.ct]",
            "sent without user_data.ph, user_data.ge, user_data.ct",
        ),
        (
            "[user_data.ph, user_data.ge, user_data.ct, user_data.st]",
            "sent without user_data.ph, user_data.ge, user_data.ct and 1 more",
        ),
    ],
)
def test_what_consent_removes_is_named_and_no_more(strip: str, says: str) -> None:
    way = f"{{strip: {strip}, set: {{opt_out: true}}}}"
    old, new = (MAPPING.replace("skip:\n", _CONSENT % one, 1) for one in ("skip", way))
    (outcome,) = _compared(old, new, event(1, ads=False)).outcomes
    assert outcome.now == says
    (less,) = _compared(MAPPING, new, event(1, ads=False)).outcomes
    assert (less.before, less.now) == ("sent", says)
    other = MAPPING.replace("skip:\n", _CONSENT % "{strip: [user_data.zp], set: {opt_out: true}}", 1)
    assert _compared(other, new, event(1, ads=False)).different == 0


@pytest.mark.parametrize(
    ("was", "now", "alarm"),
    [
        ("when_missing: denied", "when_missing: granted", "consent looser"),
        ("when_missing: granted", "when_missing: denied", ""),
        ("when_denied: skip", "when_denied: {strip: personal}", "consent looser"),
        (
            "when_denied: {strip: [user_data.em]}",
            "when_denied: {strip: [], set: {opt_out: true}}",
            "consent looser",
        ),
        ("when_denied: {strip: [user_data.em]}", "when_denied: {strip: personal}", ""),
        ("granted: {all: [ads, sale]}", "granted: {any: [ads, sale]}", "consent looser"),
        ("when_limited: skip", "when_limited: {set: {opt_out: true}}", "consent looser"),
        ("when_limited: {set: {opt_out: true}}", "when_limited: skip", ""),
        ("when_limited: {set: {opt_out: true}}", "when_limited: {set: {opt_out: false}}", "consent looser"),
        ("granted: ads", "granted: marketing", "consent changed"),
        ("granted: ads", "denied: ads", "consent changed"),
    ],
)
def test_a_change_of_consent_is_told_by_what_it_means(was: str, now: str, alarm: str) -> None:
    keys = {
        "granted": "granted: ads",
        "when_missing": "when_missing: denied",
        "when_denied": "when_denied: skip",
    }
    texts = []
    for one in (was, now):
        written = {**keys, was.partition(":")[0]: one}
        text = "consent: {" + ", ".join(written.values()) + "}\nskip:\n"
        texts.append(MAPPING.replace("skip:\n", text, 1))
    (found,) = _pair(texts[0], texts[1]).plan
    assert (found.part, found.alarm) == ("consent", alarm)
    (lost,) = _pair(texts[0], MAPPING).plan
    assert (lost.mark, lost.alarm) == ("-", "consent looser")


def test_events_that_are_no_longer_sent_come_first_with_the_rule_that_says_so() -> None:
    new = MAPPING.replace("  event_time: at\n", "  event_time: moment\n")
    new = new.replace("skip:\n", "skip:\n  - {when: total > `100`, because: too much}\n")
    found = _compared(MAPPING, new, event(1), event(2), event(3, total=200))
    told = [(one.before, one.now, one.alarm, one.count, one.new) for one in found.outcomes]
    assert told == [
        ("sent", "rejected: event_time", "no longer sent", 2, "new.yaml:10"),
        ("sent", "skipped: too much", "no longer sent", 1, "new.yaml:5"),
    ]
    assert found.outcomes[0].names == {"checkout": 2}


def test_several_outcomes_of_one_event_are_compared_with_those_they_belong_to() -> None:
    head = MAPPING.replace("match:", "split: orders\nmatch:")
    orders = [event(number) for number in range(4)]
    left_out = head.replace("split: orders", "split: orders[1:]")
    found = _compared(head, left_out, {"orders": orders})
    assert found.paths == ()
    assert [(one.before, one.now, one.alarm) for one in found.outcomes] == [
        ("sent", "nothing", "no longer sent")
    ]
    turned = head.replace("split: orders", "split: reverse(orders)")
    assert _compared(head, turned, {"orders": orders}).different == 0


def test_places_are_those_of_the_rules_before_and_now() -> None:
    new = MAPPING.replace("name: small", "name: small\n# a line more").replace("value: total", "value: paid")
    told = {one.path: (one.old, one.new) for one in _compared(MAPPING, new, event(1)).paths}
    assert told["custom_data.value"] == ("old.yaml:15", "new.yaml:16")


def test_what_is_ignored_is_not_told_with_all_below_it() -> None:
    new = MAPPING.replace("value: total", "value: paid").replace("  - {is: view, send: page_visit}\n", "")
    events = (event(1), event(2, type="view"))
    assert _compared(MAPPING, new, *events).different == 2
    found = _compared(MAPPING, new, *events, ignore=("custom_data", "outcome", "plan"))
    assert found.is_same
    assert found.events == 2


def test_in_several_processes_it_is_told_the_same() -> None:
    new = SEGMENT.read_text("utf-8").replace("- context.traits.email", "- properties.mail")
    content = SHOP.read_bytes() * 20
    told = []
    for jobs in (1, 2):
        pair = _pair(SEGMENT.read_text("utf-8"), new, SEGMENT)
        options = ComparisonOptions(most_events=3, jobs=jobs)
        told.append(pair.compare(read_texts(_Chunks(content), "ndjson"), options))
    assert told[0] == told[1]
    assert told[0].different % 20 == 0 < told[0].different


class _Chunks(io.BytesIO):
    """A file that is read in small parts."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(50_000)


def test_what_is_kept_of_a_feed_does_not_grow_with_it() -> None:
    pair = _pair(MAPPING, MAPPING.replace("value: total", "value: paid"))
    worker = pair._worker(ComparisonOptions(most_events=2))
    counts = PairCounts()
    for first in range(1, 5001, 100):
        lines = "\n".join(json.dumps(event(number)) for number in range(first, first + 100))
        counts.add(worker.work(Lines(first, lines.encode())), 2)
    assert counts.different == 5000
    assert len(counts.shown) == 2
    assert {(one.count, one.first.line) for one in counts.paths.values()} == {(5000, 1)}
    assert {key.path for key in counts.paths} == {"custom_data.value", "custom_data.currency"}


_TWO_FIELDS = "{value: total, order_id: nr, currency: {const: EUR}}"
_NOTE, _MORE = "content_name: {from: email, personal: allowed}", "more personal data"
_VALUE = ("~", "field", "custom_data.value", "money changed")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("value: total", "value: paid", _VALUE),
        ("value: total", "value: {from: total, when: paid}", _VALUE),
        ("value: total", "value: {from: total, default: 0}", _VALUE),
        ("value: total", "value: {from: total, apply: {round: 1}}", _VALUE),
        ("value: total", "value: {from: total, required: true}", (*_VALUE[:3], "no longer sent")),
        ("{value: total, currency: {const: EUR}}", _TWO_FIELDS, ("+", "field", "custom_data.order_id", "")),
        ("{em: email}", "{em: email, ph: phone}", ("+", "field", "user_data.ph", "more personal data")),
        ("{em: email}", _OTHERS, ("-", "field", "user_data.em", "identity lost")),
        ("event_id: id", "event_id: nr", ("~", "field", "event_id", "key changed")),
        ("value: total", f"value: total, {_NOTE}", ("+", "field", "custom_data.content_name", _MORE)),
        ("boolean(test)", "boolean(trial)", ("~", "skip", "a test order", "skip changed")),
        ("match: type", "match: kind", ("~", "match", "", "section changed")),
        ("  - {is: view, send: page_visit}\n", "", ("-", "section", "is view", "no longer sent")),
        ("is: view", "is: [view, look]", ("~", "section", "is view, look", "section changed")),
    ],
)
def test_a_plan_differs_where_a_rule_does(was: str, now: str, told: tuple[str, str, str, str]) -> None:
    assert was in MAPPING
    new = MAPPING.replace(was, now)
    found = _pair(MAPPING, new).plan
    rows = [(one.mark, one.part, one.name, one.alarm) for one in found]
    assert told in rows
    marks = {"+": "-", "-": "+", "~": "~"}
    back = {(one.mark, one.part) for one in _pair(new, MAPPING).plan}
    assert {(marks[one.mark], one.part) for one in found} == back


@pytest.mark.parametrize("probe", _PROBES, ids=lambda probe: probe.key)
def test_a_difference_in_each_key_of_the_language_is_told(
    probe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.ndjson").write_text(json.dumps(probe.event))
    Path("base.yaml").write_text(probe.beside)
    Path("table.csv").write_text(probe.table)
    for name, text in zip(("new.yaml", "old.yaml"), probe.written, strict=True):
        Path(name).write_text(text)
    try:
        with open_pair("old.yaml", "new.yaml") as pair:
            found = pair.compare(_blocks([probe.event]))
    except CompileError:
        assert "check" in probe.shows or "tests" in probe.shows
        return
    ends = [pair.old.analysis.program.apply(probe.event), pair.new.analysis.program.apply(probe.event)]
    old, new = ([(one.payload, one.skip, one.rejection is None) for one in end] for end in ends)
    assert (found.different == 1) is ([one[0] for one in old] != [one[0] for one in new] or old != new)
    if probe.shows & {"code", "outcomes", "explain"} and probe.key not in _NO_RULE:
        assert found.plan


def test_a_rule_that_several_sections_share_is_told_once() -> None:
    new = MAPPING.replace("event_id: id", "event_id: nr")
    (found,) = _pair(MAPPING, new).plan
    assert (found.sections, found.old, found.new) == ((), "old.yaml:8", "new.yaml:8")
    assert [(one.name, one.old, one.new) for one in found.facts] == [("value", "id", "nr")]


_SECTIONS = """\
let: {large: total > `100`}
events:
  - {is: [order, sale], when: total, send: checkout}
  - {is: view, send: page_visit}
  - {is: {pattern: "*i*"}, send: lead}
  - {when: nr, send: custom}
  - {is: large, when: $large, send: search}
"""
_FIRST, _VIEW = "  - {is: [order, sale], when: total, send: checkout}\n", "  - {is: view, send: page_visit}\n"
_PATTERN, _NUMBER = '  - {is: {pattern: "*i*"}, send: lead}\n', "  - {when: nr, send: custom}\n"
_SHARED = ("~", "section", "section changed")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        (_FIRST + _VIEW, _VIEW + _FIRST, None),
        (_VIEW + _PATTERN, _PATTERN + _VIEW, _SHARED),
        (_FIRST + _VIEW + _PATTERN, _PATTERN + _VIEW + _FIRST, _SHARED),
        (_PATTERN + _NUMBER, _NUMBER + _PATTERN, _SHARED),
        ("when: total, send", "when: paid, send", _SHARED),
        ("when: total, send", "send", _SHARED),
        ("is: [order, sale]", "is: [sale]", _SHARED),
        ("is: view", "is: View", _SHARED),
        ("is: view", "is: 1", _SHARED),
        ('pattern: "*i*"', 'pattern: "x*"', _SHARED),
        ("{when: nr, send: custom}", "{when: nr, send: custom, continue: true}", _SHARED),
        ("`100`", "`1000`", ("~", "let", "section changed")),
        ("send: page_visit", "send: search", ("~", "section", "")),
        ("{is: view, send: page_visit}", "{is: view, skip: views}", ("~", "section", "no longer sent")),
        ("events:\n", "match: kind\nevents:\n", ("~", "match", "section changed")),
    ],
)
def test_another_section_that_may_take_an_event_is_an_alarm(
    was: str, now: str, told: tuple[str, str, str] | None
) -> None:
    head = MAPPING.partition("events:\n")[0]
    assert was in _SECTIONS
    sides = head + _SECTIONS, head + _SECTIONS.replace(was, now)
    if "match: kind" in now:
        sides = sides[0], sides[1].replace("match: type\n", "", 1)
    found = [(one.mark, one.part, one.alarm) for one in _pair(*sides).plan if one.part != "field"]
    assert found == ([] if told is None else [told])
    types = ("order", "sale", "view", "View", "large", "ox", 1)
    events = [
        event(1, type=name, total=total, paid=total == 7 or None, nr=number, kind="view")
        for name in types
        for total in (None, 7, 500)
        for number in (None, "n-1")
    ]
    compared = _compared(*sides, *events)
    assert bool(compared.different) is (told is not None)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "'1'"), ("true", "'true'"), ("null", "'null'"), ("'a, b'", "[a, b]")]
)
def test_names_of_sections_that_look_alike_are_two(one: str, other: str) -> None:
    old, new = (MAPPING.replace("is: view", f"is: {name}") for name in (one, other))
    (found,) = _pair(old, new).plan
    assert (found.part, found.alarm) == ("section", "section changed")


def test_from_python_events_are_compared_too(tmp_path: Path) -> None:
    for name, text in {"old": MAPPING, "new": MAPPING.replace("{const: EUR}", "{const: USD}")}.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    found = compare(tmp_path / "old.yaml", tmp_path / "new.yaml", [event(1), {"type": "other"}])
    assert (found.events, found.different, found.same) == (2, 1, 1)
    (one,) = found.paths
    assert (one.path, one.example.line, one.example.old, one.example.new) == (
        "custom_data.currency", 1, "EUR", "USD",
    )  # fmt: skip


def test_a_version_with_errors_raises_them(tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(MAPPING)
    (tmp_path / "new.yaml").write_text(MAPPING.replace("currency:", "curency:"))
    with pytest.raises(CompileError, match="M301"):
        compare(tmp_path / "old.yaml", tmp_path / "new.yaml")
