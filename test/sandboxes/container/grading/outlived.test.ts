import { expect, test } from "vitest";
import { outlived } from "../../../../sandboxes/container/grading/outlived.ts";

// Process, parent, start in hundredths of a second, name.
const list = `
7 1 50 sh
20 1 1050 server of before
30 1 1150 evil (one) daemon
31 30 9000 its child
32 31 9100 its grandchild
33 0 1160 a lane
34 33 1170 its command
40 1 1300 server of after
`;

test("what became an orphan while a timed-out command ran is found, with all that it started since", () => {
  expect(outlived(list, [{ from: 11, to: 12.5 }])).toEqual([
    { pid: 30, name: "evil (one) daemon" },
    { pid: 31, name: "its child" },
    { pid: 32, name: "its grandchild" },
  ]);
});

test("daemons of other commands are left alone, and so is everything where none timed out", () => {
  expect(outlived(list, [{ from: 12, to: 12.9 }])).toEqual([]);
  expect(outlived(list, [])).toEqual([]);
});
