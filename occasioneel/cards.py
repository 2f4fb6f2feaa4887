"""How a child's card ends when no person closed it."""

OVERTAKEN = "overtaken"  # a later signal took its place
ENDED = "placement-ended"
RESTARTED = "clock-restarted"
