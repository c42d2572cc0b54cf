"""Every input file of an account: checked in a limited child process, then read in bounded memory. No database."""

from gep.files.refusals import FileRefused, sha256

__all__ = ["FileRefused", "sha256"]
