"""Who may reach a path: the Linux kernel's permission checks and path walk, worked out from evidence."""
