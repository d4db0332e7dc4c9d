/** Whether a value is what a case expects: numbers within an absolute tolerance, of an object only the keys that the case names. */
export function isAsExpected(value: unknown, expected: unknown, tolerance: number): boolean {
  if (typeof expected === "number") return typeof value === "number" && Math.abs(value - expected) <= tolerance;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((item, index) => isAsExpected(value[index], item, tolerance))
    );
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof value !== "object" || value === null) return false;
    const fields = new Map(Object.entries(value));
    return Object.entries(expected).every(([key, item]) => isAsExpected(fields.get(key), item, tolerance));
  }
  return value === expected;
}
