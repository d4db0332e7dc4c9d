/** Optimal one-to-one assignment. */

/**
 * The largest total of one value per row and column, of a rectangular table without negative values.
 * Source: Kuhn 1955, Munkres 1957, in the shortest-augmenting-path form (Jonker & Volgenant 1987).
 */
export function largestAssignment(table: readonly (readonly number[])[]): number {
  const columns = table[0]?.length ?? 0;
  const rows = table.length > columns ? transpose(table, columns) : table;
  const width = rows[0]?.length ?? 0;
  const rowOf = Array.from<number>({ length: width + 1 }).fill(0);
  const potentials = {
    row: Array.from<number>({ length: rows.length + 1 }).fill(0),
    column: Array.from<number>({ length: width + 1 }).fill(0),
  };
  for (let row = 1; row <= rows.length; row += 1) augment(row, rows, rowOf, potentials);
  return rowOf.reduce((total, row, column) => (row > 0 && column > 0 ? total + (rows[row - 1]?.[column - 1] ?? 0) : total), 0);
}

const transpose = (table: readonly (readonly number[])[], columns: number) =>
  Array.from({ length: columns }, (_unused, column) => table.map((row) => row[column] ?? 0));

/** Gives `row` a column along the cheapest alternating path; column 0 stands for "none yet". Costs are the values' negatives. */
function augment(
  row: number,
  rows: readonly (readonly number[])[],
  rowOf: number[],
  potentials: { row: number[]; column: number[] },
): void {
  const width = rowOf.length;
  const cheapest = Array.from<number>({ length: width }).fill(Number.POSITIVE_INFINITY);
  const cameFrom = Array.from<number>({ length: width }).fill(0);
  const isDone = Array.from<boolean>({ length: width }).fill(false);
  rowOf[0] = row;
  let column = 0;
  do {
    isDone[column] = true;
    const current = rowOf[column] ?? 0;
    let step = Number.POSITIVE_INFINITY;
    let next = 0;
    for (let other = 1; other < width; other += 1) {
      if (isDone[other]) continue;
      const cost = -(rows[current - 1]?.[other - 1] ?? 0) - (potentials.row[current] ?? 0) - (potentials.column[other] ?? 0);
      if (cost < (cheapest[other] ?? 0)) [cheapest[other], cameFrom[other]] = [cost, column];
      if ((cheapest[other] ?? 0) < step) [step, next] = [cheapest[other] ?? 0, other];
    }
    for (let other = 0; other < width; other += 1) {
      const owner = rowOf[other] ?? 0;
      if (isDone[other]) {
        potentials.row[owner] = (potentials.row[owner] ?? 0) + step;
        potentials.column[other] = (potentials.column[other] ?? 0) - step;
      } else cheapest[other] = (cheapest[other] ?? 0) - step;
    }
    column = next;
  } while ((rowOf[column] ?? 0) !== 0);
  while (column !== 0) {
    const before = cameFrom[column] ?? 0;
    rowOf[column] = rowOf[before] ?? 0;
    column = before;
  }
}
