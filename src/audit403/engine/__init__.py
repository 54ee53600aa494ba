"""From targets to findings: sites, facts, checks, replayed fixes, ignores; nothing here names a family."""
