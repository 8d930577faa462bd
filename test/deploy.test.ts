import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../src/server/supervisor/config.ts";
import type { TestApi } from "../src/server/api/testing/test-api.ts";
import { startTestApi } from "../src/server/api/testing/test-api.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, "..", name), "utf8");

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      { readonly environment: Readonly<Record<string, string | null>>; readonly volumes?: readonly string[] }
    >
  >;
}

/** The metrics in a Prometheus expression, without the suffixes of histograms. */
function metricsIn(expression: string): readonly string[] {
  return [...expression.matchAll(/plugboard_\w+/g)].map(([name]) => name.replace(/_(?:bucket|count|sum)$/, ""));
}

describe("what watches the platform", () => {
  let api: TestApi;
  let metrics: ReadonlyMap<string, string>;
  beforeAll(async () => {
    api = await startTestApi();
    const { body } = await api.get("/metrics", {});
    metrics = new Map([...body.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  });
  afterAll(() => api.close());

  it("uses metrics that exist", () => {
    const dashboard = JSON.parse(file("deploy/grafana-dashboard.json")) as {
      readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    };
    const asked = [
      ...dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => metricsIn(expr))),
      ...metricsIn(file("deploy/prometheus-alerts.yaml")),
    ];
    expect(asked.length).toBeGreaterThan(30);
    expect([...new Set(asked)].filter((name) => !metrics.has(name))).toEqual([]);
  });

  it("takes rates only of counters and histograms", () => {
    const text = file("deploy/grafana-dashboard.json") + file("deploy/prometheus-alerts.yaml");
    const rated = [...text.matchAll(/(?:rate|increase)\((plugboard_\w+)/g)].flatMap(([, name = ""]) => metricsIn(name));
    expect(rated.length).toBeGreaterThan(20);
    expect(rated.filter((name) => metrics.get(name) === "gauge")).toEqual([]);
  });
});

describe("what runs the platform", () => {
  const names = (text: string): readonly string[] => [...new Set(text.match(/PLUGBOARD_[A-Z_]+/g) ?? [])];

  it("uses settings that exist, with valid values", () => {
    const env = Object.fromEntries(
      [...file("Dockerfile").matchAll(/(PLUGBOARD_[A-Z]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]),
    );
    const compose = parse(file("compose.yaml")) as Compose;
    const config = readConfig({}, { ...env, PLUGBOARD_PUBLIC_ADDRESS: "192.0.2.1" });
    expect(config).toMatchObject({ ok: true });
    const documented = names(file("docs/deploy.md"));
    for (const text of [file("Dockerfile"), JSON.stringify(compose), file("deploy/plugboard.service")])
      expect(names(text).filter((name) => !documented.includes(name))).toEqual([]);
    expect(Object.keys(compose.services["plugboard"]?.environment ?? {})).toContain("DATABASE_URL");
  });

  it("opens the same ports in compose.yaml and the image", () => {
    const [, ports = ""] = /^EXPOSE (.+)$/m.exec(file("Dockerfile")) ?? [];
    const mapped = [...file("compose.yaml").matchAll(/- "(?:127\.0\.0\.1:)?([\d-]+):([\d-]+\/\w+)"/g)];
    expect(mapped.map(([, , inside = ""]) => inside).toSorted()).toEqual(ports.split(" ").toSorted());
    expect(mapped.filter(([, outside, inside = ""]) => outside !== inside.split("/")[0])).toEqual([]);
  });

  it("gives the container the whole folder of the workspace: flows are files beside it", () => {
    const [, workspace = ""] = /PLUGBOARD_WORKSPACE=(\S+)/.exec(file("Dockerfile")) ?? [];
    const { volumes = [] } = (parse(file("compose.yaml")) as Compose).services["plugboard"] ?? {};
    expect(volumes).toContain(`./workspace:${dirname(workspace)}:ro`);
  });

  it("passes a secret to the container only if the operator set one", () => {
    const { environment } = (parse(file("compose.yaml")) as Compose).services["plugboard"] ?? {};
    expect(environment).toHaveProperty("PLUGBOARD_SECRET", null);
  });

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
  it.skipIf(!hasSystemd)("is a unit that systemd understands", () => {
    const unit = join(import.meta.dirname, "../deploy/plugboard.service");
    expect(execFileSync("systemd-analyze", ["verify", unit], { encoding: "utf8", stdio: "pipe" })).toBe("");
  });
});
