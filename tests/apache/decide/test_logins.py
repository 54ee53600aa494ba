"""Logins, groups, providers under other names, owners of files: one case each of what the differential tests show."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = 'AuthType Basic\nAuthName "Private area"\nAuthUserFile {folder}/users\nAuthGroupFile {folder}/groups\n'


def asked(
    folder: Path, inside: str, user: str | None = "ann", password: str = "secret", before: str = ""
) -> int | None:
    """The status of a request with these credentials for a location that says this."""
    secret = base64.b64encode(hashlib.sha1(b"secret", usedforsecurity=False).digest()).decode()
    digest = hashlib.md5(b"ann:Private area:secret", usedforsecurity=False).hexdigest()
    (folder / "users").write_text(f"ann:{{SHA}}{secret}\nroot::{{SHA}}{secret}\nbob:abNANd1rDfiNc\n")
    (folder / "digests").write_text(f"ann:elsewhere:x\nann:Private area:{digest}\n")
    (folder / "groups").write_text('staff : bob \\\n ann\n"two words": ann\n')
    body = f"{before}\n<Location />\n{inside}\n</Location>".replace("{folder}", str(folder))
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {} if user is None else {"Authorization": f"Basic {text}"}
    return Httpd(folder, body).status(**headers)


@pytest.mark.parametrize(
    ("require", "status"),
    [
        ("valid-user", 200),
        ('user "ann" bob', 200),
        ("user bob", 401),
        ("group staff", 200),
        ("group none", 401),
        ("host 127.0.0.1", 403),
        ("user %{REQUEST_METHOD}", 401),
    ],
)
def test_who_may(tmp_path: Path, require: str, status: int) -> None:
    assert asked(tmp_path, f"{LOGIN}Require {require}") == status


def test_owner_of_the_file(tmp_path: Path) -> None:
    owner = tmp_path.owner()
    inside = f"{LOGIN}Require file-owner"
    assert asked(tmp_path, inside) == 401
    assert owner != "root" or asked(tmp_path, inside, user="root") == 200


@pytest.mark.parametrize(
    ("inside", "user", "status"),
    [
        ("Require valid-user", None, 401),
        ("Require valid-user\nAuthUserFile {folder}/none", "ann", 500),
        ("Require valid-user\nAuthUserFile {folder}", "ann", 500),
        ("Require group staff\nAuthGroupFile {folder}/none", "ann", 401),
        ("Require user bob\nAuthzSendForbiddenOnFailure On", "ann", 403),
        ("Require valid-user\nSatisfy Any", None, 200),
        ("Require valid-user\nSatisfy Any\nDeny from all", None, 401),
        ("Require all denied\nSatisfy Any\nDeny from all", "ann", 403),
        ("Require valid-user\nAuthBasicAuthoritative Off", "nobody", 500),
        ("Require valid-user\nAuthBasicAuthoritative Off", "bob", 200),
        ("Require valid-user\nAuthType Nonesuch", "ann", 500),
        ("Require valid-user\nAuthType None", "ann", 500),
        ("Require valid-user\nAuthBasicUseDigestAlgorithm MD5\nAuthUserFile {folder}/digests", "ann", 200),
        ("Require valid-user\nAuthBasicUseDigestAlgorithm MD5", "ann", 401),
        ("Require valid-user\nAuthBasicProvider anon\nAnonymous guest", "Guest", 200),
        ("Require valid-user\nAuthBasicProvider anon\nAnonymous guest\nAnonymous_VerifyEmail On", "guest", 401),
        ("Require valid-user\nAuthBasicProvider anon file\nAnonymous guest", "ann", 200),
    ],
)
def test_how_to_log_in(tmp_path: Path, inside: str, user: str | None, status: int) -> None:
    assert asked(tmp_path, LOGIN + inside, user) == status


def test_providers_under_other_names(tmp_path: Path) -> None:
    users = "<AuthnProviderAlias file here>\nAuthUserFile {folder}/users\n</AuthnProviderAlias>\n"
    crew = '<AuthzProviderAlias group crew "none staff">\nAuthGroupFile {folder}/groups\n</AuthzProviderAlias>'
    inside = "AuthType Basic\nAuthName x\nAuthBasicProvider here\nRequire crew"
    assert asked(tmp_path, inside, before=users + crew) == 200
    assert asked(tmp_path, inside, before=users + crew, password="wrong") == 401


def test_unknown_providers_are_a_fault_of_the_htaccess(tmp_path: Path) -> None:
    for line in ("Require All granted", "Require ldap-user x", "AuthBasicProvider File", "AuthBasicProvider dbm"):
        assert Httpd(tmp_path, "", htaccess=line).status() == 500
    assert Httpd(tmp_path, "", htaccess="Require all granted\nAuthBasicProvider file").status() == 200
