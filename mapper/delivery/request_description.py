"""The parts of `x-delivery` that say how a request is made: its texts, and the settings in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mapper.delivery.destination import Setting
from mapper.delivery.part import Part, read
from mapper.delivery.settings_template import EVENTS, is_sound, names, texts
from mapper.delivery.url import flaw

_SETTING = re.compile(r"[a-z][a-z0-9_]{0,40}")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,80}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OF_ANY_REQUEST = frozenset(
    {"host", "content-length", "content-type", "connection", "transfer-encoding", "accept-encoding", "te"}
    | {"trailer", "upgrade", "expect", "accept", "user-agent"}
)
# What a header may hold: a line break would end up in the HTTP library's own message.
ANY_VALUE = r"[\x21-\x7e]{1,4096}"
_METHODS = ("POST", "PUT", "PATCH")


@dataclass(frozen=True, slots=True)
class Form:
    """A request as it is described."""

    method: str
    base: str
    url: str
    headers: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]
    body: Any


def read_settings(part: Part) -> dict[str, Setting]:
    """The settings by their names."""
    made: dict[str, Setting] = {}
    for name, one in part.named().items():
        if not _SETTING.fullmatch(name) or f"{{{name}}}" == EVENTS:
            one.wrong(f"`{name}` cannot be a setting's name", "write lower-case letters, digits and `_`")
        made[name] = _setting(name, one)
    variables = [one.environment for one in made.values()]
    for name, setting in made.items():
        if variables.count(setting.environment) > 1 and setting.environment:
            part.below(name).wrong(f"two settings are read from {setting.environment}")
    return made


def _setting(name: str, part: Part) -> Setting:
    parts = part.keys(("env",), ("title", "pattern", "secret", "hint"))
    variable = read(parts, "env", Part.text, "")
    if "env" in parts and variable and not _VARIABLE.fullmatch(variable):
        parts["env"].wrong(f"`{variable}` cannot be the name of a variable", "write it as ACME_ACCESS_TOKEN")
    pattern = read(parts, "pattern", Part.text, ANY_VALUE)
    try:
        re.compile(pattern)
    except re.error as error:
        parts["pattern"].wrong(f"`{parts['pattern'].name}` is no regular expression: {error.msg}")
    return Setting(
        name=name,
        title=read(parts, "title", Part.text, name.replace("_", " ")),
        environment=variable,
        pattern=pattern,
        secret=read(parts, "secret", Part.flag, False),
        hint=read(parts, "hint", Part.text, ""),
    )


def read_form(part: Part, usual: Form | None = None) -> Form:
    """The request that a part describes. usual: the one that it changes, where it is one that tests."""
    if usual is None:
        parts = part.keys(("method", "url", "body"), ("base", "headers", "query"))
    else:
        parts = {key: one for key, one in part.named().items() if key != "requests_per_second"}
    url = read(parts, "url", _url, "" if usual is None else usual.url)
    query = _texts(parts["query"]) if "query" in parts else {}
    headers = _headers(parts["headers"]) if "headers" in parts else {}
    if usual is None:
        body = read(parts, "body", _body, None)
        return Form(
            method=read(parts, "method", lambda one: one.choice(_METHODS), "POST"),
            base=_base(parts, url),
            url=url,
            headers=tuple(headers.items()),
            query=tuple(query.items()),
            body=body,
        )
    own = {key: parts[key] for key in parts.keys() & {"url"}}
    return Form(
        method=usual.method,
        base=usual.base if url.startswith(f"{usual.base}/") else _base(own, url),
        url=url,
        headers=tuple({**dict(usual.headers), **headers}.items()),
        query=tuple({**dict(usual.query), **query}.items()),
        body=read(parts, "body", lambda one: _with(one, usual.body), usual.body),
    )


def used(form: Form, other: Form | None) -> dict[str, bool]:
    """The settings that requests name, and whether they need each of them."""
    found: dict[str, bool] = {}
    for one in (form, other):
        if one is None:
            continue
        written = [one.url, *dict(one.headers).values(), *dict(one.query).values()]
        for text in [*written, *(text for _, text in texts(one.body) if text != EVENTS)]:
            for name, needed in names(text).items():
                found[name] = found.get(name, False) or needed
    return found


def _url(part: Part) -> str:
    url = part.text(filled=True)
    if "?" in url or "#" in url:
        if not re.sub(r"\{[a-z0-9_]+\?\}", "", url).count("?") and "#" not in url:
            part.wrong("an address has no part that may be left out")
        else:
            part.wrong("an address has no query here", "write it under `query`")
    _check_braces(part)
    return url


def _base(parts: dict[str, Part], url: str) -> str:
    """The beginning of an address that another one may replace: its host, or as much as is said."""
    try:
        split = urlsplit(url)
        host = f"{split.scheme}://{split.netloc}"
    except ValueError:
        host = url
    base = read(parts, "base", Part.text, host).rstrip("/")
    place = parts.get("base", parts.get("url"))
    if place is None or not url:
        return base
    wrong = "depends on a setting" if "{" in base else flaw(base)
    if wrong:
        place.wrong(f"the address {wrong}")
    elif not url.startswith(base + "/"):
        place.wrong(f"`{url}` does not begin with `{base}/`")
    return base


def _texts(part: Part) -> dict[str, str]:
    return {name: _checked(one) for name, one in part.named().items()}


def _checked(part: Part) -> str:
    _check_braces(part)
    return part.text()


def _headers(part: Part) -> dict[str, str]:
    found = part.named()
    for name, one in found.items():
        if not _HEADER.fullmatch(name):
            one.wrong(f"`{name}` cannot be a header's name")
        elif name.lower() in _OF_ANY_REQUEST:
            one.wrong(f"the header `{name}` is that of any request, and not for a schema to set")
        elif isinstance(one.value, str) and not re.fullmatch(r"[\x20-\x7e]*", one.value):
            one.wrong(f"the header `{name}` holds characters that no header has")
    return {name: _checked(one) for name, one in found.items()}


def _body(part: Part) -> Any:
    found = list(texts(part.value))
    if sum(text == EVENTS for _, text in found) != 1:
        part.wrong(
            f"`{part.name}` must have the text `{EVENTS}` in one place", 'write it as {"data": "{events}"}'
        )
    _check_body(part)
    return part.value


def _with(part: Part, usual: Any) -> Any:
    """The usual body with more keys, or others."""
    if not isinstance(part.value, dict) or not isinstance(usual, dict):
        part.is_no("an object, as that of other requests")
        return usual
    _check_body(part)
    both = {**usual, **part.value}
    if sum(text == EVENTS for _, text in texts(both)) != 1:
        part.wrong(f"with this, a body has not the text `{EVENTS}` in one place")
        return usual
    return both


def _check_body(part: Part) -> None:
    for at, text in texts(part.value):
        if text != EVENTS:
            _check_braces(Part(text, (*part.at, *at), part.compile, part.found))


def _check_braces(part: Part) -> None:
    if isinstance(part.value, str) and not is_sound(part.value):
        part.wrong(f"`{part.value}` has braces that hold no setting's name", "write them as {account}")
