"""The languages families read, each by its own name and by its Dutch name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language by its BCP 47 code, its name for its readers, its name in Dutch, its direction."""

    code: str
    own_name: str
    dutch_name: str
    direction: str = "ltr"


LANGUAGES = (
    Language("nl", "Nederlands", "Nederlands"),
    Language("fr", "Français", "Frans"),
    Language("en", "English", "Engels"),
    Language("ar", "العربية", "Arabisch", "rtl"),
    Language("tr", "Türkçe", "Turks"),
    Language("uk", "Українська", "Oekraïens"),
    Language("ti", "ትግርኛ", "Tigrinya"),
    Language("so", "Soomaali", "Somali"),
    Language("ps", "پښتو", "Pasjtoe", "rtl"),
    Language("fa", "فارسی", "Perzisch", "rtl"),
    Language("fa-AF", "دری", "Dari", "rtl"),
    Language("pl", "Polski", "Pools"),
    Language("bg", "Български", "Bulgaars"),
    Language("ro", "Română", "Roemeens"),
)

BY_CODE = {language.code: language for language in LANGUAGES}
