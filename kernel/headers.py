"""The headers that protect every answer."""

from collections.abc import Mapping

_POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def security_headers(*, scans: bool) -> Mapping[str, str]:
    """Give the headers of an answer; `scans` lets its page run the QR reader's WebAssembly."""
    return _SCANNING if scans else _ORDINARY


def _headers(policy: str, camera: str) -> Mapping[str, str]:
    return {
        "Content-Security-Policy": policy,
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": f"camera={camera}, microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


_ORDINARY = _headers(_POLICY.format(wasm=""), "()")
_SCANNING = _headers(_POLICY.format(wasm=" 'wasm-unsafe-eval'"), "(self)")
