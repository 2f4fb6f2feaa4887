"""What the house writes of itself: JSON lines with ids, codes and times, never a person."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
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
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A job of every quarter second that is still busy is no news.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


class _Line(logging.Formatter):
    """A library's line, as JSON like our own, and without the values that a traceback shows."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line of a record."""
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "at": " < ".join(reversed(frames(error)))}
        return json.dumps(line, ensure_ascii=False)


def frames(error: BaseException) -> list[str]:
    """Give where an error arose, as `file:line function`, innermost last.

    Never its message nor the values around it: a database's message quotes what was stored.
    """
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
