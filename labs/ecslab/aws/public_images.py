"""The public images that the simulated internet offers, by repository name."""

from __future__ import annotations

from typing import Final

from ecslab.model.image import Image

_BOTH = ("X86_64", "ARM64")
_SHELL_TOOLS = ("sh", "echo", "sleep", "env", "wget")
_NGINX_PAGE = "<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head></html>\n"

PUBLIC_IMAGES: Final[dict[str, Image]] = {
    "busybox": Image(
        runs_for=0.1, command=("sh",), tools=_SHELL_TOOLS, architecture=_BOTH, size=2, memory=1
    ),
    "alpine": Image(
        runs_for=0.1, command=("/bin/sh",), tools=_SHELL_TOOLS, architecture=_BOTH, size=4, memory=1
    ),
    "amazonlinux": Image(
        runs_for=0.1,
        command=("/bin/bash",),
        tools=("sh", "bash", "echo", "sleep", "env", "curl"),
        architecture=_BOTH,
        size=52,
        memory=3,
    ),
    "python": Image(
        runs_for=0.2,
        command=("python3",),
        tools=("sh", "bash", "python", "python3", "curl", "env"),
        architecture=_BOTH,
        size=48,
        memory=12,
    ),
    "nginx": Image(
        port=80,
        body=_NGINX_PAGE,
        logs=("start worker processes",),
        stop_exit_code=0,
        tools=("sh", "nginx", "curl"),
        command=("nginx", "-g", "daemon off;"),
        architecture=_BOTH,
        size=67,
        memory=9,
    ),
    "httpd": Image(
        port=80,
        body="<html><body><h1>It works!</h1></body></html>\n",
        logs=("resuming normal operations",),
        stop_exit_code=0,
        tools=("sh", "httpd-foreground"),
        command=("httpd-foreground",),
        architecture=_BOTH,
        size=58,
        memory=14,
    ),
    "aws-observability/aws-for-fluent-bit": Image(
        port=24224,
        logs=("Fluent Bit started",),
        stop_exit_code=0,
        tools=("sh", "fluent-bit"),
        architecture=_BOTH,
        size=110,
        memory=30,
    ),
}
