"""No file of a project decides where payloads go, with which secrets, or what the guard lets through.

Every key of every schema of this package is shadowed in turn: removed, changed, and given one more beside it.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.compiler.schema import authority
from mapper.compiler.schema.authority import claims, under, with_tables
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.json_text import JsonText
from mapper.compiler.schema.personal_places import PersonalField, places
from mapper.compiler.schema.word_mistakes import word_mistakes
from mapper.delivery.credentials import address, read_credentials
from mapper.delivery.description import Mistakes, describe
from mapper.delivery.quotation import KnownWords
from mapper.delivery.setup_failure import SetupFailure
from mapper.guard import Guard
from mapper.project import folders
from mapper.project.schema_files import schema_place
from mapper.texts.named_text import Text
from tests.cli.test_send import CREDENTIALS, TARGET, TOKEN, now, sandbox
from tests.support.command import MAPPING, ROOT, call, event, ndjson
from tests.support.depth import DEPTH, Depth, some

_FILES = {
    path.relative_to(ROOT / "schemas").with_suffix("").as_posix(): path
    for path in sorted((ROOT / "schemas").rglob("*.json"))
    if not path.name.endswith(".mapping.schema.json")
}
_SCHEMAS: dict[str, Any] = {name: json.loads(path.read_text()) for name, path in _FILES.items()}
_OURS = _SCHEMAS[TARGET]
_GUARD = authoring.read_target(TARGET)["x-guard"]
Keys = tuple[str | int, ...]


def _keys(value: Any, at: Keys = ()) -> Iterator[Keys]:
    """All that lead to a key of an object, or to an element of a list, outermost first."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, held in children:
        yield (*at, key)
        yield from _keys(held, (*at, key))


def _of(schema: Any, at: Keys) -> Any:
    for key in at:
        schema = schema[key]
    return schema


def _other(value: Any) -> Any:
    """Another value of the same kind, so that the schema stays one where it can."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value.replace("api.pinterest.com", "collector.example") + "_OTHER"
        case list():
            return value[:-1]
        case _:
            return {}


def _shadows(schema: dict[str, Any], at: Keys) -> Iterator[dict[str, Any]]:
    """The schema without a key, with another value at it, and with one more key beside it."""
    for change in ("delete", "change", "add"):
        changed = copy.copy(schema)
        inner: Any = changed
        for key in at[:-1]:
            inner[key] = copy.copy(inner[key])
            inner = inner[key]
        if change == "delete":
            del inner[at[-1]]
        elif change == "change":
            inner[at[-1]] = _other(inner[at[-1]])
        elif isinstance(inner, dict):
            inner[f"{at[-1]}_more"] = inner[at[-1]]
            for mark in ("x-plain", "x-personal"):
                inner.setdefault(mark, mark == "x-plain")
        else:
            inner.append(inner[-1])
        yield changed


class _Environment(dict[str, str]):
    """Remembers which variables were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return "123"


class _Asked(dict[str, Any]):
    """A schema that remembers which of its keys were asked for."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        self.read: set[str] = set()

    def __contains__(self, key: object) -> bool:
        self.read.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)


_compiled = lru_cache(mapper.compile_expression)


def _way_out(schema: dict[str, Any]) -> tuple[object, ...]:
    """Where requests to a target go, the variables that are read for them, and their headers."""
    destination, environment = describe(schema, _compiled), _Environment()
    credentials = read_credentials(destination, environment)
    assert not isinstance(credentials, SetupFailure)
    endpoint = address(destination, credentials)
    assert not isinstance(endpoint, SetupFailure)
    headers = tuple((name, value.reveal()) for name, value in endpoint.headers)
    return endpoint.method, endpoint.url, frozenset(environment.read), headers


_ASKED = _Asked(_OURS)
_WAY_OUT = _way_out(_ASKED)
# A text that only the guard of a field for digests or of a field for an IP address stops.
_RAW = "Ada Lovelace"
_PERSONAL = sorted(path for path, place in places(_OURS).items() if place.strength > 1)


def _payload(path: str) -> dict[str, Any]:
    value: Any = _RAW
    for part in reversed(path.split(".")):
        value = {part.removesuffix("[]"): [value] if part.endswith("[]") else value}
    made: dict[str, Any] = value
    return made


_PARTS = 8 if DEPTH is Depth.FULL else 1
# Long tables for those who write mappings: their rows are all read alike, by nothing that sends or guards.
_TABLES = ("x-draft", "x-import", "x-event-names")


def _tried(schema: dict[str, Any]) -> list[Keys]:
    """The keys that are shadowed: at full depth all, but of long tables some."""
    every = [*_keys(schema)]
    if DEPTH is not Depth.FULL:
        return some(every, 150)
    of_tables = [at for at in every if at[0] in _TABLES and len(at) > 1]
    left_out = {*of_tables}.difference(some(of_tables, full=300))
    return [at for at in every if at not in left_out]


# A source says nothing of a way out or a guard: one of them is enough.
@pytest.mark.parametrize("part", range(_PARTS))
@pytest.mark.parametrize("name", [TARGET, "segment/track"])
def test_no_key_of_a_shadow_changes_where_payloads_go_or_what_the_guard_stops(
    name: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, accepted, refused = _SCHEMAS[name], 0, 0
    known = {profile: places(ours, profile) for profile in (None, *ours.get("x-profiles", {}))}

    def read_once(schema: dict[str, Any], profile: str | None) -> dict[str, PersonalField]:
        return known[profile] if schema is ours and profile in known else places(schema, profile)

    monkeypatch.setattr(authority, "places", read_once)
    # Which of them looks like a token says nothing of the way out.
    monkeypatch.setattr(KnownWords, "of_schema", lambda words: KnownWords(frozenset(words)))
    for at in _tried(ours)[part::_PARTS]:
        for shadow in _shadows(ours, at):
            try:
                if any(claims(shadow, ours)):
                    refused += 1
                    continue
                accepted += 1
                schema = under(shadow, ours)
                assert schema.get("x-delivery") == ours.get("x-delivery"), at
                assert schema.get("x-guard") == ours.get("x-guard"), at
                if name == TARGET:
                    _assert_as_strict(schema, at)
            except SchemaError:
                continue
            except Exception:
                if not any(one.code == "M326" for one in word_mistakes(shadow, "source")):
                    raise  # it can be read
    # Both kinds are met, so that neither half of the test is empty.
    assert accepted > 1
    assert refused > 1 or name != TARGET


def _assert_as_strict(schema: dict[str, Any], at: Keys) -> None:
    if len(at) == 1 or any(schema.get(key) is not _OURS.get(key) for key in _ASKED.read):
        with suppress(LookupError, Mistakes):  # without `x-key` there is no way out at all
            assert _way_out(schema) == _WAY_OUT
    if all(schema.get(key) is _OURS[key] for key in ("properties", "x-profiles", "additionalProperties")):
        return  # nothing else says anything to the guard
    guard = Guard(schema)
    for path in _PERSONAL:
        assert guard.check(_payload(path)), (at, path)


def test_what_is_said_of_the_way_out_and_the_guard_is_refused_at_its_key() -> None:
    for at in _keys(_OURS):
        if at[0] in ("x-delivery", "x-guard") and not {"$comment", "x-source"} & set(at):
            for shadow in _shadows(_OURS, at):
                assert len(at) == 1 or any(claim.at[0] == at[0] for claim in claims(shadow, _OURS)), at


@pytest.mark.parametrize("name", some(_SCHEMAS, 20))
def test_an_equal_schema_claims_nothing_and_one_that_only_describes_payloads_neither(name: str) -> None:
    ours = _SCHEMAS[name]
    assert not list(claims(copy.deepcopy(ours), ours))
    described = {key: value for key, value in ours.items() if key not in ("x-delivery", "x-guard")}
    assert not list(claims(described, ours))
    assert under(described, ours) == ours


@pytest.mark.parametrize(
    "change",
    [
        lambda field: field["items"].pop("x-personal", None) or field.pop("x-personal"),
        lambda field: field.update({"x-plain": True}),
        lambda field: field["items"].update({"x-plain": True}),
        lambda field: field.update({"items": {"$ref": "#/$defs/free"}}) or field.pop("x-personal"),
        lambda field: field.update({"items": {"properties": {"a": {"x-plain": True}}}}),
        lambda field: field.update({"$ref": "#/$defs/plain"}),
    ],
)
def test_each_way_to_weaken_what_is_personal_is_refused(change: Any) -> None:
    shadow = copy.deepcopy(_OURS)
    shadow["$defs"] = {"free": {"type": "string"}, "plain": {"x-plain": True}}
    change(shadow["properties"]["user_data"]["properties"]["em"])
    (claim,) = claims(shadow, _OURS)
    assert claim.at[:4] == ("properties", "user_data", "properties", "em")
    assert "user_data.em" in claim.message


def test_a_source_may_have_fewer_attributes_than_ours_of_its_name_but_not_hide_what_is_personal() -> None:
    ours = _SCHEMAS["segment/track"]
    personal = next(path for path, place in places(ours).items() if place.strength and "." not in path)
    assert not list(claims({"type": "object", "properties": {"type": {"type": "string"}}}, ours))
    (claim,) = claims({"type": "object", "properties": {personal: {"type": "string"}}}, ours)
    assert claim.at == ("properties", personal)


@pytest.mark.parametrize("shadow", [{"type": "array", "items": {}}, {}, {"items": True}, {"$ref": "#/none"}])
def test_a_shadow_of_another_shape_lets_nothing_through(shadow: dict[str, Any]) -> None:
    assert list(claims(shadow, _OURS))


def test_a_place_in_a_schema_file_is_that_of_its_key() -> None:
    for name, path in _FILES.items():
        text = Text(str(path), path.read_text())
        written = JsonText(text)
        for at in list(_keys(_SCHEMAS[name]))[:: 29 if DEPTH is Depth.FULL else 290]:
            span = written.key(at)
            shown = text.content[span.start : span.end]
            assert json.loads(shown) == (at[-1] if isinstance(at[-1], str) else _of(_SCHEMAS[name], at))
        assert schema_place(text, at) == span


@pytest.fixture
def project(folder: Path) -> Path:
    """A project with the small mapping, two orders, and no schemas yet."""
    (folder / "pyproject.toml").touch()
    (folder / "small.yaml").write_text(MAPPING)
    (folder / "events.ndjson").write_text(ndjson(event(1, at=now()), event(2, at=now())))
    return folder


def _put(project: Path, schema: dict[str, Any], name: str = TARGET) -> Path:
    path = project / "schemas" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(schema, indent=2))
    return path


def _foreign(host: str = "https://collector.example/v5") -> dict[str, Any]:
    """Our schema, whose payloads go elsewhere with another secret."""
    schema: dict[str, Any] = copy.deepcopy(_OURS)
    delivery = schema["x-delivery"]
    path = delivery["request"]["url"].removeprefix(delivery["request"]["base"])
    delivery["request"] |= {"base": host, "url": host + path}
    delivery["settings"]["token"]["env"] = "DEPLOY_KEY"
    return schema


@pytest.mark.parametrize("command", ["check", "run", "send", "explain"])
def test_a_shadow_that_sends_elsewhere_is_refused_at_its_keys(project: Path, command: str) -> None:
    _put(project, _foreign())
    given = ["events.ndjson"] if command in ("run", "send") else []
    ran = call(command, "small.yaml", *given, env={**CREDENTIALS, "DEPLOY_KEY": "canary"})
    assert ran.exit_code == 1
    assert ran.output.count("error[M320]") == 3
    assert "schemas/pinterest/conversions-v5.json:" in ran.output
    assert "`x-delivery.request.url` differs from the schema of this package" in ran.output
    assert "`x-delivery.settings.token.env` differs" in ran.output


def test_the_flag_for_schemas_gives_no_authority(project: Path) -> None:
    path = _put(project, _foreign())
    path.parents[1].rename(project / "elsewhere")
    ran = call("send", "small.yaml", "events.ndjson", "--schemas", "elsewhere", env=CREDENTIALS)
    assert ran.exit_code == 1
    assert "error[M320]" in ran.stderr


def test_who_sends_may_vouch_for_a_shadow(project: Path) -> None:
    with sandbox() as (url, ledger):
        path = _put(project, _foreign(url))
        allow = ("--allow-target", path.relative_to(project))
        given = {"PINTEREST_AD_ACCOUNT_ID": CREDENTIALS["PINTEREST_AD_ACCOUNT_ID"], "DEPLOY_KEY": TOKEN}
        ran = call("send", "small.yaml", "events.ndjson", *allow, env=given)
    assert ran.exit_code == 0, ran.stderr
    assert len(ledger.received) == 2


def test_a_shadow_that_describes_payloads_is_named_once_and_used(project: Path) -> None:
    schema = copy.deepcopy(_OURS)
    schema["properties"]["custom_data"]["properties"]["loyalty"] = {"type": "string"}
    _put(project, schema)
    (project / "small.yaml").write_text(MAPPING.replace("{value: total,", "{value: total, loyalty: id,"))
    said = (
        "mapper: schemas/pinterest/conversions-v5.json is read in place of "
        "this package's schema pinterest/conversions-v5\n"
    )
    for command in (["check"], ["run"], ["explain"]):
        ran = call(*command, "small.yaml", *(["events.ndjson"] if command == ["run"] else []))
        assert ran.exit_code == 0, ran.output
        assert ran.stderr.count(said) == 1
    _put(project, _OURS).write_bytes(_FILES[TARGET].read_bytes())
    (project / "small.yaml").write_text(MAPPING)
    ran = call("check", "small.yaml")
    assert (ran.exit_code, "in place of" in ran.stderr) == (0, False)


def _own_target() -> dict[str, Any]:
    schema = _foreign()
    schema["x-guard"] = {"personal_names": ["kundennummer"]}
    return schema


def test_a_target_of_ones_own_is_sent_to_only_where_it_is_vouched_for(project: Path) -> None:
    with sandbox() as (url, ledger):
        path = _put(project, {**_own_target(), "x-delivery": _foreign(url)["x-delivery"]}, "shop/orders-v1")
        (project / "small.yaml").write_text(MAPPING.replace(TARGET, "shop/orders-v1"))
        for command in ("check", "run", "explain"):
            given = ["events.ndjson"] if command == "run" else []
            assert call(command, "small.yaml", *given).exit_code == 0
        env = {**CREDENTIALS, "DEPLOY_KEY": TOKEN}
        for more in ((), ("--schemas", "schemas"), ("--dry-run",), ("--url", url)):
            ran = call("send", "small.yaml", "events.ndjson", *more, env=env)
            assert ran.exit_code == 78
            assert ran.stderr == (
                "mapper: shop/orders-v1 is a target of your own, and nothing is sent where a file of a "
                "project says, unless you vouch for it: --allow-target schemas/shop/orders-v1.json\n"
            )
        wrong = call("send", "small.yaml", "events.ndjson", "--allow-target", _FILES[TARGET], env=env)
        assert (wrong.exit_code, wrong.stdout) == (78, "")
        assert "is no schema of shop/orders-v1" in wrong.stderr
        assert not ledger.received
        ran = call("send", "small.yaml", "events.ndjson", "--allow-target", path, env=env)
        assert ran.exit_code == 0, ran.stderr
        assert len(ledger.received) == 2


def test_what_is_vouched_for_outside_of_the_project_has_the_say_within(project: Path) -> None:
    vouched = project / "vouched/shop/orders-v1.json"
    vouched.parent.mkdir(parents=True)
    vouched.write_text(json.dumps(_own_target()))
    (project / "small.yaml").write_text(MAPPING.replace(TARGET, "shop/orders-v1"))
    other = _own_target()
    other["x-delivery"]["settings"]["token"]["env"] = "ANOTHER_KEY"
    _put(project, other, "shop/orders-v1")
    ran = call("send", "small.yaml", "events.ndjson", "--dry-run", "--allow-target", vouched)
    assert ran.exit_code == 1
    assert "env` differs from the schema that --allow-target names" in ran.stderr
    _put(project, _own_target(), "shop/orders-v1")
    assert not call("send", "small.yaml", "events.ndjson", "--dry-run", "--allow-target", vouched).exit_code


def test_the_guard_of_a_target_of_ones_own_has_our_tables_and_what_it_adds(project: Path) -> None:
    _put(project, _own_target(), "shop/orders-v1")
    schema = authoring.read_target("shop/orders-v1", beside=project / "small.yaml")
    names = schema["x-guard"]["personal_names"]
    assert names == {**_GUARD["personal_names"], "any": ["kundennummer"]}
    assert schema["x-guard"] == {**_GUARD, "personal_names": names}
    assert with_tables({"x-guard": {"personal_names": 5}}, _GUARD)["x-guard"] == _GUARD


def test_a_program_of_a_shadow_that_was_vouched_for_is_not_kept_for_others(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAPPER_NO_CACHE")
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(tmp_path_factory.mktemp("caches") / "cache"))
    path = _put(project, _foreign())
    sent = ("send", "small.yaml", "events.ndjson", "--dry-run")
    assert call(*sent, "--allow-target", path).exit_code == 0
    assert call(*sent).exit_code == 1
    assert call("run", "small.yaml", "events.ndjson").exit_code == 1


# Whose folders count.


def _owned_by(monkeypatch: pytest.MonkeyPatch, owners: dict[Path, int]) -> None:
    """Lets some files seem to be owned by others than they are."""
    for name in ("stat", "lstat"):
        real = getattr(os, name)

        def owned(path: Any, *given: Any, _real: Any = real, **named: Any) -> Any:
            found = _real(path, *given, **named)
            owner = owners.get(Path(os.fspath(path)) if not isinstance(path, int) else Path())
            if owner is None:
                return found
            fields = list(found)
            fields[4] = owner
            return os.stat_result(fields)

        monkeypatch.setattr(os, name, owned)


@pytest.mark.parametrize("mark", ["schemas", "pyproject.toml", ".git"])
@pytest.mark.parametrize("whose", ["folder", "mark"])
def test_a_folder_of_another_user_is_no_root_of_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str, whose: str
) -> None:
    own = tmp_path / "above" / "own"
    (own / "mappings").mkdir(parents=True)
    (tmp_path / "above" / mark).mkdir()
    mapping = own / "mappings/m.yaml"
    mapping.touch()
    assert authoring.scope_of(mapping, None).root == tmp_path / "above"
    foreign = tmp_path / "above" if whose == "folder" else tmp_path / "above" / mark
    _owned_by(monkeypatch, {foreign: os.geteuid() + 1})
    scope = authoring.scope_of(mapping, None)
    assert tmp_path / "above" not in (scope.root, *(path.parent for path in scope.schemas))
    for accepted in (0, os.geteuid()):
        _owned_by(monkeypatch, {foreign: accepted})
        assert authoring.scope_of(mapping, None).root == tmp_path / "above"
    _owned_by(monkeypatch, {foreign: os.geteuid() + 1, mapping: os.geteuid() + 1})
    assert authoring.scope_of(mapping, None).root == tmp_path / "above"


def test_a_folder_of_schemas_that_another_user_put_into_ones_own_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "pyproject.toml").touch()
    _owned_by(monkeypatch, {tmp_path / "schemas": os.geteuid() + 1})
    scope = authoring.scope_of(tmp_path / "m.yaml", None)
    assert scope.root == tmp_path
    assert scope.schemas == folders.own_schemas()


def test_beside_an_installed_package_no_schemas_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mapper").mkdir()
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(folders, "__file__", str(tmp_path / "mapper/project/folders.py"))
    assert folders.own_schemas() == ()
    (tmp_path / "pyproject.toml").touch()
    assert folders.own_schemas() == (tmp_path / "schemas",)
    (tmp_path / "mapper/_schemas").mkdir()
    assert folders.own_schemas() == (tmp_path / "mapper/_schemas",)


_SECRET = {"client_secret": "canary", "x-delivery": {"url": "canary"}, "type": "canary", "$ref": "canary"}


@pytest.mark.parametrize("what", ["target", "shadow", "source", "folder", "mapping", "folder of mappings"])
@pytest.mark.parametrize("command", ["check", "check --fix", "run", "explain", "send --dry-run"])
def test_a_link_out_of_the_project_shows_and_changes_nothing_of_what_it_leads_to(
    folder: Path, what: str, command: str
) -> None:
    outside, inside = folder / "outside", folder / "inside"
    for path in (outside / "pinterest", inside / "schemas/pinterest"):
        path.mkdir(parents=True)
    (inside / "pyproject.toml").touch()
    text = MAPPING
    for name in ("own.json", "pinterest/conversions-v5.json"):
        (outside / name).write_text(json.dumps(_SECRET))
    (outside / "secret.yaml").write_text("version: 1\nnot_a_key: canary\nuser_dat: {canary: *canary}\n")
    if what in ("target", "shadow"):
        name = "own" if what == "target" else TARGET
        text = MAPPING.replace(TARGET, name)
        (inside / f"schemas/{name}.json").symlink_to(outside / f"{name}.json")
    elif what == "source":
        text = MAPPING.replace(f"target: {TARGET}\n", f"target: {TARGET}\nsource: own\n")
        (inside / "schemas/own.json").symlink_to(outside / "own.json")
    elif what == "folder":
        (inside / "schemas/pinterest").rmdir()
        (inside / "schemas").rmdir()
        (inside / "schemas").symlink_to(outside)
    elif what == "mapping":
        (inside / "secret.yaml").symlink_to(outside / "secret.yaml")
    else:
        (inside / "more").symlink_to(outside)
    (inside / "small.yaml").write_text(text)
    before = {path: path.read_bytes() for path in outside.rglob("*.*")}
    walks = command.startswith("check")
    given = ["inside"] if walks else ["inside/small.yaml", "-"]
    ran = call(*command.split(), *given, stdin=ndjson(event(1, at=now())), env=CREDENTIALS)
    assert "canary" not in ran.output
    assert {path: path.read_bytes() for path in outside.rglob("*.*")} == before
    if what != "folder of mappings" and (walks or "mapping" not in what):
        assert "out of" in ran.output


def test_a_link_within_the_project_is_read(folder: Path) -> None:
    (folder / "a/schemas").mkdir(parents=True)
    (folder / "a/pyproject.toml").touch()
    (folder / "a/real.json").write_text(json.dumps(_OURS))
    (folder / "a/schemas/own.json").symlink_to("../real.json")
    (folder / "a/real.yaml").write_text(MAPPING)
    (folder / "a/link.yaml").symlink_to("real.yaml")
    (folder / "a/own.yaml").write_text(MAPPING.replace(TARGET, "own"))
    (folder / "elsewhere.yaml").symlink_to("a/real.yaml")
    assert call("check", "a", "elsewhere.yaml").exit_code == 0
