"""Names of places that machines ask and not people."""

PROBES = ("status", "health", "metrics", "ping", "stats", "monit", "alive", "ready")
