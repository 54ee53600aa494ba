"""Which modules httpd has in other builds than Debian's: what its LoadModule lines show, and what they do not."""

from pathlib import Path

from audit403.apache.read.configuration import Configuration, read_configuration
from audit403.evidence.local import LocalEvidence

#: As the container image, RHEL, Arch and Alpine have it: what Debian links into the program is loaded.
SHARED = """\
ServerRoot "/usr/local/apache2"
Listen 80
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule dir_module modules/mod_dir.so
LoadModule log_config_module modules/mod_log_config.so
LoadModule unixd_module modules/mod_unixd.so
LoadModule version_module modules/mod_version.so
<IfModule unixd_module>
User daemon
</IfModule>
ErrorLog logs/error_log
CustomLog logs/access_log common
"""


def main_file(folder: Path, text: str, name: str = "httpd.conf") -> Configuration:
    (folder / name).write_text(text)
    return read_configuration(str(folder / name), LocalEvidence())


def messages(configuration: Configuration) -> list[str]:
    return [problem.message for problem in configuration.problems]


def test_modules_that_debian_links_in_are_loaded_elsewhere(tmp_path: Path) -> None:
    assert messages(main_file(tmp_path, SHARED)) == []


def test_debian_refuses_to_load_what_is_linked_in(tmp_path: Path) -> None:
    configuration = main_file(tmp_path, SHARED, "apache2.conf")
    assert "module log_config_module is built-in and can't be loaded" in messages(configuration)


def test_an_mpm_that_is_not_loaded_is_built_in(tmp_path: Path) -> None:
    text = SHARED.replace("LoadModule mpm_event_module modules/mod_mpm_event.so\n", "ServerLimit 6\n")
    assert messages(main_file(tmp_path, text)) == []
    assert any("event.c" in message for message in messages(main_file(tmp_path, text, "apache2.conf")))


def test_where_only_extras_are_loaded_the_rest_is_built_in(tmp_path: Path) -> None:
    text = "ServerRoot /opt/httpd\nListen 80\nLoadModule php_module modules/libphp.so\nAddType text/x-a .a\n"
    assert messages(main_file(tmp_path, text)) == []


def test_a_module_that_is_not_loaded_is_told_of_once(tmp_path: Path) -> None:
    text = SHARED + "RewriteEngine On\n<VirtualHost *:80>\nRewriteEngine On\n</VirtualHost>\n"
    assert messages(main_file(tmp_path, text)) == [
        "Invalid command 'RewriteEngine': mod_rewrite.c, which has it, is not loaded"
    ]
