/** The version of this package, for `--version`, `User-Agent` and the API. A test holds it to package.json. */
export const VERSION = "0.1.0";
