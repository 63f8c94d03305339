"""The files of a container: what was written where, and where nothing can be written.

AWS: botocore ecs ContainerDefinition.readonlyRootFilesystem, .mountPoints, LinuxParameters.tmpfs;
bind-mounts (a bind mount belongs to root, with permissions 0755, unless the image has a VOLUME
there). What files an image has is not part of its description: only the few that every Linux
container has are known, and what was written since it started.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Final

__all__ = ["DENIED", "READ_ONLY", "FileSystem", "Mount", "is_root", "user_id"]

READ_ONLY: Final = "Read-only file system"
DENIED: Final = "Permission denied"
_ROOT: Final = ("root", "0", "")
_OWN: Final = "1000"
_EVERYBODYS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - a container's own
_STANDARD: Final = ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var")


def is_root(user: str) -> bool:
    """Return whether a `user`, or `user:group`, is the user with the id 0."""
    return user.partition(":")[0] in _ROOT


def user_id(user: str) -> str:
    """Return the id of a `user` or `user:group`; the image's own user has the id 1000."""
    name = user.partition(":")[0]
    if name in _ROOT:
        return "0"
    return name if name.isdigit() else _OWN


@dataclass(slots=True)
class Mount:
    """A volume, or a tmpfs, in a container's file system.

    Args:
        path: where it is mounted.
        files: the contents by path below the mount; containers share it by sharing this.
        read_only: whether the container may only read it.
        owner: the user beside root who may write to it.
        everybodys: whether all users may.
    """

    path: str
    files: dict[str, str]
    read_only: bool = False
    owner: str = "root"
    everybodys: bool = False


@dataclass(slots=True)
class FileSystem:
    """What a container sees of files.

    Args:
        read_only_root: whether its root file system can't be written to.
        mounts: what is mounted in it.
        files: the files of the root file system that are known, by absolute path.
        owner: the user that the image was made for.
        owned: the paths that the image has prepared for that user to write to.
    """

    read_only_root: bool = False
    mounts: tuple[Mount, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    owner: str = "root"
    owned: tuple[str, ...] = ()

    def refusal(self, path: str, user: str) -> str | None:
        """Return why a user can't write to a path, in the words of Linux, or None.

        Args:
            path: an absolute path.
            user: the name or id of the user, with or without a group.
        """
        path = posixpath.normpath(path)
        mount = self._mount_of(path)
        if mount is not None:
            if mount.read_only:
                return READ_ONLY
            free = is_root(user) or mount.everybodys or _same(user, mount.owner)
            return None if free else DENIED
        if _below(path, "/proc") or _below(path, "/sys"):
            return DENIED
        if self.read_only_root and not _below(path, "/dev"):
            return READ_ONLY
        places: tuple[str, ...] = (*_EVERYBODYS, f"/home/{user.partition(':')[0]}")
        if _same(user, self.owner):
            places += self.owned
        own = any(_below(path, place) for place in places)
        return None if is_root(user) or own else DENIED

    def read(self, path: str) -> str | None:
        """Return the content of a known file, else None."""
        path = posixpath.normpath(path)
        mount = self._mount_of(path)
        if mount is not None:
            return mount.files.get(posixpath.relpath(path, mount.path))
        return self.files.get(path)

    def write(self, path: str, text: str) -> None:
        """Set the content of a file; whether that may be, `refusal` says."""
        path = posixpath.normpath(path)
        mount = self._mount_of(path)
        if mount is not None:
            mount.files[posixpath.relpath(path, mount.path)] = text
        else:
            self.files[path] = text

    def remove(self, path: str) -> None:
        """Forget a file, and all below it."""
        path = posixpath.normpath(path)
        mount = self._mount_of(path)
        files, name = self.files, path
        if mount is not None:
            files, name = mount.files, posixpath.relpath(path, mount.path)
        for each in [each for each in files if each == name or each.startswith(f"{name}/")]:
            del files[each]

    def names_in(self, folder: str) -> list[str] | None:
        """Return the known names in a folder, sorted; None for one that is not known."""
        folder = posixpath.normpath(folder)
        paths = [*self.files, *(each.path for each in self.mounts)]
        for mount in self.mounts:
            paths += [posixpath.normpath(f"{mount.path}/{name}") for name in mount.files]
        if folder == "/":
            paths += [f"/{name}" for name in _STANDARD]
        prefix = folder.rstrip("/") + "/"
        found = {path[len(prefix) :].split("/", 1)[0] for path in paths if path.startswith(prefix)}
        known = bool(found) or folder in {each.path for each in self.mounts}
        standard = folder.count("/") == 1 and folder[1:] in _STANDARD
        return sorted(found - {""}) if known or standard else None

    def _mount_of(self, path: str) -> Mount | None:
        found = [mount for mount in self.mounts if _below(path, mount.path)]
        return max(found, key=lambda mount: len(mount.path), default=None)


def _same(user: str, other: str) -> bool:
    return user_id(user) == user_id(other)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
