"""The batch press: reads one laid-out document, writes its PDF, and ends."""

import json
import sys

from vouchers.booklet_pdf.typesetting import typeset

sys.stdout.buffer.write(typeset(json.load(sys.stdin.buffer)))
