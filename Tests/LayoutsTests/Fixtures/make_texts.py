"""Normalised Common Voice texts and phones of transcripts, by s3prl's own code.

    python3 make_texts.py S3PRL > texts.json

S3PRL is a clone of https://github.com/s3prl/s3prl: its `downstream/ctc/corpus/common_voice_preprocess.py`
normalises, `dataio/encoder/g2p.py` makes phones, neither with what it imports for other purposes.
"""

import json
import logging
import pathlib
import re
import sys
import tempfile
from collections import defaultdict

source = pathlib.Path(sys.argv[1]) / "s3prl"
script = (source / "downstream/ctc/corpus/common_voice_preprocess.py").read_text()
common_voice = {}
exec(re.sub(r"from (tqdm|mutagen\S*) import .*", "", script.split("def read_tsv")[0]), common_voice)

SENTENCES = [
    "¿Qué  hora es, señor? —dijo «él».",
    "Él’s l'été… straße ﬁn ² ½",
    "しかし es así",
    "mexicano: sí; ¡no! (quizá) [tal_vez] {a} 50% @b #c",
    "Tab\tand no\u00a0break\u3000wide",
    "   ",
    "...",
    "你好,世界。",
    "我 是 ㄧ个 人",
    "我用iPhone打电话",
    "他说：「是的」、『不』。",
    "他'们",
    "Μ来了",
    "カ是日本字",
    "Ａ全角字母",
    "一·二×三",
    "丶点",
    "Don't stop—believing!",
    "café",
    "cafe\u0301 n\u0303",
    "ÀÉÎ ß ŉ ǰ",
    "مرحبا، كيف حالك؟",
    "Привет, мир",
    "مرحبا ok",
]
normalised = [
    {"language": language, "sentence": sentence, "text": common_voice["normalize"](sentence, language)}
    for language in ["es", "zh-CN", "en", "ar"]
    for sentence in SENTENCES
]

g2p = {}
script = (source / "dataio/encoder/g2p.py").read_text().replace(
    "from s3prl.util.download import _urls_to_filepaths", "")
exec(script, g2p)
LEXICONS = [
    "A\tAH0\nA EY1\nTHE  DH AH0\nTHE DH IY0\nREAD R EH1 D\nCAT K AE1 T\nDON'T D OW1 N T\n",
    "READ R IY1 D\nMAT M AE1 T\nÉTÉ EY2 T EY1\n",
]
TEXTS = ["THE CAT READ A MAT", "DON'T", "A A THE", "the mat", "été"]
files = []
for lexicon in LEXICONS:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.write(lexicon)
        files.append(file.name)
encoder = g2p["G2P"](files)
phones = [{"text": text, "phones": encoder.encode(text).split()} for text in TEXTS]

json.dump(
    {"normalised": normalised, "lexicons": LEXICONS, "phones": phones},
    sys.stdout, ensure_ascii=False, indent=1, sort_keys=True)
print()
