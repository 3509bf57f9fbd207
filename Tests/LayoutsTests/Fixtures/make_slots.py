"""Audio SNIPS's lines as s3prl's character-slot encoder understands them.

    python3 make_slots.py S3PRL > slots.json

S3PRL is a clone of https://github.com/s3prl/s3prl: `downstream/ctc/text.py` encodes each line with the
characters of `vocab/character.txt`, and decodes it again. Left out are lines in which a mark stands at
the edge of a slot: there s3prl drops the slot's begin or end.
"""

import importlib.util
import json
import pathlib
import sys
import tempfile

source = pathlib.Path(sys.argv[1]) / "s3prl/downstream/ctc"
spec = importlib.util.spec_from_file_location("text", source / "text.py")
text = importlib.util.module_from_spec(spec)
spec.loader.exec_module(text)

SLOTS = ["O", "artist", "playlist", "object_type"]
slots_file = pathlib.Path(tempfile.mkdtemp()) / "slots.txt"
slots_file.write_text("\n".join(SLOTS))
encoder = text.CharacterTextSlotEncoder.load_from_file(source / "vocab/character.txt", slots_file)

SENTENCES = [
    ("PLAY STING", "O artist"),
    ("PLAY STING AND CO NOW", "O artist artist artist O"),
    ("STING & CO", "artist artist artist"),
    ("PLAY THAT'S LIFE BY FRANK", "O object_type object_type O artist"),
    ("ADD STING LIST ONE", "O artist playlist playlist"),
    ("ADD , PLEASE STING", "O O O artist"),
    ("ADD STING - CO LIST", "O artist artist artist playlist"),
    ("PLAY", "O"),
    ("STING STING", "artist artist"),
]
lines = []
for number, (words, slots) in enumerate(SENTENCES):
    line = f"BOS {words} EOS\tO {slots} PlayMusic"
    lines.append({
        "line": f"Ivy-snips-train-{number} {line}",
        "decoded": encoder.decode(encoder.encode(line)).strip(),
    })
json.dump({"slots": SLOTS, "lines": lines}, sys.stdout, indent=1, sort_keys=True)
print()
