/** Why a number is expensive: who gets the money, or how the call is carried. */
export type CostlyKind =
  /** Carried by satellite, or by a network that belongs to no country. */
  | "global_network"
  /** The person called is paid by the minute, wherever they are: premium rate, personal and paging numbers. */
  | "premium"
  /** A place whose numbers fraudsters dial for the share of the price that its network pays out. */
  | "revenue_share";

export interface CostlyPrefix {
  /** In E.164, with the +. */
  readonly prefix: string;
  readonly kind: CostlyKind;
  readonly name: string;
  /** A key of {@link SOURCES}. */
  readonly source: keyof typeof SOURCES;
}

/** Where the rows of the table come from; all of it is public. */
export const SOURCES = {
  itu: "ITU Operational Bulletin, list of ITU-T E.164 assigned country codes: shared codes that belong to no country",
  nanpa:
    "Cisco Press, Blocking Commonly Exploited Area Codes: pay-per-call and area codes abroad that look like domestic ones; the FTC names most of them for one-ring fraud",
  fcc: "FCC consumer alert of May 2019 on one-ring calls",
  yates: "Commsrisk on the test numbers of premium rate providers: destinations that led the lists for years",
  cox: "TransNexus, 2014: countries that a large carrier blocks until a customer asks for them",
  rates: "Public rate cards: the highest prices of fixed networks, or billed only by the whole minute",
  library: "libphonenumber: type of the number",
} as const;

function rows(
  kind: CostlyKind,
  source: keyof typeof SOURCES,
  names: Readonly<Record<string, string>>,
): readonly CostlyPrefix[] {
  return Object.entries(names).map(([prefix, name]) => ({ prefix, kind, name, source }));
}

/** Prefixes that an account can't dial until it opens them. Premium numbers inside a country are found by their type. */
export const COSTLY_PREFIXES: readonly CostlyPrefix[] = [
  ...rows("global_network", "itu", {
    "+870": "Inmarsat satellite phones",
    "+878": "universal personal telecommunications",
    "+881": "global mobile satellite systems",
    "+882": "international networks",
    "+883": "international networks",
    "+888": "disaster relief",
  }),
  ...rows("premium", "itu", { "+808": "international shared cost", "+979": "international premium rate" }),
  ...rows("premium", "nanpa", { "+1900": "pay-per-call in North America" }),
  ...rows("revenue_share", "nanpa", {
    "+1242": "Bahamas",
    "+1246": "Barbados",
    "+1264": "Anguilla",
    "+1268": "Antigua and Barbuda",
    "+1284": "British Virgin Islands",
    "+1345": "Cayman Islands",
    "+1441": "Bermuda",
    "+1473": "Grenada",
    "+1649": "Turks and Caicos Islands",
    "+1658": "Jamaica",
    "+1664": "Montserrat",
    "+1758": "Saint Lucia",
    "+1767": "Dominica",
    "+1784": "Saint Vincent",
    "+1809": "Dominican Republic",
    "+1829": "Dominican Republic",
    "+1849": "Dominican Republic",
    "+1868": "Trinidad and Tobago",
    "+1869": "Saint Kitts and Nevis",
    "+1876": "Jamaica",
  }),
  ...rows("revenue_share", "fcc", { "+222": "Mauritania", "+232": "Sierra Leone" }),
  ...rows("revenue_share", "yates", { "+53": "Cuba", "+252": "Somalia", "+370": "Lithuania", "+371": "Latvia" }),
  ...rows("revenue_share", "cox", {
    "+220": "Gambia",
    "+224": "Guinea",
    "+236": "Central African Republic",
    "+239": "São Tomé and Príncipe",
    "+248": "Seychelles",
    "+377": "Monaco",
    "+960": "Maldives",
    "+994": "Azerbaijan",
  }),
  ...rows("revenue_share", "rates", {
    "+246": "Diego Garcia",
    "+247": "Ascension Island",
    "+672": "Antarctica and Norfolk Island",
    "+674": "Nauru",
    "+675": "Papua New Guinea",
    "+676": "Tonga",
    "+677": "Solomon Islands",
    "+678": "Vanuatu",
    "+682": "Cook Islands",
    "+683": "Niue",
    "+685": "Samoa",
    "+686": "Kiribati",
    "+690": "Tokelau",
  }),
];
