"""Which variables a configuration uses, and which there are.

Truth: ngx_http_variables_init_vars and ngx_http_add_variable in src/http/ngx_http_variables.c; the names are those of
the modules of nginx 1.22.1 and 1.31, of its commercial build, and of packaged modules that make variables of their own.
"""

from collections.abc import Iterator

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.read.tree import Directive


class Names(NamedTuple):
    """The variables of one family: those that nothing may define again, the others, and how whole groups begin."""

    fixed: frozenset[str]
    changeable: frozenset[str]
    prefixes: tuple[str, ...]


_TLS = (
    "ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint "
    "ssl_client_i_dn ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy "
    "ssl_client_serial ssl_client_sigalg ssl_client_v_end ssl_client_v_remain ssl_client_v_start ssl_client_verify "
    "ssl_curve ssl_curves ssl_early_data ssl_ech_outer_server_name ssl_ech_status ssl_protocol ssl_server_name "
    "ssl_session_id ssl_session_reused ssl_sigalg ssl_sigalgs"
)

_HTTP_FIXED = (
    "binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connection_time "
    "connections_active connections_reading connections_waiting connections_writing content_length content_type "
    "date_gmt date_local document_root document_uri fastcgi_path_info fastcgi_script_name gzip_ratio host hostname "
    "http2 http_cookie http_host http_referer http_user_agent http_via http_x_forwarded_for https is_args "
    "limit_conn_status limit_req_status msec nginx_version pid pipe proxy_add_x_forwarded_for proxy_protocol_addr "
    "proxy_protocol_port proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr "
    "realip_remote_port realpath_root remote_addr remote_port remote_user request request_body request_body_file "
    "request_completion request_filename request_id request_length request_method request_time request_uri scheme "
    "secure_link secure_link_expires sent_http_cache_control sent_http_connection sent_http_content_length "
    "sent_http_content_type sent_http_keep_alive sent_http_last_modified sent_http_link sent_http_location "
    "sent_http_transfer_encoding server_addr server_name server_port server_protocol slice_range status "
    "tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd time_iso8601 time_local uid_got uid_set "
    "upstream_addr upstream_bytes_received upstream_bytes_sent upstream_cache_status upstream_connect_time "
    "upstream_header_time upstream_response_length upstream_response_time upstream_status uri"
)

HTTP_NAMES = Names(
    frozenset(
        _HTTP_FIXED.split()
    ),
    frozenset(
        (
            "ancient_browser args brotli_ratio grpc_internal_trailers http3 invalid_referer is_request_port limit_rate "
            "memcached_namespace modern_browser msie proxy_add_via proxy_host proxy_internal_body_length "
            "proxy_internal_chunked proxy_port request_port session_log_binary_id session_log_id uid_reset "
            "upstream_cache_etag upstream_cache_last_modified upstream_last_server_name upstream_queue_time "
            f"zstd_ratio {_TLS}"
        ).split()
    ),
    (
        "arg_", "cookie_", "echo_", "geoip2_", "geoip_", "http_", "jwt_", "lua_", "otel_", "proxy_protocol_tlv_",
        "sent_http_", "sent_trailer_", "upstream_cookie_", "upstream_http_", "upstream_trailer_",
    ),
)  # fmt: skip

STREAM_NAMES = Names(
    frozenset(
        [
            "binary_remote_addr",
            "bytes_received",
            "bytes_sent",
            "connection",
            "hostname",
            "limit_conn_status",
            "msec",
            "nginx_version",
            "pid",
            "protocol",
            "proxy_protocol_addr",
            "proxy_protocol_port",
            "proxy_protocol_server_addr",
            "proxy_protocol_server_port",
            "realip_remote_addr",
            "realip_remote_port",
            "remote_addr",
            "remote_port",
            "server_addr",
            "server_port",
            "session_time",
            "ssl_preread_alpn_protocols",
            "ssl_preread_protocol",
            "ssl_preread_server_name",
            "status",
            "time_iso8601",
            "time_local",
            "upstream_addr",
            "upstream_bytes_received",
            "upstream_bytes_sent",
            "upstream_connect_time",
            "upstream_first_byte_time",
            "upstream_session_time",
        ]
    ),
    frozenset(f"server_name {_TLS}".split()),
    ("geoip2_", "geoip_", "jwt_", "proxy_protocol_tlv_"),
)


class Variables:
    """What is used and what is defined in one family of blocks."""

    __slots__ = ("_defined", "_names", "_used", "uncertain")

    def __init__(self, names: Names) -> None:
        self._names = names
        self._used: dict[str, tuple[Directive, int]] = {}
        self._defined: set[str] = set()
        #: Whether a module is there that may make variables of which nothing is known.
        self.uncertain = False

    def use(self, name: str, directive: Directive, word: int) -> None:
        """A variable is read; its name is in small letters."""
        if name not in self._used:
            self._used[name] = (directive, word)

    def define(self, name: str) -> bool:
        """A variable is made; False where nginx has one of its own by that name, which cannot be replaced."""
        self._defined.add(name)
        return name not in self._names.fixed

    def unknown(self) -> Iterator[tuple[Directive, str, int]]:
        """The variables that nothing defines, each where it is first used."""
        if self.uncertain:
            return
        names = self._names
        for name, (directive, word) in self._used.items():
            known = name in names.fixed or name in names.changeable or name in self._defined
            if not known and not name.startswith(names.prefixes):
                yield directive, f'unknown "{name}" variable', word
