"""Settings: what is taken, what is refused and in which words, and that the schema says the same."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from audit403.core.errors import BadUsage
from audit403.engine import settings as module
from audit403.engine.settings import IGNORE_KEYS, KEYS, NO_SETTINGS, PROFILES, SettingsFinder
from audit403.s3.decide.profile import NAMES

SCHEMA = json.loads((Path(module.__file__).parent / "settings.schema.json").read_text())

GOOD = """\
select = ["nginx", "files/file-unreadable"]
ignore = ["nginx/missing-index", { rule = "nginx", path = "legacy/*", reason = "old", until = "2030-01-31" }]
fail-on = "error"
strict = true
tree = "none"
prefix = "nginx"

[paths]
"/var/www/site" = "public"
"/etc/nginx" = "."

[visitors]
"site-*" = ["website", "cloudfront-oac:E1"]
logs = ["role:arn:aws:iam::111122223333:role/reader"]
"""

BAD = {
    'selekt = ["x"]': 'unknown key "selekt" (did you mean "select"?)',
    'strict = "yes"': "strict must be true or false",
    'fail-on = "fatal"': "fail-on must be one of error, warning, note",
    "fail-on = 1": "fail-on must be one of",
    'tree = "there"': "tree must be one of auto, here, none",
    'select = "nginx"': "select must be a list of rules",
    "select = [1]": "each entry of select must be a text",
    "ignore = 1": "ignore must be a list of rules, or [[ignore]] tables",
    "prefix = 1": "prefix must be a text",
    "paths = []": "paths must be a table",
    '[paths]\n"var" = "x"': '"var" in paths must be an absolute path of the server',
    '[paths]\n"/var" = 1': '"/var" in paths must be a text',
    "visitors = []": "visitors must be a table such as",
    '[visitors]\nb = "website"': '"b" in visitors must be a list of profiles',
    "[visitors]\nb = [1]": 'each entry of "b" in visitors must be a text',
    '[visitors]\nb = ["web-site"]': 'unknown profile "web-site" in visitors (did you mean "website"?)',
    '[visitors]\nb = ["role"]': 'the profile "role" in visitors must be of the form role:ARN',
    '[visitors]\nb = ["website:x"]': 'the profile "website:x" in visitors must be of the form website',
    '[[ignore]]\nreason = "x"': "an [[ignore]] needs a rule, a path or both",
    '[[ignore]]\nrule = "x"': "an [[ignore]] needs a reason",
    '[[ignore]]\nrule = "x"\nreason = "x"\nuntill = "x"': 'unknown key "untill" in [[ignore]] (did you mean "until"?)',
    '[[ignore]]\nrule = "x"\nreason = "x"\nuntil = "soon"': "until in [[ignore]] must be a day such as 2027-01-31",
}  # fmt: skip


def write(folder: Path, text: str, name: str = "audit403.toml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    found = SettingsFinder().nearest(str(write(tmp_path, GOOD)))
    assert found.select == ("nginx", "files/file-unreadable")
    assert found.ignore == ("nginx/missing-index",)
    assert (found.fail_on, found.strict, found.tree) == ("error", True, "none")
    assert found.prefix == str(tmp_path / "nginx")
    assert found.paths == (("/var/www/site", str(tmp_path / "public")), ("/etc/nginx", str(tmp_path)))
    assert found.ignores[0][:4] == ("nginx", "legacy/*", "old", "2030-01-31")


def test_the_schema_takes_it_and_has_the_same_keys() -> None:
    jsonschema.validate(tomllib.loads(GOOD), SCHEMA)
    assert set(SCHEMA["properties"]) == {*KEYS, "ignore"}
    assert set(SCHEMA["$defs"]["ignore"]["properties"]) == set(IGNORE_KEYS)


def test_the_profiles_are_those_of_buckets() -> None:
    assert {one.partition(":")[0] for one in PROFILES} == {one.partition(":")[0] for one in NAMES}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadUsage) as raised:
        SettingsFinder().nearest(str(write(tmp_path, text)))
    assert BAD[text] in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "audit403.toml"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), SCHEMA)


def test_in_pyproject(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[tool.audit403]\nstrict = true\n[[tool.audit403.ignore]]\nrule = "x"\nreason = "y"\n',
        "pyproject.toml",
    )
    found = SettingsFinder().nearest(str(tmp_path))
    assert found.strict
    assert found.ignores[0].where.line == 3


def test_its_own_file_goes_before_pyproject(tmp_path: Path) -> None:
    write(tmp_path, "[tool.audit403]\nstrict = true\n", "pyproject.toml")
    assert not SettingsFinder().nearest(str(write(tmp_path, 'tree = "none"'))).strict


def test_a_pyproject_without_it_is_passed_by(tmp_path: Path) -> None:
    write(tmp_path, "strict = true")
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", '[project]\nname = "about-audit403"\n', "pyproject.toml")
    assert SettingsFinder().nearest(str(tmp_path / "sub/x.conf")).strict


def test_none_at_all(tmp_path: Path) -> None:
    assert SettingsFinder(nowhere=True).nearest(str(write(tmp_path, "strict = true"))) is NO_SETTINGS


@pytest.mark.parametrize("data", [b"= 1", b"\xff\xfe", b"a = [" * 2000])
def test_what_is_no_toml(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "audit403.toml").write_bytes(data)
    with pytest.raises(BadUsage, match=r"is no TOML"):
        SettingsFinder().nearest(str(tmp_path))


def test_given_settings_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match="there is no such file"):
        SettingsFinder(str(tmp_path / "none.toml"))


def test_a_key_with_a_line_break_is_told_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "audit403.toml").write_text('"a\\nb" = 1\n')
    with pytest.raises(BadUsage, match=r'unknown key "a\\nb"'):
        SettingsFinder().nearest(str(tmp_path))
