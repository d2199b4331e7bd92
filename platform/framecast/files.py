"""Writing and deleting in folders that another user may have filled: the only way in which Framecast does it.

The path of a folder that the user names, `top`, may contain symbolic links. Below it none is followed: each folder
is opened relative to the one above it, and the file relative to the last of them, so that a link which appears
meanwhile changes nothing. Without `top` the file's own folder is the one that the user named.

A temporary file has a random name and is created, never opened: what is there already stays as it is.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from framecast.errors import InputError, disk_error_number, why_not_written

UNFINISHED = ".writing"
"""How the name of what is being written ends; it begins with a dot, and a random part is in between."""

_PROBE = 16 << 10
"""Bytes that show whether a disk has any room."""

_STILL_WRITTEN = 3600.0
"""Seconds in which a temporary file may belong to a writer that is alive."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_KNOWN = os.O_NOFOLLOW | os.O_CLOEXEC


def write_atomically(file: Path, content: str | bytes, top: Path | None = None) -> None:
    """Replaces a file as a whole: a reader sees the old content or the new, never a part.

    Text is written in UTF-8; what is no character, as half of a pair of surrogates, is spelled out as \\udc80.

    Raises OSError that names the file, and InputError where a link leads elsewhere.
    """
    with atomic_stream(file, top) as stream:
        stream.write(content.encode(errors="backslashreplace") if isinstance(content, str) else content)


@contextlib.contextmanager
def atomic_stream(file: Path, top: Path | None = None) -> Iterator[IO[bytes]]:
    """A stream of what becomes `file` when the body ends; nothing is left of it where the body raises."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        _validate_target(file, folder)
        temporary = _temporary_name(file)
        descriptor = os.open(temporary, _NEW, 0o666, dir_fd=folder)
        try:
            with open(descriptor, "w+b") as stream:
                yield stream
            os.replace(temporary, file.name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with contextlib.suppress(OSError):  # handled: the error itself is raised
                os.unlink(temporary, dir_fd=folder)
            raise


@contextlib.contextmanager
def atomic_path(file: Path, top: Path | None = None) -> Iterator[Path]:
    """The same for libraries that open a file by its path: one of the same name, in a new folder of mode 0700."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        _validate_target(file, folder)
        temporary = _temporary_name(file)
        os.mkdir(temporary, 0o700, dir_fd=folder)
        try:
            private = os.open(temporary, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            try:
                _validate_owner(file.parent / temporary, os.fstat(private), os.fstat(folder))
                yield _path_of(private, file.parent / temporary) / file.name
                os.replace(file.name, file.name, src_dir_fd=private, dst_dir_fd=folder)
            finally:
                os.close(private)
        finally:
            shutil.rmtree(temporary, ignore_errors=True, dir_fd=folder)


def open_to_append(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file to read it and to write at its end; makes it where there is none.

    A file that has other names (hard links) is replaced by a copy first: they keep their content.
    """
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_own(file, folder, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    return open(descriptor, "ab+")


def truncate_file(file: Path, length: int, top: Path | None = None) -> None:
    """Cuts a file to its first `length` bytes; a file that has other names is replaced by a copy first."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_own(file, folder, os.O_RDWR)
        try:
            os.ftruncate(descriptor, length)
        finally:
            os.close(descriptor)


def open_lock(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file to lock it; makes it where there is none, and changes nothing in it."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = _open_regular(file, folder, os.O_RDWR | os.O_CREAT)
    return open(descriptor, "rb", buffering=0)


def open_to_read(file: Path, top: Path | None = None) -> int:
    """A descriptor of a regular file to read: also there, nothing below `top` leads out of it."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        return _open_regular(file, folder, os.O_RDONLY | os.O_NONBLOCK)


def checksum(file: Path, top: Path | None = None) -> str:
    """The SHA-256 of a regular file's content. Raises OSError or InputError where it cannot be read."""
    with open(open_to_read(file, top), "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_checksum(file: Path, expected: str, top: Path | None = None) -> bool:
    """Whether a file holds what it should; false for one that is missing, and for a link, a pipe or a device.

    Raises PermissionError where this user may not read it: that is no damage.
    """
    try:
        return checksum(file, top) == expected
    except PermissionError:
        raise
    except (OSError, ValueError, InputError):  # handled: the caller reports the file as damaged, with its name
        return False


def create_file(file: Path, top: Path | None = None) -> IO[bytes]:
    """Opens a file that was not there before. Raises FileExistsError where it was."""
    with _named_in_errors(file), open_folder(file.parent, top) as folder:
        descriptor = os.open(file.name, _NEW, 0o666, dir_fd=folder)
    return open(descriptor, "w+b", buffering=0)


def make_folder(folder: Path, top: Path | None = None, mode: int = 0o777, exist_ok: bool = True) -> Path:
    """Makes a folder and those above it, `mode` less the umask for the last one. Returns it.

    Raises FileExistsError where it is there and `exist_ok` is false.
    """
    top = folder if top is None else top
    if folder == top and not exist_ok:
        folder.mkdir(mode, parents=True)
        return folder
    try:
        top.mkdir(mode if folder == top else 0o777, parents=True, exist_ok=True)
    except FileExistsError:  # a file
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(top)) from None
    if folder == top:
        return folder
    with _named_in_errors(folder), open_folder(top) as opened:
        parts = _parts_below(folder, top)
        current, path = os.dup(opened), top
        try:
            for number, part in enumerate(parts, 1):
                is_last = number == len(parts)
                path = path / part
                try:
                    os.mkdir(part, mode if is_last else 0o777, dir_fd=current)
                except FileExistsError:
                    if is_last and not exist_ok:
                        raise
                except OSError as error:
                    error.filename = str(path)
                    raise
                inner = _open_inner(part, current, path, top)
                os.close(current)
                current = inner
        finally:
            os.close(current)
    return folder


def remove_file(file: Path, top: Path | None = None) -> None:
    """Removes a file, or a link itself; does nothing where there is none."""
    with contextlib.suppress(FileNotFoundError), _named_in_errors(file), open_folder(file.parent, top) as folder:
        # handled: it is gone already
        os.unlink(file.name, dir_fd=folder)


def remove_tree(folder: Path, top: Path | None = None, ignore_errors: bool = False) -> None:
    """Removes a folder and all in it, but never what a link leads to; does nothing where there is none.

    Raises InputError where it is a link or no folder, whatever `ignore_errors` says.
    """
    with (
        contextlib.suppress(FileNotFoundError),  # handled: it is gone already
        _named_in_errors(folder),
        open_folder(folder.parent, top) as parent,
    ):
        os.close(_open_inner(folder.name, parent, folder, top or folder.parent))
        shutil.rmtree(folder.name, ignore_errors=ignore_errors, dir_fd=parent)


def remove_unfinished(folder: Path) -> None:
    """Removes what writers that were killed have left in a folder more than an hour ago."""
    for left in folder.glob(f".*{UNFINISHED}"):
        if time.time() - left.lstat().st_mtime < _STILL_WRITTEN:
            continue
        if left.is_dir() and not left.is_symlink():
            remove_tree(left, folder, ignore_errors=True)
        else:
            remove_file(left, folder)


def remove_empty_folder(folder: Path) -> None:
    """Raises OSError where something is in it, or it is a link."""
    with _named_in_errors(folder), open_folder(folder.parent) as parent:
        os.rmdir(folder.name, dir_fd=parent)


def move(source: Path, target: Path, top: Path | None = None) -> None:
    """Renames a file or a folder. A file or a link at `target` is replaced, a folder must be empty."""
    with _named_in_errors(target), open_folder(source.parent, top) as old, open_folder(target.parent, top) as new:
        os.rename(source.name, target.name, src_dir_fd=old, dst_dir_fd=new)


def make_link(link: Path, target: str, top: Path | None = None) -> None:
    """Makes a symbolic link, or replaces one, in one step."""
    with _named_in_errors(link), open_folder(link.parent, top) as folder:
        temporary = _temporary_name(link)
        os.symlink(target, temporary, target_is_directory=True, dir_fd=folder)
        try:
            os.replace(temporary, link.name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(temporary, dir_fd=folder)
            raise


def copy_file(source: Path, target: Path, top: Path | None = None) -> None:
    """Copies the content of a file, not its mode: who may read the copy is the umask's to say."""
    with open(source, "rb") as stream, atomic_stream(target, top) as copy:
        shutil.copyfileobj(stream, copy)


def copy_tree(
    source: Path, target: Path, top: Path, leaves_out: Callable[[Path], bool] = lambda path: False
) -> None:
    """Copies a folder into another one, which may hold some of it. What `leaves_out` accepts is not copied."""
    make_folder(target, top)
    for each in sorted(source.iterdir()):
        if leaves_out(each):
            continue
        if each.is_dir():
            copy_tree(each, target / each.name, top, leaves_out)
        elif each.is_file():
            copy_file(each, target / each.name, top)


def flush(path: Path) -> None:
    """Has the system write a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES) or not path.is_dir():
            raise  # some file systems cannot flush a folder
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def translate_disk_errors() -> Iterator[None]:
    """Raises the OSError that a library reports in words only, as safetensors and torch do."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        number = disk_error_number(str(error))
        if number is None:
            raise
        raise OSError(number, os.strerror(number)) from error


def validate_output(file: Path, hint: str = "") -> None:
    """Raises InputError, which ends in the `hint`, where a file could not be written: asked before the work that
    makes its content. A small file of a random name is written, and removed again."""
    place = next(folder for folder in file.absolute().parents if os.path.lexists(folder))
    try:
        with open_folder(place) as folder:
            if place == file.absolute().parent:
                _validate_target(file, folder)
            temporary = _temporary_name(file)
            try:
                with open(os.open(temporary, _NEW, 0o666, dir_fd=folder), "wb") as stream:
                    stream.write(bytes(_PROBE))
            finally:
                with contextlib.suppress(FileNotFoundError):  # handled: it could not even be made
                    os.unlink(temporary, dir_fd=folder)
    except OSError as error:
        why = why_not_written(error) or error.strerror or str(error)
        raise InputError(f"{file} cannot be written: {why}{f'; {hint}' if hint else ''}") from None


def validate_no_links(path: Path, top: Path) -> None:
    """Raises InputError where a part of `path` below `top` is a link: for what libraries write themselves."""
    current = top
    for part in _parts_below(path, top):
        current = current / part
        if current.is_symlink():
            raise _link_refused(current, top)


@contextlib.contextmanager
def open_folder(folder: Path, top: Path | None = None) -> Iterator[int]:
    """A descriptor of a folder, for the `dir_fd` of the functions in `os`; no link is followed below `top`."""
    top = folder if top is None else top
    parts = _parts_below(folder, top)
    with _named_in_errors(top):
        current, path = os.open(top, _FOLDER), top
    try:
        for part in parts:
            path = path / part
            inner = _open_inner(part, current, path, top)
            os.close(current)
            current = inner
        yield current
    finally:
        os.close(current)


def _parts_below(path: Path, top: Path) -> tuple[str, ...]:
    parts = path.relative_to(top).parts
    if ".." in parts:
        raise InputError(f"{path} leads out of {top}: nothing is written there")
    return parts


def _open_inner(name: str, folder: int, path: Path, top: Path) -> int:
    """Opens a folder within an open one. Raises InputError where it is a link, or no folder."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR):
            error.filename = str(path)
            raise
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise _link_refused(path, top) from None
        raise InputError(f"{path} is not a folder: move it away") from None


def _open_own(file: Path, folder: int, flags: int) -> int:
    """Opens a file that has no other name: where it has one, it becomes a copy first."""
    descriptor = _open_regular(file, folder, flags)
    if os.fstat(descriptor).st_nlink <= 1:
        return descriptor
    temporary = _temporary_name(file)
    try:
        new = os.open(temporary, _NEW, 0o666, dir_fd=folder)
        with open(descriptor, "rb") as shared, open(os.dup(new), "wb") as copy:
            shared.seek(0)
            shutil.copyfileobj(shared, copy)
        os.replace(temporary, file.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):  # handled: the error itself is raised
            os.unlink(temporary, dir_fd=folder)
        raise
    fcntl.fcntl(new, fcntl.F_SETFL, flags & os.O_APPEND)  # not opened by its name: that may be another file by now
    return new


def _open_regular(file: Path, folder: int, flags: int) -> int:
    """Opens a regular file, and nothing else. Raises InputError where it is a link, a pipe or a device."""
    try:
        descriptor = os.open(file.name, _KNOWN | flags, 0o666, dir_fd=folder)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EMLINK):
            raise
        raise _link_refused(file, file.parent) from None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise InputError(f"{file} is not a regular file: move it away")


def _validate_target(file: Path, folder: int) -> None:
    """Raises InputError where what is there is neither a file nor a link, which can be replaced."""
    try:
        mode = os.stat(file.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:  # handled: nothing is there yet
        return
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise InputError(f"{file} is {kind}, not a file: it is not replaced")


def _validate_owner(path: Path, found: os.stat_result, parent: os.stat_result) -> None:
    """Raises InputError where a folder belongs neither to this user nor to the owner of the folder around it."""
    if found.st_uid not in (os.geteuid(), parent.st_uid):
        raise InputError(f"{path} belongs to another user: nothing is written there")


def validate_own_folder(folder: Path) -> None:
    """Raises InputError where a folder was made by another user, who might change what is written there."""
    _validate_owner(folder, folder.lstat(), folder.parent.stat())


def _link_refused(path: Path, top: Path) -> InputError:
    return InputError(
        f"{path} is a symbolic link, and links below {top} are not followed: "
        "remove it, or put what it leads to in its place"
    )


def _temporary_name(file: Path) -> str:
    return f".{file.stem[:40]}.{secrets.token_hex(8)}{UNFINISHED}"


def _path_of(descriptor: int, path: Path) -> Path:
    """A path of an open folder that stays right when the folder is renamed; `path` where the system has none."""
    own = Path(f"/proc/self/fd/{descriptor}")
    return own if own.is_dir() else path


@contextlib.contextmanager
def _named_in_errors(file: Path) -> Iterator[None]:
    """Errors name the file that the user knows, not the temporary one."""
    try:
        yield
    except OSError as error:
        named = str(error.filename or file.name)
        temporary = named == file.name or UNFINISHED in named or named.startswith("/proc/self/fd/")
        if error.errno is None or not temporary:  # without a number: a library's own words
            raise
        raise OSError(error.errno, error.strerror or os.strerror(error.errno), str(file)) from error
