#: read the format
cat FORMAT.md EXAMPLE.md

#: write the decoder
cat > decode.py <<'PYTHON'
import struct


class End(Exception):
    """The data ends in the middle of a record."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise End
        self.at += count
        return self.data[self.at - count : self.at]

    def length(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value


def header(reader):
    try:
        if reader.take(4) != b"WST\x03":
            raise ValueError("not a weather station file of version 3")
        name = reader.take(reader.take(1)[0]).decode("utf-8")
        return name, struct.unpack("<I", reader.take(4))[0]
    except End:
        raise ValueError("the header is incomplete") from None


def decode(data):
    reader = Reader(data)
    station, base = header(reader)
    result = {"station": station, "readings": [], "notes": [], "damaged": 0, "truncated": False}
    while reader.at < len(data):
        start = reader.at
        try:
            kind = reader.take(1)[0]
            body = reader.take(reader.length())
            summed = sum(data[start : reader.at])
            check = reader.take(1)[0]
        except End:
            result["truncated"] = True
            break
        if kind not in (1, 2, 3):
            continue
        if (summed % 256) ^ 0xA5 != check or (kind == 1 and len(body) not in (5, 6)):
            result["damaged"] += 1
        elif kind == 1:
            after, sensor, hundredths = struct.unpack(">HBh", body[:5])
            humidity = body[5] if len(body) == 6 and body[5] != 255 else None
            result["readings"].append({"time": base + after, "sensor": sensor, "celsius": hundredths / 100, "humidity": humidity})
        elif kind == 2:
            result["notes"].append(body.decode("utf-8", errors="replace"))
        else:
            base = struct.unpack("<I", body)[0]
    return result
PYTHON

#: try it on the example
python3 -c 'import sys; sys.path.insert(0, "."); from decode import decode; print(decode(bytes.fromhex(open("station.hex").read())))'
