"""What both programmes stand on: cities, people, organisations, access, events, the database."""

from kernel.sentences import speak_dutch

speak_dutch()  # before the first schema is made
