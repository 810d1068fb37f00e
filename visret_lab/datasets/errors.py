"""The one error of this station. Its words say what was wrong, with which file, and what to do next."""


class DataError(ValueError):
    """Something is wrong with data: a file, a folder, a download, an archive or a name."""


class ImageError(DataError):
    """A file that should be a picture is missing, truncated or something else; or a box does not fit its picture."""


def some(names, limit=8):
    """Join the first `limit` names; say how many were left out. For error messages about long lists."""
    names = [str(name) for name in names]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
