"""One request through httpd's phases, one file a phase or module."""
