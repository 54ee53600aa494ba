"""What is said about a refusal: the lines that decided, each with a sentence that is true of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision

ALL = "<RequireAll>\nRequire ip 10.0.0.0/8\nRequire method GET\n</RequireAll>"
OTHER = '<RequireAll>\nRequire expr %{HTTP:X-Admin} == "1"\nRequire all granted\n</RequireAll>'
DENIED = "Require all denied\nOrder deny,allow\nDeny from all\nAllow from 192.0.2\n"


def said(decision: Decision) -> list[str]:
    """The sentences, the deciding one first."""
    return [because.message for because in decision.because]


@pytest.mark.parametrize(
    ("inside", "client", "method", "expected"),
    [
        ("Require all denied", "10.0.0.1", "GET", ["this denies everybody"]),
        ("Require ip 192.0.2.0/24", "10.0.0.1", "GET", ["10.0.0.1 is none of these addresses"]),
        (f"{ALL}\n{OTHER}", "10.0.0.1", "POST", ["POST is none of these methods", "this does not hold"]),
        (f"{ALL}\n{OTHER}", "192.0.2.1", "GET", ["192.0.2.1 is none of these addresses", "this does not hold"]),
        (
            "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire ip 10.0.0.1\n</RequireNone>\n</RequireAll>",
            "10.0.0.1", "GET", ["this shuts out whom `ip 10.0.0.1` describes"],
        ),
        (
            "Order allow,deny\nAllow from 192.0.2\nDeny from all", "192.0.2.1", "GET",
            [
                "this denies 192.0.2.1",
                "a Deny wins over an Allow, and whom none names is refused",
                "this allows it, and the Deny wins",
            ],
        ),
        (
            f"{DENIED}Satisfy Any", "10.0.0.1", "GET",
            ["this denies everybody", "this denies 10.0.0.1; with Satisfy Any this or Require would have to let it in"],
        ),
        (
            DENIED, "192.0.2.1", "GET",
            ["this denies everybody", "this lets the client in by its address, and Require must let it in too"],
        ),
    ],
)  # fmt: skip
def test_lines_that_decide(tmp_path: Path, inside: str, client: str, method: str, expected: list[str]) -> None:
    body = f"<Location />\n{inside}\n</Location>"
    decision = Httpd(tmp_path, body).ask(client=client, method=method)
    assert (decision.status, said(decision)) == (403, expected)
    assert said(Httpd(tmp_path, "", htaccess=inside).ask(client=client, method=method)) == expected


def test_other_names_are_explained(tmp_path: Path) -> None:
    alias = '<AuthzProviderAlias ip office "192.0.2.0/24">\n</AuthzProviderAlias>\n'
    decision = Httpd(tmp_path, f"{alias}<Location />\nRequire office\n</Location>").ask(client="10.0.0.1")
    assert said(decision) == ["this stands for `ip 192.0.2.0/24`: 10.0.0.1 is none of these addresses"]


def test_faults_name_their_lines(tmp_path: Path) -> None:
    decision = Httpd(tmp_path, "<Location />\nRequire valid-user\n</Location>").ask()
    assert (decision.status, decision.cause) == (500, "no-authentication")
    assert said(decision) == ["this needs a user, and no AuthType says how to log in"]
