"""Whose the restored files are: root restores as the user whose desk it is."""

import os
import pathlib
import pwd
import stat
from collections.abc import Iterable

ROOT = 0


def become_owner(folder: pathlib.Path, made: Iterable[pathlib.Path]) -> None:
    """Go on as the owner of `folder`, for good, where this process is root's and `folder` is not.

    What root owns of `made` becomes theirs first: folders that were made by reading the settings, or by a copy that
    root put there. Links, and files with a second name, stay as they are: they may lead anywhere.
    """
    owner = folder.stat()
    if os.geteuid() != ROOT or owner.st_uid == ROOT:
        return
    for path in made:
        if _is_safe(path):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)
    os.environ["HOME"] = str(folder)  # where PostgreSQL's programs look for certificates


def _is_safe(path: pathlib.Path) -> bool:
    """Whether `path` is a folder of root's, or a file of root's that has no other name."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    is_plain = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
    return is_plain and found.st_uid == ROOT


def name_of_owner(path: pathlib.Path) -> str:
    """Return who owns `path`; a user without a name by number."""
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
