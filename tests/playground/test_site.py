"""The static site: what it is made of, and that it answers in a browser as this machine does.

The tests in a browser need `make site`; they are skipped where that was not run, or where sources changed.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mapper.playground import local_server
from mapper.playground.page_answers import Session
from mapper.playground.worker import _LONG
from tests.playground.chromium import PlaygroundPage
from tests.playground.site_server import served, visitor
from tests.support.depth import some

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_ROOT = Path(__file__).parents[2]
_SITE = _ROOT / "playground/site"
_BUILT = _ROOT / "build/site/playground"
_NOT_IN_A_BROWSER = (
    *("orjson", "jsonschema", "click", "httpx", "starlette", "uvicorn", "multiprocessing", "socketserver"),
    *("sqlite3", "tarfile", "tomllib", "unittest", "xml", "http"),
)


def _build() -> Any:
    spec = importlib.util.spec_from_file_location("site_build", _SITE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = _build()


def test_the_site_gives_more_time_to_the_same_questions_as_the_server() -> None:
    text = (_SITE / "src/worker.ts").read_text("utf-8")
    [listed] = re.findall(r"const LONG = new Set<unknown>\((\[.*\])\);", text)
    assert set(json.loads(listed)) == _LONG


def test_docstrings_are_read_only_of_modules_that_keep_theirs_in_the_site() -> None:
    kept = re.search(r"_DOCUMENTED = \((.*)\)", (_SITE / "archives.py").read_text("utf-8"))
    assert kept is not None
    readers = {
        path.relative_to(_ROOT).as_posix()
        for path in BUILD.modules_needed()
        if re.search(r"getdoc|__doc__", path.read_text("utf-8"))
    }
    assert readers == {"mapper/runtime/function_registry.py", "mapper/transforms/registry.py"}
    assert re.findall(r'"([^"]+)"', kept[1]) == sorted(one.rpartition("/")[0] + "/" for one in readers)


def questions(session: Session, names: list[str]) -> Iterator[dict[str, Any]]:
    """What a visitor asks about some examples, then hostile texts."""
    for name in names:
        yield {"ask": "example", "name": name}
        opened = session.answer({"ask": "example", "name": name})
        about = {part: opened[part] for part in ("mapping", "files", "samples")}
        for ask in ("check", "ends", "live"):
            yield {"ask": ask, **about, "chosen": 0, "reveal": False}
        yield {"ask": "live", **about, "chosen": 0, "reveal": True}
        yield {"ask": "complete", **about, "chosen": 0, "offset": len(opened["mapping"]["text"])}
    about = {"mapping": opened["mapping"], "files": {}}
    for text in (
        "[" * 5000,
        '{"a": "\\ud800"}',
        '{"a": 1e999}',
        "{}",
        "",
        "\ufeff{}",
        '{"n": 1e22, "z": 1e-5}',
    ):
        yield {"ask": "live", **about, "samples": [{"name": "a", "text": text}], "chosen": 0, "reveal": True}
    for mapping in ("", "\t", "a: &a [*a]", "version: 1\n" * 50, "\udfff", "payload: " + "[" * 500):
        about = {"mapping": {"name": "a.yaml", "text": mapping}, "files": {}, "samples": []}
        yield {"ask": "live", **about, "chosen": 0, "reveal": False}
    yield {"ask": "nothing"}


def test_the_answers_need_only_what_the_site_has(tmp_path: Path) -> None:
    """A copy of the modules of the site, alone and without what no browser has, gives the same answers."""
    for path in BUILD.modules_needed():
        target = tmp_path / path.relative_to(_ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for folder in ("codes/examples", "playground/tutorials", "transforms/reference"):
        if (_ROOT / "mapper" / folder).is_dir():
            shutil.copytree(_ROOT / "mapper" / folder, tmp_path / "mapper" / folder)
    for name in ("schemas", "mappings"):
        shutil.copytree(_ROOT / name, tmp_path / f"mapper/_{name}")
    code = f"""
import sys
sys.path += [{str(tmp_path)!r}, {sysconfig.get_path("purelib")!r}]
sys.modules |= dict.fromkeys({_NOT_IN_A_BROWSER!r})
import json
from mapper.playground.page_answers import Session
session = Session.of_texts()
print(json.dumps([session.answer(json.loads(line)) for line in sys.stdin]))
"""
    session = Session.of_texts()
    names = some([one["name"] for one in session.answer({"ask": "start"})["examples"]], 3)
    asked = [{"ask": "start"}, *questions(session, names)]
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        input="".join(f"{json.dumps(one)}\n" for one in asked),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert json.loads(ran.stdout) == [json.loads(json.dumps(session.answer(one))) for one in asked]


def test_no_module_of_the_site_sends_or_serves_or_prints() -> None:
    rooms = {path.relative_to(_ROOT).as_posix() for path in BUILD.modules_needed()}
    assert "mapper/playground/page_answers.py" in rooms
    strange = (
        "mapper/cli/",
        "mapper/serving/",
        "mapper/intake/",
        "mapper/engines/",
        "mapper/delivery/transport",
    )
    assert [room for room in rooms if room.startswith(strange)] == []


def test_what_is_fetched_is_pinned_by_hash_and_names_no_host() -> None:
    lock = json.loads((_SITE / "package-lock.json").read_text("utf-8"))
    packages = [one for name, one in lock["packages"].items() if name]
    assert all(one["integrity"].startswith("sha512-") for one in packages)
    assert not any("resolved" in one for one in packages)
    wanted = json.loads((_SITE / "package.json").read_text("utf-8"))["devDependencies"]
    assert all(re.fullmatch(r"[\d.]+", version) for version in wanted.values())
    (wheel,) = re.findall(r"^(\w+==[\d.]+) \\\n    --hash=sha256:[0-9a-f]{64}$", _wheels(), re.MULTILINE)
    assert f"\n{wheel} \\\n" in (_ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in _wheels()


def _wheels() -> str:
    return (_SITE / "wheels.lock").read_text("utf-8")


def test_the_site_and_the_local_server_have_one_policy() -> None:
    assert f"{BUILD.CSP}; frame-ancestors 'none'" == local_server._HEADERS["content-security-policy"]


def test_the_python_files_of_packages_are_those_of_the_project() -> None:
    needed = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {"pyyaml", "tzdata", "msgspec"} <= {re.split("[>=<]", one)[0] for one in needed}


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, as built of these sources."""
    built = _ROOT / "build/site-parts/sources"
    if not built.is_file():
        pytest.skip("build/site/playground is not there: `make site` builds it")
    if built.read_text("utf-8") != BUILD.sources_digest():
        pytest.skip("build/site/playground was built of other sources: run `make site`")
    return _BUILT


# A page of the site without its scripts, from which a worker can be asked.
_BARE = "NOTICES-python.txt"
_ASK = """async (questions) => {
  const worker = new Worker("worker.js", {type: "module"});
  const answers = [], told = {};
  return await new Promise((done, failed) => {
    worker.onerror = (event) => failed(new Error(event.message));
    worker.onmessage = ({data}) => {
      if (data.progress) {
        Object.assign(told, data);
        return;
      }
      answers[data.id] = data.error === undefined ? data.answer : {error: data.error};
      if (answers.filter((one) => one !== undefined).length === questions.length) done([told.from, answers]);
    };
    questions.forEach((question, id) => worker.postMessage({id, question}));
  });
}"""
_KEPT = """caches.open("mapper-playground").then((cache) => cache.keys())
  .then((kept) => kept.map((one) => one.url).find((url) => url.includes("/snapshot?")))"""
_SNAPSHOT_SECONDS = 120


def _ask(page: Any, asked: list[dict[str, Any]]) -> tuple[str, list[Any]]:
    """What Python was started from, and the answers."""
    started_from, answers = page.evaluate(_ASK, [json.loads(json.dumps(one)) for one in asked])
    return started_from, answers


def _snapshot_of(page: Any) -> str:
    """The address of the snapshot, once the site has kept it."""
    ends = time.monotonic() + _SNAPSHOT_SECONDS
    while time.monotonic() < ends:
        found: str | None = page.evaluate(_KEPT)
        if found is not None:
            return found
        page.wait_for_timeout(200)
    pytest.fail("no snapshot was kept")


@pytest.mark.parametrize("start", ["archives", "snapshot"])
def test_a_browser_answers_as_this_machine_and_asks_no_other_host(
    start: str, site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    session = Session.of_texts()
    names = [one["name"] for one in session.answer({"ask": "start"})["examples"]][:3]
    asked = [{"ask": "start"}, *questions(session, names)]
    requests: list[str] = []
    with served(site) as (address, _), visitor(started_browser, tmp_path) as context:
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.goto(f"{address}{_BARE}")
        if start == "snapshot":
            page.evaluate("void new Worker('python.js#snapshot', {type: 'module'})")
            _snapshot_of(page)
        started_from, got = _ask(page, asked)
        (python,) = (one for one in page.workers if one.url == f"{address}python.js")
        ways = python.evaluate(
            "['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource', 'Worker'].map((way) => typeof self[way])"
        )
    assert started_from == start
    for question, one in zip(asked, got, strict=True):
        assert one == json.loads(json.dumps(session.answer(question))), question
    assert set(ways) == {"undefined"}
    assert [url for url in requests if not url.startswith(address)] == []
    assert len(requests) >= 5


def test_a_snapshot_that_cannot_be_used_is_dropped(
    site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    with served(site) as (address, _), visitor(started_browser, tmp_path) as context:
        page = context.new_page()
        page.goto(f"{address}{_BARE}")
        page.evaluate("void new Worker('python.js#snapshot', {type: 'module'})")
        snapshot = _snapshot_of(page)
        page.evaluate(
            """(url) => caches.open("mapper-playground")
              .then((cache) => cache.put(url, new Response(new Uint8Array(100_000))))""",
            snapshot,
        )
        started_from, (start,) = _ask(page, [{"ask": "start"}])
        assert (started_from, start["where"]) == ("archives", "static")
        assert page.evaluate(_KEPT) is None


def test_a_question_that_is_taken_back_is_not_answered(
    site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    with served(site) as (address, _), visitor(started_browser, tmp_path) as context:
        page = context.new_page()
        page.goto(f"{address}{_BARE}")
        answered = page.evaluate("""async () => {
          const worker = new Worker("worker.js", {type: "module"}), ids = [];
          return await new Promise((done) => {
            worker.onmessage = ({data}) => {
              if (!data.progress) ids.push(data.id);
              if (data.id === 3) done(ids);
            };
            for (const id of [1, 2, 3]) worker.postMessage({id, question: {ask: "start"}});
            worker.postMessage({cancel: 2});
          });
        }""")
    assert answered == [1, 3]


def test_the_page_starts_by_its_policy_and_without_a_network_the_second_time(
    site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    with visitor(started_browser, tmp_path) as context:
        with served(site) as (address, _):
            first = PlaygroundPage(context.new_page())
            first.note_mistakes()
            first.open(address)
            _snapshot_of(first.page)
            assert first.mistakes() == []
            shown = first.rows.all_inner_texts()
            first.page.close()
        second = PlaygroundPage(context.new_page())
        second.note_mistakes()
        second.open(address)
        expect(second.rows).to_have_text(shown, use_inner_text=True)
        assert second.mistakes() == []


_STUB = """
self.onmessage = ({data}) => {
  const {ask} = JSON.parse(data);
  while (ask === "hang");
  if (ask === "fail") self.postMessage({failed: "ValueError"});
  else if (ask === "end") self.postMessage({ended: "it ended"});
  else self.postMessage({answer: ask});
};
self.postMessage({progress: "ready", part: 1, from: "stub"});
"""


@pytest.mark.parametrize(
    ("script", "asked", "answers"),
    [
        (
            _STUB,
            ["a", "hang", "b", "fail", "end", "c"],
            [
                "a",
                {"problem": "the answer took more than 10 seconds", "hint": "simplify what was typed last"},
                "b",
                {"error": "The playground failed with ValueError"},
                {"problem": "it ended", "hint": "simplify what was typed last"},
                "c",
            ],
        ),
        (
            "self.postMessage({ended: 'no memory'})",
            ["a", "b"],
            [{"error": "Python could not be started in this browser: no memory"}] * 2,
        ),
        (
            "throw new Error('too old')",
            ["a"],
            [{"error": "Python could not be started in this browser: Uncaught Error: too old"}],
        ),
    ],
    ids=["slow and failing answers", "no start", "a script that fails"],
)
def test_a_python_that_fails_is_replaced_and_each_question_is_answered(
    script: str, asked: list[str], answers: list[Any], site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    shutil.copy(site / "worker.js", folder)
    (folder / "python.js").write_text(script, "utf-8")
    (folder / "index.html").write_text("<!doctype html><title>small</title>", "utf-8")
    with served(folder) as (address, _), visitor(started_browser, tmp_path / "profile") as context:
        page = context.new_page()
        page.goto(address)
        _, got = _ask(page, [{"ask": one} for one in asked])
    for one, wanted in zip(got, answers, strict=True):
        if isinstance(wanted, dict):
            assert {name: text[: len(wanted[name])] for name, text in one.items()} == wanted
        else:
            assert one == wanted


def _small_site(folder: Path, text: str, says: str | None = None) -> None:
    """A site of one page with the service worker of ours. says: the text whose digest that has."""
    made = folder.with_name(f"{folder.name}-made")
    made.mkdir(exist_ok=True)
    (made / "index.html").write_text(f"<!doctype html><title>{text}</title>", "utf-8")
    files = {"index.html": BUILD._digest(f"<!doctype html><title>{says or text}</title>".encode())}
    BUILD._bundle(made, "service-worker", {"VERSION": text, "FILES": files})
    folder.mkdir(exist_ok=True)
    # The browser asks for files whenever it likes. One that is written anew while it is sent would be shorter
    # than its header said, and the browser would wait for the rest: so each is replaced as a whole.
    for one in made.iterdir():
        one.replace(folder / one.name)


def _title(context: Any, address: str, update: bool = False) -> str:
    page = context.new_page()
    page.goto(address)
    page.evaluate(
        "navigator.serviceWorker.register('service-worker.js').then(() => navigator.serviceWorker.ready)"
    )
    if update:
        page.evaluate("navigator.serviceWorker.ready.then((kept) => kept.update()).catch(() => 0)")
        page.wait_for_function("navigator.serviceWorker.getRegistration().then((kept) => !kept.installing)")
    title: str = page.title()
    page.close()
    return title


def test_a_new_version_is_shown_at_the_next_start_and_never_half_of_it(
    site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    _small_site(folder, "one")
    with served(folder) as (address, _), visitor(started_browser, tmp_path / "profile") as context:
        assert _title(context, address) == "one"
        # While a site is being replaced, its service worker can come before its files.
        _small_site(folder, "half", says="two")
        assert _title(context, address, update=True) == "one"
        assert _title(context, address) == "one"
        _small_site(folder, "two")
        assert _title(context, address, update=True) == "one"
        # A browser notices a moment after the last page was closed that none is open.
        seen = [_title(context, address)]
        while seen[-1] != "two" and len(seen) < 20:
            seen.append(_title(context, address))
        assert set(seen) <= {"one", "two"}
        assert seen[-1] == "two"
