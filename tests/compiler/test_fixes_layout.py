"""What a fix leaves of a mapping: exactly the text that its author would have written, comments included."""

from __future__ import annotations

import pytest

from mapper import check_text
from mapper.compiler.findings import Findings
from mapper.compiler.yaml.nodes import ListNode, MapNode, ScalarNode, YamlNode
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import Diagnostic, Edit
from mapper.texts.named_text import Text

_HEAD = "version: 1\ntarget: pinterest/conversions-v5\n"
_PAYLOAD = """\
payload:
  action_source: {const: web}   # a browser
  event_id: id
  event_time: time
  event_source_url: url
  user_data:
    em: email
    client_ip_address: ip
    client_user_agent: agent
"""
_END = "otherwise: {send: page_visit}\n"
_MAPPING = _HEAD + _PAYLOAD + _END
_EXPLICIT = """\
version: 1
target: pinterest/conversions-v5
normal_forms: explicit
payload:
  action_source: {const: web}
  event_id: {from: id, apply: without_placeholder}
  event_time: {from: time, apply: timestamp}
  event_source_url: {from: url, apply: [text, trim, page_url]}
  user_data:
    client_ip_address: {from: ip, apply: ip_address}
    client_user_agent: {from: agent, apply: [text, trim, without_placeholder]}
otherwise: {send: page_visit}
"""

# A code, what an author has in place of the second text, what stands there in the end; all in _MAPPING.
_FIXED = {
    "a word": ("M308", "{const: web}   # a browser", "web   # a browser", "{const: web}   # a browser"),
    "a word in single quotes": ("M308", "{const: web}", "'web'", "{const: web}"),
    "a word in double quotes": ("M308", "{const: web}", '"web"  ', "{const: web}  "),
    "a word on a line of its own": ("M308", "{const: web}", "\n    web", "\n    {const: web}"),
    "a boolean": (
        "M308",
        "  event_id: id",
        "  opt_out: yes\n  event_id: id",
        "  opt_out: true\n  event_id: id",
    ),
    "a word between braces": (
        "M308",
        "  event_id: id",
        "  custom_data: {value: total, currency: 'USD'}\n  event_id: id",
        "  custom_data: {value: total, currency: {const: USD}}\n  event_id: id",
    ),
    "a word behind or, between braces": (
        "M308",
        "  event_id: id",
        "  custom_data: {value: total, currency: currency || USD} # euro?\n  event_id: id",
        "  custom_data: {value: total, currency: currency || 'USD'} # euro?\n  event_id: id",
    ),
    "a word behind or, in single quotes": (
        "M308",
        "  event_id: id",
        "  custom_data: {value: total, currency: 'currency || USD'}\n  event_id: id",
        "  custom_data: {value: total, currency: 'currency || ''USD'''}\n  event_id: id",
    ),
    "commas between braces": (
        "M003",
        "time: time",
        "time: {from: timestamp(time, 'UTC')} # local",
        "time: {from: \"timestamp(time, 'UTC')\"} # local",
    ),
    "both kinds of quotes": (
        "M003",
        "event_id: id",
        "event_id: \"order id\" || 'none'  # its number",
        "event_id: '\"order id\" || ''none'''  # its number",
    ),
    "a call as a step": ("M201", "time: time", "time: {from: time, apply: timestamp('UTC')}", None),
    "an argument beside a step": (
        "M020",
        "  event_time: time\n",
        "  event_time:\n    from: time\n    zone: Europe/Paris   # the shop's\n    apply: timestamp\n",
        "  event_time:\n    from: time\n    apply: {timestamp: {zone: Europe/Paris}}\n",
    ),
    "a key of another tool": ("M020", "em: email", "em: {path: email}", "em: {from: email}"),
    "a key in quotes": ("M020", "em: email", "em: {'path': email}", "em: {'from': email}"),
    "a key that nobody needs": (
        "M020",
        "    em: email\n",
        "    em:\n      from: email\n      hash: true   # as asked\n    # where they are\n",
        "    em:\n      from: email\n    # where they are\n",
    ),
    "a misspelt field": ("M301", "    em: email", "    email: email # theirs", "    em: email # theirs"),
    "steps in one mapping": (
        "M022",
        "em: email",
        "em: {from: email, apply: {trim: , lowercase: }}",
        "em: {from: email, apply: [trim, lowercase]}",
    ),
    "the name in the payload": (
        "M311",
        "  event_id: id\n",
        "  event_name: {const: page_visit}   # the name\n  # their own\n  event_id: id\n",
        "  # their own\n  event_id: id\n",
    ),
    "the name in the payload, last": (
        "M311",
        _END,
        "otherwise: {send: page_visit, payload: {language: lang, event_name: name}}\n",
        "otherwise: {send: page_visit, payload: {language: lang}}\n",
    ),
    "the name in the payload, first": (
        "M311",
        _END,
        "otherwise: {send: page_visit, payload: {event_name: name, language: lang}}\n",
        "otherwise: {send: page_visit, payload: {language: lang}}\n",
    ),
    "a let that nothing reads": (
        "M413",
        "payload:\n",
        "let:\n  used: user.id\n  unused: {from: [a, b]}   # old\n  # by now\npayload:\n  language: $used\n",
        "let:\n  used: user.id\n  # by now\npayload:\n  language: $used\n",
    ),
    "the only let": (
        "M413",
        "payload:\n",
        "let:   # names\n  unused:\n    from: a\n    default: b\npayload:\n",
        "payload:\n",
    ),
    "a let between braces": (
        "M413",
        "payload:\n",
        "let: {used: user.id, unused: a}\npayload:\n  language: $used\n",
        "let: {used: user.id}\npayload:\n  language: $used\n",
    ),
    "a dead default": ("M412", "{const: web}", "{const: web, default: offline}", "{const: web}"),
    "a dead default on its line": (
        "M412",
        "{const: web}   # a browser",
        "\n    const: web\n    default: 'offline'  # never",
        "\n    const: web",
    ),
    "dead alternatives": (
        "M411",
        "{const: web}   # a browser",
        "{from: [{const: web}, a, b]}",
        "{from: [{const: web}]}",
    ),
    "dead alternatives on their lines": (
        "M411",
        "{const: web}   # a browser",
        "\n    from:\n      - {const: web}\n      - 'a'   # never\n      - b\n  # then",
        "\n    from:\n      - {const: web}\n  # then",
    ),
    "a digest of what stays plain": (
        "M402",
        "address: ip",
        "address: {from: ip, apply: sha256}",
        "address: {from: ip}",
    ),
    "a digest in an expression": ("M402", "address: ip", "address: sha256(ip)  # no", "address: ip  # no"),
    "a digest in a list": (
        "M404",
        "em: email",
        "em:\n      from: email\n      apply:\n        - trim\n        - sha256  # them",
        "em:\n      from: email\n      apply:\n        - trim",
    ),
    "a digest between brackets": (
        "M404",
        "em: email",
        "em: {from: email, apply: [trim, sha256]}",
        "em: {from: email, apply: [trim]}",
    ),
    "a section without braces": (
        "M022",
        "{send: page_visit}",
        "page_visit  # all",
        "{send: page_visit}  # all",
    ),
    "a version in quotes": ("M022", "version: 1\n", "version: '1'  # of it\n", "version: 1  # of it\n"),
    "no version": ("M021", "version: 1\n", "", "version: 1\n"),
    "a version behind a name": (
        "M021",
        "version: 1\n",
        "# of the shop\nname: shop   # ours\n\n",
        "# of the shop\nname: shop   # ours\nversion: 1\n\n",
    ),
    "a misspelt variable": ("M028", "em: email", 'em: "$evnt.email"', 'em: "$event.email"'),
    "a pipe": ("M208", "event_id: id", "event_id: id | uuid # or", "event_id: id || uuid # or"),
    "a profile": (
        "M306",
        "target: pinterest/conversions-v5",
        "target: schemas/pinterest/conversions-v5.json",
        "target: pinterest/conversions-v5",
    ),
    "an event name": ("M307", "{send: page_visit}", "{send: 'page_visitt'}", "{send: 'page_visit'}"),
}

_EXPLICIT_MENDED = {
    "a path": (
        "id: {from: id, apply: without_placeholder}",
        "id: id   # theirs",
        "id: {from: id, apply: without_placeholder}   # theirs",
    ),
    "an expression that needs quotes": (
        "id: {from: id, apply: without_placeholder}",
        "id: ids[0]",
        'id: {from: "ids[0]", apply: without_placeholder}',
    ),
    "an expression in quotes": (
        "id: {from: id, apply: without_placeholder}",
        "id: '\"order id\"'",
        "id: {from: '\"order id\"', apply: without_placeholder}",
    ),
    "a rule": (
        "id: {from: id, apply: without_placeholder}",
        "id: {from: id}",
        "id: {from: id, apply: without_placeholder}",
    ),
    "a rule with a default behind": (
        "{from: id, apply: without_placeholder}",
        "{from: id, required: true}",
        "{from: id, apply: without_placeholder, required: true}",
    ),
    "a rule on its lines": (
        "id: {from: id, apply: without_placeholder}",
        "id:\n    from: id   # theirs\n    required: true",
        "id:\n    from: id   # theirs\n    apply: without_placeholder\n    required: true",
    ),
    "a list of alternatives": (
        "id: {from: id, apply: without_placeholder}",
        "id: {from: [id, uuid]}",
        "id: {from: [id, uuid], apply: without_placeholder}",
    ),
    "alternatives on their lines": (
        "id: {from: id, apply: without_placeholder}",
        "id:\n    from:\n      - id\n      - uuid",
        "id:\n    from:\n      - {from: id, apply: without_placeholder}\n"
        "      - {from: uuid, apply: without_placeholder}",
    ),
    "one step": (
        "url: {from: url, apply: [text, trim, page_url]}",
        "url: {from: url, apply: text}",
        "url: {from: url, apply: [text, trim, page_url]}",
    ),
    "steps between brackets": (
        "url: {from: url, apply: [text, trim, page_url]}",
        "url: {from: url, apply: [without_query, text]}",
        "url: {from: url, apply: [without_query, text, trim, page_url]}",
    ),
    "steps on their lines": (
        "url: {from: url, apply: [text, trim, page_url]}",
        "url:\n    from: url\n    apply:\n      - without_query   # theirs\n  # then",
        "url:\n    from: url\n    apply:\n      - without_query   # theirs\n"
        "      - text\n      - trim\n      - page_url\n  # then",
    ),
    "a step with an argument": (
        "url: {from: url, apply: [text, trim, page_url]}",
        'url: {from: url, apply: {replace: {old: "http:", new: "https:"}}}',
        'url: {from: url, apply: [{replace: {old: "http:", new: "https:"}}, text, trim, page_url]}',
    ),
}


@pytest.mark.parametrize("name", _FIXED)
@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_fix_leaves_what_its_author_would_have_written(name: str, line_break: str) -> None:
    code, place, wrong, fixed = _FIXED[name]
    content = _MAPPING.replace(place, wrong, 1).replace("\n", line_break)
    right = _MAPPING.replace(place, wrong if fixed is None else fixed, 1).replace("\n", line_break)
    if fixed is None:
        right = right.replace("timestamp('UTC')", "{timestamp: {zone: UTC}}")
    assert _fixed(content, code, steps=1) == right
    assert not [one for one in _check(right) if one.severity == "error"]


# What YAML takes away from expressions, each without the quotes that it needs.
_UNQUOTED = (
    "*.sku | [0]",
    "!present(a.b)",
    "!(a && b)",
    "[?x == 'a'].y",
    "[*].sku",
    "items[?sku == 'a'].qty | [0]",
    "{a: b}.a",
    "`1`",
    '`"x"`',
    "\"order id\" || 'x'",
    "'a b' == c",
    "concat(a, ', ', b)",
    "concat('[', a, ']')",
    "a || 'x: y'",
    "a == '#1' || b == ' #2'",
    "contains(tags, ' #sale')",
    '@."order-id"',
    "a[1:3]",
    "'\\\\d' == a",
    "replace(a, '\"', '')",
    'lookup(a, `{"x": 1}`)',
)
_PLACES = {
    "a value": "  k: {}   # c\n",
    "an item": "  k:\n    - {}   # c\n    - z\n",
    "between braces": "  k: {{from: {}, default: 1}}  # c\n",
    "before a brace": "  k: {{default: 1, from: {}}}  # c\n",
    "between brackets": "  k: {{from: [{}, z]}} # c\n",
}


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("expression", _UNQUOTED)
def test_quotes_around_an_expression_keep_it_and_the_comment_behind(expression: str, place: str) -> None:
    content = f"payload:\n  a: b # a\n{_PLACES[place].format(expression)}  z: y\n"
    found = Findings()
    read_yaml(Text("shop.yaml", content), found)
    for one in found:
        assert one.code == "M003"
        content = _applied(content, one.fixes[0].edits)
    left = Findings()
    root = read_yaml(Text("shop.yaml", content), left)
    assert not left
    assert "# a" in content
    assert "# c" in content
    assert expression in _texts(root)


def _texts(node: YamlNode | None) -> list[str]:
    match node:
        case ScalarNode(text=text):
            return [text]
        case ListNode(items=items):
            return [text for item in items for text in _texts(item)]
        case MapNode(entries=entries):
            return [text for _, value in entries for text in _texts(value)]
    return []


@pytest.mark.parametrize("name", _EXPLICIT_MENDED)
def test_steps_are_put_where_their_author_would_have_written_them(name: str) -> None:
    place, wrong, right = _EXPLICIT_MENDED[name]
    content = _EXPLICIT.replace(place, wrong, 1)
    assert content != _EXPLICIT
    fixed = _EXPLICIT.replace(place, right, 1)
    assert _fixed(content, "M310", steps=5) == fixed
    assert not [one for one in _check(fixed) if one.severity == "error"]


def _check(content: str) -> tuple[Diagnostic, ...]:
    return check_text(content, "shop.yaml")


def _fixed(content: str, code: str, steps: int) -> str:
    """A text after the first fix of the first diagnostic of a code, so many times."""
    for _ in range(steps):
        found = [one for one in _check(content) if one.code == code]
        if not found:
            break
        content = _applied(content, found[0].fixes[0].edits)
    return content


def _applied(content: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, key=lambda one: one.span.start, reverse=True):
        content = content[: edit.span.start] + edit.replacement + content[edit.span.end :]
    return content
