"""allow and deny, satisfy, auth_basic, auth_request, limit_except, real_ip and internal,
with all that inherits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.nginx.access_generator import AccessGenerator, Places, lay_out
from differential.nginx.influence import Influence, at_fuzz_scale
from differential.nginx.measured import Measured
from differential.nginx.password_files import write_password_files
from differential.nginx.where import Where
from servers.ports import free_ports

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path


_REQUESTS = 40
WANTED = (
    "allow", "deny", "satisfy", "auth_basic", "auth_basic_user_file", "auth_request", "auth_request_set",
    "limit_except",
    "limit_except/deny", "limit_except/allow", "set_real_ip_from", "real_ip_header", "real_ip_recursive", "internal",
    "error_page", "client_max_body_size", "if", "return", "stub_status", "empty_gif", "proxy_pass",
)  # fmt: skip


def test_who_may_come_in(server_dir: Path, rng: random.Random, cases: Callable[[int], int]) -> None:
    places = Places(server_dir, *free_ports(4))
    lay_out(server_dir)
    write_password_files(places.passwords)
    generator = AccessGenerator(rng, places)
    influence = Influence(rng, WANTED)
    where = Where(rng)
    rounds = 9 if at_fuzz_scale() else 1
    measured = Measured(server_dir, generator, influence, where, rounds, texts=False)
    measured.run(cases(2_500), _REQUESTS)
