"""What only a browser shows: Chromium on the whole house, with nothing of the outside."""
