"""httpd's expressions (ap_expr) evaluated for a request."""
