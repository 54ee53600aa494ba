"""What httpd is told, as it understands it: per-directory configurations, sections, virtual hosts, each mergeable."""
