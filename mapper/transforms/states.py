"""States: two-letter codes of the states of the US and the provinces of Canada, by name.

Sources: US Postal Service Publication 28, appendix B (states, the federal district, territories); Canada
Post's addressing guidelines (provinces and territories); the French names of Canada's that differ.
"""

from __future__ import annotations

from mapper.transforms.countries import name_key

_UNITED_STATES = """
AL Alabama
AK Alaska
AZ Arizona
AR Arkansas
CA California
CO Colorado
CT Connecticut
DE Delaware
DC District of Columbia; Washington DC; Washington D.C.
FL Florida
GA Georgia
HI Hawaii
ID Idaho
IL Illinois
IN Indiana
IA Iowa
KS Kansas
KY Kentucky
LA Louisiana
ME Maine
MD Maryland
MA Massachusetts
MI Michigan
MN Minnesota
MS Mississippi
MO Missouri
MT Montana
NE Nebraska
NV Nevada
NH New Hampshire
NJ New Jersey
NM New Mexico
NY New York; New York State
NC North Carolina
ND North Dakota
OH Ohio
OK Oklahoma
OR Oregon
PA Pennsylvania
RI Rhode Island
SC South Carolina
SD South Dakota
TN Tennessee
TX Texas
UT Utah
VT Vermont
VA Virginia
WA Washington; Washington State
WV West Virginia
WI Wisconsin
WY Wyoming
AS American Samoa
GU Guam
MP Northern Mariana Islands
PR Puerto Rico
VI Virgin Islands; U.S. Virgin Islands; Virgin Islands, U.S.
FM Federated States of Micronesia
MH Marshall Islands
PW Palau
AA Armed Forces Americas
AE Armed Forces Europe
AP Armed Forces Pacific
"""

_CANADA = """
AB Alberta
BC British Columbia; Colombie-Britannique
MB Manitoba
NB New Brunswick; Nouveau-Brunswick
NL Newfoundland and Labrador; Newfoundland; Terre-Neuve-et-Labrador
NS Nova Scotia; Nouvelle-Écosse
NT Northwest Territories; Territoires du Nord-Ouest
NU Nunavut
ON Ontario
PE Prince Edward Island; Île-du-Prince-Édouard
QC Quebec; Québec
SK Saskatchewan
YT Yukon; Yukon Territory
"""

# Two-letter code in lower case, by `name_key` of a name.
STATE_NAMES: dict[str, str] = {
    name_key(name): row[:2].lower()
    for row in (_UNITED_STATES + _CANADA).split("\n")
    if row
    for name in row[3:].split("; ")
}
