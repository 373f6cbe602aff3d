"""Invented names, Chinese and English, put together from syllables: they mean no real place or person.

A name is drawn without repetition. The name of a person has two syllables on either side of a dot, as no
register of persons writes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_FIRST = (
    ("霁", "Ji"), ("岚", "Lan"), ("朔", "Shuo"), ("禾", "He"), ("澄", "Cheng"), ("苇", "Wei"), ("榆", "Yu"),
    ("砚", "Yan"), ("珂", "Ke"), ("昀", "Yun"), ("蓼", "Liao"), ("塬", "Yuan"), ("芦", "Lu"), ("渚", "Zhu"),
    ("桦", "Hua"), ("穹", "Qiong"), ("翎", "Ling"), ("茵", "Yin"), ("磐", "Pan"), ("汐", "Xi"),
)  # fmt: skip
_SECOND = (
    ("原", "yuan"), ("野", "ye"), ("川", "chuan"), ("岭", "ling"), ("泽", "ze"), ("坪", "ping"),
    ("湾", "wan"), ("泉", "quan"), ("坡", "po"), ("滩", "tan"), ("屯", "tun"), ("梁", "liang"), ("沟", "gou"),
    ("台", "tai"), ("桥", "qiao"), ("林", "lin"), ("石", "shi"), ("草", "cao"), ("云", "yun"), ("峰", "feng"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name in Chinese and in English."""

    zh: str
    en: str

    def with_ending(self, zh: str, en: str) -> "Name":
        """Return the name followed by what it names, such as 镇, Town."""
        return Name(self.zh + zh, f"{self.en} {en}")


def place_names(rng: np.random.Generator) -> Iterator[Name]:
    """Give invented place names, none twice: two syllables, then three once those have run out."""
    pairs = [Name(a[0] + b[0], a[1] + b[1]) for a in _FIRST for b in _SECOND]
    for index in rng.permutation(len(pairs)).tolist():
        yield pairs[index]
    triples = [Name(a[0] + b.zh, a[1] + b.en.lower()) for a in _FIRST for b in pairs]
    for index in rng.permutation(len(triples)).tolist():
        yield triples[index]


def person_names(rng: np.random.Generator) -> Iterator[Name]:
    """Give invented names of persons, none twice: three syllables, then four once those have run out."""
    pairs = [Name(a[0] + b[0], a[1] + b[1].lower()) for a in _FIRST for b in _FIRST if a != b]
    singles = [Name(*syllable) for syllable in _FIRST]
    shuffled = [pairs[index] for index in rng.permutation(len(pairs)).tolist()]
    for ends in (singles, pairs):
        for shift in range(len(ends)):
            for number, one in enumerate(shuffled):
                last = ends[(number + shift) % len(ends)]
                yield Name(f"{one.zh}·{last.zh}", f"{one.en} {last.en}")
