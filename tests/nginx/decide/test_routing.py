"""Routing and rewriting, case by case: what the differential tests found."""

from __future__ import annotations

import pytest

from nginx.decide.routing_cases import CASES, Case
from nginx.decide.small_http import decide


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_case(case: Case) -> None:
    decision = decide(case.http, case.target, case.method, case.headers, host=case.host)
    assert decision.status == case.expected, decision


def test_maps_that_hang_on_one_another_come_to_an_end() -> None:
    names = [f"$m{index}" for index in range(6)]
    maps = " ".join(f'map "{" ".join(names)}" {name} {{ volatile; default "{" ".join(names)}"; }}' for name in names)
    decision = decide(f"{maps} server {{ listen 80; if ($m0) {{ return 403; }} return 200; }}")
    assert (decision.verdict, decision.missing[0].reason) == ("unknown", "undocumented")


def test_listen_takes_a_range_of_ports() -> None:
    http = "server { listen 81-83; return 403; } server { listen 127.0.0.1:90-91; return 403; }"
    assert [decide(http, port=port).status for port in (80, 81, 82, 83, 84, 90, 91)] == [
        None,
        403,
        403,
        403,
        None,
        403,
        403,
    ]


def test_the_hosts_own_name_is_no_name_where_it_is_not_known() -> None:
    http = "server { listen 80; return 200; } server { listen 80; server_name $hostname; return 403; }"
    assert decide(http, host="localhost").status == 200
