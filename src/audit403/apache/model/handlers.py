"""All directives that the evaluator understands, with what takes each in: one table a module's file, gathered here."""

from audit403.apache.model import (
    access_compat,
    actions,
    aliases,
    allowmethods,
    applications,
    auth_digest,
    auth_form,
    authn,
    authn_anon,
    authnz_fcgi,
    authz,
    cern_meta,
    core_config,
    core_server,
    dav,
    dbd,
    dbm,
    dir_index,
    env,
    evasive,
    geo,
    headers,
    ldap,
    mime,
    mpm_itk,
    negotiation,
    proxy,
    remoteip,
    rewrite,
    security2,
    setenvif,
    speling,
    ssl,
    suexec,
    userdir,
    vhost_alias,
)
from audit403.apache.model.builder import Builder, Handler

#: One line a module.
HANDLERS: dict[str, Handler] = {
    **core_config.DIRECTIVES,
    **core_server.DIRECTIVES,
    **access_compat.DIRECTIVES,
    **authz.DIRECTIVES,
    **authn.DIRECTIVES,
    **auth_digest.DIRECTIVES,
    **auth_form.DIRECTIVES,
    **authn_anon.DIRECTIVES,
    **authnz_fcgi.DIRECTIVES,
    **dbd.DIRECTIVES,
    **dbm.DIRECTIVES,
    **ldap.DIRECTIVES,
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
    **negotiation.DIRECTIVES,
    **security2.DIRECTIVES,
    **proxy.DIRECTIVES,
    **suexec.DIRECTIVES,
    **userdir.DIRECTIVES,
    **vhost_alias.DIRECTIVES,
    **mpm_itk.DIRECTIVES,
    **dav.DIRECTIVES,
    **applications.DIRECTIVES,
    **evasive.DIRECTIVES,
    **actions.DIRECTIVES,
    **speling.DIRECTIVES,
    **cern_meta.DIRECTIVES,
    **geo.DIRECTIVES,
}


def empty_slot(builder: Builder, symbol: str) -> None:
    """Give a module the slot that it has where a directive of its own stands, whatever that says.

    Of the others nothing shows whether an empty slot was laid over what they were told before.
    """
    if symbol == "core_module":
        builder.slots.setdefault(core_config.CORE, core_config.NOTHING)
    elif symbol == "access_compat_module":
        builder.slots.setdefault(access_compat.ACCESS_COMPAT, access_compat.AccessCompatConfig())
    elif symbol == "rewrite_module":
        builder.slots.setdefault(rewrite.REWRITE, rewrite.config_of(builder))
