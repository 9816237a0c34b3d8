"""Frames to commands and back, read as strictly as docs/protocol.md, "Encoding", demands.
Not left to protobuf, which takes unknown and repeated fields in silence: the bytes are walked beside the descriptor first.
Between transport and session; also for headers and settlements, which are read by the same rules.
"""
from google.protobuf.descriptor import FieldDescriptor as Field

from .schemas import wire

_WIRE_TYPE = {Field.TYPE_UINT32: 0, Field.TYPE_UINT64: 0, Field.TYPE_BOOL: 0, Field.TYPE_FIXED64: 1,
              Field.TYPE_STRING: 2, Field.TYPE_BYTES: 2, Field.TYPE_MESSAGE: 2}
_VARINT_MAX = {Field.TYPE_UINT32: 2**32 - 1, Field.TYPE_UINT64: 2**64 - 1, Field.TYPE_BOOL: 1}


class Violation(Exception):
    """The other side does not follow the protocol."""


def _varint(data, at):
    value = shift = 0
    while True:
        if at == len(data) or shift > 63:
            raise Violation("a varint is cut off or too long")
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            if value >= 2**64:
                raise Violation("a varint is over 64 bits")
            return value, at


def _check_text(data, field):
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Violation(f"{field.full_name} is not UTF-8") from None
    if any(c < " " or "\x7f" <= c <= "\x9f" for c in text):
        raise Violation(f"{field.full_name} holds control characters")


def check(descriptor, data):
    """Raises Violation unless `data` is one message of this type, strictly."""
    at, before, seen = 0, 0, set()
    while at < len(data):
        tag, at = _varint(data, at)
        field = descriptor.fields_by_number.get(tag >> 3)
        if field is None:
            raise Violation(f"{descriptor.full_name} has an unknown field {tag >> 3}")
        if tag & 7 != _WIRE_TYPE[field.type]:
            raise Violation(f"{field.full_name} has a wrong wire type")
        repeated = field.label == Field.LABEL_REPEATED
        if field.number in seen and not (repeated and before == field.number):
            raise Violation(f"{field.full_name} stands twice or apart")
        seen.add(field.number)
        before = field.number
        if tag & 7 == 1:
            at += 8
        else:
            value, at = _varint(data, at)
            if tag & 7 == 0 and value > _VARINT_MAX[field.type]:
                raise Violation(f"{field.full_name} is out of range")
            if tag & 7 == 2:
                part, at = data[at:at + value], at + value
        if at > len(data):
            raise Violation(f"{field.full_name} is cut off")
        if field.type == Field.TYPE_STRING:
            _check_text(part, field)
        elif field.type == Field.TYPE_MESSAGE:
            check(field.message_type, part)
    return len(seen)


def parse(message_type, data):
    """Reads one message of a type out of wire.proto, strictly."""
    check(message_type.DESCRIPTOR, data)
    return message_type.FromString(data)


def read_command(frames):
    """The name and the content of the one command in the frames of one ZeroMQ message."""
    if len(frames) != 1:
        raise Violation(f"{len(frames)} frames instead of one")
    if check(wire.Command.DESCRIPTOR, frames[0]) != 1:
        raise Violation("not exactly one command in the frame")
    command = wire.Command.FromString(frames[0])
    name = command.WhichOneof("command")
    return name, getattr(command, name)


def command(**content):
    """The frame of one command: command(ping=wire.Ping(number=1))."""
    return wire.Command(**content).SerializeToString()
