"""Reading nginx configuration: bytes to statements with their exact words and spans, includes, dumps, fragments."""
