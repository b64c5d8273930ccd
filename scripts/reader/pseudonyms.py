"""The pseudonym key, split into the two padded halves with which SQL computes HMAC-SHA-256 (RFC 2104)."""

import hashlib
import os
from collections.abc import Mapping

KEY_VARIABLE = "KIT_PSEUDONYM_KEY"
DEVELOPMENT_KEY = b"development only: anybody can know this key"
BLOCK_BYTES = 64


def key_of(environment: Mapping[str, str] = os.environ) -> tuple[bytes, bool]:
    """The key, and whether it is the public development key because the environment holds none."""
    key = environment.get(KEY_VARIABLE, "")
    return (key.encode("utf-8", "surrogateescape"), False) if key else (DEVELOPMENT_KEY, True)


def pads(key: bytes) -> tuple[bytes, bytes]:
    """(inner, outer) pad of 64 bytes each: sha256(outer || sha256(inner || message)) is the HMAC of the message."""
    if len(key) > BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    block = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
