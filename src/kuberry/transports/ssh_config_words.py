"""Lines of an OpenSSH client configuration, cut into words the way ssh cuts them. Pure.

Source: OpenSSH's misc.c (strdelim, argv_split) and match.c (match_pattern_list).
"""

from __future__ import annotations

import re

_KEYWORD = re.compile(r'\s*"?([A-Za-z0-9]+)"?(?:\s*=\s*|\s+|$)(.*)', re.DOTALL)
_ESCAPABLE = "'\"\\ "


def keyword_and_rest(line: str) -> tuple[str, str]:
    """Return the keyword of *line* in lower case and the text after it; two blanks for neither."""
    found = _KEYWORD.match(line)
    if found is None or line.lstrip().startswith("#"):
        return "", ""
    return found[1].lower(), found[2].strip()


def words(text: str) -> list[str]:
    """Return the words of *text*: quotes group, a word that starts with ``#`` ends the line.

    Raises:
        ValueError: A quote is not closed.
    """
    found: list[str] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] == "#":
            break
        else:
            word, position = _word(text, position)
            found.append(word)
    return found


def _word(text: str, position: int) -> tuple[str, int]:
    quote = ""
    word = ""
    while position < len(text):
        char, following = text[position], text[position + 1 : position + 2]
        if char == "\\" and following and following in _ESCAPABLE:
            word += following
            position += 1
        elif quote and char == quote:
            quote = ""
        elif quote or (char not in "'\"" and not char.isspace()):
            word += char
        elif char in "'\"":
            quote = char
        else:
            break
        position += 1
    if quote:
        raise ValueError("a quote is not closed")
    return word, position


def matches_any(value: str, patterns: list[str]) -> bool:
    """Return whether *value* matches one of *patterns* and none that starts with ``!``."""
    hit = False
    for pattern in patterns:
        if _matches(value, pattern.removeprefix("!")):
            if pattern.startswith("!"):
                return False
            hit = True
    return hit


def _matches(value: str, pattern: str) -> bool:
    """Match ``*`` and ``?`` and nothing else: brackets stand for themselves."""
    regex = "".join({"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch(regex, value, re.DOTALL) is not None
