"""Terraform's functions, as far as names, policies and switches are made with them.

Truth: https://developer.hashicorp.com/terraform/language/functions; each is held against another reader by
tests/differential/s3/test_terraform_reader.py.
"""
