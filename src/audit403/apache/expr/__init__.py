"""httpd's expressions (ap_expr): how they are read. How they are evaluated is in decide/expr."""
