"""Writing and deleting in folders that another user may have filled: the only way in which Framecast does it.

The path of a folder that the user names, `top`, may contain symbolic links. Below it none is followed: each folder
is opened relative to the one above it, and the file relative to the last of them, so that a link which appears
meanwhile changes nothing. Without `top` the file's own folder is the one that the user named.
"""

from framecast.files.atomic import atomic_path, atomic_stream, flush, make_link, validate_output, write_atomically
from framecast.files.checksum import checksum, has_checksum
from framecast.files.copying import copy_file, copy_tree, move
from framecast.files.folder import make_folder, validate_no_links, validate_own_folder
from framecast.files.open_file import create_file, open_lock, open_to_append, open_to_read, truncate_file
from framecast.files.removal import remove_empty_folder, remove_file, remove_tree, remove_unfinished

__all__ = [
    "atomic_path",
    "atomic_stream",
    "checksum",
    "copy_file",
    "copy_tree",
    "create_file",
    "flush",
    "has_checksum",
    "make_folder",
    "make_link",
    "move",
    "open_lock",
    "open_to_append",
    "open_to_read",
    "remove_empty_folder",
    "remove_file",
    "remove_tree",
    "remove_unfinished",
    "truncate_file",
    "validate_no_links",
    "validate_output",
    "validate_own_folder",
    "write_atomically",
]
