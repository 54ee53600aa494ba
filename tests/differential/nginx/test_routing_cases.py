"""The real server on the small cases of tests/nginx/decide: that what they expect is nginx's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from differential.nginx.duel import Ask
from nginx.decide.routing_cases import CASES, Case
from servers.nginx import Nginx, main_config
from servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case(case: Case, server_dir: Path) -> None:
    port = free_port()
    http = case.http.replace("listen 80;", f"listen 127.0.0.1:{port};")
    with Nginx(server_dir, main_config(server_dir, http)) as server:
        ask = Ask(port, case.target, case.method, case.host, case.headers)
        assert ask.send(server).status == case.expected
