"""What each directive takes: the kind of its value, where variables may stand in it, whether it may be repeated.

Facts out of the command tables of nginx 1.22.1 and 1.31: what one of the two takes is not refused here. Flags are
not listed, the directive table knows them.
"""

_ONCE, _REPEATED = True, False
_PROGRAM_ERRORS = "error timeout invalid_header non_idempotent http_500 http_503 http_403 http_404 http_429 off"
_PROXY_ERRORS = f"{_PROGRAM_ERRORS} http_502 http_504"

#: Whether only once in a block, the kind, the arguments with variables (numbers, `all`, `last`), the names.
Rows = tuple[tuple[bool, str, str, str], ...]

_BOTH: Rows = (
    (
        _ONCE,
        "any",
        "",
        (
            "proxy_ssl_ciphers proxy_ssl_crl proxy_ssl_password_file proxy_ssl_trusted_certificate ssl_ciphers "
            "ssl_client_certificate ssl_crl ssl_dhparam ssl_ecdh_curve ssl_ocsp_responder ssl_password_file "
            "ssl_stapling_file ssl_stapling_responder ssl_trusted_certificate"
        ),
    ),
    (_ONCE, "any", "0", "proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_name"),
    (_ONCE, "msec", "", "keepalive_time proxy_connect_timeout proxy_next_upstream_timeout resolver_timeout"),
    (_ONCE, "sec", "", "ssl_session_timeout"),
    (
        _ONCE,
        "number",
        "",
        (
            "keepalive_requests map_hash_bucket_size map_hash_max_size proxy_next_upstream_tries "
            "proxy_ssl_verify_depth server_names_hash_bucket_size server_names_hash_max_size ssl_verify_depth"
        ),
    ),
    (_ONCE, "size", "", "proxy_buffer_size proxy_socket_rcvbuf proxy_socket_sndbuf"),
    (_ONCE, "words info notice warn error", "", "limit_conn_log_level"),
    (_ONCE, "words off on leaf", "", "ssl_ocsp"),
    (_ONCE, "words off on optional optional_no_ca", "", "ssl_verify_client"),
    (_ONCE, "bind", "0", "proxy_bind"),
    (_ONCE, "open_file_cache max inactive min_uses valid", "", "open_log_file_cache"),
    (_ONCE, "resolver", "", "resolver"),
    (_REPEATED, "words SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3", "", "proxy_ssl_protocols ssl_protocols"),
    (_REPEATED, "network all unix:", "", "allow deny"),
    (_REPEATED, "network_or_host", "", "set_real_ip_from"),
)

HTTP: Rows = (
    *_BOTH,
    (
        _ONCE,
        "any",
        "",
        (
            "add_after_body add_before_body auth_request default_type fastcgi_index grpc_ssl_ciphers grpc_ssl_crl "
            "grpc_ssl_password_file grpc_ssl_trusted_certificate internal post_action real_ip_header "
            "secure_link_secret userid_domain userid_name userid_p3p userid_path uwsgi_ssl_ciphers uwsgi_ssl_crl "
            "uwsgi_ssl_password_file uwsgi_ssl_trusted_certificate uwsgi_string lua_ssl_ciphers lua_ssl_crl "
            "lua_ssl_trusted_certificate"
        ),
    ),
    (
        _ONCE,
        "any",
        "0",
        (
            "auth_basic auth_basic_user_file fastcgi_cache_key grpc_ssl_certificate grpc_ssl_certificate_key "
            "grpc_ssl_name proxy_cache_key proxy_method scgi_cache_key secure_link secure_link_md5 uwsgi_cache_key "
            "uwsgi_ssl_certificate uwsgi_ssl_certificate_key uwsgi_ssl_name"
        ),
    ),
    (
        _ONCE,
        "msec",
        "",
        (
            "auth_delay client_body_timeout client_header_timeout fastcgi_cache_lock_age fastcgi_cache_lock_timeout "
            "fastcgi_connect_timeout fastcgi_next_upstream_timeout fastcgi_read_timeout fastcgi_send_timeout "
            "grpc_connect_timeout grpc_next_upstream_timeout grpc_read_timeout grpc_send_timeout "
            "keepalive_min_timeout lingering_time lingering_timeout memcached_connect_timeout "
            "memcached_next_upstream_timeout memcached_read_timeout memcached_send_timeout proxy_cache_lock_age "
            "proxy_cache_lock_timeout proxy_read_timeout proxy_send_timeout scgi_cache_lock_age "
            "scgi_cache_lock_timeout scgi_connect_timeout scgi_next_upstream_timeout scgi_read_timeout "
            "scgi_send_timeout send_timeout tunnel_connect_timeout tunnel_next_upstream_timeout tunnel_read_timeout "
            "tunnel_send_timeout uwsgi_cache_lock_age uwsgi_cache_lock_timeout uwsgi_connect_timeout "
            "uwsgi_next_upstream_timeout uwsgi_read_timeout uwsgi_send_timeout lua_socket_connect_timeout "
            "lua_socket_keepalive_timeout lua_socket_read_timeout lua_socket_send_timeout"
        ),
    ),
    (_ONCE, "sec", "", "open_file_cache_valid"),
    (
        _ONCE,
        "number",
        "",
        (
            "fastcgi_cache_min_uses fastcgi_next_upstream_tries grpc_next_upstream_tries grpc_ssl_verify_depth "
            "http2_max_concurrent_streams http3_max_concurrent_streams max_headers max_ranges memcached_gzip_flag "
            "memcached_next_upstream_tries min_delete_depth open_file_cache_min_uses proxy_cache_min_uses "
            "quic_active_connection_id_limit referer_hash_bucket_size referer_hash_max_size scgi_cache_min_uses "
            "scgi_next_upstream_tries tunnel_next_upstream_tries userid_service uwsgi_cache_min_uses "
            "uwsgi_next_upstream_tries uwsgi_ssl_verify_depth lua_max_pending_timers lua_max_running_timers "
            "lua_socket_pool_size lua_ssl_verify_depth"
        ),
    ),
    (_ONCE, "number 1 9", "", "gzip_comp_level"),
    (_ONCE, "number 400 599", "", "limit_conn_status limit_req_status"),
    (_ONCE, "number 0 255", "", "uwsgi_modifier1 uwsgi_modifier2"),
    (_ONCE, "power_of_two", "", "http2_streams_index_size"),
    (
        _ONCE,
        "size",
        "",
        (
            "client_body_buffer_size client_header_buffer_size fastcgi_buffer_size fastcgi_busy_buffers_size "
            "fastcgi_max_temp_file_size fastcgi_send_lowat fastcgi_socket_rcvbuf fastcgi_socket_sndbuf "
            "fastcgi_temp_file_write_size grpc_buffer_size grpc_socket_rcvbuf grpc_socket_sndbuf gzip_min_length "
            "http3_stream_buffer_size image_filter_buffer memcached_buffer_size mp4_buffer_size mp4_max_buffer_size "
            "postpone_gzipping postpone_output proxy_busy_buffers_size proxy_max_temp_file_size proxy_send_lowat "
            "proxy_temp_file_write_size read_ahead scgi_buffer_size scgi_busy_buffers_size scgi_max_temp_file_size "
            "scgi_socket_rcvbuf scgi_socket_sndbuf scgi_temp_file_write_size send_lowat sendfile_max_chunk slice "
            "ssi_min_file_chunk ssi_value_length ssl_buffer_size subrequest_output_buffer_size tunnel_buffer_size "
            "tunnel_send_lowat tunnel_socket_rcvbuf tunnel_socket_sndbuf uwsgi_buffer_size uwsgi_busy_buffers_size "
            "uwsgi_max_temp_file_size uwsgi_socket_rcvbuf uwsgi_socket_sndbuf uwsgi_temp_file_write_size "
            "lua_socket_buffer_size lua_socket_send_lowat"
        ),
    ),
    (
        _ONCE,
        "offset",
        "",
        (
            "client_max_body_size directio_alignment fastcgi_cache_max_range_offset proxy_cache_max_range_offset "
            "scgi_cache_max_range_offset uwsgi_cache_max_range_offset"
        ),
    ),
    (_ONCE, "offset_or_off", "", "directio"),
    (
        _ONCE,
        "size_or_variable",
        "0",
        "fastcgi_limit_rate limit_rate limit_rate_after proxy_limit_rate scgi_limit_rate uwsgi_limit_rate",
    ),
    (_ONCE, "pool", "", "connection_pool_size http2_pool_size request_pool_size"),
    (_ONCE, "step 512 1k 2k 4k 8k 16k 32k", "", "gzip_window"),
    (_ONCE, "step 512 1k 2k 4k 8k 16k 32k 64k 128k", "", "gzip_hash"),
    (_ONCE, "http2_chunk", "", "http2_chunk_size"),
    (_ONCE, "http2_preread", "", "http2_body_preread_size"),
    (_ONCE, "http2_buffer", "", "http2_recv_buffer_size"),
    (
        _ONCE,
        "buffers",
        "",
        (
            "fastcgi_buffers gunzip_buffers gzip_buffers large_client_header_buffers output_buffers proxy_buffers "
            "scgi_buffers uwsgi_buffers"
        ),
    ),
    (_ONCE, "words html json jsonp xml", "", "autoindex_format"),
    (_ONCE, "words off exact before", "", "if_modified_since"),
    (_ONCE, "words off on always", "", "gzip_static lingering_close"),
    (_ONCE, "words off on clean", "", "client_body_in_file_only"),
    (_ONCE, "words all any", "", "satisfy"),
    (_ONCE, "words off on build", "", "server_tokens"),
    (_ONCE, "words 1.0 1.1", "", "gzip_http_version"),
    (_ONCE, "words 1.0 1.1 2", "", "proxy_http_version"),
    (_ONCE, "words off on merge", "", "add_header_inherit add_trailer_inherit"),
    (_ONCE, "words info notice warn error", "", "limit_req_log_level"),
    (_ONCE, "words off log v1 on", "", "userid"),
    (_REPEATED, "words none msie6 safari", "", "keepalive_disable"),
    (_REPEATED, "words off put delete mkcol copy move", "", "dav_methods"),
    (
        _REPEATED,
        f"words {_PROGRAM_ERRORS} updating",
        "",
        (
            "fastcgi_cache_use_stale fastcgi_next_upstream scgi_cache_use_stale scgi_next_upstream "
            "uwsgi_cache_use_stale uwsgi_next_upstream"
        ),
    ),
    (_REPEATED, f"words {_PROXY_ERRORS}", "", "grpc_next_upstream"),
    (_REPEATED, f"words {_PROXY_ERRORS} updating", "", "proxy_cache_use_stale proxy_next_upstream"),
    (_REPEATED, "words error timeout invalid_response not_found off", "", "memcached_next_upstream"),
    (_REPEATED, "words error timeout off", "", "tunnel_next_upstream"),
    (
        _REPEATED,
        "words SSLv2 SSLv3 TLSv1 TLSv1.1 TLSv1.2 TLSv1.3",
        "",
        "grpc_ssl_protocols lua_ssl_protocols uwsgi_ssl_protocols",
    ),
    (_REPEATED, "words off expired no-cache no-store private no_last_modified no_etag auth any", "", "gzip_proxied"),
    (
        _REPEATED,
        "words GET HEAD POST",
        "",
        "fastcgi_cache_methods proxy_cache_methods scgi_cache_methods uwsgi_cache_methods",
    ),
    (
        _REPEATED,
        (
            "words X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Expires "
            "Cache-Control Set-Cookie Vary"
        ),
        "",
        "fastcgi_ignore_headers grpc_ignore_headers proxy_ignore_headers scgi_ignore_headers uwsgi_ignore_headers",
    ),
    (_REPEATED, "words off secure httponly samesite=strict samesite=lax samesite=none", "", "userid_flags"),
    (_ONCE, "access", "", "dav_access fastcgi_store_access proxy_store_access scgi_store_access uwsgi_store_access"),
    (_ONCE, "bind", "0", "fastcgi_bind grpc_bind memcached_bind scgi_bind tunnel_bind uwsgi_bind"),
    (_ONCE, "disable_symlinks", "all", "disable_symlinks"),
    (_ONCE, "expires", "last", "expires"),
    (_ONCE, "keepalive_timeout", "", "keepalive_timeout"),
    (_ONCE, "open_file_cache max inactive", "", "open_file_cache"),
    (_ONCE, "try_files", "all", "try_files"),
    (_ONCE, "userid_expires", "", "userid_expires"),
    (_ONCE, "userid_mark", "", "userid_mark"),
    (
        _REPEATED,
        "any",
        "all",
        (
            "client_body_early_read early_hints fastcgi_cache_bypass fastcgi_no_cache proxy_cache_bypass "
            "proxy_no_cache scgi_cache_bypass scgi_no_cache uwsgi_cache_bypass uwsgi_no_cache"
        ),
    ),
    (_REPEATED, "added_header", "1", "add_header add_trailer"),
    (_REPEATED, "cache_valid", "", "fastcgi_cache_valid proxy_cache_valid scgi_cache_valid uwsgi_cache_valid"),
    (_REPEATED, "error_page", "last", "error_page"),
    (_REPEATED, "index", "all", "index"),
    (_REPEATED, "modern_browser", "", "modern_browser"),
    (_REPEATED, "sub_filter", "all", "sub_filter"),
)


STREAM: Rows = (
    *_BOTH,
    (_ONCE, "any", "", "proxy_protocol"),
    (_ONCE, "msec", "", "keepalive_timeout preread_timeout proxy_protocol_timeout proxy_timeout ssl_handshake_timeout"),
    (_ONCE, "number", "", "proxy_requests proxy_responses variables_hash_bucket_size variables_hash_max_size"),
    (_ONCE, "size", "", "preread_buffer_size proxy_downstream_buffer proxy_upstream_buffer"),
    (_ONCE, "size_or_variable", "0", "proxy_download_rate proxy_upload_rate"),
)

MAIN: Rows = (
    (_ONCE, "any", "", "lock_file pid working_directory"),
    (_ONCE, "words stop abort", "", "debug_points"),
    (_ONCE, "msec", "", "accept_mutex_delay timer_resolution worker_shutdown_timeout"),
    (_ONCE, "number", "", "epoll_events worker_aio_requests worker_rlimit_nofile"),
    (_ONCE, "offset", "", "worker_rlimit_core"),
    (_ONCE, "number_said", "", "worker_connections"),
    (_ONCE, "event_method", "", "use"),
    (_ONCE, "worker_processes", "", "worker_processes"),
    (_ONCE, "cpu_affinity", "", "worker_cpu_affinity"),
    (_ONCE, "any", "", "user"),
    (_REPEATED, "network_or_host", "", "debug_connection"),
)

#: Directives that concern others: the module of this package, and the names with `=function` where it has another.
Special = tuple[tuple[str, str], ...]

SPECIAL_HTTP: Special = (
    ("blocks", "server location if=if_ limit_except root alias=root"),
    ("tables", "map=map_ geo split_clients charset_map geoip2"),
    ("listens", "listen server_name"),
    ("patterns", "gzip_disable valid_referers"),
    ("rewriting", "set=set_ rewrite return=return_ auth_request_set"),
    (
        "passes",
        (
            "proxy_pass=handed_on fastcgi_pass=handed_on scgi_pass=handed_on uwsgi_pass=handed_on "
            "grpc_pass=handed_on memcached_pass=handed_on proxy_redirect proxy_cookie_domain=cookie_rule "
            "proxy_cookie_path=cookie_rule proxy_cookie_flags=cookie_rule mirror fastcgi_split_path_info"
        ),
    ),
    (
        "passed_on",
        (
            "proxy_set_header=passed_on proxy_set_body=passed_on grpc_set_header=passed_on "
            "fastcgi_param=passed_on scgi_param=passed_on uwsgi_param=passed_on"
        ),
    ),
    (
        "balancing",
        (
            "upstream hash=method ip_hash=method least_conn=method random=method keepalive zone fair=method "
            "balancer_by_lua_block=other_balancer balancer_by_lua_file=other_balancer least_time=other_balancer "
            "sticky=other_balancer ntlm=other_balancer"
        ),
    ),
    (
        "zones",
        (
            "limit_req limit_conn limit_req_zone=limit_zone limit_conn_zone=limit_zone "
            "proxy_cache_path=cache_path fastcgi_cache_path=cache_path scgi_cache_path=cache_path "
            "uwsgi_cache_path=cache_path proxy_cache=cache fastcgi_cache=cache scgi_cache=cache uwsgi_cache=cache "
            "proxy_store=store fastcgi_store=store scgi_store=store uwsgi_store=store "
            "client_body_temp_path=temporary_path proxy_temp_path=temporary_path fastcgi_temp_path=temporary_path "
            "scgi_temp_path=temporary_path uwsgi_temp_path=temporary_path ssl_session_cache=session_cache "
            "ssl_ocsp_cache=ocsp_cache"
        ),
    ),
    ("logs", "access_log log_format error_log"),
    (
        "hashes",
        (
            "types_hash_bucket_size=table_size types_hash_max_size=table_size "
            "variables_hash_bucket_size=table_size variables_hash_max_size=table_size "
            "proxy_headers_hash_bucket_size=table_size proxy_headers_hash_max_size=table_size "
            "gzip_types=types_of_answers ssi_types=types_of_answers sub_filter_types=types_of_answers "
            "charset_types=types_of_answers addition_types=types_of_answers"
        ),
    ),
    ("noted", "ssl_certificate=noted ssl_certificate_key=noted charset source_charset=charset aio"),
    (
        "other_modules",
        (
            "keyval=defines js_set=defines js_var=defines perl_set=defines set_by_lua=defines "
            "set_by_lua_file=defines set_by_lua_block=defines auth_jwt_claim_set=defines "
            "auth_jwt_header_set=defines lua_shared_dict"
        ),
    ),
)

SPECIAL_STREAM: Special = (
    ("streams", "server listen return=return_ set=set_ proxy_pass access_log"),
    ("balancing", "upstream hash=method least_conn=method random=method zone least_time=other_balancer"),
    ("tables", "map=map_ geo split_clients geoip2"),
    ("zones", "limit_conn limit_conn_zone=limit_zone ssl_session_cache=session_cache"),
    ("logs", "log_format error_log"),
    ("noted", "ssl_certificate=noted ssl_certificate_key=noted"),
    ("other_modules", "js_set=defines js_var=defines"),
)

SPECIAL_MAIN: Special = (
    ("blocks", "events http stream"),
    ("top", "load_module thread_pool worker_priority"),
    ("logs", "error_log"),
)

#: How the names of directives end that may contradict others.
CONTRADICTING = (
    "_buffers", "buffer_size", "buffers_size", "pool_size", "temp_file_write_size", "max_temp_file_size", "charset",
    "secure_link_secret", "ssl_certificate", "ssl_verify", "ssl_verify_client", "ssl_ocsp", "ssl",
)  # fmt: skip
