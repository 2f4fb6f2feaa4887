"""A form that is sent twice is known by what it holds."""

import hashlib

from flask import request


def key_of_form() -> str:
    """Give a key by which a second click is known, and a corrected form is not taken for one."""
    sent = sorted(item for item in request.form.items() if item[0] != "csrf_token")
    return hashlib.sha256(repr(sent).encode()).hexdigest()
