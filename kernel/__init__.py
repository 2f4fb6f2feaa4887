"""What both programmes stand on: cities, people, organisations, access, events, the database."""
