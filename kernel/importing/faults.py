"""What is wrong with a file that comes in: said in plain Dutch, by its line number."""

from dataclasses import dataclass

from kernel.errors import Invalid

_LONGEST_ECHO = 40


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line cannot be used: `short` is equal for every such line, `detail` is of this one."""

    short: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.short} ({self.detail})" if self.detail else self.short


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that cannot be used, by the physical lines that it takes in the file (from 1)."""

    first: int
    last: int
    reasons: tuple[Reason, ...]
    parsed: bool = True  # whether its cells could be told apart

    def __str__(self) -> str:
        return f"regel {self.first}: {'; '.join(map(str, self.reasons))}"


class WrongFile(Invalid):
    """The file as a whole cannot be read; nothing of it is used."""

    code = "wrong-file"
    sentence = "Dit bestand kunnen we niet lezen."


class WrongMapping(Invalid):
    """The mapping file has mistakes; the message names each of them on its own line."""

    code = "wrong-mapping"
    sentence = "Het mappingbestand klopt niet."


def echo(value: str) -> str:
    """Give what stood in a cell, safe and short enough to say back on a terminal."""
    shown = "".join(sign if sign.isprintable() else "�" for sign in value[: _LONGEST_ECHO + 1])
    return f"'{shown[:_LONGEST_ECHO]}…'" if len(value) > _LONGEST_ECHO else f"'{shown}'"
