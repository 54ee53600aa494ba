"""Apache httpd: reading its configuration and `.htaccess` files, and deciding what it answers."""
