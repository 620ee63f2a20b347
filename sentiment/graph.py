"""Makes a tensor inside an ONNX file one of its outputs, without the onnx package.

Such a file is one protobuf message. A message is merged with whatever is written behind it, so a second
graph that holds nothing but an output adds that output to the first.
"""

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.output, ValueInfoProto.name.
_GRAPH, _OUTPUT, _NAME = 7, 12, 1
_LENGTH_DELIMITED = 2


def with_output(model: bytes, tensor: str) -> bytes:
    """The file with one more output; loading it fails when nothing inside has that name."""
    return model + _field(_GRAPH, _field(_OUTPUT, _field(_NAME, tensor.encode())))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; the eighth says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])
