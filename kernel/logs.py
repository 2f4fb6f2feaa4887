"""What the house writes of itself: JSON lines with ids, codes and times, never a person."""

import logging
import sys
import traceback
from pathlib import Path

import structlog


def configure_logs() -> None:
    """Send every line to standard error as JSON; libraries speak only when something is wrong."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


def frames(error: BaseException) -> list[str]:
    """Give where an error arose, as `file:line function`, innermost last.

    Never its message nor the values around it: a database's message quotes what was stored.
    """
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
