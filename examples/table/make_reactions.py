"""Write reactions.csv: a made-up chemical reaction, its yield by how it is run, with noise.

    python make_reactions.py

The yield rises with temperature up to an optimum that depends on the catalyst, with time until
nothing is left to react, and falls where the solution is too thin. Every call writes the same.
"""

import math
import random
from pathlib import Path

ROWS = 400
BEST = {"none": 95.0, "nickel": 70.0, "palladium": 55.0}
"""Temperature at which each catalyst works best, in degrees Celsius."""
SPEED = {"none": 0.25, "nickel": 0.6, "palladium": 1.1}
"""How fast the reaction is then, per hour."""


def reacted(temperature: float, hours: float, concentration: float, catalyst: str) -> float:
    """Per cent of the yield without noise."""
    fit = math.exp(-(((temperature - BEST[catalyst]) / 28) ** 2))
    thick = concentration / (concentration + 0.3)
    return 100 * (1 - math.exp(-SPEED[catalyst] * fit * hours)) * thick


def rows() -> list[str]:
    """Lines of the table."""
    draw = random.Random(1)
    lines = ["temperature,hours,concentration,catalyst,yield"]
    for _ in range(ROWS):
        temperature = round(draw.uniform(20, 120), 1)
        hours = round(draw.uniform(0.5, 12), 2)
        concentration = round(draw.uniform(0.05, 2), 3)
        catalyst = draw.choice([*BEST])
        found = reacted(temperature, hours, concentration, catalyst) + draw.gauss(0, 2)
        lines.append(f"{temperature},{hours},{concentration},{catalyst},{max(0.0, found):.2f}")
    return lines


if __name__ == "__main__":
    file = Path(__file__).with_name("reactions.csv")
    file.write_text("\n".join(rows()) + "\n", encoding="utf-8", newline="\n")
