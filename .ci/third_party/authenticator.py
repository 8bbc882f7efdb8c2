"""An authenticator app that nobody here wrote: pypng opens the picture, zxing reads the QR code in it,
pyotp makes the codes. As a command it prints the code of this moment, for `mfa_process`:

    authenticator.py QR.png
"""

import sys

import png
import pyotp
import zxingcpp


def scan(picture):
    """What an app has after it was held in front of the picture."""
    width, height, rows, _ = png.Reader(filename=str(picture)).asRGB8()
    pixels = memoryview(b"".join(bytes(row) for row in rows))
    found = zxingcpp.read_barcodes(pixels.cast("B", shape=[height, width, 3]))
    assert [code.format for code in found] == [zxingcpp.BarcodeFormat.QRCode], found
    return pyotp.parse_uri(found[0].text)


if __name__ == "__main__":
    print(scan(sys.argv[1]).now())
