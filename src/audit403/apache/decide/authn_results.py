"""What a provider of passwords says about a user and a password (authn_status in mod_auth.h)."""

GRANTED = "the password is right"
DENIED = "the password is wrong"
NOT_FOUND = "no such user"
FAILED = "the passwords cannot be read"
