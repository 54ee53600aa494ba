"""Terraform: its language, its plans and its states."""
