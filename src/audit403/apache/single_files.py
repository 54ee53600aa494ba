"""Files of which the configuration says that they are files: the script of a WSGIScriptAlias, an Alias to one file.

Truth: mod_wsgi's wsgi_hook_intercept, which takes a target that ends in a slash for a directory of scripts;
modules/mappers/mod_alias.c puts what follows in the URL behind the target.
"""

from collections.abc import Iterator
from posixpath import splitext

from audit403.apache.model.aliases import ALIAS, AliasServer
from audit403.apache.model.applications import WSGI, WsgiServer
from audit403.apache.model.model import Model


def single_files(model: Model) -> Iterator[str]:
    """Their paths: an Alias leads to one where the URL ends in what its target ends in, `.ico` or `.txt`."""
    for server in model.servers:
        scripts: WsgiServer = server.slots.get(WSGI, WsgiServer())
        for script in scripts.aliases:
            if script.pattern is None and not script.script.endswith("/"):
                yield server.rooted(script.script)
        aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
        for mapping in aliases.aliases:
            kind = splitext(mapping.fake)[1]
            if mapping.pattern is None and mapping.real is not None and kind and splitext(mapping.real)[1] == kind:
                yield server.rooted(mapping.real)
