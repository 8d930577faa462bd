import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const WEB = join(import.meta.dirname, "../web");
const TOKENS = readFileSync(join(WEB, "src/styles/tokens.css"), "utf8");
const DESIGN = readFileSync(join(WEB, "DESIGN.md"), "utf8");

/** WCAG 2.2: text (1.4.3), and what must be visible to use a control (1.4.11). */
const TEXT = 4.5;
const MARK = 3;

const SURFACES = ["canvas", "surface", "raised"];
/** Inks, the grounds that they appear on, and the least contrast. */
const PAIRS: readonly (readonly [ink: string, on: readonly string[], least: number])[] = [
  ["text", [...SURFACES, "subtle", "hover", "pressed"], TEXT],
  ["text-quiet", [...SURFACES, "subtle", "hover", "pressed"], TEXT],
  ["text-faint", [...SURFACES, "subtle", "hover"], TEXT],
  ["accent", [...SURFACES, "accent-soft"], TEXT],
  ["on-primary", ["primary", "primary-hover"], TEXT],
  ...["good", "bad", "warn", "info"].map((tone) => [tone, [...SURFACES, "hover", `${tone}-soft`], TEXT] as const),
  ...["good-mark", "bad-mark", "warn-mark", "info-mark"].map((mark) => [mark, ["surface", "raised"], MARK] as const),
  ["control-line", SURFACES, MARK],
];

type Theme = "light" | "dark";

function colour(name: string, theme: Theme): string {
  const [, light = "", dark = ""] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(TOKENS) ?? [];
  return theme === "light" ? light : dark;
}

/** "Relative luminance" of WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string, theme: Theme): number {
  const [dark = 0, light = 0] = [a, b].map((name) => luminance(colour(name, theme))).toSorted((one, two) => one - two);
  return (light + 0.05) / (dark + 0.05);
}

/** The lowest contrast of an ink with any of its grounds. */
function lowest(ink: string, grounds: readonly string[], theme: Theme): number {
  return Math.min(...grounds.map((ground) => contrast(ink, ground, theme)));
}

describe("colours", () => {
  it.each(PAIRS)("%s can be read on %s", (ink, grounds, least) => {
    for (const theme of ["light", "dark"] as const)
      expect(lowest(ink, grounds, theme), theme).toBeGreaterThanOrEqual(least);
  });

  it("have the contrasts that DESIGN.md states", () => {
    const rows = PAIRS.map(([ink, grounds]) => {
      const [light, dark] = (["light", "dark"] as const).map((theme) => lowest(ink, grounds, theme).toFixed(1));
      return `| \`${ink}\` | ${colour(ink, "light")} | ${colour(ink, "dark")} | ${light} | ${dark} |`;
    });
    for (const row of rows) expect(DESIGN).toContain(row);
  });
});
