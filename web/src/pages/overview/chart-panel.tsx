import { Link } from "@tanstack/react-router";
import { ChartColumn as ChartIcon, Table as TableIcon } from "lucide-react";
import { useState } from "react";
import { useAccount } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";
import type { ChartColumn, ColumnTone } from "../../ui/columns.tsx";
import { Columns, Legend } from "../../ui/columns.tsx";
import { Panel } from "../../ui/page.tsx";
import styles from "./overview-page.module.css";
import type { Statistics, Step } from "./statistics.ts";
import { stepFilters, stepNames } from "./statistics.ts";

interface ChartPanelProps {
  readonly title: string;
  readonly statistics: Statistics;
  readonly columns: readonly ChartColumn[];
  readonly top: number;
  readonly format: (value: number) => string;
  readonly limit?: { readonly value: number; readonly text: string };
  readonly legend: readonly (readonly [tone: ColumnTone, words: string])[];
  /** The same figures as a table: the names of its columns, and the cells of a step. */
  readonly headers: readonly string[];
  readonly cells: (step: Step) => readonly (string | number)[];
}

/** A chart, or the same figures as a table. */
export function ChartPanel({ title, legend, statistics, headers, cells, ...chart }: ChartPanelProps) {
  const [isTable, setTable] = useState(false);
  const toggle = (
    <Button
      variant="quiet"
      size="s"
      icon={isTable ? ChartIcon : TableIcon}
      aria-label={isTable ? `${title}: show the chart` : `${title}: show a table`}
      title={isTable ? "Show the chart" : "Show a table"}
      onClick={() => setTable(!isTable)}
    />
  );
  return (
    <Panel title={title} aside={toggle}>
      {isTable ? (
        <StepTable {...{ title, statistics, headers, cells }} />
      ) : (
        <>
          <Columns {...chart} label={title} />
          <Legend of={legend} />
        </>
      )}
    </Panel>
  );
}

type StepTableProps = Pick<ChartPanelProps, "title" | "statistics" | "headers" | "cells">;

function StepTable({ title, statistics, headers, cells }: StepTableProps) {
  const account = useAccount();
  const nameOf = stepNames(statistics);
  const { steps, step: kind } = statistics;
  return (
    <div className={styles["scroll"]} tabIndex={0} role="group" aria-label={`${title}, table`}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">{kind === "hour" ? "Hour" : "Day"}</th>
            {headers.map((header) => (
              <th key={header} scope="col">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((step, index) => (
            <tr key={step.at}>
              <th scope="row">
                <Link
                  to="/a/$account/calls"
                  params={{ account }}
                  search={stepFilters(step, steps[index + 1], statistics)}
                  className={styles["more"]}
                >
                  {nameOf(step.at)}
                </Link>
              </th>
              {cells(step).map((cell, column) => (
                <td key={headers[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
