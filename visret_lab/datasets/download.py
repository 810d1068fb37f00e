"""Fetching files: from a mirror first, then from their public homes; with resume, checksum and a progress bar.

VISRET_MIRROR names a folder or a URL that holds the same files, e.g. the lecturer's USB stick: copy the folder `files`
of a filled cache on it. pooch checks the hash and keeps the file; going on with a broken download is added here.
"""

import errno
import json
import os
import shutil
import sys
from pathlib import Path

import pooch
import requests
from tqdm import tqdm

from visret_lab.datasets.cache import cache_dir, locked, plain_errors
from visret_lab.datasets.errors import DataError

TIMEOUT = (15, 60)  # seconds to connect, and to wait for the next bytes


def fetch(file, folder=None, progress=True):
    """Bring one file of the registry into the cache.

    Args:
        file: registry.File (path, urls, sha256, size).
        folder: where to; None is `files` in the cache.
        progress: show a bar and where the file comes from.

    Returns:
        path of the complete, checked file.

    Raises:
        DataError: no source gave the file; each source is listed with its reason. A download that broke off is kept
            beside the final name and the next call goes on from there.
    """
    folder = Path(folder) if folder else cache_dir("files")
    target = folder / file.path
    with locked(target.with_name(f".{target.name}.lock")):
        if agrees(file, target):
            return target
        reasons = []
        for source in [*mirror_sources(file), *file.urls]:
            try:
                return _fetch_from(source, file, target, progress)
            except DataError as error:
                reasons.append(f"  {source}: {error}")
    if not reasons:
        raise DataError(
            f"{file.path} has no public address. Put it into a folder and set VISRET_MIRROR to that folder."
        )
    raise DataError(
        f"{file.path} could not be fetched:\n" + "\n".join(reasons) + "\nCall again to go on where a download broke "
        "off; without a network, set VISRET_MIRROR to a folder that holds the file."
    )


def agrees(file, path):
    """Whether `path` is there and has the SHA-256 of `file` (of which there may be none)."""
    path = Path(path)
    return path.is_file() and (file.sha256 is None or pooch.file_hash(str(path)) == file.sha256)


def mirror_sources(file):
    """Where VISRET_MIRROR may hold the file: at the same path, or by its bare name. List of Path or URL."""
    mirror = os.environ.get("VISRET_MIRROR", "").strip()
    if not mirror:
        return []
    bare = Path(file.path).name
    if "://" in mirror:
        return [f"{mirror.rstrip('/')}/{file.path}", f"{mirror.rstrip('/')}/{bare}"]
    base = Path(mirror).expanduser()
    if not base.is_dir():
        raise DataError(f"VISRET_MIRROR is {mirror}, which is not a folder. Is the stick plugged in?")
    return [path for path in (base / file.path, base / bare) if path.is_file()]


def _fetch_from(source, file, target, progress):
    pooch.get_logger().setLevel("WARNING")  # the line below says it once, and says the mirror
    if progress:
        print(f"{target.name} from {source}", file=sys.stderr)
    part = target.with_name(target.name + ".part")
    downloader = _Copier(source) if isinstance(source, Path) else _downloader(source, part, file.size, progress)
    known = None if file.sha256 is None else f"sha256:{file.sha256}"
    try:
        with plain_errors(target):
            pooch.retrieve(str(source), known, fname=target.name, path=target.parent, downloader=downloader)
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"wrong checksum, the file was not kept. Expected SHA-256 {file.sha256}. Either the download was damaged "
            "or the file behind this address has changed"
        ) from error
    return target


class _Copier:
    """A pooch downloader that copies a file of a mirror folder."""

    def __init__(self, source):
        self.source = source

    def __call__(self, url, output_file, pooch_instance, check_only=False):
        shutil.copyfile(self.source, output_file)


def _downloader(url, part, size, progress):
    if url.startswith("ftp://"):
        return pooch.FTPDownloader(progressbar=progress, timeout=TIMEOUT[1])
    return Resuming(part, size, progress)


class Resuming:
    """A pooch downloader for http(s) that keeps what has come in `part` and goes on from there the next time.

    The server's mark of the version (ETag or date) is kept beside it and sent along (If-Range), so that a file that
    has changed meanwhile is fetched from its beginning instead of being glued together from two versions.
    """

    def __init__(self, part, size=None, progress=True):
        self.part, self.size, self.progress = Path(part), size, progress
        self.mark = self.part.with_name(self.part.name + ".json")

    def __call__(self, url, output_file, pooch_instance, check_only=False):
        try:
            self._download(url)
        except requests.exceptions.RequestException as error:
            raise DataError(self._broke_off(error)) from error
        os.replace(self.part, output_file)
        self.mark.unlink(missing_ok=True)

    def _broke_off(self, error):
        have = self.part.stat().st_size if self.part.exists() else 0
        kept = f"; {have:,} bytes are kept and the next call goes on from there" if have else ""
        return f"the download broke off or the address is out of reach ({type(error).__name__}: {error}){kept}"

    def _download(self, url):
        have = self.part.stat().st_size if self.part.exists() else 0
        version = self._version(url)
        headers = {"Accept-Encoding": "identity"}
        if have and version:
            headers |= {"Range": f"bytes={have}-", "If-Range": version}
        else:
            have = 0
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == 416:  # nothing is left to send: complete, or not the same file
                self._settle(answer, have)
                return
            answer.raise_for_status()
            have = have if answer.status_code == 206 else 0
            self._remember(url, answer.headers)
            length = answer.headers.get("Content-Length")
            total = have + int(length) if length else self.size
            self._receive(answer, have, total)
        if total and self.part.stat().st_size < total:
            raise requests.exceptions.ConnectionError(f"{self.part.stat().st_size:,} of {total:,} bytes came")

    def _settle(self, answer, have):
        if answer.headers.get("Content-Range", "").removeprefix("bytes */") != str(have):
            self.part.unlink(missing_ok=True)
            raise DataError("the part that was kept does not fit this address and was removed; call again")

    def _receive(self, answer, have, total):
        bar = tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=self.part.name.removesuffix(".part"),
                   disable=not self.progress)
        try:
            with bar, open(self.part, "ab" if have else "wb") as file:
                for block in answer.iter_content(1 << 16):
                    file.write(block)
                    bar.update(len(block))
        except requests.exceptions.RequestException:
            raise
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
                raise
            raise requests.exceptions.ConnectionError(error) from error

    def _version(self, url):
        try:
            mark = json.loads(self.mark.read_text())
            return mark["version"] if mark["url"] == url else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _remember(self, url, headers):
        version = headers.get("ETag") or headers.get("Last-Modified")
        if version and version.startswith("W/"):  # a weak mark may not be used for parts of a file
            version = headers.get("Last-Modified")
        self.mark.write_text(json.dumps({"url": url, "version": version}))
