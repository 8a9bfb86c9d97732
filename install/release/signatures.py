"""Whether a publisher has signed an executable, and the launcher that is in it: read from the headers of
each, so that it is seen on any machine. Whether a signature is valid is checked where it is made.
"""

import re
import struct

PE_SIGNATURE = b"PE\0\0"
PE_LIBRARY = 0x2000
MACH = b"\xcf\xfa\xed\xfe"
MACH_LIBRARY = 6
MACH_SIGNATURE = 0x1D
CODE_DIRECTORY = 0xFADE0C02
AD_HOC = 2


def described(target, content):
    """What a list of files says of an executable; none for a system whose files have no signature."""
    if target.rid.startswith("linux-"):
        return None
    launchers = launchers_in(target, content)
    if is_signed(target, content):
        return "signed, its launcher too" if all(launchers) and launchers else "signed"
    return "NOT signed, its launcher is" if all(launchers) and launchers else "NOT signed"


def is_signed(target, content):
    return pe_is_signed(content, 0) if target.is_windows else mach_is_signed(content, 0)


def launchers_in(target, content):
    """For each library in an executable whether it is signed: on macOS there is one for each processor."""
    start, is_library, is_one_signed = (
        (b"MZ", pe_is_library, pe_is_signed) if target.is_windows else (MACH, mach_is_library, mach_is_signed)
    )
    places = [found.start() for found in re.finditer(re.escape(start), content) if found.start()]
    return [is_one_signed(content, at) for at in places if is_library(content, at)]


def pe_header(content, at):
    """Where the header of a program or library for 64 bits is that starts there; none if none does."""
    try:
        (offset,) = struct.unpack_from("<I", content, at + 0x3C)
        header = at + offset
        if offset < 0x1000 and content[header:header + 4] == PE_SIGNATURE:
            (magic,) = struct.unpack_from("<H", content, header + 24)
            return header if magic == 0x20B else None
    except struct.error:
        pass
    return None


def pe_is_library(content, at):
    header = pe_header(content, at)
    return header is not None and struct.unpack_from("<H", content, header + 22)[0] & PE_LIBRARY != 0


def pe_is_signed(content, at):
    header = pe_header(content, at)
    # The directory of certificates is the fifth of the header for 64 bits.
    return header is not None and struct.unpack_from("<I", content, header + 24 + 112 + 4 * 8 + 4)[0] != 0


def mach_is_library(content, at):
    try:
        return struct.unpack_from("<I", content, at + 12)[0] == MACH_LIBRARY and bool(list(commands(content, at)))
    except struct.error:
        return False


def commands(content, at):
    """The place and number of each load command of a file that starts there."""
    count, size = struct.unpack_from("<II", content, at + 16)
    place, end = at + 32, at + 32 + size
    for _ in range(count):
        number, length = struct.unpack_from("<II", content, place)
        if length < 8 or place + length > end:
            raise struct.error("no command")
        yield place, number
        place += length


def mach_is_signed(content, at):
    """By somebody: the linker of arm64 itself writes signatures of nobody (`ad hoc`)."""
    try:
        for place, number in commands(content, at):
            if number == MACH_SIGNATURE:
                (offset,) = struct.unpack_from("<I", content, place + 8)
                return not all_ad_hoc(content, at + offset)
    except struct.error:
        pass
    return False


def all_ad_hoc(content, at):
    """Of the parts of a signature, each with its kind, those that list the code say so."""
    (parts,) = struct.unpack_from(">I", content, at + 8)
    for part in range(parts):
        (offset,) = struct.unpack_from(">I", content, at + 12 + part * 8 + 4)
        magic, _, _, flags = struct.unpack_from(">IIII", content, at + offset)
        if magic == CODE_DIRECTORY and not flags & AD_HOC:
            return False
    return True
