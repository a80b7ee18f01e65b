"""The papers that claims rest on, cited in one way: number, authors, part of the paper.

A claim's `source` is a citation, or "ours", or "ours, after" a citation; remarks follow a colon or a semicolon.
"""

AUTHORS = {
    "1410.0781": "Cohen & Shashua",
    "1506.03059": "Cohen, Sharir & Shashua",
    "1509.05009": "Cohen, Sharir & Shashua",
    "1603.00162": "Cohen & Shashua",
    "1605.06743": "Cohen & Shashua",
    "1610.04167": "Sharir, Tamari, Cohen & Shashua",
    "1701.04844": "Deng, Li & Das Sarma",
    "1703.02065": "Sharir & Shashua",
    "1703.06846": "Cohen, Tamari & Shashua",
    "1704.01552": "Levine, Yakira, Cohen & Shashua",
    "1710.05520": "Zhang",
    "1710.09431": "Levine, Sharir, Ziv & Shashua",
    "1802.04473": "Liu",
    "1803.09780": "Levine, Sharir, Cohen & Shashua",
    "2103.11785": "Anagiannis & Cheng",
    "2201.11729": "Razin, Maman & Cohen",
    "2212.09794": "Gesmundo, Lysikov & Steffan",
    "2303.11249": "Alexander, De La Vega, Razin & Cohen",
}


def paper(number: str, part: str = "") -> str:
    """A paper by its arXiv number, with its authors and the part that is meant.

    >>> paper("1605.06743", "Theorem 1")
    '1605.06743 (Cohen & Shashua), Theorem 1'
    """
    return f"{number} ({AUTHORS[number]})" + (f", {part}" if part else "")
