"""What a compiled account says in files. No database: each writer takes a Statement and the path of its file."""

from gep.outputs.folder import FINDINGS, Written, write_all
from gep.outputs.statement import Input, Statement, code_version, of_file

__all__ = ["FINDINGS", "Input", "Statement", "Written", "code_version", "of_file", "write_all"]
