"""Monte-Carlo: a task of an array throws points at a square and counts those in the circle.

kuberry job submit --name pi --array 1-6 --cpus 200m examples/pi.py 2000000
kuberry job wait pi
kuberry job results pi
python3 examples/pi.py --sum pi
"""

import json
import os
import pathlib
import sys


def throw(points: int, seed: int) -> int:
    """Return how many of so many points fall into the quarter of a circle."""
    import numpy as np  # noqa: PLC0415 -- in the image alone

    x, y = np.random.default_rng(seed).random((2, points))
    return int(np.count_nonzero(x * x + y * y < 1))


def main(words: list[str]) -> None:
    """Do the part of one task, or add up what all of them left."""
    if words[0] == "--sum":
        left = [json.loads(one.read_text()) for one in pathlib.Path(words[1]).glob("*/part.json")]
        print(4 * sum(one["inside"] for one in left) / sum(one["points"] for one in left))
        return
    points = int(words[0])
    inside = throw(points, seed=int(os.environ["KUBERRY_INDEX"]))
    part = pathlib.Path(os.environ["KUBERRY_OUTPUT"], "part.json")
    part.write_text(json.dumps({"points": points, "inside": inside}))


if __name__ == "__main__":
    main(sys.argv[1:])
