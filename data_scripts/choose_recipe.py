"""Choose the constants of the recipe "full" on the painted town elsewhere, one after the other, and write down all that was tried.

    python data_scripts/choose_recipe.py [--save]

Every picture of a landmark of that town asks for the other pictures of it. No picture of the town of the chapters is among them. The first
run describes 300 pictures and takes some minutes; without --save nothing is written.
"""

import argparse
import json
from pathlib import Path

from visret_lab.files import write_bytes
from visret_lab.tables.experiments import ch27_full_system as ch27

KEPT = Path(__file__).parents[1] / "visret_lab" / "system" / "chosen.json"


def main():
    """Choose, print, and keep if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--save", action="store_true", help="write visret_lab/system/chosen.json")
    arguments = parser.parse_args()
    one, truth = ch27.development()
    recipe, tried = ch27.choose(one, truth)
    kept = {"set": one.dataset.name, "version": one.dataset.version, "images": len(one.dataset.ids), "questions": len(truth),
            "recipe": recipe.as_dict(), "tried": tried}
    print(json.dumps(kept, indent=1))
    if arguments.save:
        write_bytes(KEPT, (json.dumps(kept, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
