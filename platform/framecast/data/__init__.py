"""What data set plugins are made of: reading videos, one store of decoded frames, clips cut from it.

    source files --> Source --> prepare_store --> Store --> StoredClips --> samples
                     (where)    (decode once)     (disk)    (windows, augmentation)

Names are resolved on first use, as in `framecast` itself: a declaration costs neither torch nor a decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from framecast.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from framecast.data.augmentation import Augmentation
    from framecast.data.damaged_video import DamagedVideo
    from framecast.data.file_kinds import IMAGES, VIDEOS, images_in, is_video_file
    from framecast.data.folder_listing import list_folder, why_unreadable
    from framecast.data.name_order import natural_order
    from framecast.data.own_output import is_own_output
    from framecast.data.preparation import prepare_store
    from framecast.data.source import Source, entries
    from framecast.data.store import Store, StoredVideo
    from framecast.data.stored_clips import StoredClips
    from framecast.data.text_list import ListedLine, decode_text, read_text_list
    from framecast.data.truncation import missing_bytes
    from framecast.data.video import VideoReader
    from framecast.data.video_facts import VideoFacts
    from framecast.data.video_files import VideoFiles
    from framecast.data.video_notes import reading_notes
    from framecast.data.windows import Span, Windows
    from framecast.plugin.clip_origin import ClipOrigin
    from framecast.plugin.frame_format import FrameFormat
    from framecast.plugin.normalisation import Normalisation

__all__ = [
    "IMAGES",
    "VIDEOS",
    "Augmentation",
    "ClipOrigin",
    "DamagedVideo",
    "FrameFormat",
    "ListedLine",
    "Normalisation",
    "Source",
    "Span",
    "Store",
    "StoredClips",
    "StoredVideo",
    "VideoFacts",
    "VideoFiles",
    "VideoReader",
    "Windows",
    "decode_text",
    "entries",
    "images_in",
    "is_own_output",
    "is_video_file",
    "list_folder",
    "missing_bytes",
    "natural_order",
    "prepare_store",
    "read_text_list",
    "reading_notes",
    "why_unreadable",
]

__getattr__ = lazy_exports(__name__)


def __dir__() -> list[str]:
    return __all__
