// Bar charts as SVG: text and bars, in colours that can be read on light and on dark pages.
import type { Chart } from "./result.js";

const width = 760;
const labelWidth = 170;
const valueWidth = 90;
const barHeight = 14;
const groupGap = 12;
/** Of the first line of the legend, and from one to the next. */
const legendTop = 52;
const legendHeight = 20;
/** Ours stands out; the others have enough contrast on white and on black. */
const colours = [
  "#e8590c",
  "#4c8bd0",
  "#7b8794",
  "#2f9e8f",
  "#9775c9",
  "#b8860b",
  "#c2557a",
  "#5f8a3c",
  "#8c6d5a",
  "#3a6ea5",
];

const style = `text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.quiet { fill: #57606a }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .quiet { fill: #9aa4af } }`;

/** The chart as a standalone SVG file. The longest bar takes the whole width. */
export function chartSvg(chart: Chart): string {
  const most = Math.max(...chart.groups.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const scale = (width - labelWidth - valueWidth) / most;
  const lines = legendLines(chart.series);
  const parts: string[] = [
    text(0, 18, chart.title, "title"),
    text(0, 38, chart.axis, "quiet"),
    ...lines.flat().flatMap(({ name, i, x, line }) => legend(name, i, x, legendTop + line * legendHeight)),
  ];
  let y = legendTop + lines.length * legendHeight + groupGap;
  for (const { label, values } of chart.groups) {
    const height = values.length * barHeight;
    parts.push(text(labelWidth - 10, y + height / 2 + 4, label, "", "end"));
    for (const [i, value] of values.entries()) {
      const barTop = y + i * barHeight;
      if (value !== null) {
        const length = Math.max(1, Math.round(value * scale));
        parts.push(
          `<rect x="${labelWidth}" y="${barTop + 1}" width="${length}" height="${barHeight - 2}" fill="${colourOf(i)}"/>`,
          text(labelWidth + length + 6, barTop + 11, short(value), "quiet"),
        );
      }
    }
    y += height + groupGap;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img">`;
  return `${[head, `<style>${style}</style>`, ...parts, "</svg>"].join("\n")}\n`;
}

function colourOf(series: number): string {
  return colours[series % colours.length]!;
}

interface LegendEntry {
  readonly name: string;
  readonly i: number;
  readonly x: number;
  readonly line: number;
}

/** The entries of the legend, in as many lines as they need; seven pixels a letter are enough for each. */
function legendLines(series: readonly string[]): LegendEntry[][] {
  const lines: LegendEntry[][] = [[]];
  let x = 0;
  for (const [i, name] of series.entries()) {
    const taken = 40 + 7 * name.length;
    if (x > 0 && x + taken > width) {
      lines.push([]);
      x = 0;
    }
    lines.at(-1)!.push({ name, i, x, line: lines.length - 1 });
    x += taken;
  }
  return lines;
}

function legend(name: string, i: number, x: number, y: number): string[] {
  return [`<rect x="${x}" y="${y}" width="12" height="12" fill="${colourOf(i)}"/>`, text(x + 18, y + 10, name)];
}

function text(x: number, y: number, content: string, kind = "", anchor = "start"): string {
  const attributes = [`x="${x}"`, `y="${y}"`];
  if (kind !== "") attributes.push(`class="${kind}"`);
  if (anchor !== "start") attributes.push(`text-anchor="${anchor}"`);
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text ${attributes.join(" ")}>${escaped}</text>`;
}

/** A number in at most three figures, as people read it. */
function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
