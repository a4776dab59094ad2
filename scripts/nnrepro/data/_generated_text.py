"""Generated paragraphs: invented words in fourteen classes, with the names of DBpedia's labels.

A class shows in two ways, each of them noisy. Its topic words are English words that also occur,
less often, in other classes. Its names are invented from syllables of its own, which give even a
model of characters something to go by. Some words are misspelt, some sentences belong to another
class.
"""

import numpy as np

_COMMON = (
    "the of in and a is was to it as by for on with from that at an its were which also are "
    "this has first one been two new after other during between known part most over several "
    "many through under near located found made since early later about century year years "
    "often called small large main north south east west old region area time"
)

# By label, from 1: syllables of invented names, and topic words.
_CLASSES: dict[int, tuple[str, str]] = {
    1: ("corp vex tron quix dyn zet", "company firm products market owned traded business brand"),
    2: (
        "edu schol wis lear ford",
        "school college students university campus degree teachers faculty",
    ),
    3: ("mel lyri son vio cant", "singer painter artist music songs band exhibition studio"),
    4: ("kick bal ath sprin gol", "player team league season club coach goals match"),
    5: ("parl sena gov minis vot", "elected party member office minister council district senate"),
    6: ("mot ship loc jet whee", "engine aircraft ship speed class built hull wheels"),
    7: ("hall tow gabl arch por", "building house church roof tower hotel architect brick"),
    8: ("rivu mont lak glac peak", "river lake mountain flows metres valley stream ridge"),
    9: (
        "sziv przy wola kow dzi",
        "village population district county households census rural municipality",
    ),
    10: ("nidae idae beet pter oth", "species genus moth family insects larvae snail habitat"),
    11: ("flor phyl herb aceae folia", "plant flowers leaves shrub seeds grows trees forest"),
    12: ("rec remi vin trac ep", "album released label tracks recorded chart songs single"),
    13: ("cine fil scre act dir", "film directed starring drama comedy actor story cinema"),
    14: ("nov ched ble pag tale", "book novel published author journal magazine story editor"),
}
_LABELS = tuple(_CLASSES)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def make_paragraphs(count: int, random: np.random.RandomState) -> tuple[list[str], list[int]]:
    """Make paragraphs of some 50 to 100 words, the labels in equal numbers if possible.

    Gives them, without commas, and their labels from 1 to 14, in random order.
    """
    labels = [_LABELS[i] for i in random.permutation(np.arange(count) % len(_LABELS))]
    return [_paragraph(label, random) for label in labels], labels


def _paragraph(label: int, random: np.random.RandomState) -> str:
    sentences = []
    for position in range(random.randint(5, 8)):
        stray = random.random_sample() < (0.08 if position == 0 else 0.15)
        topic = _LABELS[random.randint(len(_LABELS))] if stray else label
        sentences.append(_sentence(topic, random))
    return " ".join(sentences)


def _sentence(topic: int, random: np.random.RandomState) -> str:
    """A name, then common words with some topic words and a further name among them."""
    syllables, words = (part.split() for part in _CLASSES[topic])
    body = []
    for _ in range(random.randint(8, 15)):
        draw = random.random_sample()
        if draw < 0.48:
            body.append(_pick(words, random))
        elif draw < 0.60:
            body.append(_name(syllables, random))
        elif draw < 0.63:
            body.append(_pick(_CLASSES[_LABELS[random.randint(len(_LABELS))]][1].split(), random))
        else:
            body.append(_pick(_COMMON.split(), random))
    if random.random_sample() < 0.3:
        body.append(str(random.randint(1850, 2016)))
    spelt = [_name(syllables, random)] + [_misspell(word, random) for word in body]
    return " ".join(spelt) + "."


def _name(syllables: list[str], random: np.random.RandomState) -> str:
    """An invented name of two of the topic's syllables."""
    return (_pick(syllables, random) + _pick(syllables, random)).capitalize()


def _misspell(word: str, random: np.random.RandomState) -> str:
    if random.random_sample() >= 0.04:
        return word
    position = random.randint(len(word))
    return word[:position] + _LETTERS[random.randint(26)] + word[position + 1 :]


def _pick(items: list[str] | tuple[str, ...], random: np.random.RandomState) -> str:
    return items[random.randint(len(items))]
