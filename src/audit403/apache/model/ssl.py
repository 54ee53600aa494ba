"""mod_ssl: for a server whether and how it speaks TLS, for a directory what a request must bring.

Truth: modules/ssl/ssl_engine_config.c.
"""

from audit403.apache.model.builder import Builder, Handler, choice, flag, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

SSL = "ssl"
NONE, OPTIONAL, REQUIRE, OPTIONAL_NO_CA = "none", "optional", "require", "optional_no_ca"
_VERIFY = {
    "none": NONE, "off": NONE, "optional": OPTIONAL, "require": REQUIRE, "on": REQUIRE,
    "optional_no_ca": OPTIONAL_NO_CA,
}  # fmt: skip
FAKE_BASIC_AUTH, STRICT_REQUIRE, LEGACY_NAMES = "fakebasicauth", "strictrequire", "legacydnstringformat"
_OPTIONS = frozenset(("stdenvvars", "exportcertdata", FAKE_BASIC_AUTH, STRICT_REQUIRE, "optrenegotiate", LEGACY_NAMES))
_PROTOCOLS = ("sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3")
ALL_PROTOCOLS = frozenset(_PROTOCOLS[1:])
"""What `SSLProtocol all` is, and what holds where nothing is said."""
TLS_1_3 = "tlsv1.3"
DEFAULT_POLICY = "secure"


class SslServer(NamedTuple):
    """A server's settings; None is unset. `engine` is on or off; `optional` is off since 2.4.64."""

    engine: str | None = None
    engine_directive: Directive | None = None
    verify: str | None = None
    verify_directive: Directive | None = None
    depth: int | None = None
    protocols: frozenset[str] | None = None
    strict_sni: bool | None = None
    strict_sni_directive: Directive | None = None
    certificates: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    authorities: tuple[tuple[str, str], ...] = ()
    ciphers: tuple[tuple[str, str], ...] = ()
    policy: str | None = None

    def merged(self, new: "SslServer") -> "SslServer":
        """The main server's with a virtual host's laid over it."""
        return SslServer(
            self.engine if new.engine is None else new.engine,
            new.engine_directive or self.engine_directive,
            self.verify if new.verify is None else new.verify,
            new.verify_directive or self.verify_directive,
            self.depth if new.depth is None else new.depth,
            self.protocols if new.protocols is None else new.protocols,
            self.strict_sni if new.strict_sni is None else new.strict_sni,
            new.strict_sni_directive or self.strict_sni_directive,
            new.certificates + self.certificates[len(new.certificates) :],
            new.keys + self.keys[len(new.keys) :],
            tuple((dict(self.authorities) | dict(new.authorities)).items()),
            tuple((dict(self.ciphers) | dict(new.ciphers)).items()),
            self.policy,
        )


class Options(NamedTuple):
    """SSLOptions: what holds, and what a relative line adds and takes away."""

    opts: frozenset[str] = frozenset()
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    relative: bool = True

    def merged(self, new: "Options") -> "Options":
        """These with a later section's laid over them."""
        if not new.relative:
            return new
        add = (self.add - new.remove) | new.add
        remove = (self.remove - new.add) | new.remove
        return Options((self.opts - remove) | add, add, remove, self.relative)


class Required(NamedTuple):
    """One SSLRequire."""

    expression: str
    directive: Directive


class SslConfig(NamedTuple):
    """What a section asks for."""

    required: Directive | None = None
    expressions: tuple[Required, ...] = ()
    options: Options = Options()
    verify: str | None = None
    verify_directive: Directive | None = None
    depth: int | None = None
    user_name: str | None = None
    ciphers: Directive | None = None

    def merged(self, new: "SslConfig") -> "SslConfig":
        """This with a later section's laid over it; expressions add up."""
        return SslConfig(
            new.required or self.required,
            self.expressions + new.expressions,
            self.options.merged(new.options),
            self.verify if new.verify is None else new.verify,
            new.verify_directive or self.verify_directive,
            self.depth if new.depth is None else new.depth,
            self.user_name if new.user_name is None else new.user_name,
            new.ciphers or self.ciphers,
        )


def _server(builder: Builder) -> SslServer:
    found: SslServer = builder.server_slot(SSL, SslServer())
    return found


def _section(builder: Builder) -> SslConfig:
    found: SslConfig = builder.slot(SSL, SslConfig())
    return found


def _set_server(builder: Builder, **changed: object) -> None:
    builder.set_server_slot(SSL, _server(builder)._replace(**changed))  # type: ignore[arg-type]


def _set_section(builder: Builder, **changed: object) -> None:
    builder.slots[SSL] = _section(builder)._replace(**changed)  # type: ignore[arg-type]


def _is_of_a_section(builder: Builder) -> bool:
    return builder.path is not None or builder.htaccess


def _engine(builder: Builder, directive: Directive) -> None:
    word = directive.args[0].lower() if directive.args else ""
    if word not in ("on", "off", "optional"):
        raise ConfigError("Argument must be On, Off, or Optional")
    _set_server(builder, engine="on" if word == "on" else "off", engine_directive=directive)


def _verify(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    mode = _VERIFY.get(word.lower())
    if mode is None:
        raise ConfigError(f"{directive.written}: Invalid argument '{word}'")
    if _is_of_a_section(builder):
        _set_section(builder, verify=mode, verify_directive=directive)
    else:
        _set_server(builder, verify=mode, verify_directive=directive)


def _depth(builder: Builder, directive: Directive) -> None:
    word = only_word(directive)
    if not word.isascii() or not word.isdigit():
        raise ConfigError(f"{directive.written}: Invalid argument '{word}'")
    if _is_of_a_section(builder):
        _set_section(builder, depth=int(word))
    else:
        _set_server(builder, depth=int(word))


def _protocol(builder: Builder, directive: Directive) -> None:
    found = frozenset[str]()
    for word in directive.args:
        sign, name = (word[0], word[1:].lower()) if word[:1] in ("+", "-") else ("", word.lower())
        if name == "sslv2" and sign == "-":
            continue
        if name != "all" and name not in _PROTOCOLS:
            raise ConfigError(f"SSLProtocol: Illegal protocol '{word}'")
        named = ALL_PROTOCOLS if name == "all" else frozenset((name,))
        found = found - named if sign == "-" else found | named if sign else named
    _set_server(builder, protocols=found)


def _strict_sni(builder: Builder, directive: Directive) -> None:
    _set_server(builder, strict_sni=flag(directive), strict_sni_directive=directive)


def _policy(builder: Builder, directive: Directive) -> None:
    _set_server(builder, policy=choice(directive, "strict", "secure", "authonly", "insecure"))


def _certificate(builder: Builder, directive: Directive) -> None:
    _set_server(builder, certificates=(*_server(builder).certificates, only_word(directive)))


def _key(builder: Builder, directive: Directive) -> None:
    _set_server(builder, keys=(*_server(builder).keys, only_word(directive)))


def _authority(builder: Builder, directive: Directive) -> None:
    found = dict(_server(builder).authorities) | {directive.name: only_word(directive)}
    _set_server(builder, authorities=tuple(found.items()))


def _ciphers(builder: Builder, directive: Directive) -> None:
    if _is_of_a_section(builder):
        _set_section(builder, ciphers=directive)
        return
    words = directive.args
    kind = words[0].lower() if len(words) == 2 else ""
    found = dict(_server(builder).ciphers) | {kind: words[-1] if words else ""}
    _set_server(builder, ciphers=tuple(found.items()))


def _require_ssl(builder: Builder, directive: Directive) -> None:
    if directive.args:
        raise ConfigError("SSLRequireSSL takes no arguments")
    _set_section(builder, required=directive)


def _require(builder: Builder, directive: Directive) -> None:
    expression = directive.raw.strip()
    builder.check_condition(expression, "Cannot parse expression: ")
    found = (*_section(builder).expressions, Required(expression, directive))
    _set_section(builder, expressions=found)


def _options(builder: Builder, directive: Directive) -> None:
    opts, add, remove, relative = _section(builder).options
    first = True
    for word in directive.args:
        sign, name = (word[0], word[1:]) if word[:1] in ("+", "-") else ("", word)
        if not sign and first:
            opts, first, relative = frozenset(), False, False
        low = name.lower()
        if low not in _OPTIONS:
            raise ConfigError(f"SSLOptions: Illegal option '{name}'")
        one = frozenset((low,))
        if sign == "-":
            add, remove, opts = add - one, remove | one, opts - one
        elif sign == "+":
            add, remove, opts = add | one, remove - one, opts | one
        else:
            opts, add, remove = one, one, frozenset()
    _set_section(builder, options=Options(opts, add, remove, relative))


def _user_name(builder: Builder, directive: Directive) -> None:
    _set_section(builder, user_name=only_word(directive))


DIRECTIVES: dict[str, Handler] = {
    "sslengine": _engine,
    "sslverifyclient": _verify,
    "sslverifydepth": _depth,
    "sslprotocol": _protocol,
    "sslstrictsnivhostcheck": _strict_sni,
    "sslvhostsnipolicy": _policy,
    "sslcertificatefile": _certificate,
    "sslcertificatekeyfile": _key,
    **dict.fromkeys(
        ("sslcacertificatefile", "sslcacertificatepath", "sslcadnrequestfile", "sslcadnrequestpath"), _authority
    ),
    "sslciphersuite": _ciphers,
    "sslrequiressl": _require_ssl,
    "sslrequire": _require,
    "ssloptions": _options,
    "sslusername": _user_name,
}
