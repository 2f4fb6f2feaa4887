"""Once only, whatever is raced, retried or killed: on both databases, against real servers."""
