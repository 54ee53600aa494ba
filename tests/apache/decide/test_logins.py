"""Logins, groups, providers under other names, owners of files: one case each of what the differential tests show."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.core.decision import Decision

LOGIN = 'AuthType Basic\nAuthName "Private area"\nAuthUserFile {folder}/users\nAuthGroupFile {folder}/groups\n'


def asked(
    folder: Path, inside: str, user: str | None = "ann", password: str = "secret", before: str = ""
) -> int | None:
    """The status of a request with these credentials for a location that says this."""
    return decided(folder, inside, user, password, before).status


def with_cookie(folder: Path, inside: str, cookie: str) -> int | None:
    """The status of a request with a cookie and no credentials."""
    decided(folder, inside, None)
    body = f"<Location />\n{inside}\n</Location>".replace("{folder}", str(folder))
    return Httpd(folder, body).status(Cookie=cookie)


def decided(
    folder: Path, inside: str, user: str | None = "ann", password: str = "secret", before: str = ""
) -> Decision:
    """The decision on the same."""
    secret = base64.b64encode(hashlib.sha1(b"secret", usedforsecurity=False).digest()).decode()
    digest = hashlib.md5(b"ann:Private area:secret", usedforsecurity=False).hexdigest()
    (folder / "users").write_text(f"ann:{{SHA}}{secret}\nroot::{{SHA}}{secret}\nbob:abNANd1rDfiNc\n")
    (folder / "digests").write_text(f"ann:elsewhere:x\nann:Private area:{digest}\n")
    (folder / "groups").write_text('staff : bob \\\n ann\n"two words": ann\n')
    body = f"{before}\n<Location />\n{inside}\n</Location>".replace("{folder}", str(folder))
    text = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {} if user is None else {"Authorization": f"Basic {text}"}
    return Httpd(folder, body).ask(**headers)


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
    for line in ("Require All granted", "Require dbd-group x", "AuthBasicProvider File", "AuthBasicProvider dbd"):
        assert Httpd(tmp_path, "", htaccess=line).status() == 500
    assert Httpd(tmp_path, "", htaccess="Require all granted\nAuthBasicProvider file").status() == 200


def test_directories_and_databases_answer_for_themselves(tmp_path: Path) -> None:
    ldap = "AuthType Basic\nAuthName x\nAuthBasicProvider ldap\nAuthLDAPURL ldap://ldap.test/o=x?uid\n"
    found = decided(tmp_path, f"{ldap}Require valid-user", "ann")
    assert (found.verdict, found.status) == ("not-refused", None)
    found = decided(tmp_path, f"{ldap}Require ldap-group cn=staff\nAuthzSendForbiddenOnFailure On", "ann")
    assert found.verdict == "unknown"
    assert {missing.reason for missing in found.missing} == {"another-program"}
    assert asked(tmp_path, "Require ldap-search (uid=ann)", None) == 403
    assert asked(tmp_path, f"{ldap}Require valid-user", None) == 401


def test_files_of_dbm(tmp_path: Path) -> None:
    login = "AuthType Basic\nAuthName x\nAuthBasicProvider dbm\nRequire valid-user\n"
    assert asked(tmp_path, f"{login}AuthDBMUserFile {{folder}}/none") == 500
    assert asked(tmp_path, f"{login}AuthDBMUserFile {{folder}}/users") == 500
    (tmp_path / "users.db").write_bytes(bytes(12) + (0x061561).to_bytes(4, "little") + bytes(496))
    found = decided(tmp_path, f"{login}AuthDBMUserFile {{folder}}/users.db", "ann")
    assert (found.verdict, found.status) == ("not-refused", None)


def test_logins_by_form(tmp_path: Path) -> None:
    login = 'AuthType form\nAuthName "Private area"\nAuthUserFile {folder}/users\nRequire valid-user\nSession On\n'
    login += "SessionCookieName session path=/\n"
    right = "session=Private+area-user=ann&Private+area-pw=secret"
    assert with_cookie(tmp_path, login, right) == 200
    assert with_cookie(tmp_path, login, right.replace("secret", "wrong")) == 401
    assert with_cookie(tmp_path, f"{login}AuthFormLoginRequiredLocation /login", "x=y") == 302
    assert with_cookie(tmp_path, f"{login}Session Off", right) == 401
