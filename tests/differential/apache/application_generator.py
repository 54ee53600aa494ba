"""Random configurations for programs inside httpd: PHP, mod_wsgi, mod_fcgid, and handlers that nobody takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from differential.apache.content_generator import FILES, FOLDERS, Content
from differential.nginx.duel import Ask

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: What the Duel takes for an answer of another program, from mod_wsgi; PHP has it from what it reads first.
WSGI = "def application(environ, start_response):\n    start_response('502 Other', [])\n    return [b'']\n"
PHP = "<?php http_response_code(502); exit; ?>"
#: The same over FastCGI: it answers on the socket that mod_fcgid gives it as its standard input.
FASTCGI = r"""#!/usr/bin/perl
use strict; use Socket;
while (accept(my $peer, STDIN)) {
    binmode $peer;
    while (read($peer, my $head, 8) == 8) {
        my (undef, $kind, $number, $length, $padding) = unpack("CCnnC", $head);
        read($peer, my $body, $length + $padding) if $length + $padding;
        next if $kind != 5 || $length;
        my $said = "Status: 502 Other\r\n\r\n";
        my $end = pack("CCnnCC", 1, 3, $number, 8, 0, 0) . ("\0" x 8);
        syswrite $peer, pack("CCnnCC", 1, 6, $number, length $said, 0, 0) . $said . $end;
        last;
    }
    close $peer;
}
"""
HANDLERS = (
    "application/x-httpd-php", "application/x-httpd-php", "php-script", "application/x-httpd-php-source", "wsgi-script",
    "wsgi-script", "fcgid-script", "fcgid-script", "application/x-httpd-wsgi", "own", "default-handler", "none",
    "cgi-script", "nobody", "application/x-httpd-php74", "ldap-status", "reflector",
)  # fmt: skip
TYPES = ("application/x-httpd-php", "application/x-httpd-wsgi", "wsgi-script/x", "text/plain", "application/x-php")
EXTENSIONS = (".cgi", ".html", ".pl", "txt", ".asis", ".PHP", ".c")
OPTIONS = ("All", "None", "+ExecCGI", "-ExecCGI", "Indexes", "ExecCGI FollowSymLinks", "Indexes FollowSymLinks")


class Applications(Content):
    """One random configuration after another on one tree."""

    def __init__(self, rng: Random, top: Path) -> None:
        super().__init__(rng, top)
        self.first = top / "first.php"
        self.first.write_text(PHP)
        self.program = top / "program"
        self.program.write_text(FASTCGI)
        self.program.chmod(0o755)
        self.sockets = top / "sockets"
        self.sockets.mkdir(exist_ok=True)
        self.sockets.chmod(0o777)

    def make_tree(self) -> None:
        super().make_tree()
        for folder in FOLDERS:
            for name in FILES:
                path = self.top / folder / name
                path.write_text(WSGI)
                path.chmod(0o644)

    def body(self) -> str:
        folder = self.top.parent
        own = f"FcgidIPCDir {self.sockets}\nFcgidProcessTableFile {folder}/table\nWSGISocketPrefix {folder}/wsgi\n"
        # Otherwise mod_fcgid waits before it starts the program again.
        own += "FcgidSpawnScoreUpLimit 100000\nFcgidSpawnScore 0\nFcgidTerminationScore 0\n"
        first = f'php_value auto_prepend_file "{self.first}"\nFcgidWrapper {self.program}'
        shut = f"<Files closed*>\nSetHandler {self.rng.choice(HANDLERS)}\nOptions -ExecCGI\n</Files>"
        return f"{own}{super().body()}\n<Directory />\n{first}\n</Directory>\n{shut}"

    def settings(self) -> str:
        rng = self.rng
        known = (
            lambda: f"AddHandler {rng.choice(HANDLERS)} {rng.choice(EXTENSIONS)}",
            lambda: f"SetHandler {rng.choice(HANDLERS)}",
            lambda: f"SetHandler {rng.choice(HANDLERS)}",
            lambda: f"AddType {rng.choice(TYPES)} {rng.choice(EXTENSIONS)}",
            lambda: f"RemoveHandler {rng.choice(EXTENSIONS)}",
            lambda: f"Options {rng.choice(OPTIONS)}",
            lambda: f"AcceptPathInfo {rng.choice(('On', 'Off', 'Default'))}",
            lambda: f"DirectoryIndex {rng.choice(('run.cgi', 'index.html', 'none closed.cgi', 'own.asis page.html'))}",
            lambda: f"php_{rng.choice(('', 'admin_'))}flag engine {rng.choice(('on', 'off', '1', '0', 'yes'))}",
            lambda: f"php_{rng.choice(('', 'admin_'))}value engine {rng.choice(('on', 'off', '1', '0', 'yes', '2'))}",
            lambda: f"php_flag display_errors {rng.choice(('on', 'off'))}",
            lambda: f"FcgidWrapper {self.program}{rng.choice(('', ' .cgi', ' .html virtual', ' virtual', ' .none'))}",
        )
        return "\n".join(rng.choice(known)() for _ in range(rng.randint(1, 3)))

    def server_level(self) -> str:
        rng, top = self.rng, self.top
        target = rng.choice(("cgi-bin/run.cgi", "sub/page.html", "sub", "none", "index.html", "cgi-bin", ""))
        return rng.choice(
            (
                f"WSGIScriptAlias {rng.choice(('/', '/s', '/al', '/sub/', '/cgi-bin'))} {top}/{target}",
                f"WSGIScriptAlias /m {top}/{target} application-group=%{{GLOBAL}}",
                f"WSGIScriptAliasMatch {rng.choice(('^/m/[a-z]+', '/(page)', '^/al(.*)$', '^'))} {top}/{target}",
                f"WSGIScriptAliasMatch ^/m/([a-z.]+) {top}/cgi-bin/$1",
                f"ScriptAlias {rng.choice(('/cgi-bin/', '/s'))} {top}/{rng.choice(('cgi-bin/', 'sub', 'none'))}",
                f"Alias /al {top}/{rng.choice(FOLDERS)}",
                f"Alias /al {top}/{rng.choice(FOLDERS)}",
            )
        )

    def ask(self) -> Ask:
        """As elsewhere, and more often for what no Options lets run."""
        rng = self.rng
        if rng.random() < 0.7:
            return super().ask()
        path = "/".join(part for part in (rng.choice(FOLDERS), "closed.cgi") if part)
        return Ask(self.port, f"/{path}", rng.choice(("GET", "POST", "HEAD")), host="first.test")
