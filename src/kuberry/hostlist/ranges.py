"""Where the items and ranges of a host expression begin and end, and what is wrong there."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
from collections.abc import Callable, Iterator

_ALLOWED = re.compile(r"[A-Za-z0-9._:%@,\[\]-]+")
_LITERAL6 = re.compile(r"(?:[^\[\]]*@)?\[[0-9A-Fa-f:.]*:[^\[\]]*\](?::[^\[\]]*)?")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_MAX_DIGITS = 9


class Fault(Exception):
    """Something is wrong with *part* of an expression; *better* would be right in its place."""

    def __init__(self, reason: str, part: str, better: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.part = part
        self.better = better


@dataclasses.dataclass(frozen=True, slots=True)
class _Range:
    """``low`` to ``high``, both as digits of the same width or without padding."""

    low: str
    high: str

    @property
    def size(self) -> int:
        return int(self.high) - int(self.low) + 1

    @property
    def ends(self) -> tuple[str, ...]:
        return (self.low,) if self.size == 1 else (self.low, self.high)

    def __str__(self) -> str:
        return self.low if self.size == 1 else f"[{self.low}-{self.high}]"


def split_items(expression: str) -> Iterator[str]:
    """Yield what stands between the commas outside of brackets, without the blanks around it.

    Raises:
        Fault: An item is empty, or holds a character that no host name has.
    """
    if not expression.strip():
        raise Fault("no hosts are named", "", "red,red[01-02]")
    for item in _split(expression):
        if not item.strip():
            better = ",".join(part.strip() for part in _split(expression) if part.strip())
            raise Fault("an item between commas is empty", expression, better)
        _check_characters(item.strip())
        yield item.strip()


def _split(expression: str) -> list[str]:
    items, depth = [""], 0
    for character in expression:
        if character == "," and depth == 0:
            items.append("")
            continue
        depth = max(0, depth + (character == "[") - (character == "]"))
        items[-1] += character
    return items


def _check_characters(item: str) -> None:
    if item.startswith("-"):
        raise Fault("a host name does not begin with '-'", item, item.lstrip("-"))
    good = _ALLOWED.match(item)
    if good and good.end() == len(item):
        return
    start = good.end() if good else 0
    words = item.split()
    if len(words) > 1 and all(_ALLOWED.fullmatch(word) for word in words):
        raise Fault("a blank stands only beside a comma", item, ",".join(words))
    raise Fault(f"{item[start]!r} has no place in a host name", item, item[:start])


def count(item: str, *, limit: int) -> int:
    """Return how many names *item* stands for; nothing is expanded for that.

    Args:
        limit: How many it may stand for.

    Raises:
        Fault: A bracket or a range is wrong, or there are too many names.
    """
    if _LITERAL6.fullmatch(item):
        return 1
    _, lists = _dissect(item)
    total = math.prod(sum(one.size for one in ranges) for ranges in lists)
    if total > limit:
        raise Fault(f"{total} hosts, at most {limit} go at once", item, _shortened(item, limit))
    return total


def pieces(item: str) -> Iterator[str]:
    """Yield *item* with each list in brackets replaced by one of its ranges, in the user's order.

    Args:
        item: ``red[05,01-03]`` gives ``red05`` and ``red[01-03]``.

    Raises:
        Fault: A bracket or a range is wrong.
    """
    yield from _each(item, lambda one: (str(one),))


def corners(item: str) -> Iterator[str]:
    """Yield the names at the ends of all ranges of *item*: when they are names, all between are.

    A number that grows makes a label longer, and an octet or a port larger: nothing else.

    Raises:
        Fault: A bracket or a range is wrong.
    """
    yield from _each(item, lambda one: one.ends)


def _each(item: str, texts: Callable[[_Range], tuple[str, ...]]) -> Iterator[str]:
    if _LITERAL6.fullmatch(item):
        yield item
        return
    fixed, lists = _dissect(item)
    choices = ([text for one in ranges for text in texts(one)] for ranges in lists)
    for choice in itertools.product(*choices):
        parts = itertools.zip_longest(fixed, choice, fillvalue="")
        yield "".join(itertools.chain.from_iterable(parts))


def _dissect(item: str) -> tuple[list[str], list[list[_Range]]]:
    """Return the fixed texts around the brackets and the ranges inside them."""
    parts = _BRACKET.split(item)
    fixed, inner = parts[::2], parts[1::2]
    if any("[" in text or "]" in text for text in fixed):
        raise Fault("a bracket has no partner", item, _closed(item))
    if "," in "".join(fixed):
        raise Fault("a comma stands inside a broken bracket", item, item.split(",", 1)[0])
    for before, after in itertools.pairwise(fixed[1:]):
        if not before and after is not None:
            raise Fault("two brackets touch", item, item.replace("][", "]-["))
        if before.isdigit():  # NodeSet would take it for a part of both numbers
            raise Fault("these ranges stand too close together", item, "")
    lists = [
        [_range(text, prefix=fixed[index].rpartition("@")[2], item=item) for text in one.split(",")]
        for index, one in enumerate(inner)
    ]
    return fixed, lists


def _closed(item: str) -> str:
    """Return *item* with its last bracket closed, or cut off where that is not what is missing."""
    if item.count("[") == item.count("]") + 1 and item[-1].isdigit():
        return f"{item}]"
    return re.sub(r"[\[\]].*", "", item)


def _range(text: str, *, prefix: str, item: str) -> _Range:
    low, dash, high = text.partition("-")
    high = high if dash else low
    if dash and not high.isdigit():
        high = _without_prefix(high, prefix=prefix, low=low, item=item)
    if max(len(low), len(high)) > _MAX_DIGITS and (low + high).isdigit():
        raise Fault(f"the numbers of {text!r} are too large", item, "")
    if not (_is_number(low) and _is_number(high)):
        raise Fault(f"a range is N or N-M, not {text!r}", item, item.replace(f"[{text}]", ""))
    if int(low) > int(high):
        raise Fault(f"{text!r} runs backwards", item, item.replace(text, f"{high}-{low}"))
    return _same_width(low, high, text=text, item=item)


def _without_prefix(high: str, *, prefix: str, low: str, item: str) -> str:
    """Return the number in ``red[01-red02]``; another prefix than the item's own is an error."""
    number = high.removeprefix(prefix) if prefix else high
    if number.isdigit():
        return number
    digits = re.search(r"[0-9]+$", high)
    better = item.replace(f"-{high}]", f"-{digits[0]}]") if digits else item.replace(f"-{high}", "")
    raise Fault(f"{high!r} does not repeat the prefix {prefix!r} of {low!r}", item, better)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _same_width(low: str, high: str, *, text: str, item: str) -> _Range:
    """Give both bounds the width of the lower one, as pdsh and hostlist do."""
    padded = low.startswith("0") and len(low) > 1
    number = str(int(high))
    high = number.zfill(len(low)) if padded else number
    if padded and len(high) != len(low):
        wide = f"{low.zfill(len(high))}-{high}"
        raise Fault(f"the bounds of {text!r} differ in width", item, item.replace(text, wide))
    return _Range(low, high)


def _shortened(item: str, limit: int) -> str:
    """Return *item* with its largest range cut down to what fits."""
    fixed, lists = _dissect(item)
    first = lists[0][0]
    if len(lists) > 1 or len(lists[0]) > 1:
        return ""
    high = str(int(first.low) + limit - 1).zfill(len(first.low))
    return f"{fixed[0]}[{first.low}-{high}]{fixed[1]}"
