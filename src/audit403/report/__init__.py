"""How findings and decisions are shown, one file a format."""
