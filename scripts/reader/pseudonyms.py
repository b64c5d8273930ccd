"""The pseudonym key, split into the two padded halves with which SQL computes HMAC-SHA-256 (RFC 2104)."""

import hashlib
import os
import re
from collections.abc import Mapping

KEY_VARIABLE = "KIT_PSEUDONYM_KEY"
DEVELOPMENT_KEY = b"development only: anybody can know this key"
BLOCK_BYTES = 64
ENVIRONMENT_VARIABLE = "KIT_ENV"
DEVELOPMENT, PRODUCTION = "development", "production"
LEAST_KEY_LENGTH = 32  # 32 hexadecimal digits are 128 bits; NIST SP 800-107 asks for at least 112
LEAST_DIFFERENT_CHARACTERS = 8
_PLACEHOLDER = re.compile(
    r"development|change.?me|placeholder|example|password|your.?key"
    r"|^(dev|test|demo|sample|local|secret|key)([^a-z0-9]|$)",
    re.IGNORECASE,
)


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


def problem_with_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """Why the key will not do for real patients, with the remedy, or None.

    Only KIT_ENV=production asks for more than a warning; a misspelt KIT_ENV must not pass for development.
    """
    kind = environment.get(ENVIRONMENT_VARIABLE, "").strip().lower() or DEVELOPMENT
    if kind not in (DEVELOPMENT, PRODUCTION):
        return f"{ENVIRONMENT_VARIABLE} must be {DEVELOPMENT} or {PRODUCTION} (unset it for {DEVELOPMENT})."
    weakness = _weakness(environment.get(KEY_VARIABLE, "").strip()) if kind == PRODUCTION else None
    return weakness and (
        f"{ENVIRONMENT_VARIABLE} is {PRODUCTION}, but {KEY_VARIABLE} {weakness}. Nothing was read or published.\n"
        "Make a secret key once, for example with `openssl rand -hex 32`, keep it in a secret store outside this\n"
        "project, and set it before each refresh: another key gives every patient another pseudonym."
    )


def _weakness(key: str) -> str | None:
    if not key:
        return "is not set: pseudonyms would come from a public key"
    if key.encode("utf-8", "surrogateescape") == DEVELOPMENT_KEY:
        return "is the public development key"
    if _PLACEHOLDER.search(key):
        return "looks like a development key or a placeholder"
    if len(key) < LEAST_KEY_LENGTH:
        return f"is too short: at least {LEAST_KEY_LENGTH} characters are needed"
    if len(set(key)) < LEAST_DIFFERENT_CHARACTERS:
        return "repeats a few characters: anybody can guess it"
    return None
