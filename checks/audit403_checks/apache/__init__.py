"""What is wrong with an Apache configuration or an `.htaccess`."""

FAMILY = "apache"
