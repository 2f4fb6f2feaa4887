"""The speed and scale of Opstap, measured beside a bare server in the same run."""
