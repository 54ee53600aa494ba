"""The variables, functions and operators that expressions know.

Truth: the provider tables of server/util_expr_eval.c, ssl_expr_lookup in modules/ssl/ssl_engine_vars.c.
"""

VARIABLES = frozenset(
    (
        "TIME_YEAR", "TIME_MON", "TIME_DAY", "TIME_HOUR", "TIME_MIN", "TIME_SEC", "TIME_WDAY", "TIME",
        "SERVER_SOFTWARE", "API_VERSION",
        "HTTP_USER_AGENT", "HTTP_PROXY_CONNECTION", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_FORWARDED", "HTTP_HOST",
        "HTTP_ACCEPT",
        "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "REQUEST_FILENAME", "REMOTE_HOST", "REMOTE_IDENT",
        "REMOTE_USER", "SERVER_ADMIN", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SCRIPT_FILENAME", "PATH_INFO",
        "QUERY_STRING", "IS_SUBREQ", "DOCUMENT_ROOT", "AUTH_TYPE", "THE_REQUEST", "CONTENT_TYPE", "HANDLER",
        "REQUEST_LOG_ID", "SCRIPT_USER", "SCRIPT_GROUP", "DOCUMENT_URI", "LAST_MODIFIED", "CONTEXT_PREFIX",
        "CONTEXT_DOCUMENT_ROOT", "REQUEST_STATUS", "REMOTE_ADDR", "REMOTE_PORT",
        "HTTPS", "IPV6", "CONN_LOG_ID", "CONN_REMOTE_ADDR", "HTTP2",
    )
)  # fmt: skip
FUNCTIONS = frozenset(
    (
        "osenv", "env", "resp", "req", "http", "note", "reqenv", "req_novary", "tolower", "toupper", "escape",
        "unescape", "file", "filesize", "base64", "unbase64", "sha1", "md5", "ldap",
    )
)  # fmt: skip
#: What an `.htaccess` may not use since 2.4.68.
RESTRICTED = frozenset(("file", "filesize"))
UNARY = frozenset("nzRTdefsLhxFUA")
BINARY = frozenset(("ipmatch", "fnmatch", "strmatch", "strcmatch"))
#: Those whose argument is a network, read once.
OF_NETWORKS = frozenset(("R", "ipmatch"))
SSL_PREFIX, SSL_FUNCTION, SSL_LIST = "SSL_", "ssl", "peerextlist"
