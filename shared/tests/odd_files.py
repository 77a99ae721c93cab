"""Image files on which decoders stumble in ways of their own."""

from __future__ import annotations

import struct

ASCII, RATIONAL, UNDEFINED, FLOAT, LONG8 = 2, 5, 7, 11, 16
SIZES = {RATIONAL: 8, FLOAT: 4, LONG8: 8}


def odd_tiff(tag: int, kind: int, value: bytes) -> bytes:
    """Return a gray TIFF of 20 x 8 pixels with one tag as nobody writes it.

    Args:
        tag: Its number; one that every TIFF has is replaced.
        kind: The type of the tag.
        value: At most 8 bytes.
    """
    pixels = bytes(range(160))
    usual = {256: 20, 257: 8, 258: 8, 259: 1, 262: 1, 277: 1, 278: 8, 279: 160}
    behind = 8 + 2 + 12 * len({*usual, 273, tag}) + 4  # The value, where it does not fit its tag
    rows = {number: struct.pack("<HII", 4, 1, given) for number, given in usual.items()}
    rows[273] = struct.pack("<HII", 4, 1, behind + 8)
    field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", behind)
    rows[tag] = struct.pack("<HI", kind, len(value) // SIZES.get(kind, 1)) + field
    directory = b"".join(struct.pack("<H", number) + rows[number] for number in sorted(rows))
    head = b"II*\0" + struct.pack("<IH", 8, len(rows)) + directory + bytes(4)
    return head + value.ljust(8, b"\0") + pixels


PIXELS_AT, EXIF_AT, XMP = 273, 34665, 700
#: Decoders raise TypeError, OverflowError and others on these
ODD_TIFFS = {
    "pixels at a text": odd_tiff(PIXELS_AT, ASCII, b"6\0"),
    "pixels at a fraction": odd_tiff(PIXELS_AT, RATIONAL, struct.pack("<II", 6, 0)),
    "pixels at bytes": odd_tiff(PIXELS_AT, UNDEFINED, b"\6\0\0\0"),
    "pixels at a float": odd_tiff(PIXELS_AT, FLOAT, struct.pack("<f", 6.5)),
    "pixels before the file": odd_tiff(PIXELS_AT, LONG8, struct.pack("<q", -1)),
    "EXIF data before the file": odd_tiff(EXIF_AT, LONG8, struct.pack("<q", -1)),
    "XMP as text": odd_tiff(XMP, ASCII, b"x\0"),
}
