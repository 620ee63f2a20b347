"""An output is added to an ONNX file by writing behind it."""

from sentiment.graph import with_output


def test_the_message_is_the_one_that_protobuf_writes() -> None:
    """model { graph { output { name: "a" } } }, encoded by hand."""
    assert with_output(b"model", "a") == b"model" + bytes([0x3A, 5, 0x62, 3, 0x0A, 1]) + b"a"


def test_long_lengths_take_two_bytes() -> None:
    name = "n" * 300
    inner = bytes([0x0A, 0xAC, 0x02]) + name.encode()
    output = bytes([0x62, 0xAF, 0x02]) + inner
    assert with_output(b"", name) == bytes([0x3A, 0xB2, 0x02]) + output
