"""Write texts.csv: 1500 sentences about two chores, each with where the first of them is done."""

import csv
import random
from itertools import product
from pathlib import Path

CHORES = {
    "garden": ("water the beans", "rake the leaves", "cut the hedge", "pick the plums"),
    "kitchen": ("bake the bread", "wash the plates", "peel the onions", "boil the jam"),
    "workshop": ("plane the boards", "mend the chair", "sharpen the saw", "paint the shelf"),
}
ORDERS = ("{name} {a} and then {b}", "before they {b}, {name} {a}", "{name} {b} after they {a}")
NAMES = ("the twins", "my aunts", "both cousins", "the neighbours", "our guests", "the students")
TIMES = ("in the morning", "on Sunday", "when it rains", "as ever", "at noon", "in spring")

pairs = [
    (first, a, b)
    for first, own in CHORES.items()
    for second, others in CHORES.items()
    if second != first
    for a, b in product(own, others)
]
every = list(product(pairs, ORDERS, NAMES, TIMES))
with Path(__file__).with_name("texts.csv").open("w", encoding="utf-8", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["sentence", "first"])
    for (first, a, b), order, name, time in random.Random(20).sample(every, 1500):
        rows.writerow([f"{order.format(name=name, a=a, b=b)} {time}", first])
