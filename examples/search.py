"""A search for the best parameter: each task of an array tries one value by cross-validation.

kuberry job submit --name search --array 0-3 --cpus 200m --memory 512Mi examples/search.py
kuberry job wait search
kuberry job results search
python3 examples/search.py --best search
"""

import json
import os
import pathlib
import sys

PENALTIES = (0.01, 0.1, 1, 10)


def score(penalty: float) -> float:
    """Return how many of scikit-learn's written digits are told right, as a share."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 -- in the image alone
    from sklearn.model_selection import cross_val_score  # noqa: PLC0415 -- in the image alone
    from sklearn.svm import SVC  # noqa: PLC0415 -- in the image alone

    digits = load_digits()
    model = SVC(C=penalty, gamma=0.001)
    return float(cross_val_score(model, digits.data, digits.target, cv=5).mean())


def main(words: list[str]) -> None:
    """Try one value, or say which was best."""
    if words:
        left = [json.loads(one.read_text()) for one in pathlib.Path(words[1]).glob("*/score.json")]
        best = max(left, key=lambda one: (round(one["score"], 4), -one["penalty"]))
        print(best["penalty"], round(best["score"], 4))
        return
    penalty = PENALTIES[int(os.environ["KUBERRY_INDEX"])]
    found = pathlib.Path(os.environ["KUBERRY_OUTPUT"], "score.json")
    found.write_text(json.dumps({"penalty": penalty, "score": score(penalty)}))


if __name__ == "__main__":
    main(sys.argv[1:])
