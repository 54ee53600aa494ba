"""What led to an answer is told apart from the way of the page that is shown with it."""

from pathlib import Path

from audit403.apache.explore.trail import Trails, access_files, until_answered
from audit403.apache.site import read_site
from audit403.core.family import Options
from audit403.core.request import Request
from audit403.evidence.local import LocalEvidence

TEXT = """\
ServerRoot "{root}"
Listen 80
User www-data
Group www-data
ServerName a.example
DocumentRoot "{root}/www"
<Directory "{root}/www">
    Require all granted
    AllowOverride All
</Directory>
<Directory "{root}/www/errors">
    Require all granted
</Directory>
ErrorDocument 403 /errors/403.html
"""


def test_the_page_for_an_error_is_no_part_of_it(server_dir: Path) -> None:
    for folder in ("errors", "private"):
        (server_dir / "www" / folder).mkdir(parents=True)
    (server_dir / "www/errors/403.html").write_text("no")
    (server_dir / "www/errors/.htaccess").write_text("Options -Indexes\n")
    (server_dir / "www/private/.htaccess").write_text("Require all denied\n")
    (server_dir / "httpd.conf").write_text(TEXT.format(root=server_dir))
    site = read_site(str(server_dir / "httpd.conf"), LocalEvidence(), Options())
    decision, exchange = site.evaluator.followed(
        Request("GET", "http", "a.example", 80, "/private/a.txt", "203.0.113.9", ())
    )
    assert decision.status == 403
    assert any(step.text.startswith("ErrorDocument 403") for step in decision.trace)
    steps = list(until_answered(decision))
    assert steps == list(decision.trace[: len(steps)])
    assert not any(step.phase in ("error_document", "redirect") for step in steps)
    assert [section.text for section in Trails(site.model).sections(exchange, decision)] == [f"{server_dir}/www/"]
    assert [place.path for place in access_files(decision)] == [str(server_dir / "www/private/.htaccess")]
