"""The file system that a container gets when it is created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ecslab.model.file_system import FileSystem, Mount
from ecslab.sim.neighbours import linked

if TYPE_CHECKING:
    from ecslab.sim.entities import Container, Task

__all__ = ["file_system", "missing_user", "user_of"]

_CACHE: Final = "/app/cache"


def user_of(container: Container) -> str:
    """Return who a container's process runs as: the definition's user, else the image's."""
    image_user = container.found.image.user if container.found else "root"
    return str(container.spec.get("user") or image_user)


def missing_user(container: Container) -> str | None:
    """Return the name of the container's user if its image has no such user.

    A number needs no entry in /etc/passwd; a name does (Docker, getExecUser).
    """
    image_user = container.found.image.user if container.found else "root"
    name = user_of(container).partition(":")[0]
    known = ("root", "nobody", "", image_user.partition(":")[0])
    return None if name.isdigit() or name in known else name


def file_system(task: Task, container: Container, host_name: str) -> FileSystem:
    """Return a new container's file system.

    Args:
        task: the task; its containers share its volumes.
        container: the container, whose image has been found.
        host_name: the container's host name.
    """
    assert container.found is not None  # noqa: S101 - pulled before
    image, spec = container.found.image, container.spec
    owned = (*image.writes, *((_CACHE,) if image.writes_root else ()))
    files = {
        "/etc/hostname": f"{host_name}\n",
        "/etc/hosts": _hosts(task, container, host_name),
        "/etc/passwd": _accounts(image.user),
        **image.files,
    }
    return FileSystem(
        read_only_root=bool(spec.get("readonlyRootFilesystem")),
        mounts=tuple(_mounts(task, spec, image.user, image.volumes)),
        files=files,
        owner=image.user,
        owned=owned,
    )


def _mounts(task: Task, spec: dict[str, Any], owner: str, prepared: tuple[str, ...]) -> list[Mount]:
    mounts = []
    for each in _mount_points(task, spec):
        path = str(each.get("containerPath") or "")
        if not path.startswith("/"):
            continue
        # An anonymous volume is the container's own.
        files = task.volume_files.setdefault(str(each.get("sourceVolume") or spec["name"]), {})
        mounts.append(
            Mount(
                path.rstrip("/") or "/",
                files,
                read_only=bool(each.get("readOnly")),
                owner=owner if path in prepared else "root",
            )
        )
    for each in (spec.get("linuxParameters") or {}).get("tmpfs") or ():
        read_only = "ro" in (each.get("mountOptions") or ())
        mounts.append(Mount(str(each["containerPath"]), {}, read_only, everybodys=True))
    return mounts


def _mount_points(task: Task, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a container's mount points, those of `volumesFrom` included."""
    found = list(spec.get("mountPoints") or ())
    for each in spec.get("volumesFrom") or ():
        source = task.container(str(each.get("sourceContainer")))
        found.extend(
            {**mount, "readOnly": each.get("readOnly") or mount.get("readOnly")}
            for mount in ((source.spec.get("mountPoints") or ()) if source else ())
        )
    return found


def _hosts(task: Task, container: Container, host_name: str) -> str:
    """Return /etc/hosts: the container itself, its links, and its extraHosts."""
    lines = ["127.0.0.1 localhost", f"{_address(task)} {host_name}"]
    lines += [f"172.17.0.3 {name}" for name, _ in linked(task, container)]
    lines += [
        f"{each['ipAddress']} {each['hostname']}" for each in container.spec.get("extraHosts") or ()
    ]
    return "\n".join([*lines, ""])


def _address(task: Task) -> str:
    return task.interface.private_ip if task.interface is not None else "172.17.0.2"


def _accounts(image_user: str) -> str:
    """Return /etc/passwd: root, and the user that the image was made for."""
    lines = ["root:x:0:0:root:/root:/bin/sh"]
    name = image_user.partition(":")[0]
    if name not in ("root", "0", "") and not name.isdigit():
        lines.append(f"{name}:x:1000:1000::/home/{name}:/bin/sh")
    return "\n".join([*lines, "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin"]) + "\n"
