"""Every refusal of an Apache configuration, with a witness and whom it hits."""
