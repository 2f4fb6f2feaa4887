"""`python -m jobs` starts the clock, as `opstap clock` does."""

from jobs.clock import Clock
from kernel.logs import configure_logs
from kernel.settings import read_settings

configure_logs()
Clock(read_settings().cities).run()
