"""Reading Apache configuration: lines to directives with exact words and spans, as httpd's own tree has them."""
