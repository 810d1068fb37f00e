"""Copy the 1.6 MB of MathJax that the book needs out of its installed package, so that no page asks a network for it."""

import shutil
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

TARGET = Path(__file__).parent / "_assets" / "mathjax"


def main():
    """Copy where it is not there yet. FileNotFoundError with advice when the package is missing or changed."""
    script = TARGET / "tex-mml-chtml.js"
    if script.is_file():
        return
    try:
        # Its folder has a hyphen in its name, so it cannot be imported; the installer's records know where it is.
        package = Path(str(distribution("sphinx-mathjax-offline").locate_file("sphinx-mathjax-offline")))
    except PackageNotFoundError:
        raise FileNotFoundError("The package sphinx-mathjax-offline is not installed: run `make setup`.") from None
    source = next(package.rglob("tex-mml-chtml.js"), None)
    fonts = next((p for p in package.rglob("woff-v2") if p.is_dir()), None)
    if source is None or fonts is None:
        raise FileNotFoundError(f"{package} does not hold MathJax as expected; is another version installed?")
    shutil.copytree(fonts, TARGET / "output" / "chtml" / "fonts" / "woff-v2", dirs_exist_ok=True)
    shutil.copy(source, script)


if __name__ == "__main__":
    main()
