"""What the ledger's pages look like, and how their tables sort and filter. No sign that XML would have escaped."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1a1a1a; margin: 1.5rem auto; max-width: 88rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.5rem; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; cursor: pointer; position: sticky; top: 0; background: #fff; }
td.exact { font-variant-numeric: tabular-nums; }
td.claim { min-width: 14rem; overflow-wrap: anywhere; }
.source, .about, details { color: #555; font-size: 0.9em; }
code { font-size: 0.85em; }
input { font: inherit; padding: 0.25rem 0.5rem; width: 20rem; max-width: 90%; }
@media (max-width: 60rem) {
  table, tbody, tr, td:first-child, td.claim { display: block; }
  td { display: inline-block; }
  td[data-head]::before { content: attr(data-head) " "; color: #555; }
  thead { display: none; }
  tr[hidden] { display: none; }
  td { border: 0; padding: 0.1rem 0.5rem; }
  tr { border-bottom: 1px solid #888; padding: 0.5rem 0; }
}
"""
SCRIPT = """
const body = document.querySelector("tbody"), rows = [...body.rows];
const field = document.querySelector("input"), told = document.querySelector("output");
function filter() {
  const words = field.value.toLowerCase().split(" ");
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = words.some(word => !text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  told.textContent = shown + " of " + rows.length + " claims";
}
function key(row, column) {
  const text = row.cells[column].textContent.replace("−", "-").replace("±", "").replace("∞", "Infinity");
  const number = parseFloat(text);
  return Number.isNaN(number) ? text : number;
}
document.querySelectorAll("th").forEach((head, column) => {
  let sign = -1;
  const sort = () => {
    sign = -sign;
    rows.sort((one, other) => {
      const a = key(one, column), b = key(other, column);
      const numbers = typeof a + typeof b;
      return sign * (numbers === "numbernumber" ? a - b : String(a).localeCompare(String(b)));
    });
    body.append(...rows);
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", event => { if (event.key === "Enter") sort(); });
});
field.addEventListener("input", filter);
filter();
"""
