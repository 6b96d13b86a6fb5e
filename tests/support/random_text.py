"""Random keys of many scripts, and the spellings in which somebody may ask for
them: what collations hold for equal in one way or another."""

import unicodedata

_POOLS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+",
    "abcxyzABC019.-_+@@ '\"%\\!#$&*/=?^`{|}~()<>[]:;,",
    "abceinosuyzABCEINOSUYZ"
    "\u00e0\u00e1\u00e2\u00e3\u00e4\u00e5\u00e6\u00e7\u00e8\u00e9\u00ed\u00f0\u00f1"
    "\u00f3\u00f6\u00f8\u00fa\u00fc\u00fd\u00fe\u00ff\u00df\u00c0\u00c4\u00c9\u00d1"
    "\u00d6\u00dc\u00c6\u00d8\u00de\u00b5\u00aa\u00ba\u20ac\u0152\u0153\u0160\u0161",
    "aeioszAEIOSZ"
    "\u0101\u0103\u0105\u010d\u0111\u0119\u011e\u0130\u0131\u0141\u0142\u015b\u0163"
    "\u0167\u017f\u01c4\u01c6\u01dd\u0219\u1e9e\u1ebf\u1ef9\ufb01\ufb03\u2126\u212a",
    "\u03b1\u03ac\u03b2\u03b3\u03b9\u03ca\u03c3\u03c2\u03c9\u0391\u0386\u03a3\u03a9"
    "\u1f00\u1f71\u1fb3\u1fbe",
    "\u0430\u0431\u0432\u0435\u0451\u0438\u0439\u044f\u0410\u0415\u0401\u0418\u0419"
    "\u042f\u0456\u0457\u0462\u0463\ua64a\u1c88",
    "\u4e00\u4e2d\u6587\u90ae\u7bb1\uf900\u8c48\u3042\u3044\u30a2\u30a4\uff71\u304b"
    "\u304c\u30ac\u30fc\uac00\ud55c\uae00\u1100\u1161",
    "\u0e01\u0e02\u0e40\u0e41\u0e32\u0e34\u0e81\u0ec0\u0915\u093e\u0958\u09c7\u09be"
    "\u0627\u0622\u0653\u0647\u05d0\u05bc\ufb2e\u0b95\u0bca\u0bc6\u0bbe\u0f71\u0f72"
    "\u19b5\u1980\uaab5\uaa80",
    "\U0001f600\U0001f4e7\U0001d400\U0001d7d8\U00010400\U00010428\U00020000\U0001f1e9"
    "\u2603\ufffd\ufffe\ue000",
    "aeionuAEIONU\u0300\u0301\u0303\u0306\u0308\u030a\u0327\u0328\u0345\u20dd",
    "ab\u00a0\u2003\u3000 \t\x01\x1f\x7f\u00ad\u200b\u200d\ufeff\u2028",
    "abzABZ019\uff41\uff21\uff11\uff20\u2460\u00b2\u2075\u24d0\U0001d41a@",
)


def random_key(random):
    """Returns a key of one or two scripts, in their mixed spelling."""
    pools = random.sample(_POOLS, random.choice((1, 1, 1, 2)))
    letters = [random.choice(random.choice(pools)) for _ in range(random.randint(1, 9))]
    text = "".join(letters)
    form = random.random()
    if form < 0.4:
        text = text.casefold()
    elif form < 0.55:
        text = unicodedata.normalize(random.choice(("NFC", "NFD")), text)
    if random.random() < 0.08:
        text += " " * random.randint(1, 3)
    # The client takes lines, and Postfix has no other way to ask for a NUL.
    return text.replace("\n", "").replace("\r", "") or "x"


def other_spelling(random, text, pads):
    """Returns what a key may be asked as: often equal to it in some collation, with
    other spaces at its end if `pads`: without these, fewer keys are equal, so that
    fewer are made to miss."""
    changes = _USUAL_CHANGES + ((_pad, _pad) if pads else ())
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        text = random.choice(changes)(random, text)
    if random.random() < (0.25 if pads else 0.08):
        text = random.choice(_RARE_CHANGES)(random, text)
    return text or "x"


def _upper(_, text):
    return text.upper()


def _lower(_, text):
    return text.lower()


def _swap_case(_, text):
    return text.swapcase()


def _mix_case(random, text):
    return "".join(random.choice((c.lower(), c.upper())) for c in text)


def _compose(random, text):
    return unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), text)


def _drop_marks(_, text):
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _add_mark(random, text):
    at = random.randint(0, len(text))
    mark = random.choice("\u0300\u0301\u0308\u0327\u030a")
    return unicodedata.normalize("NFC", text[:at] + mark + text[at:])


def _pad(random, text):
    return text.rstrip(" ") + " " * random.randint(0, 4)


def _insert_ignorable(random, text):
    at = random.randint(0, len(text))
    return text[:at] + random.choice("\x01\u00ad\u200b\u200d\u0301") + text[at:]


def _break(random, text):
    at = random.randint(0, len(text))
    return text[:at] + random.choice("\udc80\udcc3\udcff") + text[at:]


def _swap_neighbours(random, text):
    if len(text) < 2:
        return text
    at = random.randint(0, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


_USUAL_CHANGES = (_upper, _lower, _swap_case, _mix_case)
_RARE_CHANGES = (
    _compose,
    _drop_marks,
    _add_mark,
    _insert_ignorable,
    _swap_neighbours,
    _break,
)
