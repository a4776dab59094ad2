"""The machine's measured peak: float32 matrix products, the best that a library reaches.

python -m benchmarks.peak <peer> <threads>
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.peers import load

SIZE = 2048
REPEATS = 12


def main() -> None:
    """Print the peak of the peer's library in operations per second."""
    module = load(sys.argv[1])
    module.prepare(int(sys.argv[2]))
    multiply = module.matrix_product(SIZE)
    print(2 * SIZE**3 / min(_seconds(multiply) for _ in range(REPEATS)))


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
