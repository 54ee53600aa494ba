"""`explain URL`: which configuration answers – the main file, a part of it, standard input – and how it is read."""

from pathlib import Path

import pytest

from servers.command import audit403

PART = "server { listen 80; server_name part.example; location /no { deny all; } location / { return 200; } }\n"


def _explain(config: str | Path, url: str, *options: str, stdin: str | None = None) -> tuple[int, str]:
    result = audit403("explain", "--config", str(config), url, "--tree", "none", *options, stdin=stdin)
    return result.returncode, result.stdout + result.stderr


def test_a_part_of_a_configuration_is_answered_for_where_it_belongs(tmp_path: Path) -> None:
    part = tmp_path / "part.conf"
    part.write_text(PART)
    code, text = _explain(part, "http://part.example/no")
    assert code == 1 and "403 Forbidden" in text and "part.conf:1:62" in text


def test_a_part_that_a_main_file_includes_is_answered_for_by_that(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/part.conf").write_text(PART)
    (tmp_path / "nginx.conf").write_text("events {} http { error_page 403 =404 /gone; include conf.d/*.conf; }\n")
    code, text = _explain(tmp_path / "conf.d/part.conf", "http://part.example/no")
    assert code == 0 and "nginx.conf:1" in text


def test_a_main_file_may_consist_of_includes(tmp_path: Path) -> None:
    (tmp_path / "http.conf").write_text(f"events {{}} http {{ {PART} }}")
    (tmp_path / "nginx.conf").write_text("include http.conf;\n")
    code, text = _explain(tmp_path / "nginx.conf", "http://part.example/no")
    assert code == 1 and "http.conf:1" in text


def test_standard_input(tmp_path: Path) -> None:
    code, text = _explain("-", "http://part.example/no", stdin=PART)
    assert code == 1 and "(standard input):1:62" in text
    code, text = _explain("-", "http://part.example/yes", stdin=PART)
    assert code == 0 and "200" in text


def test_the_settings_say_where_the_targets_paths_are(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/part.conf").write_text(PART)
    (tmp_path / "nginx.conf").write_text("events {} http { include /srv/conf/part.conf; }\n")
    (tmp_path / "audit403.toml").write_text('[paths]\n"/srv/conf" = "here"\n')
    code, text = _explain(tmp_path / "nginx.conf", "http://part.example/no")
    assert code == 1 and "part.conf:1:62" in text


def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert _explain(tmp_path, "http://a/") == (
        2,
        f"audit403: {tmp_path} is a folder, and must hold one main configuration: it has none.\n",
    )
    code, text = _explain(tmp_path / "none.conf", "http://a/")
    assert code == 2 and "is not there" in text


@pytest.mark.parametrize("url", ["http://[::1", "http://a b/", "http:///x"])
def test_what_is_no_url_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "part.conf").write_text(PART)
    code, text = _explain(tmp_path / "part.conf", url)
    assert code == 2 and f'"{url}"' in text
