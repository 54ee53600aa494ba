"""How SSH writes keys and certificates: strings behind their lengths (RFC 4251, 5; PROTOCOL.certkeys of OpenSSH)."""

_CERTIFICATE = "-cert-v01@openssh.com"
_FIELDS = {"ssh-rsa": 2, "ssh-dss": 4, "ssh-ed25519": 1, "sk-ssh-ed25519": 2, "sk-ecdsa-sha2-nistp256": 3}
_FIELDS_OF_CURVES = 2
"""How many strings the public key of a type is, after its name."""


def packed(*parts: bytes) -> bytes:
    """Several strings, each behind its length."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def number(value: int) -> bytes:
    """A positive number as `mpint` has it, without its length."""
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def taken(data: bytes, at: int = 0) -> tuple[bytes, int]:
    """The string that begins at a place, and the place behind it. Raises ValueError where it is cut off."""
    start = at + 4
    end = start + int.from_bytes(data[at:start], "big")
    if len(data) < start or len(data) < end:
        raise ValueError("a string is cut off")
    return data[start:end], end


def type_of(key: bytes) -> str:
    """The type of a public key or certificate: its first string. Raises ValueError."""
    return taken(key)[0].decode("ascii", "replace")


def is_of_type(key: bytes, name: str) -> bool:
    """Whether a key is of the type that is written beside it."""
    try:
        return type_of(key) == name
    except ValueError:
        return False


def is_certificate(key: bytes) -> bool:
    """Whether it is a certificate. Raises ValueError."""
    return type_of(key).endswith(_CERTIFICATE)


def plain_key(key: bytes) -> bytes:
    """The public key that a certificate is for; a key itself is its own. Raises ValueError."""
    name, at = taken(key)
    bare = name.decode("ascii", "replace").removesuffix(_CERTIFICATE)
    if not is_certificate(key):
        return key
    _, at = taken(key, at)  # the nonce
    parts = [(f"{bare}@openssh.com" if bare.startswith("sk-") else bare).encode()]
    for _ in range(_FIELDS.get(bare, _FIELDS_OF_CURVES)):
        part, at = taken(key, at)
        parts.append(part)
    return packed(*parts)


def plain_algorithm(name: str) -> str:
    """The signature algorithm of a key, for the name of one with a certificate."""
    return name.removesuffix(_CERTIFICATE)
