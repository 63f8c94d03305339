"""Processes that start in milliseconds, because they are forked from one that is ready."""

from __future__ import annotations
