/** For scorers that ask no judge. */
export const noJudge = (): Promise<never> => Promise.reject(new Error("no judge here"));
