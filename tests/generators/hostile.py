"""Mapping texts of up to 64 KiB, made to keep whoever checks them busy: by name."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

SIZE = 64 * 1024
# The longest expression that is read, the most parts of one, the longest scalar.
_EXPRESSION, _PARTS, _SCALAR = 4096, 500, 16_000

_HEAD = "name: hostile\nversion: 1\ntarget: pinterest/conversions-v5\n"
_PAYLOAD = """\
payload:
  action_source: {const: web}
  event_id: id
  event_time: time
  event_source_url: url
"""
_USER = "  user_data: {em: email}\n"
_END = "otherwise: {send: checkout}\n"
_ROOM = SIZE - 512

# Repeated as lines; as one long line or scalar; and what may stand around that.
_LINES = r"""
# no || |-|---|...|%YAML 1.2|%TAG ! a|a|a: b|a:|- |? a|?|: a|&a b|*a|a: &a b|a: *a|<<: a|<<: *a|!!str a|a: !b c
- !a b|!|*|&|a: 'b|a: "b|a: [b|a: {b|a: b: c|a: b #c|a: @|a: `b`|a: %b|a: [?b]|a: *.b|- "\q"|- "\ud800"
- "\U00110000"|- 010|- .nan|- 0x1|- 1e999|- >|"a": b|'a': b|a: }|a: ]|]|}|a: 'b' c|a: "b" c|a: {b: c} d|a: [b] c
a: b ? c : d|{a: b}: c|[a]: b|a: ,|a: {'b':c}|a: {b:c, d}|a: (b: c)|a: {b: "c}|a: [b, 'c]|a: join(', ', b)
""".replace("\n", "|").split("|")
_UNITS = r"""
[ { {a:~ [a:~ -~ ?~ ! &a~ *a~ " ' ` | > % @ a:~ , : a: # ~# \ [] {} [a:b],~ [{a:b}],~ a~b~ ''~ ""~ 9 - . a. e9
\x "\ '\ [? [! [* !a~ <<:~ () ( a( $a~ ${ {{ < = \ud800 \" \n \x41 '' ~
""".replace("\n", " ").split(" ")
_ODD = (
    "\t",
    " ",
    "\r",
    "\n ",
    "\0",
    "\u202e",
    "a\u202e",
    "\ufeff",
    "\ud800",
    "\u2028a",
    "💩",
    "\x1b[2J",
    "\x85",
    "a\u0301",
)
_AROUND = (
    *(("", ""), ("a: ", ""), ("a: [", "]"), ("a: {", "}"), ('a: "', '"'), ("a: '", "'"), ("a: |\n  ", "\n")),
    *(("a: >\n  ", "\n"), ("tests:\n  - ", "\n"), ('"', '": a'), ("# ", "")),
)

# Of an expression: what stands before, what is repeated, what stands in the middle, what is repeated behind.
_EXPRESSIONS: tuple[tuple[str, str, str, str], ...] = (
    *(("", f"a{link}", "a", "") for link in (".", "||", "&&", "|", "==", "<", ",", " ", "-", "+", "?")),
    *(("", opening, "a", closing) for opening, closing in ("()", "[]", "{}", ("{a:", "}"), ("!", ""), ("&", ""))),
    *(("", f"{name}(", "a", ")") for name in ("f", "length", "not_null", "to_string", "trim", "lenght", "cleann")),
    *(("a", unit, "", "") for unit in ("[*]", "[]", ".*", "[0]", "[::1]", "[?a]", ".a[]", "[0:1].b", "[*].a", "?b:c")),
    *(("a", "[?a", "", "]"), ("a", ".[a", "", "]"), ("a", ".{a:b", "", "}"), ("map(&a,", "map(&a,", "a", ")")),
    *(("map(&a,a)", "|map(&a,@)", "", ""), ("sort_by(a,&a)", "|sort_by(@,&a)", "", ""), ("a[?b=='", "c", "']", "")),
    *(("[", "a,", "a]", ""), ("[", "@,", "@]", ""), ("join('',[", "'a',", "'a'])", ""), ("concat(a,", "a,", "a)", "")),
    *(("`", "[", "", "]"), ("`", '{"a":', "1", "}"), ("`[", "1,", "1]`", ""), ("`", "9", "`", ""), ("'", "\\'", "'", "")),
    *(('"', "\\u0041", '"', ""), ('"', "\\ud800", '"', ""), ("`", "\\`", "`", ""), ("a[", "9", "]", ""), ("", "\u2019", "", "")),
    *(("", "$a|", "a", ""), ("", "$b.", "a", ""), ("", '"a".', "a", ""), ("", "f(a).", "a", ""), ("[", "lenght(a),", "a]", "")),
    *(("[", "$usr,", "a]", ""), ("[", "a == true,", "a]", ""), ("[", 'a == "b",', "a]", ""), ("$event.[", "$event,", "a]", "")),
    *(("merge(", "@,", "@)", ""), ("a[?contains($event.b,", "a||", "a)]", ""), ("a[?b == '1' || ", "b == '1' || ", "c]", "")),
)  # fmt: skip


def texts() -> Iterator[tuple[str, Callable[[], str]]]:
    """All texts by name, each made when it is asked for."""
    for share in (1, 2, 4, 8, 16, 32):
        for name, text in _mappings(_ROOM // share):
            yield f"{name} in 1/{share}", partial(str, text)
    for number, expression in enumerate(expressions()):
        for name, place in _PLACES.items():
            yield f"expression {number} {expression[:16]!r}... as {name}", partial(place, expression)
    for line in dict.fromkeys(_LINES):
        yield f"lines of {line!r}", partial(_filled, line + "\n", SIZE)
    for unit in (*(unit.replace("~", " ") for unit in _UNITS), *_ODD):
        for before, behind in _AROUND:
            named = f"{before!r} {unit!r}... {behind!r}"
            yield named, partial(_filled, unit, SIZE - 16, before, behind)
            yield f"{named} of 16 KB", partial(_filled, unit, _SCALAR, before, behind)
    for seed in range(100):
        yield f"noise {seed}", partial(_noise, seed)


def _filled(unit: str, size: int, before: str = "", behind: str = "") -> str:
    times = size // max(len(unit.encode(errors="replace")), 1) if unit else 0
    return before + unit * times + behind


def expressions() -> Iterator[str]:
    for before, unit, middle, behind in _EXPRESSIONS:
        for times in (
            20,
            60,
            _PARTS // 2 - 5,
            (_EXPRESSION - 60) // len(unit + behind),
            _SCALAR // len(unit + behind),
        ):
            yield before + unit * times + middle + behind * times


def _quoted(expression: str) -> str:
    return "'" + expression.replace("'", "''") + "'"


def _mapping(let: str = "", payload: str = "", user: str = _USER, end: str = _END) -> str:
    return _HEAD + (f"let:\n{let}" if let else "") + _PAYLOAD + payload + user + end


def _many(write: Callable[[int], str], room: int = _ROOM, most: int = 100_000) -> str:
    """As many of what is written for 0, 1, 2 ... as there is room for."""
    parts: list[str] = []
    used = 0
    while len(parts) < most:
        part = write(len(parts))
        used += len(part.encode(errors="replace"))
        if used > room:
            break
        parts.append(part)
    return "".join(parts)


_PLACES: dict[str, Callable[[str], str]] = {
    "lets": lambda one: _mapping(let=_many(lambda at: f"  v{at}: {_quoted(one)}\n", most=200)),
    "alternatives": lambda one: _mapping(
        "", "  partner_name:\n    from:\n" + _many(lambda at: f"    - {_quoted(one)}\n", most=300)
    ),
    "an item": lambda one: _mapping(
        payload=f"  custom_data: {{contents: {{each: {_quoted(one)}, item: {{id: {_quoted(one)}}}}}}}\n"
    ),
}

# What stands before many of what is written for 0, 1, 2 ..., and behind them: in a let, a rule, the end.
_LETS: dict[str, Callable[[int], str]] = {
    "a chain of lets": lambda at: f"  v{at}: {f'$v{at - 1}' if at else 'a'}\n",
    "a circle of lets": lambda at: f"  v{at}: $v{(at + 1) % 200}\n",
    "circles of two": lambda at: f"  v{at}: '[$v{at ^ 1}, $v{at}]'\n",
    "lets that double": lambda at: f"  v{at}: '{f'[$v{at - 1}, $v{at - 1}]' if at else 'a'}'\n",
    "lets that read all": lambda at: f"  v{at}: '[{','.join(f'$v{n}' for n in range(at))}{',' * (at > 0)} a]'\n",
    "lets of objects": lambda at: f"  v{at}: {{a: $v{at - 1}.a.b, b: {{from: [$v{at - 1}, c]}}}}\n" if at else "  v0: a\n",
    "lets of steps": lambda at: f"  v{at}: {{from: {f'$v{at - 1}' if at else 'a'}, apply: [trim, lowercase]}}\n",
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[[int], str]] = {
    "a chain of functions": lambda at: f"  f{at}(x): {f'f{at - 1}($x)' if at else '$x'}\n",
    "a circle of functions": lambda at: f"  f{at}(x): f{(at + 1) % 100}($x)\n",
    "functions that double": lambda at: f"  f{at}(x): '{f'[f{at - 1}($x), f{at - 1}([$x])]' if at else '$x'}'\n",
    "functions that call nine": lambda at: f"  f{at}(x): '[{', '.join(f'f{n}([$x])' for n in range(min(at, 9)))}{', ' * (at > 0)} $x]'\n",
    "functions of steps": lambda at: f"  f{at}(x, y): {{from: $x, apply: [{f'{{f{at - 1}: [$y]}}, ' if at % 20 else ''}trim, lowercase]}}\n",
    "functions of long bodies": lambda at: f"  f{at}(x): '[{', '.join(['concat($x, `1`)'] * 60)}]'\n",
}  # fmt: skip
_VALUE, _CUSTOM = "  partner_name:\n    ", "  custom_data:\n    "
_RULES: dict[str, tuple[str, Callable[[int], str], str]] = {
    "fields at the top": ("", lambda at: f"  event_sourc_url{at}: a\n", ""),
    "long fields": ("", lambda at: f"  {'event_source_url' * 60}{at}: a\n", ""),
    "fields far off": ("", lambda at: f"  {chr(97 + at % 26) * 12}{at}: a\n", ""),
    "unknown variables": (_VALUE + "from: [", lambda at: f"$variabel_{at}, ", "a]\n"),
    "unknown functions": (_VALUE + "from:\n", lambda at: f"    - lenght{at}(a)\n", ""),
    "unknown steps": (_VALUE + "from: a\n    apply:\n", lambda at: f"    - lowercas{at}\n", ""),
    "unknown arguments": (_VALUE + "from: a\n    apply:\n", lambda at: f"    - {{timestamp: {{zonee{at}: a}}}}\n", ""),
    "unknown zones": (_VALUE + "from: a\n    apply:\n", lambda at: f"    - {{timestamp: {{zone: Europe/Pari{at}}}}}\n", ""),
    "empty values": ("", lambda at: f"  a{at}:\n", ""),
    "duplicate keys": ("", lambda at: "  event_id: a\n", ""),
    "wrong currencies": (_CUSTOM + "currency:\n      case:\n", lambda at: f"      - {{when: a, then: {{const: U{at}}}}}\n", ""),
    "personal values": (_VALUE + "from:\n", lambda at: f"    - email.a{at}\n", ""),
    "two sources": (_VALUE + "from:\n", lambda at: "    - {from: a, const: b}\n", ""),
    "rules mixed with fields": (_VALUE + "from:\n", lambda at: "    - {apply: a, b: c}\n", ""),
    "stray keys of a rule": ("  partner_name: {from: a", lambda at: f",\n    defualt{at}: c", "}\n"),
    "a lookup table": ("  partner_name: {from: a, apply: {lookup: {table: {", lambda at: f"k{at}: v{at}, ", "}}}}\n"),
    "a table of variables": ("  partner_name: {from: a, apply: {lookup: {table: {", lambda at: f"k{at}: $v{at}, ", "}}}}\n"),
    "lookup tables": (_VALUE + "from:\n", lambda at: f"    - {{from: a, apply: {{lookup: {{table: {{a: {at}}}}}}}}}\n", ""),
    "steps": ("  partner_name: {from: a, apply: [", lambda at: "trim, ", "]}\n"),
    "steps with arguments": ("  partner_name: {from: a, apply: [", lambda at: f"{{replace: [a{at}, b]}}, ", "]}\n"),
    "alternatives": ("  partner_name: {from: [", lambda at: f"a{at}, ", "]}\n"),
    "constant alternatives": ("  partner_name: {from: [", lambda at: f"{{const: a{at}}}, ", "]}\n"),
    "alternatives in alternatives": ("  partner_name: {from: [", lambda at: "{from: [{from: [{from: [a, b]}]}]}, ", "]}\n"),
    "arms": (_VALUE + "case:\n", lambda at: f"    - {{when: a{at}, then: b}}\n", ""),
    "elements": (_CUSTOM + "content_ids: [", lambda at: f"a{at}, ", "a]\n"),
    "objects": (_CUSTOM + "contents:\n", lambda at: "    - {id: a, item_name: b, quantity: c, item_price: d}\n", ""),
    "a constant": ("  partner_name: {const: {", lambda at: f"a{at}: b, ", "}}\n"),
    "constant contents": ("  custom_data: {contents: {const: [", lambda at: "{id: a, quantity: 1}, ", "]}}\n"),
    "constant words": ("  custom_data: {content_ids: {const: [", lambda at: f"a{at}, ", "]}}\n"),
}  # fmt: skip
_ENDS: dict[str, tuple[str, Callable[[int], str]]] = {
    **{f"keys like {word}": ("", lambda at, word=word: f"{word}{at}: a\n") for word in ("payloda", "evnts", "lte", "x")},  # type: ignore[misc]  # bound at once
    "misspelt names": ("events:\n", lambda at: f"  - {{when: a, send: chekout{at}}}\n"),
    "names of one's own": ("events:\n", lambda at: f"  - {{when: a, send: own_{at}}}\n"),
    "sections without a condition": ("events:\n", lambda at: "  - {send: checkout}\n"),
    "sections without an end": ("events:\n", lambda at: "  - {when: a}\n"),
    "sections": ("match: e\nevents:\n", lambda at: f"  - {{is: e{at}, send: checkout}}\n"),
    "equal sections": ("match: e\nevents:\n", lambda at: "  - {is: e, send: checkout}\n"),
    "sections with payloads": (
        "match: e\nevents:\n",
        lambda at: f"  - {{is: e{at}, send: search, payload: {{custom_data: {{value: v, currency: c}}}}}}\n",
    ),
    "sections that go on": ("events:\n", lambda at: f"  - {{when: a{at}, send: checkout, continue: true}}\n"),
    "names of a section": ("match: e\nevents:\n  - send: checkout\n    is:\n", lambda at: f"     - e{at}\n"),
    "skips": (_END + "skip:\n", lambda at: f"  - {{when: a{at}, because: no}}\n"),
    "tests": (_END + "tests:\n", lambda at: f"  - {{name: t{at}, given: {{a: b}}, expect: {{event_name: checkout}}}}\n"),
    "wrong tests": (_END + "tests:\n", lambda at: f"  - {{name: t{at}, given: {{a: b}}, expect: {{evnt_name: a}}}}\n"),
    "allowances": (_END, lambda at: f"# mapper: allow M413 because {at}\n"),
    "wrong allowances": (_END, lambda at: f"# mapper: allow M{at}\n"),
    "extended files": (_END + "extends:\n", lambda at: f"  - a{at}.yaml\n"),
    "one file extended": (_END + "extends:\n", lambda at: "  - a.yaml\n"),
    "expected lets": (_END + "expects:\n", lambda at: f"  - a{at}\n"),
}  # fmt: skip
_CONSENT = _END + "consent:\n  when_missing: denied\n"


def _mappings(room: int) -> Iterator[tuple[str, str]]:
    for name, let in _LETS.items():
        yield name, _mapping(let=_many(let, room, most=200))
        yield (
            f"{name}, the last first",
            _mapping(let="".join(reversed(_many(let, room, most=200).splitlines(True)))),
        )
    for name, function in _FUNCTIONS.items():
        end = _END + "functions:\n" + _many(function, room - 400, most=100)
        yield (
            name,
            _mapping(
                payload="  partner_name:\n    from:\n"
                + _many(lambda at: f"    - text(f{at}(f{at}(a)))\n", 300),
                end=end,
            ),
        )
    yield "lets that nothing reads", _mapping(let=_many(lambda at: f"  v{at}: a\n", room))
    for name, (before, write, behind) in _RULES.items():
        yield (
            name,
            _mapping(
                payload=before + "\n" * before.endswith("{") + _many(write, room - len(before)) + behind
            ),
        )
    for name, (before, many) in _ENDS.items():
        yield name, _mapping(end=before + _many(many, room - len(before)))
    for word in ("client_ip_adress", "hashed_maid", "x", "ph"):
        fields = _many(lambda at, word=word: f"    {word}_{at}: a\n", room)  # type: ignore[misc]  # bound at once
        yield f"fields like {word}", _mapping(user="  user_data:\n" + fields)
    addresses = _many(lambda at: f"a{at}@b.co, ", room)
    yield "constant addresses", _mapping(user=f"  user_data: {{em: {{const: [{addresses}]}}}}\n")
    stripped = _many(lambda at: "user_data.em, ", room - 200)
    yield "strip", _mapping(end=f"{_CONSENT}  when_denied: {{strip: [{stripped}]}}\n  granted: a\n")
    answers = _many(lambda at: f"a{at}, ", room - 200)
    yield "answers", _mapping(end=f"{_CONSENT}  when_denied: skip\n  granted: {{all: [{answers}]}}\n")
    deep = room // 40
    yield "rules in rules", _mapping(payload="  partner_name: " + "{from: " * deep + "a" + "}" * deep + "\n")
    yield (
        "lists in lists",
        _mapping(payload="  partner_name: " + "{each: a, item: " * deep + "a" + "}" * deep + "\n"),
    )


def _noise(seed: int) -> str:
    dice = random.Random(seed)
    parts = (*_LINES, *_UNITS, *_ODD, "\n", "\n  ", "payload", "let", "events", "const", "from", "each")
    return _many(lambda at: dice.choice(parts) + dice.choice(("", " ", "\n", ": ")), SIZE)
