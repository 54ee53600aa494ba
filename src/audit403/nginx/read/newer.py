"""Directives that crossplane's table lacks, or has otherwise than nginx does."""

NEWER: dict[str, list[int]] = {}
