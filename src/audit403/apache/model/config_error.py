"""What httpd refuses in a configuration: at its start, or in an `.htaccess` with a 500 for every request there."""


class ConfigError(ValueError):
    """A directive that httpd does not take; the message is httpd's own."""
