"""All directives that the evaluator understands, with what takes each in: one table a module's file, gathered here."""

from audit403.apache.model import (
    access_compat,
    aliases,
    allowmethods,
    authn,
    authn_anon,
    authz,
    core_config,
    core_server,
    dir_index,
    env,
    headers,
    mime,
    proxy,
    remoteip,
    rewrite,
    security2,
    setenvif,
    ssl,
    userdir,
    vhost_alias,
)
from audit403.apache.model.builder import Handler

#: One line a module.
HANDLERS: dict[str, Handler] = {
    **core_config.DIRECTIVES,
    **core_server.DIRECTIVES,
    **access_compat.DIRECTIVES,
    **authz.DIRECTIVES,
    **authn.DIRECTIVES,
    **authn_anon.DIRECTIVES,
    **aliases.DIRECTIVES,
    **dir_index.DIRECTIVES,
    **setenvif.DIRECTIVES,
    **env.DIRECTIVES,
    **allowmethods.DIRECTIVES,
    **headers.DIRECTIVES,
    **remoteip.DIRECTIVES,
    **ssl.DIRECTIVES,
    **rewrite.DIRECTIVES,
    **mime.DIRECTIVES,
    **security2.DIRECTIVES,
    **proxy.DIRECTIVES,
    **userdir.DIRECTIVES,
    **vhost_alias.DIRECTIVES,
}
