"""mod_setenvif: variables out of headers, twice – for the server as the request comes in, then for its directory.

Truth: match_headers in modules/metadata/mod_setenvif.c, with what it keeps from one line to the next.
"""

from audit403.apache.decide.exchange import Exchange, Value
from audit403.apache.decide.expression import evaluated
from audit403.apache.decide.hosts import client_name, ip_text
from audit403.apache.decide.outcome import DECLINED
from audit403.apache.decide.setenvif_runs import Run, runs_of, step_of
from audit403.apache.decide.substitute import LONGEST, substitute
from audit403.apache.model.setenvif import SETENVIF, UNSET, Entry, Name, SetEnvIfConfig
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown
from audit403.http.regex import Captured

_NOTHING = SetEnvIfConfig()


def match_headers(exchange: Exchange) -> int:
    """The server's lines at the first call for a request, the directory's at the second."""
    if SETENVIF not in exchange.extra:
        exchange.extra[SETENVIF] = True
        config: SetEnvIfConfig = exchange.server.slots.get(SETENVIF, _NOTHING)
    else:
        config = exchange.config(SETENVIF, _NOTHING)
    _Lines(exchange).run(config.entries)
    return DECLINED


class _Lines:
    """One pass over the lines: the value that was looked at last, and what the last pattern has captured."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.name: Name | None = None
        self.value: Value | None = None
        self.captured: Captured | None = None

    def run(self, entries: tuple[Entry, ...]) -> None:
        for run in runs_of(self.exchange, entries):
            first = run.entries[0]
            if first.expression is None and first.name is not self.name:
                self.name = first.name
                self.value = self._looked_at(first)
            if self.value is None:
                self.value = ""
            if first.expression is None and not isinstance(self.value, Unknown):
                self._go_through(run, self.value)
                continue
            for entry in run.entries:
                if self._matches(entry):
                    self._set(entry)

    def _go_through(self, run: Run, value: str) -> None:
        """Lines on one known value, many of which have nothing to say."""
        steps = self.exchange.steps
        begin = 0
        for index, captured in run.found(value):
            steps += run.not_met[begin:index]
            steps.append(run.not_met[index]._replace(met=True))
            self.captured = captured or self.captured
            self._set(run.entries[index])
            begin = index + 1
        steps += run.not_met[begin:]

    def _looked_at(self, entry: Entry) -> Value | None:
        exchange = self.exchange
        special = entry.special
        if special == "remote_addr":
            return ip_text(exchange.client)
        if special == "remote_host":
            return client_name(exchange)
        if special == "request_uri":
            return exchange.uri
        if special == "request_method":
            return exchange.method_text
        if special == "request_protocol":
            return exchange.protocol
        if special == "server_addr":
            local = exchange.connection.local
            return Unknown(Missing(REASON_STATE, "the server's address")) if local is None else ip_text(local)
        assert entry.name is not None
        if entry.names is not None:
            found: Value | None = None
            for name, value in exchange.headers.items():
                if entry.names.search(name) is not None:
                    found = value
            return found
        header = exchange.header(entry.name.text)
        return exchange.env.get(entry.name.text) if header is None else header

    def _matches(self, entry: Entry) -> bool:
        where = entry.directive.span
        exchange = self.exchange
        if entry.expression is not None:
            before = self.captured if self.value else None
            held = evaluated(exchange, entry.expression, where, "env", captured=before)
            if held.has_searched:
                self.captured = held.captured or self.captured
                self.value = held.source
            return held.met is True
        assert isinstance(self.value, Unknown)
        missing = self.value.missing
        step = step_of(entry)
        met = exchange.ask(missing._replace(name=f"{missing.name} in {step.text}"))
        self.captured = None
        exchange.steps.append(step._replace(met=met))
        return met

    def _set(self, entry: Entry) -> None:
        env = self.exchange.env
        for name, value in entry.features:
            if value.startswith(UNSET):
                env.unset(name)
            elif entry.plain is None and (self.value is not None or entry.expression is None):
                env.set(name, self._substituted(value))
            else:
                env.set(name, value)
            self.exchange.step("env", f"{'unsets' if value.startswith(UNSET) else 'sets'} {name}", entry.directive.span)

    def _substituted(self, value: str) -> Value:
        if "$" not in value and "\\" not in value:
            return value
        if self.captured is None:
            # httpd takes what happens to lie in its memory.
            return Unknown(Missing(REASON_STATE, f"what {value} stands for without a match")) if "$" in value else value
        text = substitute(value, self.captured)
        return text if len(text) <= LONGEST else Unknown(Missing(REASON_STATE, "whether httpd has memory for a text"))
