"""Other users of this machine do not get the page, and with it the token."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mapper.playground.local_server import listen, serving
from mapper.playground.peer import is_of_another_user, user_of

pytestmark = pytest.mark.quick

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a connection is")
_NOBODY = 65534
_CONNECT = """\
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket() as link:
    link.connect(("127.0.0.1", int(sys.argv[1])))
    sys.stdin.read()
"""


def test_the_user_of_a_connection_is_known() -> None:
    listeners = listen(0)
    try:
        for one in listeners:
            with socket.create_connection(one.getsockname()[:2]) as link:
                ends = link.getsockname()[:2], link.getpeername()[:2]
                assert user_of(*ends) == os.geteuid()
                assert not is_of_another_user(*ends)
                assert user_of((ends[0][0], 1), ends[1]) is None
    finally:
        for one in listeners:
            one.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_a_connection_of_another_user_is_told_from_one_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    [first, *others] = listen(0)
    address = first.getsockname()
    command = [sys.executable, "-c", _CONNECT, str(address[1]), str(_NOBODY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        try:
            first.settimeout(60)
            link, client = first.accept()
            with link:
                assert user_of(client, address) == _NOBODY
                monkeypatch.setattr("os.geteuid", lambda: 1000)
                assert is_of_another_user(client, address)
                monkeypatch.setattr("os.geteuid", lambda: _NOBODY)
                assert not is_of_another_user(client, address)
                monkeypatch.setattr("os.geteuid", lambda: 0)
                assert not is_of_another_user(client, address)
        finally:
            for one in (first, *others):
                one.close()
            other.communicate()


@pytest.mark.parametrize(("asker", "status"), [(4711, 403), (0, 200), (1000, 200), (None, 200)])
def test_the_page_is_only_for_its_own_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asker: int | None, status: int
) -> None:
    monkeypatch.setattr("mapper.playground.peer.user_of", lambda client, server: asker)
    with serving(tmp_path, 0) as url:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port or 0, timeout=60)
        connection.request("GET", "/")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        monkeypatch.undo()
    assert answer.status == status
    assert ("playground-token" in text) == (status == 200)
