"""This client reads as strictly as the page asks of both sides: each violation by its bytes.
Not what the broker does with them, which test_violations.py asks. Pure.
docs/protocol.md, "Encoding".
"""
import unittest

from truc_stranger import framing
from truc_stranger.schemas import wire


class Framing(unittest.TestCase):
    def violates(self, *frames):
        with self.assertRaises(framing.Violation):
            framing.read_command([bytes.fromhex(frame) for frame in frames])

    def test_one_frame_is_one_command(self):
        self.assertEqual(("ping", wire.Ping(number=1)), framing.read_command([bytes.fromhex("4a020801")]))
        self.assertEqual(("bye", wire.Bye()), framing.read_command([bytes.fromhex("5a00")]))
        self.violates()
        self.violates("")
        self.violates("4a020801", "")
        self.violates("4a0208014a020801")

    def test_unknown_fields_and_commands(self):
        self.violates("ba0100")
        self.violates("4a0408011001")

    def test_fields_that_stand_twice_or_apart(self):
        self.violates("4a0408010801")
        # deliver { parcel { proof "a"; sender "b"; proof "c" } }
        self.violates("320b0a09" + "320161" + "0a0162" + "320163")

    def test_wrong_wire_types_and_ranges(self):
        self.violates("4a020a00")                      # a number as bytes
        self.violates("4a0b08ffffffffffffffffff02")    # over 64 bits
        self.violates("2206120408021802" + "00")       # cut
        self.violates("220412021802")                  # outcome.repeat = 2
        self.violates("62060880808080" + "10")         # error.code over 32 bits
        self.violates("4b4c")                          # a group

    def test_what_is_cut_off(self):
        self.violates("4a0308")
        self.violates("4a0108")
        self.violates("4a")

    def test_texts(self):
        self.assertEqual("đã xong", framing.read_command([framing.command(bye=wire.Bye(text="đã xong"))])[1].text)
        self.violates("5a030a01" + "0a")                # a line feed
        self.violates("5a030a01" + "7f")
        self.violates("5a040a02" + "c285")              # C1
        self.violates("5a040a02" + "c080")              # overlong
        self.violates("5a050a03" + "eda080")            # surrogate


if __name__ == "__main__":
    unittest.main()
