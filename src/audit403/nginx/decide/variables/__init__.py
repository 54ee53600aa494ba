"""nginx's variables: what each yields for a request, and which of them are computed only once.

Truth: ngx_http_get_indexed_variable and ngx_http_get_flushed_variable in src/http/ngx_http_variables.c: a variable
that is not marked `no cacheable` keeps its first value for the whole request, internal redirects included.
"""
