"""A pickled program in another process: the same outcomes, guarded or raw as it was, of one version only."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mapper
import mapper.runtime.program
from mapper import Outcome, Program, authoring
from mapper.runtime.decode import encode
from tests.oracles.golden import CORRECT, EVENTS, KNOWN_BY_THE_HOST, MAPPING_OF, MAPPINGS, SHOP, program_of
from tests.support.command import MAPPING, ROOT
from tests.support.depth import some

_LEAK = MAPPING.replace("type\nevents", "type\nevents").replace(
    "custom_data: {value: total,", "custom_data: {search_string: term, value: total,"
)
_LEAKING = {"type": "order", "id": "1", "at": 1777629600, "email": "a@b.example", "term": "ada@example.com"}


def _texts(path: Path) -> list[bytes]:
    """Events for a mapping: those of its source, the sample shop's, its tests', and what is no event."""
    own = [one for one in EVENTS if path.stem == _mapping_of(one)]
    texts = [one.read_bytes() for one in own]
    texts += SHOP.read_bytes().splitlines() if path.stem == "segment-ecommerce" else []
    texts += [encode(test.given) for test in authoring.analyse_file(path).tests]
    return [*texts, b"{}", b"[]", b"{", b'{"a": "\xff"}', b'{"id": 1e999, "email": ["x", {}]}']


def _mapping_of(event: Path) -> str:
    return next(name for start, name in MAPPING_OF.items() if event.stem.startswith(start))


def _told(program: Program, texts: list[bytes]) -> Iterator[str]:
    """All that becomes of some texts, as JSON and as dicts, with the fast forms and before them."""
    for text in texts:
        for _ in range(2):
            try:
                yield repr(program.apply_json(text, KNOWN_BY_THE_HOST))
                yield repr(program.apply(json.loads(text), KNOWN_BY_THE_HOST))
            except ValueError as error:
                yield repr(error)


def _work(asked: Any, answers: Any) -> None:
    """In a process that began anew: what becomes of the texts by each program."""
    while (sent := asked.get()) is not None:
        content, texts = sent
        program = pickle.loads(content)
        answers.put((program.look is not None, list(_told(program, texts))))


def test_a_program_in_a_process_that_begins_anew_does_the_same() -> None:
    spawning = multiprocessing.get_context("spawn")
    asked, answers = spawning.Queue(), spawning.Queue()
    process = spawning.Process(target=_work, args=(asked, answers), daemon=True)
    process.start()
    try:
        for path in some((*MAPPINGS, *CORRECT), 12, full=30):
            texts = _texts(path)
            raw = mapper.compile_mapping(path, guard=False)
            for program in (raw, authoring.guarded(raw)):
                asked.put((pickle.dumps(program), texts))
                expected = list(_told(program, texts))  # while the other process does the same
                is_guarded, told = answers.get(timeout=120)
                assert is_guarded == (program.look is not None)
                assert told == expected, path
        asked.put(None)
        process.join(60)
        assert process.exitcode == 0
    finally:
        process.kill()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_guarded_program_comes_out_guarded_and_a_raw_one_raw(protocol: int) -> None:
    for guard in (True, False):
        program = mapper.compile_text(_LEAK, "m.yaml", guard=guard)
        content = pickle.dumps(program, protocol)
        for made in (pickle.loads(content), copy.copy(program), copy.deepcopy(program)):
            again = pickle.loads(pickle.dumps(made, protocol))  # as one that was sent on
            for one in (made, again, again.prepare()):
                found: list[Outcome] = one.apply(_LEAKING)
                assert found == program.apply(_LEAKING)
                assert found[0].payload is not None
                assert ("search_string" in found[0].payload["custom_data"]) is not guard
            assert one.code.text == program.code.text
            assert one.code.guard == program.code.guard


def test_a_program_never_comes_out_without_the_guard_that_it_had() -> None:
    """Whatever a byte of it is changed to: it is refused, or it is guarded."""
    content = bytearray(pickle.dumps(mapper.compile_text(_LEAK, "m.yaml")))
    for at in range(0, len(content), max(1, len(content) // 150)):
        changed = bytearray(content)
        changed[at] ^= 0xFF
        try:
            made = pickle.loads(bytes(changed))
        except Exception:
            continue
        assert isinstance(made, Program)
        assert made.look is not None


def test_what_another_version_pickled_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    program = mapper.compile_text(MAPPING, "m.yaml")
    with monkeypatch.context() as patched:
        patched.setattr(mapper.runtime.program, "__version__", "9.9.9")
        content = pickle.dumps(program)
    with pytest.raises(pickle.UnpicklingError) as refused:
        pickle.loads(content)
    assert str(refused.value) == (
        f"this program was pickled by version 9.9.9 of the mapper, and {mapper.__version__} is "
        "installed here: install the same version on all machines"
    )


def test_to_read_one_loads_no_compiler(tmp_path: Path) -> None:
    (tmp_path / "program").write_bytes(pickle.dumps(program_of(MAPPINGS[0])))
    rooms = ("mapper.compiler", "mapper.cli", "yaml")
    code = (
        "import pickle, sys\n"
        f"program = pickle.loads(open({str(tmp_path / 'program')!r}, 'rb').read()).prepare()\n"
        f"print(*sorted(one for one in sys.modules if one.startswith({rooms!r})))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.split() == []
