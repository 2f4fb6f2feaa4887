"""`python -m bench` measures, and prints what it measured."""


def main() -> int:
    """Measure what can be measured so far, and give the exit status."""
    print("Nothing is measured yet.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
