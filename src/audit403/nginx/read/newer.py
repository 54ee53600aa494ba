"""Directives that crossplane's table lacks, or allows in fewer places than nginx does.

Facts out of the command tables of nginx 1.22.1 and 1.31, lua-nginx-module and njs: context, count of arguments, name;
of other modules only that their directives exist. Counts: digits for exact ones, `1+`, `2+`, `flag`, `any`; `{` for a
block.
"""

Rows = tuple[tuple[str, str, str], ...]

NGINX: Rows = (
    ("main events http server location server-if location-if limit_except upstream", "1", "include"),
    ("mail mail-server stream stream-server stream-upstream", "1", "include"),
    (
        "events",
        "1",
        (
            "devpoll_changes devpoll_events epoll_events eventport_events iocp_threads kqueue_changes "
            "kqueue_events post_acceptex"
        ),
    ),
    ("events", "flag", "acceptex_read"),
    ("http", "1", "degradation"),
    ("http", "3", "limit_req_zone"),
    (
        "http server",
        "1",
        (
            "http2_pool_size http2_streams_index_size http3_max_concurrent_streams http3_stream_buffer_size "
            "max_headers quic_active_connection_id_limit quic_host_key ssl_ech_file ssl_ocsp ssl_ocsp_cache "
            "ssl_ocsp_responder"
        ),
    ),
    ("http server", "1+", "client_body_early_read"),
    ("http server", "123", "ssl_certificate_cache"),
    ("http server", "2", "ssl_conf_command"),
    (
        "http server",
        "flag",
        "http2 http3 http3_hq quic_gso quic_retry ssl_certificate_compression ssl_ocsp ssl_reject_handshake",
    ),
    (
        "http server location",
        "1",
        (
            "auth_delay degrade fastcgi_socket_rcvbuf fastcgi_socket_sndbuf grpc_socket_rcvbuf grpc_socket_sndbuf "
            "gzip_hash gzip_window keepalive_min_timeout keepalive_time postpone_gzipping proxy_socket_rcvbuf "
            "proxy_socket_sndbuf scgi_socket_rcvbuf scgi_socket_sndbuf tunnel_buffer_size tunnel_connect_timeout "
            "tunnel_next_upstream_timeout tunnel_next_upstream_tries tunnel_read_timeout tunnel_send_lowat "
            "tunnel_send_timeout tunnel_socket_rcvbuf tunnel_socket_sndbuf uwsgi_socket_rcvbuf "
            "uwsgi_socket_sndbuf uwsgi_string"
        ),
    ),
    ("http server location", "1+", "early_hints tunnel_next_upstream"),
    ("http server location", "12", "tunnel_bind"),
    (
        "http server location",
        "123",
        "grpc_ssl_certificate_cache proxy_ssl_certificate_cache userid_flags uwsgi_ssl_certificate_cache",
    ),
    ("http server location", "1234", "proxy_cookie_flags"),
    ("http server location", "2", "grpc_ssl_conf_command proxy_ssl_conf_command uwsgi_ssl_conf_command"),
    (
        "http server location",
        "flag",
        (
            "gzip_no_buffer limit_conn_dry_run limit_req_dry_run mp4_start_key_frame open_file_cache_events "
            "proxy_pass_trailers tunnel_socket_keepalive xml_external_entities"
        ),
    ),
    ("http server location location-if", "1", "add_header_inherit add_trailer_inherit post_action"),
    ("mail mail-server", "1", "max_errors proxy_protocol set_real_ip_from"),
    ("mail mail-server", "2", "ssl_conf_command"),
    ("mail mail-server", "flag", "proxy proxy_protocol proxy_smtp_auth ssl_certificate_compression"),
    ("main", "flag", "quic_bpf ssl_object_cache_inheritable"),
    ("server location location-if", "01", "tunnel_pass"),
    ("stream", "1", "server_names_hash_bucket_size server_names_hash_max_size"),
    (
        "stream stream-server",
        "1",
        (
            "proxy_downstream_buffer proxy_protocol proxy_socket_rcvbuf proxy_socket_sndbuf proxy_upstream_buffer "
            "ssl_ech_file ssl_ocsp ssl_ocsp_cache ssl_ocsp_responder ssl_stapling_file ssl_stapling_responder"
        ),
    ),
    ("stream stream-server", "1+", "proxy_ssl_alpn ssl_alpn"),
    ("stream stream-server", "123", "proxy_ssl_certificate_cache ssl_certificate_cache"),
    ("stream stream-server", "2", "proxy_ssl_conf_command ssl_conf_command"),
    (
        "stream stream-server",
        "flag",
        (
            "limit_conn_dry_run proxy_half_close ssl_certificate_compression ssl_reject_handshake ssl_stapling "
            "ssl_stapling_verify"
        ),
    ),
    ("stream-server", "1", "pass"),
    ("stream-server", "1+", "server_name"),
    ("stream-server", "2", "set"),
    ("stream-upstream", "1", "resolver_timeout"),
    ("stream-upstream", "1+", "resolver"),
    ("upstream", "1", "keepalive_time resolver_timeout"),
    ("upstream", "12", "keepalive"),
    ("upstream", "2+", "sticky"),
)

LUA_AND_JAVASCRIPT: Rows = (
    (
        "http",
        "0{",
        (
            "exit_worker_by_lua_block init_by_lua_block init_worker_by_lua_block ssl_session_fetch_by_lua_block "
            "ssl_session_store_by_lua_block"
        ),
    ),
    (
        "http",
        "1",
        (
            "exit_worker_by_lua_file init_by_lua init_by_lua_file init_worker_by_lua init_worker_by_lua_file "
            "lua_capture_error_log lua_malloc_trim lua_max_pending_timers lua_max_running_timers "
            "lua_package_cpath lua_package_path lua_regex_cache_max_entries lua_regex_match_limit "
            "lua_thread_cache_max_entries lua_worker_thread_vm_pool_size ssl_session_fetch_by_lua_file "
            "ssl_session_store_by_lua_file"
        ),
    ),
    ("http", "1+", "js_shared_dict_zone"),
    ("http", "2", "lua_shared_dict"),
    (
        "http",
        "flag",
        (
            "access_by_lua_no_postpone lua_load_resty_core lua_sa_restart precontent_by_lua_no_postpone "
            "rewrite_by_lua_no_postpone"
        ),
    ),
    (
        "http server",
        "0{",
        "server_rewrite_by_lua_block ssl_certificate_by_lua_block ssl_client_hello_by_lua_block",
    ),
    (
        "http server",
        "1",
        "server_rewrite_by_lua_file ssl_certificate_by_lua_file ssl_client_hello_by_lua_file",
    ),
    (
        "http server location",
        "1",
        (
            "js_context_reuse js_context_reuse_max_size js_engine js_fetch_buffer_size js_fetch_ciphers "
            "js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time js_fetch_keepalive_timeout "
            "js_fetch_max_response_buffer_size js_fetch_proxy js_fetch_timeout js_fetch_trusted_certificate "
            "js_fetch_verify_depth js_path lua_ssl_certificate lua_ssl_certificate_key lua_ssl_ciphers "
            "lua_ssl_crl lua_ssl_key_log lua_ssl_trusted_certificate lua_ssl_verify_depth"
        ),
    ),
    ("http server location", "1+", "js_fetch_protocols lua_ssl_protocols"),
    ("http server location", "12", "js_var"),
    ("http server location", "13", "js_import js_preload_object"),
    ("http server location", "2", "lua_ssl_conf_command"),
    ("http server location", "23", "js_set"),
    ("http server location", "flag", "js_fetch_verify"),
    (
        "http server location location-if",
        "0{",
        (
            "access_by_lua_block body_filter_by_lua_block header_filter_by_lua_block log_by_lua_block "
            "precontent_by_lua_block rewrite_by_lua_block"
        ),
    ),
    (
        "http server location location-if",
        "1",
        (
            "access_by_lua access_by_lua_file body_filter_by_lua body_filter_by_lua_file header_filter_by_lua "
            "header_filter_by_lua_file log_by_lua log_by_lua_file lua_socket_buffer_size "
            "lua_socket_connect_timeout lua_socket_keepalive_timeout lua_socket_pool_size lua_socket_read_timeout "
            "lua_socket_send_lowat lua_socket_send_timeout precontent_by_lua_file rewrite_by_lua "
            "rewrite_by_lua_file"
        ),
    ),
    (
        "http server location location-if",
        "flag",
        (
            "lua_check_client_abort lua_code_cache lua_http10_buffering lua_need_request_body "
            "lua_socket_log_errors lua_transform_underscores_in_response_headers lua_use_default_type"
        ),
    ),
    ("location", "any", "js_periodic"),
    (
        "location location-if",
        "0{",
        "content_by_lua_block proxy_ssl_certificate_by_lua_block proxy_ssl_verify_by_lua_block",
    ),
    (
        "location location-if",
        "1",
        "content_by_lua content_by_lua_file proxy_ssl_certificate_by_lua_file proxy_ssl_verify_by_lua_file",
    ),
    ("location location-if", "flag", "lua_upstream_skip_openssl_default_verify"),
    ("location location-if limit_except", "1", "js_access js_content js_header_filter"),
    ("location location-if limit_except", "12", "js_body_filter"),
    ("main", "13", "js_load_http_native_module js_load_stream_native_module"),
    ("server location server-if location-if", "1{", "set_by_lua_block"),
    ("server location server-if location-if", "2+", "set_by_lua set_by_lua_file"),
    ("stream", "1+", "js_shared_dict_zone"),
    (
        "stream stream-server",
        "1",
        (
            "js_context_reuse js_context_reuse_max_size js_fetch_buffer_size js_fetch_ciphers js_fetch_keepalive "
            "js_fetch_keepalive_requests js_fetch_keepalive_time js_fetch_keepalive_timeout "
            "js_fetch_max_response_buffer_size js_fetch_proxy js_fetch_timeout js_fetch_trusted_certificate "
            "js_fetch_verify_depth js_path"
        ),
    ),
    ("stream stream-server", "1+", "js_engine js_fetch_protocols"),
    ("stream stream-server", "12", "js_var"),
    ("stream stream-server", "13", "js_import js_preload_object"),
    ("stream stream-server", "23", "js_set"),
    ("stream stream-server", "flag", "js_fetch_verify"),
    ("stream-server", "any", "js_periodic"),
    ("upstream", "0{", "balancer_by_lua_block"),
    ("upstream", "1", "balancer_by_lua_file balancer_keepalive"),
)

#: The directives of other modules, told by how their names begin.
OTHER_MODULES = (
    "acme_",
    "auth_digest",
    "auth_gss",
    "auth_ldap",
    "auth_pam",
    "auth_spnego",
    "brotli",
    "check_http_",
    "concat",
    "dav_ext_",
    "echo",
    "encrypted_session_",
    "eval_",
    "fancyindex",
    "geoip2",
    "headers_more_",
    "image_",
    "memc_",
    "modsecurity",
    "more_",
    "naxsi_",
    "nchan_",
    "opentracing",
    "otel_",
    "pagespeed",
    "passenger_",
    "postgres_",
    "push_stream_",
    "rds_",
    "redis2_",
    "redis_",
    "rtmp",
    "set_base32_",
    "set_decode_",
    "set_encode_",
    "set_escape_",
    "set_form_input",
    "set_hmac_",
    "set_if_empty",
    "set_misc_",
    "set_quote_",
    "set_random",
    "set_secure_random_",
    "set_unescape_",
    "srcache_",
    "subs_",
    "testcookie",
    "trim",
    "upload_",
    "upstream_fair_",
    "vhost_traffic_status",
    "vod",
    "zstd",
)
OTHER_NAMES = frozenset(
    {
        "BasicRule",
        "CheckRule",
        "DeniedUrl",
        "LearningMode",
        "LibInjectionSql",
        "LibInjectionXss",
        "MainRule",
        "SecRulesDisabled",
        "SecRulesEnabled",
        "check",
        "eval",
        "fair",
        "proxy_cache_purge",
        "fastcgi_cache_purge",
        "rack_env",
        "rails_env",
        "report_uploads",
        "scgi_cache_purge",
        "set_md5",
        "set_sha1",
        "track_uploads",
        "uwsgi_cache_purge",
    }
)
