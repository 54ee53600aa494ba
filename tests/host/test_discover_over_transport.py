"""Discovery as the program does it: through a transport, with the families that are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit403.apache import family as apache
from audit403.host.discover import discover
from audit403.host.local_shell import LocalShell
from audit403.host.transport import Ended, HostError
from audit403.nginx import family as nginx
from servers.discovery import UNPRIVILEGED, instance_of, process_of
from servers.need import need_root
from servers.nginx import Nginx, main_config
from servers.ports import free_port

FAMILIES = (nginx, apache)


class Answering:
    """A host that answers any script with the same bytes, between the marks."""

    label = "web1"

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    def start(self, command: str, stdin: bytes) -> Answering:
        mark = stdin.split(b"<%s>")[1].split()[1]
        self.said = b"\n<" + mark + b">\n" + self.answer + b"\n</" + mark + b">0\n"
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield self.said

    def ended(self) -> Ended:
        return Ended(0, b"")

    def release(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_this_machine(server_dir: Path, start_nginx: Callable[..., Nginx]) -> None:
    need_root()
    server = start_nginx(main_config(server_dir, f"server {{ listen 127.0.0.1:{free_port()}; }}"))
    machine = discover(LocalShell(), FAMILIES)
    found = instance_of(machine, server.pid)
    assert found.main == str(server.conf) and found.workers[0].uid == 33
    lesser = discover(LocalShell(), FAMILIES, prefix=" ".join(UNPRIVILEGED))
    assert lesser.login.uid == 65534 and instance_of(lesser, server.pid).main == str(server.conf)
    # What stands on a command line may be secret: only the servers' own is read.
    assert found.master is not None and process_of(machine, found.master.parent).argv == ()


@pytest.mark.parametrize("answer", [b"", b"x", b"ab\0", b"ab\0uid\x00\0ab\0complete\0\0ab\0", b"\xff\0" * 99])
def test_an_answer_that_is_none(answer: bytes) -> None:
    with pytest.raises(HostError, match=r"^web1: what it says of its processes"):
        discover(Answering(answer), FAMILIES)


def test_an_answer_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit403.host.discover.LARGEST_OUTPUT", 1000)
    with pytest.raises(HostError, match="no end"):
        discover(Answering(b"x" * 1001), FAMILIES)
