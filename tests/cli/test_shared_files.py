"""Commands over a folder of mappings that share files: bases with allowed warnings, and tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_check import MAPPING
from tests.support.command import call

pytestmark = pytest.mark.quick

_SKIP = "skip:\n  - {when: staff, because: employees}  # mapper: allow M124 it is a boolean\n"
_BASE = f"version: 1\npartial: true\n{_SKIP}"
_HEIR = f"{MAPPING}extends: base/root.yaml\n"
_LESS = f"{_HEIR}skip: {{because: employees, inherit: false}}\n"


def _written(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_csv", ".csv")
        file = file if file.suffix else file.with_suffix(".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize(
    ("heirs", "stale"),
    [
        ((_LESS,), True),
        ((_HEIR,), False),
        ((_LESS, _HEIR), False),
        ((_HEIR, _LESS), False),
        ((_LESS, _LESS), True),
        ((), False),
    ],
)
def test_a_comment_of_a_base_is_stale_only_if_no_mapping_of_the_run_needs_it(
    folder: Path, heirs: tuple[str, ...], stale: bool
) -> None:
    _written(folder, mappings__base__root=_BASE)
    for number, text in enumerate(heirs):
        _written(folder, **{f"mappings__heir{number}": text})
    for _ in range(2):  # the second time from the cache
        ran = call("check", "mappings", "--format", "json")
        assert ("M062" in ran.stdout) == stale, ran.stdout
    if heirs:
        assert "M062" not in call("check", "mappings/heir0.yaml", "--format", "json").stdout


_TABLES = """\
tables:
  categories: {file: tables/categories.yaml}
  brands: {file: tables/brands.csv, key: sku, value: brand}
"""
_LOOKS_UP = MAPPING.replace("value: total", "value: total, content_name: 'lookup(sku, $categories)'")
_LOOKS_UP = _LOOKS_UP.replace("value: total", "value: total, content_brand: 'lookup(sku, $brands)'") + _TABLES


def test_a_table_below_the_folder_that_a_mapping_names_is_a_table(folder: Path) -> None:
    _written(
        folder,
        mappings__shop=_LOOKS_UP + "tests: [{given: {type: other}, expect: {skip: unmapped}}]\n",
        mappings__tables__categories="A-1: Shoes\nB-2: Hats\n",
        mappings__tables__brands_csv="sku,brand\nA-1,Nike\n",
    )
    ran = call("check", "mappings")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert "checked 1 mapping" in ran.stderr
    ran = call("test", "mappings")
    assert ran.exit_code == 0, ran.stdout + ran.stderr
    assert "categories" not in ran.stdout + ran.stderr


def test_a_file_that_no_mapping_names_is_still_said_to_be_no_mapping(folder: Path) -> None:
    _written(
        folder,
        mappings__shop=MAPPING,
        mappings__tables__categories="A-1: Shoes\nB-2: Hats\n",
    )
    ran = call("check", "mappings")
    assert ran.exit_code == 1
    assert "M040" in ran.stdout
    assert call("check", "mappings/tables/categories.yaml").exit_code == 1


_SHARED_TEST = """\
bases: {view: {type: view, id: "1", at: 1777629600, email: a@b.co}}
tests:
  - name: a view keeps its id
    given: {base: view}
    expect: {event_id: "1"}
    inherit: true
"""


def test_each_heir_runs_the_tests_of_its_base_and_a_failure_names_the_base(folder: Path) -> None:
    base = f"version: 1\npartial: true\n{_SHARED_TEST}"
    _written(
        folder,
        mappings__base__root=base,
        mappings__right=_HEIR,
        mappings__wrong=_HEIR.replace("event_id: id", "event_id: {from: id, apply: {prefix: x}}"),
    )
    ran = call("test", "mappings")
    assert ran.exit_code == 1
    assert "mappings/wrong.yaml" in ran.stdout
    assert "base/root.yaml:5" in ran.stdout, ran.stdout
    assert "2 tests" in ran.stdout + ran.stderr, ran.stdout + ran.stderr
    ran = call("test", "mappings", "--update")
    assert (folder / "mappings/base/root.yaml").read_text() == base, "one heir does not decide for all"
    assert call("check", "mappings").exit_code == 0
    assert call("test", "mappings/right.yaml").exit_code == 0


def test_a_comment_that_its_own_file_needs_is_not_stale_for_an_heir_that_is_checked_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAPPER_NO_CACHE")
    monkeypatch.setenv("MAPPER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "pyproject.toml").touch()
    whole = (
        "version: 1\ntarget: pinterest/conversions-v5\n"
        "consent: {granted: ok, when_missing: denied, when_denied: skip}\n"
        "payload:\n  action_source: {const: web}\n  event_id: id\n  event_time: at\n  event_source_url: url\n"
        "  user_data: {em: email, external_id: user, client_ip_address: ip, client_user_agent: agent}\n"
        "otherwise: {send: page_visit}       # mapper: allow M902 nobody knows a click\n"
    )
    (tmp_path / "mappings/base.yaml").write_text(whole.replace("send: page_visit", "send: checkout"))
    heir = "version: 1\ntarget: pinterest/conversions-v5\nextends: base.yaml\notherwise: {send: page_visit}\n"
    (tmp_path / "mappings/heir.yaml").write_text(heir)
    first = call("check", "--format", "json").stdout
    (tmp_path / "mappings/heir.yaml").write_text(heir + "# changed\n")
    assert call("check", "--format", "json").stdout == first == "[]\n"
